"""What interrupted runs kept to go on is gone when their study has ended."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import SETTINGS, fake_outcome, fake_study, inline

from scaling_search.proxy import DataSettings, Recipe
from scaling_search.search import GridSettings
from scaling_search.study import StudySettings
from scaling_search.trainers import TrainerSettings

SEARCH = GridSettings(alpha=[1.0, 1.41], beta=[1.0, 1.41], seeds=[0])


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudySettings:
    """A training of one's own."""
    (tmp_path / "left_training.py").write_text("def train(job):\n    return 0.5\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "left_training", raising=False)
    return replace(
        SETTINGS,
        sweep=SEARCH,
        data=DataSettings(kind="own", num_classes=36, in_channels=1),
        recipe=Recipe(name="smoke", epochs=2),
        trainer=TrainerSettings(
            kind="function",
            _target_="left_training.train",
            metric="mAP",
            direction="maximize",
        ),
    )


def halving(epochs: int) -> StudySettings:
    """The built-in training, which keeps what stops at a rung."""
    recipe = replace(SETTINGS.recipe, epochs=epochs)
    return replace(SETTINGS, recipe=recipe, sweep=replace(SEARCH, rungs=[1]))


class Worker:
    """Keeps something of each run, as trainings do, and is interrupted in one of them."""

    def __init__(self, interrupted_in: int | None = None) -> None:
        self._left = interrupted_in

    def __call__(self, job: Any) -> Any:
        builtin = hasattr(job, "checkpoints")
        place = job.checkpoints / f"{job.spec.whole.key}.pt" if builtin else job.folder / "kept"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("half a training")
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
        if builtin:
            return fake_outcome(job)
        found = fake_outcome(_Plain(job.spec))
        found.result.test_error = found.result.val_error
        return found


class _Plain:
    """A run as the fake outcome wants it."""

    def __init__(self, spec: Any) -> None:
        self.spec = self.whole = self.recipe = self
        self.key, self.seed, self.rung = spec.key, spec.seed, spec.rung
        self.epochs = spec.epochs


def interrupted(experiments: Path, settings: StudySettings, name: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        fake_study(experiments, settings, inline(Worker(2), 1), name=name)


def ended(experiments: Path, settings: StudySettings, name: str, fresh: bool = False) -> Path:
    return fake_study(experiments, settings, inline(Worker(), 1), name=name, fresh=fresh)


def left(experiments: Path) -> list[str]:
    """Of all runs."""
    return sorted(path.name for place in ("runs", "checkpoints")
                  for path in (experiments / place).glob("*"))  # fmt: skip


@pytest.mark.parametrize("kind", ["own", "halving"])
def test_nothing_is_left_when_the_study_has_ended(
    kind: str, own: StudySettings, tmp_path: Path
) -> None:
    settings = own if kind == "own" else halving(3)
    interrupted(tmp_path / "e", settings, "a")
    assert left(tmp_path / "e")
    folder = ended(tmp_path / "e", settings, "a")
    assert left(tmp_path / "e") == []
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize("kind", ["own", "halving"])
def test_nothing_is_left_of_a_study_that_was_replaced(
    kind: str, own: StudySettings, tmp_path: Path
) -> None:
    longer = replace(own, recipe=replace(own.recipe, epochs=3)) if kind == "own" else halving(4)
    interrupted(tmp_path / "e", own if kind == "own" else halving(3), "a")
    before = left(tmp_path / "e")
    assert before
    interrupted(tmp_path / "e", longer, "b")
    ended(tmp_path / "e", longer, "a", fresh=True)
    # Another study, which has begun one of the same runs, goes on from where it was.
    assert not set(before) & set(left(tmp_path / "e"))
    ended(tmp_path / "e", longer, "b")
    assert left(tmp_path / "e") == []


def test_what_another_study_has_begun_stays(own: StudySettings, tmp_path: Path) -> None:
    longer = replace(own, recipe=replace(own.recipe, epochs=3))
    for name in ("a", "b"):
        interrupted(tmp_path / "e", own, name)
    shared = left(tmp_path / "e")
    assert shared
    ended(tmp_path / "e", longer, "a", fresh=True)
    assert left(tmp_path / "e") == shared
    ended(tmp_path / "e", own, "b")
    assert left(tmp_path / "e") == []
