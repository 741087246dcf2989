"""A training goes on from a sound checkpoint, and no other file in its place changes the result."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoint_files import Net, checkpoint_in
from small_disk import small_disk

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.proxy import DataSettings, Job, ProxyTask, Recipe, RunSpec, carry_out, training
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.checkpoint import Checkpoint
from scaling_search.proxy.result import RunResult
from scaling_search.proxy.run import checkpoint_name
from scaling_search.proxy.task import Split
from scaling_search.proxy.training import train

RECIPE = Recipe(epochs=4, batch_size=36, learning_rate=0.01, ema_horizon=0.3)
MEMBER = scale_by(
    load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=10),
    depth_mult=0.5,
    width_mult=0.5,
    resolution=10,
)


def job(data: DataSettings, checkpoints: Path | None, rung: int | None, **change: Any) -> Job:
    data = replace(data, augmentation=Augmentation(shift=0.1))
    spec = RunSpec(
        network=MEMBER.network,
        resolution=10,
        task=ProxyTask(data).identity,
        recipe=RECIPE,
        dropout=0.2,
        stochastic_depth=0.2,
        seed=change.pop("seed", 0),
        device="cpu",
        torch_version=str(torch.__version__),
        rung=rung,
    )
    return Job(spec=spec, data=data, checkpoints=checkpoints, **change)


@pytest.fixture
def epochs_trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each epoch that is really trained."""
    trained: list[int] = []
    shuffled = training._shuffled

    def counted(*arguments: Any) -> Any:
        trained.append(1)
        return shuffled(*arguments)

    monkeypatch.setattr(training, "_shuffled", counted)
    return trained


@pytest.fixture(scope="module")
def whole_result(glyph_data: DataSettings) -> RunResult:
    return carry_out(job(glyph_data, None, None)).result


def test_a_sound_checkpoint_spares_the_epochs_that_it_holds(
    glyph_data: DataSettings, whole_result: RunResult, tmp_path: Path, epochs_trained: list[int]
) -> None:
    carry_out(job(glyph_data, tmp_path, 3))
    assert len(epochs_trained) == 3
    assert carry_out(job(glyph_data, tmp_path, None)).result == whole_result
    assert len(epochs_trained) == 4
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("position", [3, 40, 2000, -2000, -1])
def test_a_flipped_byte_changes_no_result(
    glyph_data: DataSettings,
    whole_result: RunResult,
    tmp_path: Path,
    epochs_trained: list[int],
    position: int,
) -> None:
    carry_out(job(glyph_data, tmp_path, 1))
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[position] ^= 0x40
    path.write_bytes(content)
    assert carry_out(job(glyph_data, tmp_path, None)).result == whole_result
    assert len(epochs_trained) == 1 + 4


def test_a_planted_checkpoint_of_another_seed_changes_no_result(
    glyph_data: DataSettings, whole_result: RunResult, tmp_path: Path
) -> None:
    carry_out(job(glyph_data, tmp_path, 2, seed=1))
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / checkpoint_name(job(glyph_data, tmp_path, 2).spec.whole.key))
    assert carry_out(job(glyph_data, tmp_path, None)).result == whole_result


def test_a_folder_in_place_of_a_checkpoint_costs_no_result(
    glyph_data: DataSettings, whole_result: RunResult, tmp_path: Path
) -> None:
    wanted = job(glyph_data, tmp_path, None)
    (tmp_path / checkpoint_name(wanted.spec.whole.key) / "below").mkdir(parents=True)
    assert carry_out(wanted).result == whole_result
    # It must be written, and cannot be: the disk is to be mended.
    with pytest.raises(OSError, match="irectory") as raised:
        carry_out(job(glyph_data, tmp_path, 1))
    assert raised.value.filename == str(tmp_path / checkpoint_name(wanted.spec.whole.key))


def test_a_full_disk_is_an_error_of_the_disk(glyph_data: DataSettings, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "16k") as disk:
        for kept in (
            job(glyph_data, disk, 1),
            job(glyph_data, None, None, weights=disk / "weights.pt"),
        ):
            with pytest.raises(OSError, match="No space left") as raised:
                carry_out(kept)
            assert raised.value.errno == errno.ENOSPC
            assert str(raised.value.filename).startswith(str(disk))
            assert list(disk.iterdir()) == []


def test_own_network_with_unused_and_frozen_parameters_goes_on(
    tmp_path: Path, epochs_trained: list[int]
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 1, 1, 3), dtype=np.uint8)
    split = Split(pixels, np.arange(24), np.arange(24, dtype=np.int64) % 2)

    class Flat(Net):
        def forward(self, x_BCHW: torch.Tensor) -> torch.Tensor:
            return super().forward(x_BCHW.flatten(1))

    def run(rung: int | None, checkpoint: Checkpoint | None) -> RunResult:
        result, _ = train(
            make_network=Flat,
            splits=(split, split, split),
            recipe=replace(RECIPE, batch_size=8),
            augmentation=Augmentation(),
            seed=0,
            device_type="cpu",
            rung=rung,
            checkpoint=checkpoint,
        )
        return result

    expected = run(None, None)
    run(2, checkpoint_in(tmp_path))
    assert run(None, checkpoint_in(tmp_path)) == expected
    assert len(epochs_trained) == 4 + 2 + 2
