"""The reports of studies of series: the paper's comparisons on the user's own runs."""
