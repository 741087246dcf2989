"""The files of a study folder: one module for each that is read, with its reader and its writer.

A module is named after its file, runs_csv.py after runs.csv. What comes from a folder is checked
here, once: a file that cannot be used ends in InvalidInput, with its path, what is wrong and a
remedy in one line, and no file is imported from or run.
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
