"""Runs that others start from come before them."""

from dataclasses import dataclass

from scaling_search.study.order import in_turns


@dataclass(frozen=True)
class Spec:
    key: str
    start: "Spec | None" = None


@dataclass(frozen=True)
class Run:
    spec: Spec


def test_each_row_starts_from_rows_before() -> None:
    first, alone, elsewhere = Spec("first"), Spec("alone"), Spec("elsewhere")
    second = Spec("second", first)
    third, other = Spec("third", second), Spec("other", elsewhere)
    runs = [Run(spec) for spec in (third, alone, second, other, first, alone)]
    rows = [[run.spec.key for run in row] for row in in_turns(runs)]
    # One that starts from a run that is not among them need not wait.
    assert rows == [["alone", "other", "first"], ["second"], ["third"]]
    assert in_turns([]) == []
