"""Long work says how far it is; short work says nothing."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from scaling_search import long_work
from scaling_search.long_work import counted, joined_by_others, tallied, tally


class Clock:
    """Stands at what it was set to."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(long_work, "time", clock)
    monkeypatch.setenv("CI", "1")
    return clock


def pieces(clock: Clock, seconds: float) -> Iterator[tuple[int, str]]:
    for name in "abcdefghij":
        clock.now += seconds
        yield 10, name


def test_short_work_is_silent(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    assert "".join(counted(pieces(clock, 0.1), "Reading", 100)) == "abcdefghij"
    assert capsys.readouterr().err == ""


def test_long_work_says_a_line_soon_and_then_one_a_minute(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "".join(counted(pieces(clock, 25), "Reading", 100)) == "abcdefghij"
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 10 of 100, about 225 seconds left",
        "Reading: 40 of 100, about 150 seconds left",
        "Reading: 70 of 100, about 75 seconds left",
    ]


def test_in_a_study_it_joins_the_bar_that_is_shown(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long_work, "has_bars", lambda: True)
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[said]}"))
    bar = Progress(*columns, console=Console(file=io.StringIO()))
    with bar, joined_by_others(bar):
        seen = [
            [(task.description, task.completed, task.total) for task in bar.tasks]
            for _ in counted(pieces(clock, 1), "Pixels", 100)
        ]
        assert bar.tasks == []
    assert seen[1] == []
    assert seen[2] == [("Pixels", 30, 100)]
    assert seen[9] == [("Pixels", 100, 100)]
    assert capsys.readouterr().err == ""


def test_what_is_done_elsewhere_is_tallied(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    tally()
    with tallied("Counting networks"):
        for _ in range(100):
            clock.now += 1
            tally()
    tally()
    assert capsys.readouterr().err.splitlines() == [
        "Counting networks: 4 so far",
        "Counting networks: 65 so far",
    ]


def test_a_tally_leaves_no_bar_behind(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_work, "has_bars", lambda: True)
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[said]}"))
    bar = Progress(*columns, console=Console(file=io.StringIO()))
    with bar, joined_by_others(bar):
        with tallied("Counting networks"):
            for _ in range(5):
                clock.now += 1
                tally()
            assert [(t.description, t.total) for t in bar.tasks] == [
                ("Counting networks: 5 so far", None)
            ]
        assert bar.tasks == []
