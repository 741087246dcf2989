"""Drivers in processes of their own: workers of one that ends, is killed or is interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from worker_tasks import eventually, is_alive


def test_idle_workers_give_back_what_they_hold(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(
        "from scaling_search.execution import LocalExecutor\n"
        "from worker_tasks import act, run\n"
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


DRIVER = """
import sys, time
from scaling_search.execution import ExecutorSettings
from worker_tasks import act

if __name__ == "__main__":
    with ExecutorSettings(sys.argv[1], workers=1).start(act, "cpu") as executor:
        first = executor.submit(("answer", 0))
        print(first.result(), flush=True)
        executor.release(first)
        future = executor.submit(("sleep", float(sys.argv[2])))
        while True:
            try:
                print(future.result(), flush=True)
                break
            except KeyboardInterrupt:
                print("interrupted", flush=True)
"""


@pytest.fixture(params=["local", pytest.param("ray", marks=pytest.mark.long)])
def start_driver(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[float], tuple[subprocess.Popen[str], int]]]:
    """Starts a driver in a process group of its own; gives it and the process id of its worker."""
    if request.param == "ray":
        pytest.importorskip("ray", reason="the extra ray is not installed")
    script = tmp_path / "driver.py"
    script.write_text(DRIVER)
    drivers: list[subprocess.Popen[str]] = []

    def start(seconds: float) -> tuple[subprocess.Popen[str], int]:
        paths = [str(Path(__file__).parent), *filter(None, sys.path)]
        driver = subprocess.Popen(
            [sys.executable, str(script), request.param, str(seconds)],
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
