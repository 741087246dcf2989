"""What every engine promises a driver: order, errors, messages, cancellation, placement."""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict

import pytest
from engines import Engine
from worker_tasks import Visit, act, eventually, is_alive, run, visit

from scaling_search.execution import Began, Ended, Said, WorkerLost, traceback_of


def test_slots_are_processes_of_their_own(engine: Engine) -> None:
    with engine(act, 2) as executor:
        assert executor.slots == 2
        futures = [executor.submit(("sleep", 0.5)) for _ in range(2)]
        assert not executor.can_take()
        workers = {future.result(timeout=60) for future in futures}
        assert len(workers - {os.getpid()}) == 2
        # A slot is free when it is released, not when its task has ended.
        assert not executor.can_take()
        executor.release(futures[1])
        assert (executor.can_take(), executor.can_take(alone=True)) == (True, False)
        executor.release(futures[0])
        assert executor.can_take(alone=True)


def test_every_task_gets_its_own_answer(engine: Engine) -> None:
    with engine(act, 2) as executor:
        tasks, answers = list(range(20)), {}
        futures = {}
        while tasks or futures:
            while tasks and executor.can_take():
                task = tasks.pop(0)
                futures[executor.submit(("echo", task))] = task
            for future, what in executor.news(30):
                if isinstance(what, Ended):
                    executor.release(future)
                    answers[futures.pop(future)] = future.result()
    assert answers == {task: task for task in range(20)}


def test_a_task_begins_speaks_and_ends(engine: Engine) -> None:
    with engine(act, 2) as executor:
        future = executor.submit(("say", 30))
        heard: list[Began | Said | Ended] = []
        while Ended() not in heard:
            heard += [what for whose, what in executor.news(30) if whose is future]
        began, *said, _ = heard
        assert isinstance(began, Began)
        assert int(began.worker.rpartition(":")[2]) == future.result()
        assert said == [Said(number) for number in range(30)]
        executor.release(future)
        assert executor.news(0) == []


def test_an_error_is_the_tasks_own_with_its_traceback(engine: Engine) -> None:
    with engine(act, 2) as executor:
        future = executor.submit(("fail", 0))
        error = future.exception(timeout=60)
        executor.release(future)
        assert type(error) is ValueError
        assert str(error) == "as asked"
        assert 'raise ValueError("as asked")' in traceback_of(error)
        assert traceback_of(ValueError("of the driver")) == ""
        # After an error the next task gets a new process, and nobody hears of that.
        assert is_alive(run(executor))


def test_what_cannot_be_sent_is_named(engine: Engine) -> None:
    with engine(act, 2) as executor:
        with pytest.raises(RuntimeError, match="Awkward: leftright"):
            run(executor, "awkward")
        with pytest.raises(RuntimeError, match="the answer cannot be sent"):
            run(executor, "lambda")


def test_a_dead_worker_fails_its_own_task_only(engine: Engine) -> None:
    with engine(act, 2) as executor:
        beside = executor.submit(("sleep", 2.0))
        with pytest.raises(WorkerLost, match=r"its worker (died|was lost) \("):
            run(executor, "kill")
        with pytest.raises(WorkerLost, match=r"its worker (died|was lost) \("):
            run(executor, "exit", 3)
        assert is_alive(run(executor))
        assert beside.result(timeout=60) > 0
        executor.release(beside)


@pytest.mark.parametrize("stands_still", [False, True])
def test_a_stopped_task_fails_and_its_slot_works_again(engine: Engine, stands_still: bool) -> None:
    with engine(act, 1) as executor:
        future = executor.submit(("sleep", 600))
        news = executor.news(60)
        (began,) = (what for _, what in news if isinstance(what, Began))
        worker = int(began.worker.rpartition(":")[2])
        if stands_still:
            os.kill(worker, signal.SIGSTOP)
        started = time.monotonic()
        executor.stop(future)
        with pytest.raises(WorkerLost):
            future.result(timeout=60)
        assert time.monotonic() - started < 30
        executor.release(future)
        assert run(executor) != worker
        assert eventually(lambda: not is_alive(worker))


def test_close_leaves_no_process(engine: Engine) -> None:
    with engine(act, 2) as executor:
        busy = executor.submit(("sleep", 600))
        (began,) = (what for _, what in executor.news(60) if isinstance(what, Began))
    assert eventually(lambda: not is_alive(int(began.worker.rpartition(":")[2])))
    with pytest.raises(WorkerLost):
        busy.result(timeout=60)


def test_driver_keeps_its_own_interrupts(engine: Engine) -> None:
    before = signal.getsignal(signal.SIGINT)
    with engine(act, 1) as executor:
        run(executor)
        assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.long
def test_no_gpu_holds_runs_that_it_should_not(engine: Engine) -> None:
    """Of eight pretended GPUs with two runs each; one that is alone shares its own with none."""
    visits: list[tuple[bool, Visit]] = []
    with engine(visit, 16, runs_per_gpu=2) as executor:
        queue = [False, False, False, True, False, False]
        running = {}
        while queue or running:
            while queue and executor.can_take(queue[0]):
                alone = queue.pop(0)
                running[executor.submit(0.5, alone)] = alone
            for future, what in executor.news(30):
                if isinstance(what, Ended):
                    executor.release(future)
                    visits.append((running.pop(future), future.result()))
    assert len(visits) == 6
    gpus_of = defaultdict(set)
    for alone, one in visits:
        gpus_of[one.worker].add(one.gpu)
        beside = [
            other
            for _, other in visits
            if other is not one and other.gpu == one.gpu and one.overlaps(other)
        ]
        assert len(beside) <= (0 if alone else 1)
        assert one.gpu in {str(number) for number in range(8)}
    # torch sees for good what its process saw first.
    assert all(len(gpus) == 1 for gpus in gpus_of.values())
