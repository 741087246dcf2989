"""Slots: a worker's death costs its own task, and its slot works again."""

import importlib
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from worker_tasks import act, eventually, is_alive, run

from scaling_search.execution import (
    LocalExecutor,
    Say,
    WorkerLost,
    device,
    worker,
)
from scaling_search.execution.gpu_sharing import Sharing


def environment(_: object, _say: Say) -> dict[str, str]:
    """What a worker sees."""
    return dict(os.environ)


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor[tuple[str, float], int]]:
    with LocalExecutor(act, 2) as two_slots:
        yield two_slots


def test_worker_stays_for_the_next_task(executor: LocalExecutor[tuple[str, float], int]) -> None:
    first = run(executor)
    assert first != os.getpid()
    assert run(executor) == first


@pytest.mark.parametrize("gpus", [0, 8])
def test_no_device_holds_more_than_it_should(monkeypatch: pytest.MonkeyPatch, gpus: int) -> None:
    """Of eight pretended GPUs with two runs each; one that is alone shares its own with none."""
    monkeypatch.setattr(device, "gpu_count", lambda: gpus)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    slots, devices = 2 * gpus or 3, gpus or 1
    executor = LocalExecutor(environment, slots)
    monkeypatch.setattr(executor, "_worker", lambda *_: PretendedWorker())
    futures = [executor.submit(None) for _ in range(slots)]
    assert not executor.can_take()
    assert not executor.can_take(alone=True)
    # One on each device is left, then none on the first.
    for future in futures[devices:]:
        end(executor, future)
    assert executor.can_take()
    assert not executor.can_take(alone=True)
    end(executor, futures[0])
    alone = executor.submit(None, alone=True)
    assert executor._device_of[executor._slot_of[alone]] == executor._device_of[0]
    others = []
    while executor.can_take():
        others.append(executor.submit(None))
    held = [executor._device_of[executor._slot_of[future]] for future in others]
    assert executor._device_of[0] not in held
    assert len(others) == (gpus - 1 if gpus else 0)
    for future in (alone, *others, *futures[1:devices]):
        end(executor, future)
    assert executor.can_take(alone=True)
    executor.close()


def test_slots_follow_what_the_first_runs_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that take as long together as alone share eight pretended GPUs by eight."""
    monkeypatch.setattr(device, "gpu_count", lambda: 8)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    executor = LocalExecutor(environment, 8, sharing=EquallyLong(8))
    monkeypatch.setattr(executor, "_worker", lambda *_: PretendedWorker())
    seen = []
    for _ in range(4):
        seen.append(executor.slots)
        for _ in range(2):
            futures = []
            while executor.can_take():
                futures.append(executor.submit(None))
            held = Counter(executor._device_of[executor._slot_of[f]] for f in futures)
            assert set(held.values()) == {executor.slots // 8}
            while len(executor._began) < len(futures):
                time.sleep(0.001)
            for future in futures:
                end(executor, future)
    assert seen == [8, 16, 32, 64]
    executor.close()


class EquallyLong(Sharing):
    """All runs take ten seconds."""

    def note(self, level: int, seconds: float) -> None:
        super().note(level, 10.0)


class PretendedWorker:
    """Answers nothing until its task is to end."""

    def __init__(self) -> None:
        self.name, self.leaks, self.process = "host:1", False, self
        self.ended = threading.Event()

    def ask(self, _task: object, _hear: Say) -> None:
        self.ended.wait()
        self.ended.clear()

    def has_exited(self) -> bool:
        return False

    def kill(self) -> None:
        self.ended.set()

    def wait(self) -> None:
        """Nothing is left of it."""

    end = wait


def end(executor: LocalExecutor[None, dict[str, str]], future: Future[dict[str, str]]) -> None:
    executor.stop(future)
    future.result(timeout=10)
    executor.release(future)


def test_a_worker_that_leaks_is_replaced(
    monkeypatch: pytest.MonkeyPatch, executor: LocalExecutor[tuple[str, float], int]
) -> None:
    first = run(executor)
    assert run(executor) == first
    monkeypatch.setattr(worker, "LEAK", -(1 << 40))
    assert run(executor) == first
    monkeypatch.undo()
    assert run(executor) != first


def test_a_worker_that_exits_is_named_by_its_code(
    executor: LocalExecutor[tuple[str, float], int],
) -> None:
    with pytest.raises(WorkerLost, match=r"its worker died \(exit code 3\)"):
        run(executor, "exit", 3)
    assert run(executor) > 0


@pytest.mark.parametrize(
    ("given", "count", "seen"),
    [
        ("3,1", 2, ["3", "1", "3"]),
        pytest.param(None, 0, [None, None, None], marks=pytest.mark.long),
        pytest.param("", 0, ["", "", ""], marks=pytest.mark.long),
    ],
)
def test_a_worker_sees_its_own_gpu(
    monkeypatch: pytest.MonkeyPatch, given: str | None, count: int, seen: list[str | None]
) -> None:
    monkeypatch.setattr(device, "gpu_count", lambda: count)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    with LocalExecutor(environment, 3) as executor:
        futures = [executor.submit(None) for _ in range(3)]
        found = [future.result(timeout=60).get("CUDA_VISIBLE_DEVICES") for future in futures]
        for future in futures:
            executor.release(future)
    assert found == seen
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == given


def test_a_gpu_is_known_before_anything_is_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Unpickling the function imports its module, which may look at the GPUs at once."""
    monkeypatch.setattr(device, "gpu_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    text = "import os\nSEEN = os.environ['CUDA_VISIBLE_DEVICES']\ndef seen(_, say): return SEEN\n"
    (tmp_path / "looks_at_once.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with monkeypatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "not yet")
        seen = importlib.import_module("looks_at_once").seen
    with LocalExecutor(seen, 2) as executor:
        futures = [executor.submit(None) for _ in range(2)]
        assert [future.result(timeout=60) for future in futures] == ["0", "1"]
        for future in futures:
            executor.release(future)


def test_close_leaves_no_process() -> None:
    executor = LocalExecutor(act, 2)
    idle = executor.submit(("answer", 0))
    workers = {idle.result(timeout=60)}
    busy = executor.submit(("sleep", 600))
    executor.release(idle)
    workers |= {worker.process.pid or 0 for worker in executor._workers.values()}
    assert len(workers) == 2
    executor.close()
    assert eventually(lambda: not any(is_alive(w) for w in workers))
    with pytest.raises(WorkerLost):
        busy.result(timeout=60)


def test_a_task_alone_has_the_memory_of_idle_workers_too() -> None:
    with LocalExecutor(act, 2) as executor:
        futures = [executor.submit(("sleep", 0.5)) for _ in range(2)]
        idle = {future.result(timeout=60) for future in futures}
        for future in futures:
            executor.release(future)
        started = time.monotonic()
        alone = executor.submit(("answer", 0.0), alone=True)
        # They are not waited for to end by themselves.
        assert time.monotonic() - started < 5
        assert not any(is_alive(worker) for worker in idle)
        assert alone.result(timeout=60) not in idle
        executor.release(alone)


def test_what_has_answered_already_is_not_stopped() -> None:
    with LocalExecutor(act, 1) as executor:
        future = executor.submit(("answer", 0.0))
        first = future.result(timeout=60)
        executor.stop(future)
        executor.release(future)
        assert run(executor) == first


@pytest.mark.skipif(os.name != "posix", reason="process groups")
@pytest.mark.parametrize("end", ["close", "stop", "kill"])
def test_what_a_task_has_started_ends_with_its_worker(end: str) -> None:
    executor = LocalExecutor(act, 1)
    started = run(executor, "start", 600.0)
    assert is_alive(started)
    if end != "close":
        future = executor.submit(("sleep", 600.0) if end == "stop" else ("kill", 0.0))
        if end == "stop":
            executor.stop(future)
        with pytest.raises(WorkerLost):
            future.result(timeout=60)
        executor.release(future)
        assert eventually(lambda: not is_alive(started))
    executor.close()
    assert eventually(lambda: not is_alive(started))


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="waitid")
@pytest.mark.parametrize("code", [0, 3])
def test_a_fork_that_outlives_its_worker_holds_nothing_up(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    executor = LocalExecutor(act, 1)
    started = time.monotonic()
    if code:
        with pytest.raises(WorkerLost, match=rf"exit code {code}\)"):
            run(executor, "leave", code)
    else:
        run(executor, "leave", code)
    executor.close()
    assert time.monotonic() - started < 9
    (left,) = (int(path.read_text()) for path in tmp_path.glob("left-by-*"))
    assert eventually(lambda: not is_alive(left))


def test_ctrl_c_while_a_task_begins_leaves_nothing_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = LocalExecutor(act, 1)
    submit = executor._threads.submit

    def interrupted(*task: Any) -> None:
        submit(*task)
        raise KeyboardInterrupt

    monkeypatch.setattr(executor._threads, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        executor.submit(("sleep", 60.0))
    closing = threading.Thread(target=executor.close, daemon=True)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()
