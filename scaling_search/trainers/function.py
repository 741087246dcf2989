"""`trainer=function`: a training of the user's own as a function that is called in a worker."""

from __future__ import annotations

import inspect
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_search.baselines import build_network
from scaling_search.baselines.own_function import code_of_function, import_function
from scaling_search.baselines.own_network import said
from scaling_search.baselines.put_back import (
    generators_put_back,
    seed_generators,
    settings_put_back,
)
from scaling_search.errors import InvalidInput
from scaling_search.trainers.code import code_of_files, require_code
from scaling_search.trainers.own_run import (
    MOST_EPOCHS,
    OwnJob,
    OwnRunSpec,
    Point,
    Trained,
    as_number,
    shown_value,
)
from scaling_search.trainers.own_trainer import OwnTrainer
from scaling_search.trainers.run_log import LogText, RunLog
from scaling_search.trainers.settings import TrainerSettings
from scaling_search.trainers.trainer import TrainingFailed

if TYPE_CHECKING:
    from torch import nn

SETTING, FORM = "trainer._target_", "(job) -> number, or a mapping of names to numbers"


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """What `train(job)` gets: which network to train, for how long, with which seed, and where."""

    #: Multipliers of depth and width, 1 at the baseline.
    depth_mult: float
    width_mult: float
    #: Side of the images in pixels.
    resolution: int
    #: The compound coefficient that the multipliers stand for.
    phi: float
    seed: int
    #: Train for so many epochs, or whatever recipe.epochs counts, in all.
    epochs: int
    #: Epochs of a whole training: more than `epochs` where this one stops on the way, to go on
    #: later if it is among the best. A schedule spans these.
    whole_epochs: int
    #: cpu or cuda.
    device: str
    #: A folder of this training's own, still there when it is tried again or goes on: keep a
    #: checkpoint in it. It is removed when the training has ended.
    folder: Path
    _spec: OwnRunSpec = field(repr=False)
    _hear: Callable[[Point], None] = field(repr=False)
    _curve: list[Point] = field(default_factory=list, repr=False)

    def model(self) -> nn.Module:
        """The network to train, with fresh weights: the baseline, scaled."""
        return build_network(self._spec.network, self.resolution)

    def report(self, epoch: int, value: object, loss: object = None) -> None:
        """Tell the metric on the val images, and the loss if known, after an epoch (1, 2, ...)."""
        number, count = as_number(value), as_number(epoch)
        if number is None:
            raise TypeError(f"job.report got {shown_value(value)}, but needs a number")
        if count is None or not 1 <= count <= MOST_EPOCHS or count != int(count):
            raise ValueError(
                f"job.report got epoch {shown_value(epoch)}, but needs a whole number from 1 to "
                f"{MOST_EPOCHS:,}"
            )
        if math.isfinite(number):
            # Said at the first epoch, not when the training has ended.
            self._spec.settings.scored_by.error(number)
        self._curve.append((int(count), number, as_number(loss)))
        self._hear(self._curve[-1])


class FunctionTrainer(OwnTrainer):
    """Calls a function."""

    @classmethod
    def code_of(cls, settings: TrainerSettings) -> dict[str, str]:
        """Of the function's module, or of the files that are named instead. Raises InvalidInput."""
        target = settings._target_
        _require_form(target, import_function(target, SETTING, FORM))
        if settings.files:
            return code_of_files(settings.files, ".")
        return {target: code_of_function(target, setting=SETTING, form=FORM)}


@dataclass(frozen=True, kw_only=True)
class FunctionJob(OwnJob):
    """A call of the function."""

    @property
    def title(self) -> str:
        spec = self.spec
        return (
            f"{spec.settings._target_}: depth x{spec.depth_mult:.4g}, width x{spec.width_mult:.4g}"
            f", {spec.resolution} px, seed {spec.seed}, {spec.epochs} epochs"
        )

    def train(self, log: RunLog, hear: Callable[[Point], None]) -> Trained:
        spec, target = self.spec, self.spec.settings._target_
        function = import_function(target, SETTING, FORM)
        require_code(spec.code, FunctionTrainer.code_of(spec.settings))
        job = TrainingJob(
            depth_mult=spec.depth_mult,
            width_mult=spec.width_mult,
            resolution=spec.resolution,
            phi=spec.phi,
            seed=spec.seed,
            epochs=spec.epochs,
            whole_epochs=spec.whole_epochs,
            device=spec.device,
            folder=self.folder,
            _spec=spec,
            _hear=hear,
        )
        with _printed_to(log), _seeded(spec):
            try:
                with _forks_ended():
                    answer = function(job)
            except BaseException as error:  # the user's code may fail in any way, or exit
                _print_traceback()
                raise _failure(error) from error
        values: Mapping[Any, object] = (
            answer if isinstance(answer, Mapping) else {spec.settings.metric: answer}
        )
        if answer is None:
            raise TrainingFailed(
                f"{target} returned nothing, but must return {spec.settings.metric}"
            )
        return Trained(values={str(n): v for n, v in values.items()}, curve=job._curve)


FunctionTrainer.JOB = FunctionJob


def _require_form(target: str, function: Callable[..., Any]) -> None:
    """Refuse at the door what cannot be called with a job and give a number."""
    if inspect.isclass(function):
        why = "is a class"
    elif inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        why = "is async, and would have to be awaited"
    elif inspect.isgeneratorfunction(function):
        why = "yields, and so gives no number"
    else:
        try:
            inspect.signature(function).bind(None)
            return
        except TypeError as error:
            why = f"cannot be called with a job alone ({error})"
        except ValueError:  # of a function in C nothing is known
            return
    raise InvalidInput(f"{SETTING} is {target!r}, but that {why}: it must have the form {FORM}")


def _failure(error: BaseException) -> TrainingFailed:
    name, text = type(error).__name__, str(error)
    out_of_memory = "out of memory" in text.lower() or "can't allocate memory" in text
    if isinstance(error, MemoryError) or name == "OutOfMemoryError" or out_of_memory:
        return TrainingFailed(f"memory ran out ({said(error)})", of_machine=True)
    if isinstance(error, SystemExit):
        return TrainingFailed(f"it ended the program ({said(error)})")
    return TrainingFailed(said(error))


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()


@contextmanager
def _forks_ended() -> Iterator[None]:
    """A process that the training has forked ends where it leaves it: one run has one answer."""
    worker, code = os.getpid(), 1
    try:
        yield
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(bool(error.code))
        raise
    except BaseException:
        if os.getpid() != worker:
            _print_traceback()
        raise
    finally:
        if os.getpid() != worker:
            sys.stdout.flush()
            os._exit(code & 255)


@contextmanager
def _seeded(spec: OwnRunSpec) -> Iterator[None]:
    """The global generators seeded, and torch's settings put back after, as for built-in runs."""
    import torch

    with settings_put_back(), generators_put_back():
        if spec.device == "cpu":
            # As many runs as there are cores go on at a time, unless executor.threads says else.
            torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))
        if spec.settings.seeded:
            seed_generators(spec.seed)
        yield


@contextmanager
def _printed_to(log: RunLog) -> Iterator[None]:
    """What is printed meanwhile, by Python or past it, goes to the log."""
    text, kept = LogText(log), []
    sys.stdout.flush()
    sys.stderr.flush()
    for number in (1, 2):
        kept.append(os.dup(number))
        os.dup2(log.fileno(), number)
    try:
        with redirect_stdout(text), redirect_stderr(text):
            yield
    finally:
        for number, before in zip((1, 2), kept):
            os.dup2(before, number)
            os.close(before)
