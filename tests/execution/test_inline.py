"""The stand-in behaves as the real executor does, as far as a driver sees."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest

from scaling_search.execution import Executor, InlineExecutor, LocalExecutor, Say, WorkerLost


def half(task: int, _say: Say | None = None) -> float:
    if task % 2:
        raise ValueError(f"{task} is odd")
    return task / 2


@pytest.fixture(params=[InlineExecutor, LocalExecutor])
def executor(request: pytest.FixtureRequest) -> Executor[int, float]:
    made: Callable[..., Executor[int, float]] = request.param
    return made(half, 2)


def test_both_speak_the_same_protocol(executor: Executor[int, float]) -> None:
    with executor:
        assert (executor.slots, executor.can_take()) == (2, True)
        good, bad = executor.submit(4), executor.submit(3)
        assert not executor.can_take()
        assert good.result(timeout=60) == 2
        with pytest.raises(ValueError, match="3 is odd"):
            bad.result(timeout=60)
        executor.release(bad)
        assert (executor.can_take(), executor.can_take(alone=True)) == (True, False)
        executor.release(good)
        assert executor.can_take(alone=True)


def test_it_remembers_its_tasks_and_lets_them_take_their_time() -> None:
    waiting: dict[int, Future[float]] = {7: Future(), 8: Future()}
    with InlineExecutor(lambda task: waiting.get(task, 0.5), 3) as executor:
        now, later, never = executor.submit(1), executor.submit(7), executor.submit(8)
        assert (now.result(), later.done(), executor.can_take()) == (0.5, False, False)
        waiting[7].set_result(3.5)
        assert later.result() == 3.5
        executor.stop(never)
        assert isinstance(never.exception(), WorkerLost)
        executor.release(never)
    assert (executor.tasks, executor.stopped) == ([1, 7, 8], [8])


def test_an_interrupt_reaches_the_driver() -> None:
    def interrupted(_: int) -> float:
        raise KeyboardInterrupt

    with InlineExecutor(interrupted) as executor, pytest.raises(KeyboardInterrupt):
        executor.submit(1)
