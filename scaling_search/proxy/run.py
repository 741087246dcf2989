"""A run: what determines it, and how a worker carries it out."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from scaling_search.baselines import Network, build_network, plain_network
from scaling_search.baselines.layout import memory_format_of
from scaling_search.errors import InvalidInput
from scaling_search.proxy.data_settings import DataSettings
from scaling_search.proxy.exported import Exported, ExportedJob
from scaling_search.proxy.recipe import Recipe
from scaling_search.proxy.result import RunResult, Tell, unheard
from scaling_search.proxy.task import known_task

#: Changes whenever the same settings would mean a different training; part of every run's key.
TRAINER_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """Everything that determines the result of one training."""

    network: Network
    resolution: int
    #: Identity of the proxy task: images, labels, split, augmentation.
    task: str
    recipe: Recipe
    #: Of this member: both may grow with phi.
    dropout: float
    stochastic_depth: float
    seed: int
    #: cpu or cuda; a GPU computes in bf16.
    device: str
    torch_version: str
    trainer_version: int = TRAINER_VERSION
    #: FamilyMember.built: the same call of a user's function may build something else elsewhere.
    built: str = ""
    #: A rung: the training stops after this epoch. None trains to the recipe's end.
    rung: int | None = None
    #: The run from whose evaluated weights this one starts, or weights that were exported; None
    #: starts from nothing.
    start: RunSpec | Exported | None = None

    @property
    def epochs(self) -> int:
        """Epochs that are trained."""
        return self.recipe.epochs if self.rung is None else self.rung

    @property
    def whole(self) -> RunSpec:
        """The same run to its end."""
        return replace(self, rung=None)

    @cached_property
    def content(self) -> str:
        """The specification as one line of JSON."""
        # Not asdict(self): it would copy the network, of thousands of runs.
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        plain |= {"network": plain_network(self.network), "recipe": asdict(self.recipe)}
        if self.rung is None:
            del plain["rung"]
        if not self.built:
            del plain["built"]
        if self.start is None:
            del plain["start"]
        else:
            plain["start"] = self.start.key
        # The name of a recipe takes no part in the training, and where it starts is told above.
        del plain["recipe"]["name"], plain["recipe"]["start"]
        return json.dumps(plain, sort_keys=True)

    @cached_property
    def key(self) -> str:
        """Names the run: equal for runs that must give equal results."""
        return key_of(self.content)


def key_of(content: str) -> str:
    """The key of the run with this specification."""
    return hashlib.sha256(content.encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Job:
    """A run to be carried out, and where its data and its weights are on this machine."""

    spec: RunSpec
    data: DataSettings
    #: Where the evaluated weights are kept; None throws them away.
    weights: Path | None = None
    #: Folder in which a run stopped at a rung waits to be continued.
    checkpoints: Path | None = None
    #: The file of how the run goes, which the driver writes.
    log: Path | None = None
    #: The job of the run from which it starts, with the file of its weights; whether that is there
    #: or not, it comes to the same.
    start: Job | ExportedJob | None = None

    @property
    def kept(self) -> Sequence[Path]:
        """Its checkpoint, and the weights from which it starts."""
        name = checkpoint_name(self.spec.whole.key)
        kept = [] if self.checkpoints is None else [self.checkpoints / name]
        if self.start is not None and self.start.weights is not None:
            kept.append(self.start.weights)
        return kept

    def moved(self, folder: Path, home: Path) -> Job:
        """The same job on this machine, writing into `folder`; its data lie as seen from `home`.

        Raises InvalidInput where this machine would compute with another torch.
        """
        here = metadata.version("torch")
        if here != self.spec.torch_version:
            raise InvalidInput(
                f"{socket.gethostname()} has torch {here}, but the driver {self.spec.torch_version}"
                ", with which runs may come out otherwise: install the same on all machines"
            )
        weights = None if self.weights is None else folder / "weights" / self.weights.name
        checkpoints = None if self.checkpoints is None else folder / "checkpoints"
        return replace(
            self,
            data=self.data.seen_from(home),
            weights=weights,
            checkpoints=checkpoints,
            log=None,
            start=None if self.start is None else self.start.moved(folder, home),
        )

    def carry_out(self, tell: Tell = unheard) -> Outcome:
        """Train the network; called in a worker."""
        return carry_out(self, tell)

    def forget(self) -> None:
        """Its checkpoint is removed when its training has ended."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job. Times are measured, so they are never part of a result."""

    result: RunResult
    seconds: float
    #: Who carried it out, as host:pid.
    worker: str


def this_worker() -> str:
    """This process, as host:pid."""
    return f"{socket.gethostname()}:{os.getpid()}"


def checkpoint_name(key: str) -> str:
    """The file in which a run waits at a rung, the same for all its rungs. key: of the whole run"""
    return f"{key}.pt"


def carry_out(job: Job, tell: Tell = unheard) -> Outcome:
    """Train the network of a job; called in a worker."""
    from scaling_search.proxy.checkpoint import Checkpoint
    from scaling_search.proxy.start import begun_from
    from scaling_search.proxy.training import train
    from scaling_search.proxy.weights_file import digest_of, write_weights

    spec = job.spec
    # May train what the run starts from, which is none of its own time.
    begin = begun_from(job.start, spec)
    started = time.monotonic()
    checkpoint = None
    if job.checkpoints is not None:
        path = job.checkpoints / checkpoint_name(spec.whole.key)
        checkpoint = Checkpoint(path=path, run=spec.whole.content)
    # Imports what the network needs, before anything is seeded.
    layout = memory_format_of(spec.network, spec.resolution, spec.device)
    result, network = train(
        make_network=lambda: begin(
            build_network(spec.network, spec.resolution, spec.dropout, spec.stochastic_depth)
        ),
        splits=known_task(job.data, spec.task).load(spec.resolution),
        recipe=spec.recipe,
        augmentation=job.data.augmentation,
        seed=spec.seed,
        device_type=spec.device,
        rung=spec.rung,
        checkpoint=checkpoint,
        layout=layout,
        tell=tell,
    )
    if job.weights is not None:
        weights = network.state_dict()
        write_weights(job.weights, weights, {"run": spec.key, "sha256": digest_of(weights)})
    return Outcome(
        result=result,
        seconds=time.monotonic() - started,
        worker=this_worker(),
    )
