"""Studies whose runs are trainings of one's own."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import type_words
from fakes import inline
from own_trainings import COMMAND, QUICK, write_same
from processes import results, start, wait_for
from small_study import SMALL

from scaling_search.config import Configuration
from scaling_search.errors import InvalidInput
from scaling_search.execution import ExecutorSettings
from scaling_search.reproduce import reproduce
from scaling_search.study.files.study_yaml import read_definition

pytestmark = pytest.mark.skipif(os.name != "posix", reason="process groups")
FEW = (
    "sweep.alpha=[1.0,1.41]",
    "sweep.beta=[1.0,1.41]",
    "family.train_up_to=1",
    "family.sizes=2",
    "family.span=3",
)


@pytest.fixture
def type_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Type a command whose runs are carried out in this process, one after the other."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
    monkeypatch.setattr(ExecutorSettings, "start", lambda _self, train, *_, **__: inline(train, 1))
    return lambda *words: type_words(monkeypatch, capsys, *words)


def table(name: str) -> pd.DataFrame:
    found = pd.read_csv(Path("experiments") / name / "runs.csv", dtype={"trial": str})
    return found.drop(columns=["run", "spec", "val_correct", "train_flops"])


@pytest.mark.long
def test_one_training_by_all_three_trainers_gives_one_table(type_here: Any, tmp_path: Path) -> None:
    grid = ("+sweep=grid", "sweep.alpha=[1.0]", "sweep.beta=[1.0]", "sweep.seeds=[0]")
    grid += ("family.train_up_to=1", "family.sizes=1", "recipe.epochs=2")
    built_in = type_here(*SMALL, *grid, "name=builtin", "data.cache_dir=cache")
    assert built_in.code == 0, built_in.err
    recipe = read_definition(tmp_path / "experiments" / "builtin").settings.recipe
    write_same(tmp_path, f"Recipe(**{vars(recipe)!r})")
    own = ("data.num_classes=36", "data.in_channels=1", "data.test_images=80", *grid)
    own += ("trainer.metric=error", "trainer.direction=minimize", "trainer.test=test")
    script = f"{sys.executable} my_same.py --depth {{depth_mult}} --width {{width_mult}}"
    script += " --px {resolution} --seed {seed} --out {folder}"
    for name, *words in (
        ("function", "trainer=function", "trainer._target_=my_same.train"),
        ("command", "trainer=command", f"trainer.command={script}", "trainer.result=metrics.json"),
    ):
        ended = type_here(*words, *own, "baseline.resolution=12", f"name={name}")
        assert ended.code == 0, ended.out + ended.err
        pd.testing.assert_frame_equal(table(name), table("builtin"))
    for file in ("trials.csv", "family.csv"):
        files = {(tmp_path / "experiments" / n / file).read_bytes()
                 for n in ("builtin", "function", "command")}  # fmt: skip
        assert len(files) == 1, file


@pytest.mark.long
def test_a_race_with_a_command_ends_in_a_report_and_is_known_the_next_time(
    type_here: Any, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(QUICK)
    race = (*COMMAND, "+sweep=race", "name=a", "budget.runs=14", "sweep.start=6")
    first = type_here(*race)
    assert first.code == 0, first.out + first.err
    assert "Report: experiments/a/report.html" in first.out
    runs = table("a")
    assert runs["val_error"].between(0.1, 0.9).all()
    assert (runs["val_error"] == runs["test_error"]).all()
    logs = list((tmp_path / "experiments" / "a" / "logs").glob("*.log"))
    assert len(logs) == len(runs)
    # What a run wrote for itself is gone, what it printed is not.
    assert not list((tmp_path / "experiments").glob("runs/*"))
    assert "training" in logs[0].read_text()
    (tmp_path / "train.py").write_text("raise SystemExit('nothing is trained again')\n" + QUICK)
    refused = type_here(*race)
    assert refused.code == 2
    assert "made with other code of train.py" in refused.err
    plan = type_here(*race, "dry_run=true")
    assert "Note: train.py has been edited since, so that its runs train again" in plan.out
    assert "; 0 of the first ones are already trained" in plan.out
    (tmp_path / "train.py").write_text(QUICK)
    plan = type_here(*race, "dry_run=true")
    assert "edited" not in plan.out
    assert "; 6 of the first ones are already trained" in plan.out
    assert type_here(*race).code == 0


def test_rungs_continue_in_the_same_folder(type_here: Any, tmp_path: Path) -> None:
    script = QUICK + "\nwith open(folder / 'went', 'a') as file: file.write(f'{epochs:g} ')\n"
    script += "print('went', (folder / 'went').read_text())\n"
    (tmp_path / "train.py").write_text(script)
    words = ("+sweep=grid", *FEW, "name=a", "sweep.rungs=[2,4]", "sweep.seeds=[0]")
    ended = type_here(*COMMAND, *words)
    assert ended.code == 0, ended.out + ended.err
    assert {2, 4, 10} == set(table("a")["epochs"])
    logs = [p.read_text() for p in (tmp_path / "experiments" / "a" / "logs").glob("*.log")]
    assert sum("went 2 4 10 \n" in text for text in logs) >= 1


def test_what_failed_goes_on_the_next_time_from_where_it_stopped(
    type_here: Any, tmp_path: Path
) -> None:
    script = (
        QUICK
        + """
kept = folder / "kept"
if epochs == 10 and not Path("mended").exists():
    kept.write_text("as far as it came")
    sys.exit("its power failed")
print("kept", kept.exists())
"""
    )
    (tmp_path / "train.py").write_text(script)
    words = (*COMMAND, "+sweep=grid", *FEW, "name=a", "sweep.rungs=[2]", "sweep.seeds=[0]")
    assert type_here(*words).code == 1
    (tmp_path / "mended").touch()
    ended = type_here(*words)
    assert ended.code == 0, ended.out + ended.err
    logs = [p.read_text() for p in (tmp_path / "experiments" / "a" / "logs").glob("*.log")]
    mended = [text for text in logs if "its power failed" in text]
    assert mended
    assert all("kept True\n" in text for text in mended)
    assert not list((tmp_path / "experiments" / "runs").glob("*/"))


def test_a_candidate_that_fails_is_left_out(type_here: Any, tmp_path: Path) -> None:
    bad = "\nif px < 18 and width > 1.3: raise SystemExit(7)\n"
    (tmp_path / "train.py").write_text(QUICK.replace("\nprint(", bad + "print("))
    ended = type_here(*COMMAND, "+sweep=grid", *FEW, "name=a")
    assert ended.code == 1, ended.out + ended.err
    assert "Report: " in ended.out
    lines = [line for line in ended.out.splitlines() if line.startswith("failed: run ")]
    assert lines
    for line in lines:
        assert "it ended with exit code 7; it printed nothing;" in line
        log = Path(line.rpartition("its log is ")[2])
        assert "exit code 7" in log.read_text()
    (tmp_path / "train.py").write_text(QUICK)


def test_another_metric_is_stored_beside(type_here: Any, tmp_path: Path) -> None:
    text = QUICK.replace('{"val": {"mAP": 1 - error}}', '{"val": {"mAP": 1 - error}, "n": seed}')
    (tmp_path / "train.py").write_text(text)
    ended = type_here(*COMMAND, "+sweep=grid", *FEW, "name=a", "trainer.also=[n]")
    assert ended.code == 0, ended.out + ended.err
    runs = table("a")
    assert [json.loads(also)["n"] for also in runs["also"]] == runs["seed"].to_list()
    report = (tmp_path / "experiments" / "a" / "report.md").read_text()
    assert "What else did the trainings give?" in report
    assert "| step | network | runs | n |" in report
    # A folder that came from elsewhere brings them too.
    (tmp_path / "experiments" / "store.db").unlink()
    before = (tmp_path / "experiments" / "a" / "runs.csv").read_bytes()
    assert type_here(*COMMAND, "+sweep=grid", *FEW, "name=a", "trainer.also=[n]").code == 0
    assert (tmp_path / "experiments" / "a" / "runs.csv").read_bytes() == before


@pytest.mark.long
def test_it_is_reproduced_within_its_noise(
    type_here: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = "\nimport os\nerror = 0.3 + DRAWN * int.from_bytes(os.urandom(2), 'big') / 65536\n"
    text = QUICK.replace("(folder /", drawn + "(folder /")
    (tmp_path / "train.py").write_text(text.replace("DRAWN", "0.01"))
    folder = tmp_path / "experiments" / "a"
    assert type_here(*COMMAND, "+sweep=grid", *FEW, "name=a").code == 0
    with pytest.raises(InvalidInput, match=r"names python3 train\.py .* give --trust"):
        reproduce(folder, "", all_runs=False, trust=False)
    assert reproduce(folder, "", all_runs=False, trust=True)
    said = capsys.readouterr().out
    assert "within the noise" in said
    assert "4 of 4 runs are equal within the noise of a run" in said
    # Nothing is left of it, and other code is another training.
    assert not list((tmp_path / "experiments" / "runs").glob("*/"))
    (tmp_path / "train.py").write_text(text.replace("DRAWN", "0.5"))
    with pytest.raises(InvalidInput, match=r"the code of train\.py is not that of the study"):
        reproduce(folder, "", all_runs=False, trust=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("data=glyphs",), "trainer=command reads its own: leave data= out"),
        (("recipe=quick",), "trainer=command has its own recipe"),
        (("trainer.direction=up",), "trainer.direction is 'up'"),
        (("trainer.scale=unbounded",), "maximised without a largest value"),
        (("trainer.also=[mAP]",), "must be different names"),
        (("fidelity.learning_rates=[2]",), "sets its own: leave it out"),
        (("budget.train_flops=1e12", "+sweep=race"), "how many images an epoch has is not known"),
        (("trainer._target_=a.b",), "trainer=command has no use for it"),
        (("trainer.folder=nowhere",), "there is no such folder"),
    ],
)
def test_what_does_not_fit_is_refused(
    type_here: Any, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "train.py").write_text(QUICK)
    sweep = () if any("sweep=" in word for word in words) else ("+sweep=grid",)
    refused = type_here(*COMMAND, *sweep, *words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_kill_9_leaves_nothing_running_and_the_same_command_goes_on(
    type_here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, killed = tmp_path / "alone", tmp_path / "killed"
    for place in (alone, killed):
        place.mkdir()
        (place / "train.py").write_text(QUICK.replace("0.05)", "0.3)"))
    words = [*COMMAND, "+sweep=grid", *FEW, "name=tiny", "sweep.seeds=[0]"]
    for runs in (1, 3):
        process = start(killed, tmp_path, "executor.workers=2", study=words)
        wait_for("runs", lambda n=runs: len(list(killed.glob("experiments/tiny/logs/*.log"))) > n)
        wait_for("a training", lambda: trainings(killed))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        wait_for("the end of the trainings", lambda: not trainings(killed))
    for place in (killed, alone):
        monkeypatch.chdir(place)
        ended = type_here(*words)
        assert ended.code == 0, ended.out + ended.err
    assert results(killed) == results(alone)


def trainings(folder: Path) -> list[str]:
    """The living processes that train in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().decode()
        except OSError:
            continue
        if f"{folder}/experiments/runs" in command and "train.py" in command:
            found.append(command)
    return found


def test_builtin_studies_know_nothing_of_trainers() -> None:
    assert Configuration().trainer.plain() == {}
