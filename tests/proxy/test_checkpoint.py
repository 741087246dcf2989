"""A checkpoint is taken over whole where it is sound and this run's, and else is not there."""

from __future__ import annotations

import errno
import os
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoint_files import Net, advance, bytes_of, checkpoint_in, new_state
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_search.proxy.checkpoint import Checkpoint, torch_bytes

LAST = 5


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


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop", "muon"])
@pytest.mark.parametrize("averaged", [True, False])
def test_restored_state_is_the_saved_one(tmp_path: Path, optimizer: str, averaged: bool) -> None:
    saved = advance(new_state(optimizer, averaged))
    checkpoint_in(tmp_path / "deep").save(saved)
    state = new_state(optimizer, averaged)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint_in(tmp_path / "deep").restore(state, LAST)
    assert state.curve == saved.curve
    assert bytes_of(state) == bytes_of(saved)
    # And it goes on alike.
    assert bytes_of(advance(state)) == bytes_of(advance(saved))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["run.pt"]


def test_learning_rate_may_be_a_whole_number(tmp_path: Path) -> None:
    saved, state = new_state(), new_state()
    for group in state.optimizers[0].param_groups:
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
        pickle.dumps(Trap(tmp_path / "trapped"), 2),  # the protocol that torch writes
    ):
        forge(checkpoint, content)
        assert_not_taken(checkpoint)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("part", ["network", "averaged", "optimizers"])
def test_what_fails_half_way_changes_nothing(
    sound: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    checkpoint = checkpoint_in(tmp_path)
    checkpoint.path.write_bytes(sound)
    state = new_state()
    before = bytes_of(state)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("this part cannot be loaded")

    loaded = state.optimizers[0] if part == "optimizers" else getattr(state, part)
    monkeypatch.setattr(type(loaded), "load_state_dict", fail)
    checkpoint.restore(state, LAST)
    assert bytes_of(state) == before
