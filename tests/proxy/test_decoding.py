"""Trainings without a pixel cache: the same result as with one, however many processes decode."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from image_files import put_tree, settings_of

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.errors import InvalidInput, ProcessLost
from scaling_search.proxy import DataSettings, Job, ProxyTask, Recipe, RunSpec, carry_out, loading
from scaling_search.proxy import task as task_module
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.decoding import Decoder
from scaling_search.proxy.loading import Batch, open_images
from scaling_search.proxy.random_crop import RandomCrops
from scaling_search.proxy.result import RunResult

BASELINE = load_baseline("efficientnet_micro", num_classes=2, in_channels=1, resolution=7)
MEMBER = scale_by(BASELINE, depth_mult=0.3, width_mult=0.5, resolution=7)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> DataSettings:
    folder = tmp_path_factory.mktemp("decoding")
    return settings_of(put_tree(folder / "set", {"ant": 30, "bee": 30}))


def result_of(data: DataSettings, checkpoints: Path | None = None, **spec: object) -> RunResult:
    run = RunSpec(
        network=MEMBER.network,
        resolution=7,
        task=ProxyTask(data).identity,
        recipe=Recipe(epochs=2, batch_size=8),
        dropout=0.1,
        stochastic_depth=0.1,
        seed=1,
        device="cpu",
        torch_version=str(torch.__version__),
    )
    return carry_out(Job(spec=replace(run, **spec), data=data, checkpoints=checkpoints)).result


def without_cache(data: DataSettings, processes: int, **augmentation: float) -> DataSettings:
    changed = replace(data.augmentation, **augmentation)
    return replace(data, cache="none", loading_processes=processes, augmentation=changed)


def kept_files(data: DataSettings) -> list[str]:
    return sorted(p.name for p in Path(data.cache_dir).glob("*.npy"))


@pytest.mark.parametrize("processes", [0, 1, 4])
def test_the_result_is_that_of_a_cache(data: DataSettings, processes: int) -> None:
    moved = replace(data, augmentation=Augmentation(shift=0.1, flip=True))
    expected = result_of(moved)
    (kept,) = kept_files(moved)
    (Path(data.cache_dir) / kept).unlink()
    assert result_of(without_cache(moved, processes)) == expected
    assert kept_files(moved) == []
    assert multiprocessing.active_children() == []


def test_crops_do_not_depend_on_processes_nor_on_a_stop_at_a_rung(
    data: DataSettings, tmp_path: Path
) -> None:
    whole = result_of(without_cache(data, 0, smallest_crop=0.3))
    # A loss for each epoch: the crops are others than none, and others in the second one.
    assert whole.curve != result_of(without_cache(data, 0)).curve
    assert result_of(without_cache(data, 0, smallest_crop=0.3), tmp_path, rung=1).test_error is None
    assert result_of(without_cache(data, 3, smallest_crop=0.3), tmp_path) == whole


def test_crops_are_never_made_of_kept_images(data: DataSettings) -> None:
    cropping = replace(data, augmentation=Augmentation(smallest_crop=0.3))
    assert isinstance(ProxyTask(cropping).load(7)[0].images, Decoder)
    # Nor does anything crop where the recipe does not augment, or evaluate.
    recipe = Recipe(epochs=1, batch_size=8, augmentation=0.0)
    assert result_of(cropping, recipe=recipe) == result_of(data, recipe=recipe)


def test_what_a_disk_has_no_room_for_is_decoded(
    data: DataSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scaling_search.proxy.pixel_cache.has_room", lambda *_: False)
    task = ProxyTask(replace(data, loading_processes=3))
    decoder = task.load(5)[0].images
    assert isinstance(decoder, Decoder)
    assert decoder.processes == 3
    monkeypatch.undo()
    kept = ProxyTask(data).load(5)[0].images
    assert np.array_equal(decoder.read(np.arange(60)), kept)


def test_drawn_images_are_drawn_as_needed() -> None:
    glyphs = DataSettings(train_images=150, test_images=80, cache="none")
    decoder = ProxyTask(glyphs).load(12)[0].images
    assert isinstance(decoder, Decoder)
    assert decoder.read(np.array([3, 149, 200])).shape == (3, 12, 12, 1)


def test_how_images_are_kept_is_no_part_of_a_task(data: DataSettings) -> None:
    identity = ProxyTask(data).identity
    assert ProxyTask(without_cache(data, 3)).identity == identity
    assert ProxyTask(without_cache(data, 3, smallest_crop=0.3)).identity != identity


def decoder_of(data: DataSettings) -> Decoder:
    decoder = ProxyTask(data).load(7)[0].images
    assert isinstance(decoder, Decoder)
    return decoder


def batches(count: int) -> list[Batch]:
    return [Batch(np.arange(60).reshape(-1, 4)[i % 15]) for i in range(count)]


def test_an_image_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    settings = without_cache(settings_of(put_tree(tmp_path / "set", {"ant": 9, "bee": 9})), 2)
    decoder = decoder_of(settings)
    broken = tmp_path / "set" / "bee" / "img_003.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with open_images(decoder, CPU) as read, pytest.raises(InvalidInput, match=r"bee/img_003\.png"):
        list(read([Batch(np.arange(18))]))
    assert multiprocessing.active_children() == []


def test_a_lost_process_ends_the_training_with_its_remedy(data: DataSettings) -> None:
    decoder = decoder_of(without_cache(data, 2))
    with open_images(decoder, CPU) as read:
        loaded = read(batches(400))
        next(loaded)
        lost = multiprocessing.active_children()[0].pid
        assert lost is not None
        os.kill(lost, signal.SIGKILL)
        with pytest.raises(
            ProcessLost, match=r"was lost.*data\.loading_processes=\).*0 does without"
        ):
            list(loaded)
    assert multiprocessing.active_children() == []


def test_on_a_gpu_there_is_the_room_that_a_process_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    part = 1.0
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (70e9, 80e9))
    monkeypatch.setattr(torch.cuda, "get_per_process_memory_fraction", lambda _: part)
    assert loading._room(CPU) == 70e9
    part = 0.125
    assert loading._room(CPU) == 10e9


def test_more_pieces_than_have_a_place_at_once_stay_apart(data: DataSettings) -> None:
    decoder = decoder_of(without_cache(data, 2))
    shown = batches(600)
    with open_images(decoder, CPU) as read:
        next(read(shown[1:]))  # leaves pieces behind
        for batch, images in zip(shown, read(shown), strict=True):
            assert np.array_equal(images, decoder.read(batch.rows))


SCRIPT = """
import multiprocessing, sys, time
import numpy as np, torch
from scaling_search.proxy import DataSettings, ProxyTask
from scaling_search.proxy.loading import Batch, open_images
if __name__ == "__main__":
    data = DataSettings("parquet", sys.argv[1], cache_dir=sys.argv[2], cache="none",
                        loading_processes=2)
    with open_images(ProxyTask(data).load(7)[0].images, torch.device("cpu")) as read:
        next(read([Batch(np.arange(4))] * 50))
        print(*(p.pid for p in multiprocessing.active_children()), flush=True)
        time.sleep(100)
"""


def are_alive(processes: list[int]) -> bool:
    states = [Path(f"/proc/{pid}/stat") for pid in processes]
    return any(p.exists() and p.read_text().rsplit(")", 1)[1].split()[0] != "Z" for p in states)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads Linux' list of processes")
def test_no_process_outlives_a_killed_training(data: DataSettings, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    words = [sys.executable, str(tmp_path / "train.py"), data.path, data.cache_dir]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        processes = [int(word) for word in training.stdout.readline().split()]
        assert len(processes) == 2
        assert are_alive(processes)
        training.kill()
    patience = time.monotonic() + 60
    while are_alive(processes) and time.monotonic() < patience:
        time.sleep(0.1)
    assert not are_alive(processes)


def test_full_shared_memory_is_told_with_its_remedy(data: DataSettings, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    small = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$@"']
    if subprocess.run([*small, "sh", "true"], capture_output=True).returncode != 0:
        pytest.skip("no small file system can be mounted here")
    words = [*small, "sh", sys.executable, str(tmp_path / "train.py"), data.path, data.cache_dir]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert "was lost, as when memory or shared memory runs out: fewer need less" in ended.stderr


@pytest.fixture(autouse=True)
def new_tasks() -> Iterator[None]:
    task_module.known_task.cache_clear()
    yield
    task_module.known_task.cache_clear()


def test_a_crop_follows_from_seed_epoch_and_image(data: DataSettings) -> None:
    decoder = decoder_of(without_cache(data, 0))
    crops = RandomCrops(0.2, 5, 1)
    together = decoder.read(np.arange(60), crops)
    for order in (np.arange(60)[::-1], np.array([7, 3])):
        assert np.array_equal(decoder.read(order, crops), together[order])
    for other in (RandomCrops(0.2, 6, 1), RandomCrops(0.2, 5, 2), None):
        assert (decoder.read(np.arange(60), other) != together).any((1, 2, 3)).mean() > 0.9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cache": "all"}, r"data\.cache is 'all', but must be auto or none"),
        ({"loading_processes": -1}, r"data\.loading_processes is -1, but .* from 0 to 32, or null"),
        ({"loading_processes": 33}, r"data\.loading_processes is 33"),
    ],
)
def test_settings_that_cannot_be_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        DataSettings(**change)
    with pytest.raises(InvalidInput, match=r"smallest_crop is 0, but must lie between 0\.01 and 1"):
        Augmentation(smallest_crop=0)


def test_runs_share_the_cores_that_they_leave_over() -> None:
    data = DataSettings()
    shared = {(2, 1): 1, (2, 2): 0, (16, 1): 15, (16, 4): 3, (64, 1): 32, (1, 3): 0}
    for (cores, slots), processes in shared.items():
        assert data.shared(cores, slots).loading_processes == processes
    assert replace(data, loading_processes=7).shared(2, 2).loading_processes == 7
