"""What makes the content of a report, by the kind of its sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scaling_search.report.baseline import baseline
from scaling_search.report.content import Content
from scaling_search.report.growth import growth
from scaling_search.report.search import search
from scaling_search.report.series.balance import balance
from scaling_search.report.series.observation1 import observation1
from scaling_search.report.series.observation2 import observation2
from scaling_search.report.series.shares import shares
from scaling_search.report.series.single_vs_compound import single_vs_compound
from scaling_search.report.transfer import transfer
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study

CONTENT: Mapping[str, Callable[[Study, tuple[RunRow, ...]], Content]] = {
    "baseline": baseline,
    "grid": search,
    "race": search,
    "optuna": search,
    "observation1": observation1,
    "observation2": observation2,
    "single_vs_compound": single_vs_compound,
    "balance": balance,
    "shares": shares,
    "growth": growth,
    "transfer": transfer,
}
