"""The files of a study folder: readers and writers, in modules named after their file.

What comes from a folder is checked here, once: a file that cannot be used ends in InvalidInput,
with its path, what is wrong and a remedy in one line, and no file is imported from or run.
"""

_CSV = (
    "networks",
    "asks",
    "proposals",
    "runs",
    "curves",
    "timings",
    "failures",
    "trials",
    "family",
    "points",
    "shares",
    "growth",
    "latency",
)
_JSON = ("environment", "baseline", "verdict", "winner", "latency", "forecast")
_FIGURES = (
    "frontier",
    "triangle",
    "accuracy",
    "backtest",
    "series",
    "triangles",
    "growth",
    "source",
    "latency",
)
#: All that a study writes into its folder, weights apart.
STUDY_FILES = (
    *("study.yaml", "baseline.yaml", "report.html", "report.md"),
    *(f"{name}.csv" for name in _CSV),
    *(f"{name}.json" for name in _JSON),
    *(f"figures/{name}.svg" for name in _FIGURES),
)
