"""ss.run_sweep: a study from Python is the one that is typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import scaling_search as ss
from scaling_search import from_python
from scaling_search.config import configuration_of
from scaling_search.execution import ExecutorSettings, InlineExecutor

SMALL = {
    "sweep.alpha": [1.0, np.float64(1.41)],
    "sweep.beta": (1.0, 1.41),
    "sweep.seeds": [0],
    "data.train_images": 300,
    "data.test_images": 100,
    "family.sizes": 1,
    "recipe": "smoke",
    "recipe.epochs": np.int64(1),
    "baseline.resolution": 12,
}


def test_it_trains_reads_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    trained: list[InlineExecutor[Any, Any]] = []

    def here(_: ExecutorSettings, function: Any, *_a: Any, **_k: Any) -> InlineExecutor[Any, Any]:
        trained.append(InlineExecutor(function, 2))
        return trained[-1]

    monkeypatch.setattr(ExecutorSettings, "start", here)
    study = ss.run_sweep("grid", SMALL, name="first")
    assert isinstance(study, ss.Study)
    assert set(study.runs["status"]) == {"finished"}
    assert len(trained[0].tasks) == len(study.runs)
    command = (tmp_path / "experiments" / "first" / "environment.json").read_text()
    assert "+sweep=grid" in command
    assert "name=first" in command
    again = ss.run_sweep("grid", SMALL, name="first")
    assert trained[1].tasks == []
    assert again.runs.equals(study.runs)
    assert "Report: experiments/first/report.html" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("gird", {}, "sweep is 'gird', but must be one of"),
        ("grid", {"recipe": "fast"}, "recipe is 'fast', but must be one of"),
        ("grid", {"recipe.epoch": 3}, "epoch"),
        ("grid", {"recipe.epochs": 0}, "recipe.epochs is 0"),
        ("grid", {"dry_run": True}, "dry_run is true, but run_sweep gives a study"),
    ],
)
def test_a_mistake_is_refused(kind: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ss.InvalidInput) as refused:
        ss.run_sweep(kind, settings)
    assert said in str(refused.value)


@settings(max_examples=12, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20))
@example("1e5")
@example("null")
@example("NaN")
@example("it's \\\\'s\\\\")
def test_any_text_arrives_as_it_is(text: str) -> None:
    assume("${" not in text)  # which refers to another setting, as on the command line
    word = f"experiments_dir={from_python._typed(text)}"
    assert configuration_of(["+sweep=grid", word]).experiments_dir == text


def test_values_arrive_as_they_are() -> None:
    settings = {
        "sweep.sampler": {"_target_": "optuna.samplers.TPESampler", "seed": 3},
        "executor.workers": None,
        "latency": True,
        "experiments_dir": "a folder",
        "trainer.command": "",
    }
    words = [f"{name}={from_python._typed(value)}" for name, value in settings.items()]
    found = configuration_of(["+sweep=optuna", *words])
    assert found.sweep.sampler == settings["sweep.sampler"]
    assert (found.executor.workers, found.latency) == (None, True)
    assert found.experiments_dir == "a folder"


OWN = """
def cost(depth_mult, width_mult, resolution):
    return 1000 * max(1, round(3 * depth_mult)) * round(8 * width_mult) ** 2 * resolution**2

def train(job):
    return 0.5 / (job.depth_mult + job.width_mult)
"""
OF_OWN = {
    "trainer": "function",
    "trainer._target_": "my_own.train",
    "trainer.metric": "err",
    "trainer.direction": "minimize",
    "baseline": "cost",
    "baseline._target_": "my_own.cost",
    "baseline.resolution": 32,
    "sweep.alpha": [1.0],
    "sweep.beta": [1.0],
    "sweep.seeds": [0],
    "family.sizes": 1,
    "executor.workers": 1,
}


def test_a_script_needs_no_guard_and_sees_its_code_edited(tmp_path: Path) -> None:
    """Workers are new processes, which must not run the script anew."""
    (tmp_path / "my_own.py").write_text(OWN)
    edit = "open('my_own.py', 'a').write('\\nHALF = 0.5\\n')"
    script = f"""import scaling_search as ss
print("once")
study = ss.run_sweep("grid", {OF_OWN}, name="first")
assert set(study.runs["status"]) == {{"finished"}}
ss.run_sweep("grid", {OF_OWN}, name="first")
{edit}
try:
    ss.run_sweep("grid", {OF_OWN}, name="second")
except ss.InvalidInput as error:
    print(error)
"""
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("once") == 1
    assert "my_own, or what it imports from your folders, has been edited since" in done.stdout
