"""A table of ground truth (benchmarks/make_table.py), halved: what is searched, and the truth."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_search.findings.design import Design
from scaling_search.scaling import Coefficients
from scaling_search.search import Asked
from scaling_search.search.strategy import Answer, Ending, Evaluation, Request, Search

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """A row of the table, as a search looks at a candidate."""

    id: str
    coefficients: Coefficients
    resolution: int
    cost_ratio: float
    macs: int
    pixel_price: float
    within: bool = True

    @property
    def shares(self) -> tuple[float, float, float]:
        depth, width, resolution = self.coefficients.shares()
        return depth, width, resolution


@dataclass(frozen=True, eq=False)
class Table:
    """Val errors of all networks with all seeds; fractions, lower is better."""

    name: str
    networks: tuple[Network, ...]
    #: (networks, seeds, epochs): after each epoch; nan where the run diverged.
    errors: Floats
    #: What the networks should cost, over the baseline.
    cost_ratio: float = 2.0

    @property
    def epochs(self) -> int:
        """Of a whole run."""
        return self.errors.shape[2]

    @cached_property
    def design(self) -> Design:
        """The networks as a surface sees them."""
        return Design.of(self.networks, self.cost_ratio)

    @cached_property
    def price(self) -> Floats:
        """(networks,): cost of a whole run, in runs of a network of mean cost."""
        macs = np.array([network.macs for network in self.networks], float)
        return np.asarray(macs / macs.mean())


def read_table(path: Path) -> Table:
    """Read what make_table wrote."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in rows[0] if name.startswith("val_error_")]
    networks = {row["trial"]: row for row in rows}
    seeds = {seed: index for index, seed in enumerate(dict.fromkeys(row["seed"] for row in rows))}
    errors = np.full((len(networks), len(seeds), len(columns)), np.nan)
    index = {trial: number for number, trial in enumerate(networks)}
    for row in rows:
        if row[columns[-1]]:
            errors[index[row["trial"]], seeds[row["seed"]]] = [float(row[c]) for c in columns]
    return Table(path.stem, tuple(_network(row) for row in networks.values()), errors)


def _network(row: dict[str, str]) -> Network:
    return Network(
        row["trial"],
        Coefficients(*(float(row[name]) for name in ("alpha", "beta", "gamma"))),
        int(row["resolution"]),
        float(row["cost_ratio"]),
        int(row["macs"]),
        float(row["pixel_price"]),
    )


@dataclass(frozen=True)
class Trained:
    """One answer of the table."""

    #: Row of the network.
    network: int
    #: Column of the seed.
    seed: int
    epochs: int
    #: Val error, a fraction; nan: diverged.
    error: float
    #: What the search has spent so far, this run included, in runs of a network of mean cost.
    spent: float


def answer_of(error: float) -> Answer:
    """The answer of a run with this val error; nan: it diverged."""
    return Answer(None, status=Ending.DIVERGED) if math.isnan(error) else Answer(error)


@dataclass
class Half:
    """The half of a table's seeds that a search may draw from: it answers evaluations by look-up.

    A seed that is not among them has no answer: ValueError. A run that goes on from a rung costs
    what it adds. Trial NAME/2 is the third training of network NAME, with the third seed from the
    one named; a network with no seed left begins again with its first.
    """

    table: Table
    #: Columns of the table's seeds, in the order in which a search uses them.
    seeds: tuple[int, ...]
    #: All that was answered, in order.
    log: list[Trained] = field(default_factory=list)
    _reached: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows = {network.id: row for row, network in enumerate(self.table.networks)}

    def train(self, evaluation: Evaluation) -> Answer:
        """The table's answer."""
        trial, _, times = evaluation.trial.partition("/")
        position = self.seeds.index(evaluation.seed) + int(times or 0)
        seed = self.seeds[position % len(self.seeds)]
        row = self._rows[trial]
        error = float(self.table.errors[row, seed, evaluation.epochs - 1])
        run = (evaluation.trial, evaluation.seed)
        added = evaluation.epochs - self._reached.get(run, 0)
        self._reached[run] = evaluation.epochs
        spent = self.log[-1].spent if self.log else 0.0
        spent += float(self.table.price[row]) * added / self.table.epochs
        self.log.append(Trained(row, seed, evaluation.epochs, error, spent))
        return answer_of(error)

    def carry_out(self, search: Search) -> list[Trained]:
        """Answer a search to its end."""
        steps = search.steps()
        request: Request | None = next(steps, None)
        known: dict[Evaluation, Answer] = {}
        while request is not None:
            for evaluation in request.start:
                known[evaluation] = self.train(evaluation)
            try:
                request = steps.send({e: known[e] for e in request.wait})
            except StopIteration:
                request = None
        return self.log


@dataclass
class TableSnapper:
    """Snaps an asked point to the nearest network of a table, by the distance of their shares."""

    table: Table
    #: Whether a network that is asked for again is trained again, with its next seed.
    repeat: bool
    _times: dict[str, int] = field(default_factory=dict)

    @property
    def cost_ratio(self) -> float:
        return self.table.cost_ratio

    def try_snap(self, point: Asked) -> Any:
        """The candidate for SampledProposals, which reads no more of it than Network has."""
        away = ((self.table.design.shares - np.array(point.coefficients.shares())) ** 2).sum(axis=1)
        network = self.table.networks[int(np.argmin(away))]
        if not self.repeat:
            return network
        times = self._times.get(network.id, 0)
        self._times[network.id] = times + 1
        return replace(network, id=f"{network.id}/{times}")


def errors_of(log: Iterable[Trained], table: Table) -> Floats:
    """(networks, seeds): whole runs of a log, nan where there is none. Repeats count once."""
    errors = np.full(table.errors.shape[:2], np.nan)
    for run in log:
        if run.epochs == table.epochs:
            errors[run.network, run.seed] = run.error
    return errors


def within(log: Sequence[Trained], budget: float) -> list[Trained]:
    """What a log had when its next run would have gone over the budget."""
    return [run for run in log if run.spent <= budget + 1e-9]
