"""Whole studies whose search follows its answers: the same files however they come about."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import STUDIES, diverged, fake_outcome, fake_study, inline, unordered
from small_study import rows

from scaling_search.errors import InvalidInput
from scaling_search.execution import WorkerLost
from scaling_search.proxy import Job
from scaling_search.report import build_report
from scaling_search.search import Budget
from scaling_search.study import read_definition
from scaling_search.study.asks import read_candidates

#: What depends on the settings and the results alone.
RECORDS = ("study.yaml", "runs.csv", "curves.csv")
MADE = ("trials.csv", "family.csv", "winner.json", "forecast.json")


@pytest.fixture(scope="module", autouse=True)
def _quick(undrawn: None) -> Iterator[None]:
    """Leave out what takes long and is not looked at here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scaling_search.report.search.family.WISHES", {})
        yield


def reported(folder: Path) -> dict[str, bytes]:
    """As content, after the report is made."""
    build_report(folder)
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    """All files that a study's settings and results determine."""
    names = [*RECORDS, *MADE, *(["asks.csv"] if (folder / "asks.csv").exists() else [])]
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def undisturbed(_quick: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of studies that one worker carried out without a break."""
    folders = {}
    for name, settings in STUDIES.items():
        place = tmp_path_factory.mktemp(name)
        folders[name] = fake_study(place, settings, inline(slots=1), name="study")
        build_report(folders[name])
    return folders


@pytest.mark.parametrize("name", STUDIES)
def test_undisturbed_studies_search(undisturbed: dict[str, Path], name: str) -> None:
    """The studies of these tests do what is tested: they learn, stop early, race and end."""
    folder, settings = undisturbed[name], STUDIES[name]
    runs = [row for row in rows(folder / "runs.csv") if row["step"] == "search"]
    pairs = {(row["trial"], row["seed"]) for row in runs}
    # Of the few that pass the rungs one may soon be the winner.
    most = settings.budget.runs
    assert len(pairs) <= most if name == "rungs" else len(pairs) == most
    assert len({row["seed"] for row in runs}) > 1
    assert {row["step"] for row in rows(folder / "runs.csv")} == {"search", "family"}
    if name == "rungs":
        assert {row["epochs"] for row in runs} == {"1", "2", "3"}
        assert all((row["test_error"] == "") == (row["epochs"] != "3") for row in runs)
    if name != "race":
        asks = rows(folder / "asks.csv")
        assert [row["ask"] for row in asks] == [str(k) for k in range(11)]
        assert {row["trial"] for row in asks} >= {trial for trial, _ in pairs}
    assert json.loads((folder / "environment.json").read_text())["search_ended"] is True


@pytest.mark.parametrize("slots", [2, 5])
@pytest.mark.parametrize("name", STUDIES)
def test_the_number_of_workers_changes_nothing(
    undisturbed: dict[str, Path], tmp_path: Path, name: str, slots: int
) -> None:
    executor = inline(unordered, slots)
    folder = fake_study(tmp_path, STUDIES[name], executor, name="study")
    assert reported(folder) == content(undisturbed[name])
    assert len(executor.tasks) == len(rows(folder / "runs.csv"))


def interrupted_after(jobs: int) -> Callable[[Job], Any]:
    """Ctrl-C comes with the job after so many others."""
    left = iter(range(jobs))

    def function(job: Job) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return fake_outcome(job)

    return function


@pytest.mark.parametrize("name", STUDIES)
def test_interrupted_again_and_again(
    undisturbed: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = rows(undisturbed[name] / "runs.csv")
    folder = tmp_path / "study"
    # Among asks, between rungs, in the race, in STEP 2.
    for jobs, slots in ((0, 1), (2, 1), (1, 3), (4, 3), (5, 2)):
        with pytest.raises(KeyboardInterrupt):
            fake_study(
                tmp_path, STUDIES[name], inline(interrupted_after(jobs), slots), name="study"
            )
        # What is there is a part of what there will be.
        known = rows(folder / "runs.csv")
        assert all(row in whole for row in known if row["step"] == "search")
        if jobs in (0, 5):
            build_report(folder)
            assert "unfinished" in (folder / "report.md").read_text()
    fake_study(tmp_path, STUDIES[name], name="study")
    assert reported(folder) == content(undisturbed[name])


def test_a_folder_that_knows_more_than_the_database_is_left_alone(
    undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    """A study without its database and its timings, run again and interrupted."""
    whole = undisturbed["optuna"]
    folder = tmp_path / "study"
    folder.mkdir()
    for name in (*RECORDS, "asks.csv"):
        (folder / name).write_bytes((whole / name).read_bytes())
    with pytest.raises(KeyboardInterrupt):
        fake_study(tmp_path, STUDIES["optuna"], inline(interrupted_after(3), 1), name="study")
    assert reported(folder) == content(whole)


@pytest.mark.parametrize("name", STUDIES)
def test_runs_that_fail_every_time_do_not_hold_the_search_up(
    undisturbed: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = rows(undisturbed[name] / "runs.csv")
    broken = whole[0]["trial"]
    tried: list[Job] = []

    def fails(job: Job) -> Any:
        if not tried or job.spec.whole == tried[0].spec.whole:
            tried.append(job)
            raise WorkerLost("boom")
        return fake_outcome(job)

    folder = fake_study(tmp_path, STUDIES[name], inline(fails), name="study")
    assert len(tried) == 2
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["search_ended"] is True
    assert len(environment["failures"]) == 1
    assert "boom" in environment["failures"][0]
    build_report(folder)
    known = rows(folder / "runs.csv")
    assert not [row for row in known if row["trial"] == broken and row["step"] == "search"]
    assert json.loads((folder / "winner.json").read_text())["trial"] not in (None, broken)
    # The next time it works, and leaves nothing behind of the other way that the search took.
    fake_study(tmp_path, STUDIES[name], name="study")
    assert reported(folder) == content(undisturbed[name])


def test_a_search_that_ends_sooner_the_next_time_replaces_its_records(tmp_path: Path) -> None:
    """At first the best network's runs fail, so that the race goes on without a decision."""
    settings = replace(STUDIES["race"], budget=Budget(runs=40))
    best: list[Any] = []

    def function(job: Job, fails: bool) -> Any:
        best.append(job.spec.network)
        is_best = job.spec.network == best[0]
        if is_best and fails:
            raise RuntimeError("boom")
        outcome = fake_outcome(job)
        outcome.result.val_error = 0.2 if is_best else 0.6 + outcome.result.val_error / 10
        return outcome

    def lengths(place: str, fails: bool) -> int:
        executor = inline(lambda job: function(job, fails), slots=1)
        folder = fake_study(tmp_path / place, settings, executor, name="study")
        return sum(row["step"] == "search" for row in rows(folder / "runs.csv"))

    undecided, decided, alone = lengths("a", True), lengths("a", False), lengths("b", False)
    assert undecided > decided == alone
    assert reported(tmp_path / "a" / "study") == reported(tmp_path / "b" / "study")


@pytest.mark.parametrize("name", STUDIES)
def test_what_diverges_does_not_win_and_is_not_asked_for_more(
    undisturbed: dict[str, Path], tmp_path: Path, name: str
) -> None:
    best = json.loads(content(undisturbed[name])["winner.json"])["trial"]
    definition = read_definition(undisturbed[name])
    network = next(
        c.member.network
        for c in read_candidates(undisturbed[name], definition).kept
        if c.id == best
    )

    def function(job: Job) -> Any:
        return diverged() if job.spec.network == network else fake_outcome(job)

    folder = fake_study(tmp_path, STUDIES[name], inline(function), name="study")
    made = reported(folder)
    assert json.loads(made["winner.json"])["trial"] not in (None, best)
    runs = [row for row in rows(folder / "runs.csv") if row["trial"] == best]
    assert [row["status"] for row in runs if row["step"] == "search"] == ["diverged"]
    executor = inline(function)
    fake_study(tmp_path, STUDIES[name], executor, name="study")
    assert executor.tasks == []
    assert content(folder) == made


@pytest.mark.parametrize("name", STUDIES)
def test_a_search_in_which_all_diverges_ends(tmp_path: Path, name: str) -> None:
    folder = fake_study(tmp_path, STUDIES[name], inline(lambda _: diverged()), name="study")
    build_report(folder)
    assert json.loads((folder / "winner.json").read_text())["trial"] is None
    assert json.loads((folder / "environment.json").read_text())["search_ended"] is True


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: None, "missing"),
        (lambda _: b"", "asks.csv|study does not ask for"),
        (lambda text: text[: len(text) // 2], "asks.csv|study does not ask for"),
        (lambda _: b"\x00\xff\xfe\x00", "damaged"),
        (lambda text: text.replace(b",2.0,", b",deep,"), "damaged.*deep"),
        (lambda text: text.replace(b",2.0,", b",0.5,"), "damaged.*from 1 to 100"),
        (lambda text: text.replace(b",2.0,", b",nan,"), "damaged.*finite"),
        (lambda text: text.replace(b"cb57bc2d", b"cb57bc2e"), "damaged.*another network"),
        (lambda text: text.replace(b"mark", b"make"), "damaged.*mark"),
        (lambda text: text.replace(b"ask,alpha", b"alpha,ask"), "damaged"),
    ],
)
def test_damaged_asks_are_named(
    undisturbed: dict[str, Path],
    tmp_path: Path,
    damage: Callable[[bytes], bytes | None],
    said: str,
) -> None:
    whole = undisturbed["optuna"]
    for name in (*RECORDS, "environment.json", "timings.csv"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    damaged = damage((whole / "asks.csv").read_bytes())
    if damaged is not None:
        (tmp_path / "asks.csv").write_bytes(damaged)
    with pytest.raises(InvalidInput, match=said):
        build_report(tmp_path)
    assert not (tmp_path / "winner.json").exists()


def test_lost_asks_come_back_from_the_database(
    undisturbed: dict[str, Path], tmp_path: Path
) -> None:
    fake_study(tmp_path, STUDIES["optuna"], name="study")
    (tmp_path / "study" / "asks.csv").unlink()
    executor = inline()
    folder = fake_study(tmp_path, STUDIES["optuna"], executor, name="study")
    assert executor.tasks == []
    assert reported(folder) == content(undisturbed["optuna"])
