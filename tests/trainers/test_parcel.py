"""Jobs that travel with their files, between two folders that share nothing."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

import pytest
from own_runs import spec_of, trainer_of

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.errors import InvalidInput
from scaling_search.execution import torch_version
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.trainers import Job, JobTravel, TrainerSettings, TrainingFailed, make_trainer

TRAVEL = JobTravel()
#: Counts in its folder how often it was called, leaves links and a script, and may fail.
TRAINING = """
import os

def train(job):
    print("trained in", job.folder)
    count = job.folder / "deep" / "count"
    count.parent.mkdir(exist_ok=True)
    before = int(count.read_text()) if count.exists() else 0
    count.write_text(str(before + 1))
    for name, target in {"inside": "deep/count", "outside": "/etc/hostname"}.items():
        if not (job.folder / name).is_symlink():
            (job.folder / name).symlink_to(target)
    (job.folder / "old").unlink(missing_ok=True)
    (job.folder / "run.sh").write_text("true")
    (job.folder / "run.sh").chmod(0o755)
    if os.environ.get("FAIL"):
        raise ValueError("as asked")
    return before + 1
"""


def send(job: Any, there: Path) -> Any:
    """Carry a job out in a folder of another machine; all that goes to and fro is bytes."""
    there.mkdir()
    moved = TRAVEL.unpack(pickle.loads(pickle.dumps(TRAVEL.pack(job))), there)
    try:
        return moved.carry_out().result
    finally:
        TRAVEL.put(job, pickle.loads(pickle.dumps(TRAVEL.collect(moved))))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The job of a training of the user's own, with weights to keep."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "travelling", raising=False)
    (tmp_path / "travelling.py").write_text(TRAINING)
    trainer = trainer_of(
        kind="function", _target_="travelling.train", scale="unbounded", direction="minimize"
    )
    experiments = tmp_path / "experiments"
    return trainer.job(spec_of(trainer), experiments, experiments / "study" / "weights" / "one.pt")


def test_a_run_goes_on_from_its_folder_wherever_it_is(own: Any, tmp_path: Path) -> None:
    (own.folder / "deep").mkdir(parents=True)
    (own.folder / "deep" / "count").write_text("6")
    (own.folder / "old").write_text("of an earlier attempt")
    result = send(own, tmp_path / "there")
    assert result.val_error == 7
    assert (own.folder / "deep" / "count").read_text() == "7"
    assert (own.weights / "deep" / "count").read_text() == "7"
    assert os.access(own.folder / "run.sh", os.X_OK)
    assert (own.folder / "inside").read_text() == "7"
    # What points out of the folder means something else here; what was removed there is gone.
    assert not (own.folder / "outside").is_symlink()
    assert not (own.folder / "old").exists()
    assert f"trained in {tmp_path / 'there' / 'run'}" in own.log.read_text()
    send(own, tmp_path / "elsewhere")
    assert (own.folder / "deep" / "count").read_text() == "8"
    assert own.log.read_text().count("trained in") == 2
    assert sorted(path.name for path in own.folder.parent.iterdir()) == [
        own.folder.name,
        own.log.name,
    ]


def test_what_a_failed_run_leaves_comes_back_too(
    own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIL", "yes")
    with pytest.raises(TrainingFailed, match="as asked"):
        send(own, tmp_path / "there")
    assert (own.folder / "deep" / "count").read_text() == "1"
    assert "ValueError: as asked" in own.log.read_text()
    assert not own.weights.exists()


def built_in(rung: int | None, experiments: Path, torch: str, **data: Any) -> Any:
    trainer = make_trainer(
        TrainerSettings(),
        data=DataSettings(train_images=150, test_images=80, **data),
        task="",
        device="cpu",
        torch_version=torch,
        trainer_version=1,
        code={},
    )
    baseline = load_baseline("searched_micro", 10, 1, 16)
    member = scale_by(baseline, depth_mult=1, width_mult=1, resolution=16)
    spec = trainer.spec(member, 1.0, 0, Recipe(epochs=2), rung)
    return trainer.job(spec, experiments, experiments / "weights" / "one.pt", stops=True)


def test_a_checkpoint_goes_to_and_fro_and_ends_with_the_run(tmp_path: Path) -> None:
    job = built_in(1, tmp_path, torch_version())
    (kept,) = job.kept
    there = tmp_path / "there"
    there.mkdir()
    first = TRAVEL.unpack(TRAVEL.pack(job), there)
    assert not first.kept[0].exists()
    first.checkpoints.mkdir()
    first.kept[0].write_bytes(b"state")
    TRAVEL.put(job, TRAVEL.collect(first))
    assert kept.read_bytes() == b"state"
    assert job.weights is not None
    assert not job.weights.exists()
    second = TRAVEL.unpack(TRAVEL.pack(job), tmp_path / "elsewhere")
    assert second.kept[0].read_bytes() == b"state"
    second.kept[0].unlink()
    second.weights.parent.mkdir(parents=True)
    second.weights.write_bytes(b"weights")
    TRAVEL.put(job, TRAVEL.collect(second))
    assert not kept.exists()
    assert job.weights.read_bytes() == b"weights"


def test_data_are_found_from_another_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parcel = TRAVEL.pack(built_in(None, tmp_path, torch_version(), cache_dir="cache"))
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    moved: Any = TRAVEL.unpack(parcel, tmp_path / "there")
    assert moved.data.cache_folder() == tmp_path / "cache"
    assert DataSettings(cache_dir="~/x").seen_from(tmp_path).cache_dir == "~/x"
    assert DataSettings().seen_from(tmp_path) == DataSettings()


def test_another_torch_is_refused(tmp_path: Path) -> None:
    parcel = TRAVEL.pack(built_in(None, tmp_path, "2.0.0"))
    with pytest.raises(InvalidInput, match=r"but the driver 2\.0\.0.*install the same"):
        TRAVEL.unpack(parcel, tmp_path)
