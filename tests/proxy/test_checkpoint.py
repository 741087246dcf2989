"""A checkpoint is taken over whole where it is sound and this run's, and else is not there."""

from __future__ import annotations

import errno
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_disk import small_disk
from torch import nn

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.proxy import DataSettings, Job, ProxyTask, Recipe, RunSpec, carry_out, training
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.checkpoint import Checkpoint, TrainingState, torch_bytes
from scaling_search.proxy.result import Epoch, RunResult
from scaling_search.proxy.run import checkpoint_name
from scaling_search.proxy.task import Split
from scaling_search.proxy.training import make_optimizer, save_weights, train

RUN = '{"seed": 0}'
LAST = 5


class Net(nn.Module):
    """Small, with a parameter that is frozen and one that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(3, 2)
        self.norm = nn.BatchNorm1d(2)
        self.unused = nn.Parameter(torch.ones(4))
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, x_BC: torch.Tensor) -> torch.Tensor:
        return self.norm(self.used(x_BC)) * self.frozen


def new_state(optimizer: str = "adamw", averaged: bool = True) -> TrainingState:
    """A state at the start of a training, the same each time."""
    torch.manual_seed(0)
    network = Net()
    return TrainingState(
        network=network,
        averaged=Net() if averaged else network,
        optimizer=make_optimizer(network, Recipe(optimizer=optimizer)),
        generators=(torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)),
        curve=[],
    )


def advance(state: TrainingState, epochs: int = 2) -> TrainingState:
    """The state after some training."""
    for epoch in range(1, epochs + 1):
        x_BC = torch.rand(4, 3, generator=state.generators[0])
        state.optimizer.zero_grad()
        state.network(x_BC).square().sum().backward()
        state.optimizer.step()
        torch.rand(1, generator=state.generators[1])
        state.curve.append(Epoch(epoch, 1 / epoch, 0.5))
    if state.averaged is not state.network:
        with torch.no_grad():
            state.averaged.used.weight.add_(1)
    return state


def bytes_of(state: TrainingState) -> object:
    """All that a state holds, in a form in which equal states are equal."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.dtype, value.shape, value.detach().numpy().tobytes()
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        return [plain(part) for part in value] if isinstance(value, list) else value

    return plain(state.content())


def checkpoint_in(folder: Path, run: str = RUN) -> Checkpoint:
    return Checkpoint(path=folder / "run.pt", run=run)


def forge(checkpoint: Checkpoint, content: bytes) -> None:
    """Content with its right digest, as only somebody who means to writes it."""
    checkpoint.path.write_bytes(checkpoint._digest(content) + content)


def assert_not_taken(checkpoint: Checkpoint, last: int = LAST) -> None:
    state = new_state()
    before = bytes_of(state)
    torch.manual_seed(7)
    checkpoint.restore(state, last)
    assert bytes_of(state) == before
    drawn = torch.rand(1)
    torch.manual_seed(7)
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("averaged", [True, False])
def test_restored_state_is_the_saved_one(tmp_path: Path, optimizer: str, averaged: bool) -> None:
    saved = advance(new_state(optimizer, averaged))
    checkpoint_in(tmp_path / "deep").save(saved)
    state = new_state(optimizer, averaged)
    checkpoint_in(tmp_path / "deep").restore(state, LAST)
    assert state.curve == saved.curve
    assert bytes_of(state) == bytes_of(saved)
    # And it goes on alike.
    assert bytes_of(advance(state)) == bytes_of(advance(saved))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.pt"]


def test_learning_rate_may_be_a_whole_number(tmp_path: Path) -> None:
    saved, state = new_state(), new_state()
    for group in state.optimizer.param_groups:
        group["lr"] = 1
    checkpoint_in(tmp_path).save(advance(saved))
    checkpoint_in(tmp_path).restore(state, LAST)
    assert len(state.curve) == 2


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a sound checkpoint holds."""
    checkpoint = checkpoint_in(tmp_path_factory.mktemp("sound"))
    checkpoint.save(advance(new_state()))
    return checkpoint.path.read_bytes()


@settings(max_examples=150, deadline=None)
@given(
    where=st.floats(0, 1, exclude_max=True),
    change=st.sampled_from(["flip", "cut", "extend", "insert", "drop", "zero"]),
    bit=st.integers(0, 7),
    length=st.integers(1, 5000),
)
def test_damage_is_never_taken_over_and_never_an_error(
    sound: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    where: float,
    change: str,
    bit: int,
    length: int,
) -> None:
    at = int(where * len(sound))
    head, tail = sound[:at], sound[at:]
    damaged = {
        "flip": head + bytes([tail[0] ^ 1 << bit]) + tail[1:],
        "cut": head,
        "extend": sound + os.urandom(length),
        "insert": head + bytes(length) + tail,
        "drop": head + tail[length:],
        "zero": head + bytes(min(length, len(tail))) + tail[length:],
    }[change]
    if damaged == sound:
        return
    checkpoint = checkpoint_in(tmp_path_factory.mktemp("damaged"))
    checkpoint.path.write_bytes(damaged)
    assert_not_taken(checkpoint)


def test_every_byte_of_the_digest_counts(sound: bytes, tmp_path: Path) -> None:
    checkpoint = checkpoint_in(tmp_path)
    for position in range(64):
        damaged = bytearray(sound)
        damaged[position] ^= 1
        checkpoint.path.write_bytes(damaged)
        assert_not_taken(checkpoint)


def test_checkpoint_of_another_run_is_not_taken(sound: bytes, tmp_path: Path) -> None:
    other = checkpoint_in(tmp_path, run='{"seed": 1}')
    other.path.write_bytes(sound)
    assert_not_taken(other)


def test_checkpoint_of_a_later_rung_is_not_taken(sound: bytes, tmp_path: Path) -> None:
    checkpoint = checkpoint_in(tmp_path)
    checkpoint.path.write_bytes(sound)
    assert_not_taken(checkpoint, last=2)
    state = new_state()
    checkpoint.restore(state, 3)
    assert len(state.curve) == 2


class Trap:
    """Unpickled, it would make a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def nothing(_: Path) -> None:
    pass


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("not a checkpoint")


def folder(path: Path) -> None:
    (path / "below").mkdir(parents=True)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def loop(path: Path) -> None:
    path.symlink_to(path)


def tensor(path: Path) -> None:
    torch.save(torch.ones(3), path)


def state_without_digest(path: Path) -> None:
    torch.save(advance(new_state()).content(), path)


def whole_module(path: Path) -> None:
    torch.save(Net(), path)


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Trap(path.with_name("trapped"))))


@pytest.mark.parametrize(
    "make",
    [
        nothing,
        empty,
        text,
        folder,
        pipe,
        dangling,
        loop,
        tensor,
        state_without_digest,
        whole_module,
        pickled,
    ],
)
def test_what_is_no_checkpoint_is_as_if_it_were_not_there(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    checkpoint = checkpoint_in(tmp_path)
    make(checkpoint.path)
    assert_not_taken(checkpoint)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_as_if_it_were_not_there(sound: bytes, tmp_path: Path) -> None:
    checkpoint = checkpoint_in(tmp_path)
    checkpoint.path.write_bytes(sound)
    checkpoint.path.chmod(0)
    assert_not_taken(checkpoint)


def test_disk_that_cannot_be_read_is_as_if_nothing_were_there(
    sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = checkpoint_in(tmp_path)
    checkpoint.path.write_bytes(sound)

    def refuse(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert_not_taken(checkpoint)


def changed(change: Callable[[dict[str, Any]], Any]) -> Any:
    """A sound content with a change."""
    content = advance(new_state()).content()
    made = change(content)
    return content if made is None else made


def put(content: dict[str, Any], path: str, value: Any) -> None:
    *parts, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parts:
        content = content[part]
    content[last] = value


def test_code_under_a_right_digest_is_not_run(tmp_path: Path) -> None:
    checkpoint = checkpoint_in(tmp_path)
    for content in (
        torch_bytes(changed(lambda c: put(c, "curve", Trap(tmp_path / "trapped")))),
        pickle.dumps(Trap(tmp_path / "trapped")),
    ):
        forge(checkpoint, content)
        assert_not_taken(checkpoint)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("part", ["network", "averaged", "optimizer"])
def test_what_fails_half_way_changes_nothing(
    sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    checkpoint = checkpoint_in(tmp_path)
    checkpoint.path.write_bytes(sound)
    state = new_state()
    before = bytes_of(state)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("this part cannot be loaded")

    monkeypatch.setattr(type(getattr(state, part)), "load_state_dict", fail)
    checkpoint.restore(state, LAST)
    assert bytes_of(state) == before


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
    path.rename(tmp_path / checkpoint_name(job(glyph_data, tmp_path, 2).spec))
    assert carry_out(job(glyph_data, tmp_path, None)).result == whole_result


def test_a_folder_in_place_of_a_checkpoint_costs_no_result(
    glyph_data: DataSettings, whole_result: RunResult, tmp_path: Path
) -> None:
    wanted = job(glyph_data, tmp_path, None)
    (tmp_path / checkpoint_name(wanted.spec) / "below").mkdir(parents=True)
    assert carry_out(wanted).result == whole_result
    # It must be written, and cannot be: the disk is to be mended.
    with pytest.raises(OSError, match="irectory") as raised:
        carry_out(job(glyph_data, tmp_path, 1))
    assert raised.value.filename == str(tmp_path / checkpoint_name(wanted.spec))


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


def test_weights_are_a_file_of_torch(tmp_path: Path) -> None:
    network = Net()
    save_weights(network, tmp_path / "weights.pt")
    other = Net()
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert torch.equal(other.used.weight, network.used.weight)
