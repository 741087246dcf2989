"""Ray's tasks: runs on the machines of a cluster, wherever there is room."""

from __future__ import annotations

import math
import pickle
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any, Generic, TypeVar

from scaling_search.errors import InvalidInput
from scaling_search.execution.executor import (
    Ended,
    Executor,
    Say,
    WorkerLost,
    WorkerTraceback,
)
from scaling_search.execution.ray_connection import connect, import_ray, runtime_env
from scaling_search.execution.ray_task import Letter, Mailbox, Moved, carry_out
from scaling_search.execution.travel import AsItIs, Away
from scaling_search.execution.worker import interrupts_ignored

T = TypeVar("T")
R = TypeVar("R")

#: Seconds between two looks at the nodes, and for which the listener waits for a letter.
_LOOK = 1.0
#: Seconds that the last letters of a task may come after its answer.
_PATIENCE = 5.0


@dataclass
class _Sent(Generic[T, R]):
    """A task that was sent."""

    task: T
    #: Ray's name of what travels.
    parcel: Any
    alone: bool
    future: Future[R] = field(default_factory=Future)
    number: int = -1
    #: Ray's name of the answer.
    ref: Any = None
    begun: bool = False
    stopped: bool = False
    #: Its letters by their place, those that came before their turn, and how many had theirs.
    letters: dict[int, Any] = field(default_factory=dict)
    heard: int = 0
    #: Its last letter: no other comes.
    last: Ended | Moved | None = None
    answered_at: float | None = None


class RayExecutor(Executor[T, R]):
    """Runs `function(task, say)` on tasks that Ray places, several on a node.

    A run takes `cpus`, and on a GPU one part of `runs_per_gpu`. As many go at a time as the nodes
    have room for, or `workers`, of which those that find no room wait with Ray: where a cluster
    grows by itself that is why it does. Nothing is tried again here.
    """

    def __init__(
        self,
        function: Callable[[T, Say], R],
        *,
        address: str = "",
        workers: int | None = None,
        cpus: float = 1.0,
        runs_per_gpu: int = 0,
        threads: int = 1,
        given_env: Mapping[str, Any] | None = None,
        away: Away[T] | None = None,
    ) -> None:
        self._ray = import_ray()
        self._away: Away[T] = away or Away(AsItIs())
        self._workers, self._cpus, self._runs_per_gpu = workers, cpus, runs_per_gpu
        env = runtime_env(given_env or {}, threads, away, elsewhere=bool(address))
        self._connected = connect(address, env, math.ceil((workers or 1) * cpus))
        #: CPUs of the largest node: what a run takes that is alone, where there is no GPU.
        self._largest = 1.0
        super().__init__(1)
        self._look_at_nodes()
        # GPU workers are kept for the next task; whether another attempt is made is not Ray's.
        task = self._ray.remote(max_retries=0, max_calls=0)(carry_out)
        self._send = partial(task.options, num_cpus=cpus)
        self._work = self._ray.put(pickle.dumps((function, self._away.travel)))
        self._mailbox = self._start_mailbox()
        self._numbers = count()
        self._lock = threading.RLock()
        self._sent: dict[int, _Sent[T, R]] = {}
        self._closed = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if runs_per_gpu and not workers and not self._gpus:
            self.close()
            raise InvalidInput(
                "executor.device is cuda, but no node of the Ray cluster has a GPU: add one, give "
                "executor.workers= where the cluster grows by itself, or executor.device=cpu"
            )

    def _start_mailbox(self) -> Any:
        """Near the driver, if Ray lets it."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        node = self._ray.get_runtime_context().get_node_id()
        near = NodeAffinitySchedulingStrategy(node, soft=True)
        actor = self._ray.remote(num_cpus=0, max_restarts=-1, max_concurrency=1000)(Mailbox)
        return actor.options(scheduling_strategy=near).remote()

    def _look_at_nodes(self) -> None:
        """Let `slots` follow what the cluster has now."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        self._looked_at = time.monotonic()
        self._gpus = sum(node.get("GPU", 0) for node in nodes)
        self._largest = max((node.get("CPU", 0) for node in nodes), default=1.0)
        room = sum(self._room(node.get("CPU", 0), node.get("GPU", 0)) for node in nodes)
        self.slots = self._workers or max(1, room)

    def _room(self, cpus: float, gpus: float) -> int:
        """Runs that a node of this size holds."""
        room = int(cpus / self._cpus)
        return min(room, int(gpus) * self._runs_per_gpu) if self._runs_per_gpu else room

    def can_take(self, alone: bool = False) -> bool:
        with self._lock:
            running = [sent for sent in self._sent.values() if not sent.future.done()]
            if any(sent.alone and not sent.begun for sent in running):
                # What came after it would take the room for which it waits.
                return False
            whole = self._runs_per_gpu or max(1, self._room(self._largest, 0))
            unreleased = len(self._running) - len(running)
            taken = unreleased + sum(whole if sent.alone else 1 for sent in running)
        return taken + (whole if alone else 1) <= self.slots or not taken

    def _start(self, task: T, alone: bool) -> Future[R]:
        parcel = self._ray.put(pickle.dumps(self._away.travel.pack(task)))
        sent: _Sent[T, R] = _Sent(task, parcel, alone)
        with self._lock:
            self._give_to_ray(sent)
        return sent.future

    def _give_to_ray(self, sent: _Sent[T, R]) -> None:
        wants, share = {}, None
        if self._runs_per_gpu:
            # Ray counts in ten-thousandths of a GPU.
            part = 1.0 if sent.alone else math.floor(10_000 / self._runs_per_gpu) / 10_000
            wants["num_gpus"] = part
            share = part if self._runs_per_gpu > 1 else None
        elif sent.alone:
            wants["num_cpus"] = max(self._largest, self._cpus)
        sent.number, sent.letters, sent.heard = next(self._numbers), {}, 0
        sent.last = sent.answered_at = None
        self._sent[sent.number] = sent
        sent.ref = self._send(**wants).remote(
            self._work, sent.parcel, self._mailbox, sent.number, share
        )

    def _listen(self) -> None:
        """Until the end: what tasks say, which have ended, and what the cluster has."""
        while not self._closed.is_set():
            try:
                letters: list[Letter] = self._ray.get(self._mailbox.take.remote(_LOOK), timeout=30)
                if time.monotonic() - self._looked_at > _LOOK:
                    self._look_at_nodes()
            except Exception:
                # A lost actor is started again.
                letters = []
                self._closed.wait(_LOOK)
            with self._lock:
                for letter in letters:
                    self._hear(*letter)
                waiting = list(self._sent.values())
            try:
                for sent in waiting:
                    if isinstance(sent.last, Ended):
                        self._are_ready([sent.ref], _PATIENCE)
                ready = self._are_ready([sent.ref for sent in waiting], 0)
            except Exception as error:
                lost = WorkerLost(f"the Ray cluster is lost ({error})")
                for sent in waiting:
                    self._answer(sent, None, lost)
            else:
                for sent in waiting:
                    if sent.ref in ready:
                        self._finish(sent)

    def _are_ready(self, refs: list[Any], seconds: float) -> set[Any]:
        """Those of the answers that are there, or will not come."""
        if not refs:
            return set()
        return set(self._ray.wait(refs, num_returns=len(refs), timeout=seconds)[0])

    def _hear(self, number: int, place: int, what: Any) -> None:
        sent = self._sent.get(number)
        if sent is None:
            return
        sent.letters[place] = what
        while sent.heard in sent.letters:
            what = sent.letters.pop(sent.heard)
            sent.heard += 1
            if isinstance(what, (Ended, Moved)):
                sent.last = what
            else:
                sent.begun = True
                self._news.put((sent.future, what))

    def _finish(self, sent: _Sent[T, R]) -> None:
        """Answer a future, once all that its task said has come."""
        first, sent.answered_at = sent.answered_at is None, sent.answered_at or time.monotonic()
        answer, error = None, None
        try:
            pickled, left = self._ray.get(sent.ref)
            if sent.last is None and time.monotonic() - sent.answered_at < _PATIENCE:
                return
            self._away.travel.put(sent.task, left)
            _, answer, error, where, _ = pickle.loads(pickled)
            if error is not None:
                error.__cause__ = WorkerTraceback(where)
        except self._ray.exceptions.RayError as failure:
            if first:
                # Its last words may lie in the mailbox.
                return
            error = _as_ours(failure)
        except Exception as failure:
            error = failure
        with self._lock:
            if isinstance(sent.last, Moved) and isinstance(error, WorkerLost) and not sent.stopped:
                del self._sent[sent.number]
                self._give_to_ray(sent)
                return
        self._answer(sent, answer, error)

    def _answer(self, sent: _Sent[T, R], answer: Any, error: BaseException | None) -> None:
        with self._lock:
            del self._sent[sent.number]
        if error is None:
            sent.future.set_result(answer)
        else:
            sent.future.set_exception(error)

    def _free(self, future: Future[R]) -> None:
        """Ray has taken back what the task had."""

    def stop(self, future: Future[R]) -> None:
        with self._lock:
            for sent in self._sent.values():
                if sent.future is future:
                    sent.stopped = True
                    self._ray.cancel(sent.ref, force=True)

    def close(self) -> None:
        with interrupts_ignored():
            self._closed.set()
            self._listener.join()
            for sent in list(self._sent.values()):
                with suppress(Exception):
                    self._ray.cancel(sent.ref, force=True)
                self._answer(sent, None, WorkerLost("it was stopped"))
            with suppress(Exception):
                self._ray.kill(self._mailbox)
            if self._connected:
                self._ray.shutdown()
        self._running.clear()


def _as_ours(error: Exception) -> Exception:
    """What Ray says of a task as drivers know it."""
    from ray.exceptions import OutOfMemoryError, RayTaskError, RuntimeEnvSetupError

    text = " ".join(str(error).split())
    if isinstance(error, RayTaskError):
        # Outside the task itself: its function could not be unpickled there, or the like.
        cause = error.cause if isinstance(error.cause, Exception) else RuntimeError(text)
        cause.__cause__ = WorkerTraceback(error.traceback_str)
        return cause
    if isinstance(error, OutOfMemoryError):
        return MemoryError(text)
    if isinstance(error, RuntimeEnvSetupError):
        return InvalidInput(f"the Ray cluster cannot set its workers up: {text}")
    return WorkerLost(f"its worker was lost ({type(error).__name__}: {text[:200]})")
