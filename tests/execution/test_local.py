"""Slots: a worker's death costs its own task, and no worker outlives its driver."""

import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.execution import ExecutorSettings, LocalExecutor, WorkerLost, device


class Awkward(Exception):
    """Cannot be unpickled: its arguments are two, what is kept of them is one."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(left + right)


def environment(_: object) -> dict[str, str]:
    """What a worker sees."""
    return dict(os.environ)


def act(task: tuple[str, float]) -> int:
    """What the workers of these tests do; gives the process id."""
    what, value = task
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "fail":
        raise ValueError("as asked")
    elif what == "exit":
        sys.exit(int(value))
    elif what == "awkward":
        raise Awkward("left", "right")
    elif what == "lambda":
        return lambda: 0  # type: ignore[return-value]
    elif what == "sleep":
        time.sleep(value)
    elif what == "lock":
        # As tqdm does for the data sets library.
        HELD.append(multiprocessing.Lock())
    return os.getpid()


HELD: list[object] = []


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor[tuple[str, float], int]]:
    with LocalExecutor(act, 2) as two_slots:
        yield two_slots


def run(
    executor: LocalExecutor[tuple[str, float], int], what: str = "answer", value: float = 0
) -> int:
    future = executor.submit((what, value))
    try:
        return future.result(timeout=60)
    finally:
        executor.release(future)


def test_worker_stays_for_the_next_task(executor: LocalExecutor[tuple[str, float], int]) -> None:
    first = run(executor)
    assert first != os.getpid()
    assert run(executor) == first


def test_slots_are_processes_of_their_own(
    executor: LocalExecutor[tuple[str, float], int],
) -> None:
    assert (executor.slots, executor.free) == (2, 2)
    futures = [executor.submit(("sleep", 0.2)) for _ in range(2)]
    assert executor.free == 0
    assert len({future.result(timeout=60) for future in futures}) == 2
    # A slot is free when it is released, not when its task has ended.
    assert executor.free == 0
    for future in futures:
        executor.release(future)
    assert executor.free == 2


def test_dead_worker_fails_its_own_task_only(
    executor: LocalExecutor[tuple[str, float], int],
) -> None:
    beside = executor.submit(("sleep", 1.0))
    with pytest.raises(WorkerLost, match=r"its worker died \(signal 9"):
        run(executor, "kill")
    assert is_alive(run(executor))
    assert beside.result(timeout=60) > 0
    executor.release(beside)


def test_error_in_a_task_is_passed_on(executor: LocalExecutor[tuple[str, float], int]) -> None:
    with pytest.raises(ValueError, match="as asked"):
        run(executor, "fail")
    assert run(executor) > 0


def test_a_worker_that_exits_is_named_by_its_code(
    executor: LocalExecutor[tuple[str, float], int],
) -> None:
    with pytest.raises(WorkerLost, match=r"its worker died \(exit code 3\)"):
        run(executor, "exit", 3)
    assert run(executor) > 0


def test_what_cannot_be_sent_is_named(executor: LocalExecutor[tuple[str, float], int]) -> None:
    with pytest.raises(RuntimeError, match="Awkward: leftright"):
        run(executor, "awkward")
    with pytest.raises(RuntimeError, match="the answer cannot be sent"):
        run(executor, "lambda")
    assert run(executor) > 0


@pytest.mark.parametrize(
    ("given", "count", "seen"),
    [
        (None, 2, ["0", "1", "0"]),
        ("3,1", 2, ["3", "1", "3"]),
        ("GPU-8932f937, GPU-5b3a", 2, ["GPU-8932f937", "GPU-5b3a", "GPU-8932f937"]),
        # The driver takes the names before the first that names nothing.
        ("2,-1,0", 1, ["2", "2", "2"]),
        # It offers one of several parts of a GPU to a process.
        ("MIG-a1,MIG-b2", 1, ["MIG-a1", "MIG-b2", "MIG-a1"]),
        (None, 0, [None, None, None]),
        ("", 0, ["", "", ""]),
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
    text = "import os\nSEEN = os.environ['CUDA_VISIBLE_DEVICES']\ndef seen(_): return SEEN\n"
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


def test_stopped_task_fails_and_its_slot_works_again(
    executor: LocalExecutor[tuple[str, float], int],
) -> None:
    worker = run(executor)
    future = executor.submit(("sleep", 600))
    started = time.monotonic()
    executor.stop(future)
    with pytest.raises(WorkerLost):
        future.result(timeout=60)
    assert time.monotonic() - started < 30
    executor.release(future)
    assert eventually(lambda: not is_alive(worker))
    assert run(executor) != worker


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


def test_idle_workers_give_back_what_they_hold(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(
        "from scaling_search.execution import LocalExecutor\n"
        "from test_local import act, run\n"
        "if __name__ == '__main__':\n"
        "    with LocalExecutor(act, 1) as executor:\n"
        "        run(executor, 'lock')\n"
    )
    paths = [str(Path(__file__).parent), *filter(None, sys.path)]
    ended = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    # The resource tracker of multiprocessing would name semaphores that leaked.
    assert (ended.returncode, ended.stderr) == (0, "")


def test_driver_keeps_its_own_interrupts(
    executor: LocalExecutor[tuple[str, float], int],
) -> None:
    before = signal.getsignal(signal.SIGINT)
    run(executor)
    assert signal.getsignal(signal.SIGINT) is before


DRIVER = """
import sys, time
from scaling_search.execution import LocalExecutor
from test_local import act

if __name__ == "__main__":
    with LocalExecutor(act, 1) as executor:
        first = executor.submit(("answer", 0))
        print(first.result(), flush=True)
        executor.release(first)
        future = executor.submit(("sleep", float(sys.argv[1])))
        while True:
            try:
                print(future.result(), flush=True)
                break
            except KeyboardInterrupt:
                print("interrupted", flush=True)
"""


@pytest.fixture
def start_driver(tmp_path: Path) -> Iterator[Callable[[float], tuple[subprocess.Popen[str], int]]]:
    """Starts a driver in a process group of its own; gives it and the process id of its worker."""
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    drivers: list[subprocess.Popen[str]] = []

    def start(seconds: float) -> tuple[subprocess.Popen[str], int]:
        paths = [str(Path(__file__).parent), *filter(None, sys.path)]
        driver = subprocess.Popen(
            [sys.executable, str(script), str(seconds)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # A suite that runs in the background is started with interrupts ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        drivers.append(driver)
        assert driver.stdout is not None
        return driver, int(driver.stdout.readline())

    yield start
    for driver in drivers:
        if driver.poll() is None:
            os.killpg(driver.pid, signal.SIGKILL)
        driver.communicate()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_workers_die_with_a_killed_driver(
    start_driver: Callable[[float], tuple[subprocess.Popen[str], int]],
) -> None:
    driver, worker = start_driver(600)
    assert is_alive(worker)
    driver.kill()
    driver.wait()
    assert eventually(lambda: not is_alive(worker), seconds=10)


def test_interrupt_does_not_reach_the_workers(
    start_driver: Callable[[float], tuple[subprocess.Popen[str], int]],
) -> None:
    driver, worker = start_driver(1.5)
    time.sleep(0.3)
    os.killpg(driver.pid, signal.SIGINT)
    assert driver.stdout is not None
    # The driver hears of it; the worker goes on and gives its answer.
    assert driver.stdout.readline() == "interrupted\n"
    assert int(driver.stdout.readline()) == worker
    assert driver.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "cluster"),
        ("workers", 0),
        ("workers", 2000),
        ("device", "gpu"),
        ("timeout", 0.0),
        ("timeout", float("nan")),
        ("attempts", 0),
        ("attempts", 11),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=rf"executor\.{name} is {value!r}"):
        ExecutorSettings(**{name: value})
