"""The report of a study of series: the paper's comparisons on the user's own runs."""

from scaling_search.report.series.build import build_series_report

__all__ = ["build_series_report"]
