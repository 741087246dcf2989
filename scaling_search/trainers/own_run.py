"""A run that a training of the user's own carries out: what determines it, and how it goes."""

from __future__ import annotations

import json
import math
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from scaling_search.baselines import Network
from scaling_search.errors import InvalidInput
from scaling_search.metric import Metric
from scaling_search.proxy import Outcome, RunStatus
from scaling_search.proxy.result import Epoch, RunResult, Tell, unheard
from scaling_search.proxy.run import key_of, this_worker
from scaling_search.trainers.run_log import RunLog
from scaling_search.trainers.settings import TrainerSettings
from scaling_search.trainers.trainer import TrainingFailed

#: Settings that change no result, or that stand in the code's digest.
_NOT_IN_KEY = ("files", "seeded")
#: The longest curve that curves.csv holds.
MOST_EPOCHS = 10_000


@dataclass(frozen=True, kw_only=True)
class OwnRunSpec:
    """All that is known to determine the result of a training of the user's own."""

    settings: TrainerSettings = field(hash=False)
    #: Stands for the code that trains.
    code: str
    #: The name of the baseline.
    model: str
    #: The family member: its name, and as data.
    member: str
    network: Network
    depth_mult: float
    width_mult: float
    resolution: int
    phi: float
    #: Identity of the data.
    task: str
    seed: int
    #: cpu or cuda.
    device: str
    #: Epochs of a whole run.
    whole_epochs: int
    #: The epoch after which it stops; None trains to the end.
    rung: int | None = None

    @property
    def epochs(self) -> int:
        """Epochs that are trained."""
        return self.whole_epochs if self.rung is None else self.rung

    @property
    def whole(self) -> OwnRunSpec:
        """The same run to its end."""
        return replace(self, rung=None)

    @cached_property
    def content(self) -> str:
        """The specification as one line of JSON."""
        trainer = {n: v for n, v in self.settings.plain().items() if n not in _NOT_IN_KEY}
        left_out = ("settings", "network", *(["rung"] if self.rung is None else []))
        plain = {name: value for name, value in self._fields.items() if name not in left_out}
        return json.dumps({**plain, "trainer": trainer}, sort_keys=True)

    @property
    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @cached_property
    def key(self) -> str:
        """Names the run: equal for runs that should give equal results."""
        return key_of(self.content)


#: A point of a curve as a training gives it: (epoch, value, loss or None).
Point = tuple[int, float, float | None]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training gave, as it gave it."""

    #: By the names of the settings: the metric, its test value and further ones.
    values: Mapping[str, object]
    curve: Sequence[Point] = ()


@dataclass(frozen=True, kw_only=True)
class OwnJob(ABC):
    """An own run to be carried out, in a folder that it keeps from attempt to attempt."""

    spec: OwnRunSpec
    #: Where it writes, and goes on from where it stopped.
    folder: Path
    #: Beside the folder, which a script may empty.
    log: Path
    #: Where the folder is copied to at the end; None throws it away.
    weights: Path | None = None

    @property
    def kept(self) -> Sequence[Path]:
        """Its folder."""
        return (self.folder,)

    def moved(self, folder: Path, home: Path) -> OwnJob:
        """The same job whose folder, log and weights lie in `folder`."""
        weights = folder / "weights" if self.weights is not None else None
        return replace(self, folder=folder / "run", log=folder / "run.log", weights=weights)

    def carry_out(self, tell: Tell = unheard) -> Outcome:
        """Train; called in a worker. Raises TrainingFailed where no result came of it."""

        def hear(point: Point) -> None:
            for epoch in _points(self.spec.settings.scored_by, [point]):
                tell(epoch)

        started = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        with RunLog(self.log) as log:
            log.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {self.title}\n".encode())
            try:
                result = judged(self.spec, self.train(log, hear))
            except (TrainingFailed, InvalidInput) as failure:
                log.write(f"--- failed: {failure}\n".encode())
                raise
        if self.weights is not None:
            copy_files(self.folder, self.weights)
        return Outcome(result=result, seconds=time.monotonic() - started, worker=this_worker())

    @property
    @abstractmethod
    def title(self) -> str:
        """What is called, for the log."""

    @abstractmethod
    def train(self, log: RunLog, hear: Callable[[Point], None]) -> Trained:
        """Carry the training out. `hear` is told points of its curve. Raises TrainingFailed."""

    def forget(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def copy_files(folder: Path, weights: Path) -> None:
    """Copy what a training has left: files and folders, links as links."""

    def neither(parent: str, names: list[str]) -> list[str]:
        """Pipes, sockets and devices, which would be waited for."""
        paths = ((name, Path(parent, name)) for name in names)
        return [
            n for n, path in paths if not (path.is_symlink() or path.is_file() or path.is_dir())
        ]

    # A training may have removed it.
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, weights, symlinks=True, ignore=neither, dirs_exist_ok=True)


def judged(spec: OwnRunSpec, trained: Trained) -> RunResult:
    """What a training gave as the errors that a study works on.

    A decisive value that is not finite is a diverged run. Raises TrainingFailed for values that are
    missing, no number or outside their range.
    """
    settings, values = spec.settings, trained.values
    metric = settings.scored_by
    value = _number(settings.metric, values)
    curve = tuple(_points(metric, trained.curve))
    if not math.isfinite(value):
        return RunResult(status=RunStatus.DIVERGED, curve=curve)
    val_error, test_error = _error(metric, settings.metric, value), None
    if spec.rung is None:
        test_error = val_error
        if settings.test:
            test_error = _error(metric, settings.test, _number(settings.test, values))
    # A run that stops at a rung may not have come to them.
    wanted = [name for name in settings.also if spec.rung is None or name in values]
    also = {name: _number(name, values) for name in wanted}
    return RunResult(
        status=RunStatus.FINISHED,
        val_error=val_error,
        test_error=test_error,
        curve=curve,
        also={name: number for name, number in also.items() if math.isfinite(number)},
    )


def _error(metric: Metric, name: str, value: float) -> float:
    try:
        return replace(metric, name=name).error(value)
    except InvalidInput as error:
        raise TrainingFailed(str(error)) from error


def _number(name: str, values: Mapping[str, object]) -> float:
    if name not in values:
        given = ", ".join(map(str, list(values)[:10])) or "nothing"
        raise TrainingFailed(f"the result has no {name}, but {given}")
    value = values[name]
    number = as_number(value)
    if number is None:
        raise TrainingFailed(f"{name} is {shown_value(value)}, but must be a number")
    return number


def shown_value(value: object) -> str:
    """A value of the user's in a short line, whatever it says of itself."""
    try:
        shown = " ".join(repr(value).split())
    except Exception:  # it is the user's code that speaks
        shown = f"a {type(value).__name__}"
    return shown if len(shown) < 60 else f"{shown[:60]}..."


def as_number(value: object) -> float | None:
    """A number, one of numpy or torch, or the text of one; None for anything else."""
    if hasattr(value, "item"):
        try:
            value = value.item()
        except Exception:  # of many elements, or a method of the user's
            return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _points(metric: Metric, curve: Sequence[Point]) -> Sequence[Epoch]:
    """The points that are values of the metric, each epoch once, as it was last reported."""
    points = {}
    for epoch, value, loss in curve:
        if 1 <= epoch <= MOST_EPOCHS and math.isfinite(value):
            try:
                error = metric.error(value)
            except InvalidInput:
                continue
            known = loss if loss is not None and math.isfinite(loss) else None
            points[epoch] = Epoch(epoch, known, error)
    return [points[epoch] for epoch in sorted(points)]
