"""The files of a study folder: readers and writers, in modules named after their file.

What comes from a folder is checked here, once: a file that cannot be used ends in InvalidInput,
with its path, what is wrong and a remedy in one line, and no file is imported from or run.
"""

#: All that a study writes into its folder, weights apart.
STUDY_FILES = (
    "study.yaml",
    "environment.json",
    "networks.csv",
    "asks.csv",
    "runs.csv",
    "curves.csv",
    "timings.csv",
    "trials.csv",
    "family.csv",
    "points.csv",
    "verdict.json",
    "winner.json",
    "latency.csv",
    "latency.json",
    "forecast.json",
    "figures/triangle.svg",
    "figures/accuracy.svg",
    "figures/backtest.svg",
    "figures/series.svg",
    "figures/latency.svg",
    "report.html",
    "report.md",
)
