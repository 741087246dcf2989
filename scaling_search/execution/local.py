"""This machine's slots: one long-lived worker process for each, so that a crash costs one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from scaling_search.execution.device import visible_gpus
from scaling_search.execution.executor import Began, Executor, Said, Say, is_out_of_memory
from scaling_search.execution.gpu_sharing import MOST, Sharing
from scaling_search.execution.worker import Worker, interrupts_ignored

T = TypeVar("T")
R = TypeVar("R")


class LocalExecutor(Executor[T, R]):
    """Runs `function(task, say)` on tasks, one at a time in each of `slots` processes.

    Each worker sees one GPU of those that this process sees; more workers than GPUs share them in
    turn, each with its share of the memory. A worker that dies, or is stopped, costs its own task;
    the slot gets a new worker with its next one.

    sharing: finds out how many runs share a GPU, from one to each GPU on; `slots` then follows it,
    and nobody is kept to a share of the memory.
    """

    def __init__(
        self,
        function: Callable[[T, Say], R],
        slots: int,
        environment: Mapping[str, str] | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        super().__init__(slots)
        self._sharing = sharing
        if sharing is not None:
            slots = MOST * sharing.gpus
        self._function = function
        self._environment = dict(environment or {})
        gpus = visible_gpus()
        #: The GPU of each slot; where there is none, all share one device, the machine.
        self._device_of = [gpus[slot % len(gpus)] if gpus else None for slot in range(slots)]
        self._slot_of: dict[Future[R], int] = {}
        #: When each task began, and how many shared its GPU then.
        self._began: dict[Future[R], tuple[float, int]] = {}
        #: Those that have their device for themselves.
        self._alone: set[Future[R]] = set()
        self._workers: dict[int, Worker] = {}
        # A thread waits for the answer of each worker.
        self._threads = ThreadPoolExecutor(slots, "slot")

    def can_take(self, alone: bool = False) -> bool:
        return self._slot(alone) is not None

    def _slot(self, alone: bool) -> int | None:
        """A slot for a task, or None: those with a device of their own share it with no other."""
        taken = set(self._slot_of.values())
        closed = {self._device_of[self._slot_of[future]] for future in self._alone}
        if alone:
            closed |= {self._device_of[slot] for slot in taken}
        free = (
            slot
            for slot, device in enumerate(self._device_of[: self.slots])
            if slot not in taken and device not in closed
        )
        return next(free, None)

    def _start(self, task: T, alone: bool) -> Future[R]:
        slot = self._slot(alone)
        assert slot is not None
        if alone:
            # Idle workers hold memory too.
            self._end(*(s for s, d in enumerate(self._device_of) if d == self._device_of[slot]))
        worker = self._workers.get(slot)
        if worker is None or worker.has_exited():
            self._end(slot)
            worker = self._workers[slot] = self._worker(slot, alone)
        # Made here, not by the pool of threads: whenever Ctrl-C comes, no thread waits for what
        # this one had still to tell it.
        future: Future[R] = Future()
        future.set_running_or_notify_cancel()
        self._slot_of[future] = slot
        if alone:
            self._alone.add(future)

        def ask() -> None:
            self._began[future] = time.monotonic(), self._level
            self._news.put((future, Began(worker.name)))
            try:
                answer = worker.ask(task, lambda said: self._news.put((future, Said(said))))
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(answer)

        self._threads.submit(ask)
        return future

    def _worker(self, slot: int, alone: bool) -> Worker:
        """A new worker, which sees the device of its slot, and what others leave of its memory."""
        device, environment = self._device_of[slot], self._environment
        if device is None:
            return Worker(self._function, environment)
        is_measured = alone or self._sharing is not None
        share = 1.0 if is_measured else 1 / self._device_of.count(device)
        return Worker(self._function, {**environment, "CUDA_VISIBLE_DEVICES": device}, share)

    @property
    def _level(self) -> int:
        """How many runs may share a GPU now."""
        return self._sharing.level if self._sharing else 1

    def _learn(self, future: Future[R]) -> None:
        """Let the sharing know how long a task took that has ended."""
        began_at, level = self._began.pop(future, (0.0, 0))
        if self._sharing is None or not level or future in self._alone:
            return
        error = future.exception()
        if error is None:
            self._sharing.note(level, time.monotonic() - began_at)
        elif is_out_of_memory(error):
            self._sharing.memory_ran_out(level)
        self.slots = self._sharing.gpus * self._sharing.level

    def _free(self, future: Future[R]) -> None:
        self._learn(future)
        slot = self._slot_of.pop(future)
        # After an error, or a task alone, a new process is the safe choice.
        if future in self._alone or future.exception() is not None or self._workers[slot].leaks:
            self._alone.discard(future)
            self._end(slot)
        # Where fewer share a GPU now, those that none comes to any more.
        self._end(*(set(range(self.slots, len(self._device_of))) - set(self._slot_of.values())))

    def _end(self, *slots: int) -> None:
        """End the workers of these slots, where there are some."""
        workers = [self._workers.pop(slot) for slot in slots if slot in self._workers]
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()

    def stop(self, future: Future[R]) -> None:
        # The worker of one that has answered may be at the next one.
        if not future.done():
            self._workers[self._slot_of[future]].kill()

    def close(self) -> None:
        with interrupts_ignored():
            for slot, worker in self._workers.items():
                if slot in self._slot_of.values():
                    worker.kill()
                else:
                    worker.end()
            for worker in self._workers.values():
                worker.wait()
            self._threads.shutdown()
        self._workers.clear()
        self._slot_of.clear()
        self._alone.clear()
        self._running.clear()
