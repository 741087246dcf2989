"""What predicts latency: multiply-adds or activations? Correlations of logs over networks.

On accelerators, which are bound by memory, activations were found to be the better predictor
(Radosavovic et al. 2020, Designing Network Design Spaces, complexity analysis; Dollar et al. 2021,
Fast and Accurate Model Scaling). Whether that holds here is a question to one's own networks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import LEVEL, UNKNOWN, Floats, Interval, Ints, tails
from scaling_search.wording import level_text

DRAWS = 2000
#: Fewer networks say nothing.
FEWEST = 4


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """Of log latency with a log cost, or a difference of two such correlations; -1 to 1.

    Intervals say where they would lie over other networks of the same kind.
    """

    #: Of logs (Pearson): how well latency follows a power law of the cost.
    pearson: Interval
    #: Of ranks (Spearman): whether the costlier network is the slower one.
    spearman: Interval


@dataclass(frozen=True, kw_only=True)
class LatencyPredictors:
    """How well multiply-adds and activations predict the latency of the same networks."""

    #: Distinct networks that were compared.
    networks: int
    macs: Correlation
    activations: Correlation
    #: Activations minus macs, over the same draws of networks.
    difference: Correlation
    level: float
    #: Why numbers are missing; empty if none is.
    reason: str

    @property
    def some_predict(self) -> bool:
        """Whether the latency is seen to grow with at least one of them, by logs."""
        return self.macs.pearson.low > 0 or self.activations.pearson.low > 0

    @property
    def better(self) -> str | None:
        """activations or macs, by the correlation of logs; None where neither can be named."""
        if not self.some_predict:
            return None
        return {"better": "activations", "worse": "macs"}.get(self.difference.pearson.verdict)

    @property
    def verdict(self) -> str:
        """The answer in a sentence or two."""
        if self.reason:
            return f"What predicts latency better cannot be said: {self.reason}."
        of_activations, of_macs = self.activations.pearson, self.macs.pearson
        numbers = (
            f"the correlation of logs is {_text(of_activations)} for activations and "
            f"{_text(of_macs)} for multiply-adds, a difference of {_text(self.difference.pearson)} "
            f"({level_text(self.level)} intervals over {self.networks} networks)."
        )
        found = {
            "activations": "Activations predict latency better than multiply-adds here",
            "macs": "Multiply-adds predict latency better than activations here",
            None: "Activations and multiply-adds cannot be told apart as predictors of latency "
            f"with {self.networks} networks",
        }[self.better]
        if not self.some_predict:
            found = (
                "Neither activations nor multiply-adds are seen to predict latency with "
                f"{self.networks} networks"
            )
        return f"{found}: {numbers}"


def latency_predictors(
    latency: ArrayLike, macs: ArrayLike, activations: ArrayLike, level: float = LEVEL
) -> LatencyPredictors:
    """Compare the two predictors; latency, macs, activations: (networks,) above 0, any units.

    Latency is nan where it was not measured. A network that is listed twice counts once. Intervals
    are percentiles of a bootstrap over networks, the same for the same networks in any order. They
    tell what other networks of this kind would show, not the noise of the clock. Logs decide: in
    simulations their interval of the difference excluded 0 in a tenth of the cases where both
    predict equally well, that of ranks in a fiftieth, missing most true differences of 8 to 12
    networks. Networks of nearly equal macs give macs little to predict. Raises InvalidInput.
    """
    table = _table({"latency": latency, "macs": macs, "activations": activations})
    count = len(table)
    found = [Correlation(pearson=UNKNOWN, spearman=UNKNOWN)] * 3
    if count >= FEWEST:
        found = _bootstrapped(table, level)
    of_macs, of_activations, difference = found
    return LatencyPredictors(
        networks=count,
        macs=of_macs,
        activations=of_activations,
        difference=difference,
        level=level,
        reason=_reason(table),
    )


def _bootstrapped(table: Floats, level: float) -> list[Correlation]:
    """Of latency with macs and with activations, and the second minus the first."""
    count = len(table)
    pick = np.random.default_rng(0).integers(count, size=(DRAWS, count))
    # The networks themselves come first, then what was drawn of them.
    pick = np.vstack([np.arange(count), pick])
    ranks_drawn = np.stack([_ranks(column, pick) for column in table.T], axis=2)
    pearson, spearman = _correlations(np.log(table)[pick]), _correlations(ranks_drawn)
    return [
        Correlation(pearson=_interval(logs, level), spearman=_interval(ranks, level))
        for logs, ranks in zip(pearson, spearman)
    ]


def _table(columns: dict[str, ArrayLike]) -> Floats:
    """(networks, 3): the distinct rows without missing values, in a fixed order."""
    arrays = {name: np.asarray(values, float) for name, values in columns.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1 or any(len(shape) != 1 for shape in shapes.values()):
        raise InvalidInput(
            f"the shapes are {shapes}, but all must be (networks,): give one number a network"
        )
    for name, array in arrays.items():
        wrong = array[(array <= 0) | np.isinf(array)]
        if wrong.size:
            raise InvalidInput(
                f"{name} holds {wrong[0]:g}, but must be finite and above 0: leave out the network"
            )
    rows = np.column_stack(list(arrays.values()))
    return np.unique(rows[np.isfinite(rows).all(axis=1)], axis=0)


def _reason(table: Floats) -> str:
    if len(table) < FEWEST:
        return f"{len(table)} distinct networks were measured, and it takes {FEWEST}"
    names = ("latency", "number of multiply-adds", "number of activations")
    same = [name for name, column in zip(names, table.T) if np.ptp(column) == 0]
    return f"all networks have the same {' and '.join(same)}" if same else ""


def _correlations(drawn: Floats) -> tuple[Floats, Floats, Floats]:
    """(draws,) each: latency with macs, with activations, and the second minus the first.

    drawn: (draws, networks, 3). nan where a draw has no spread.
    """
    same = np.ptp(drawn, axis=1) == 0
    away = drawn - drawn.mean(axis=1, keepdims=True)
    length = np.where(same, np.nan, np.sqrt((away**2).sum(axis=1)))
    with_costs = (away[..., :1] * away[..., 1:]).sum(axis=1) / (length[:, :1] * length[:, 1:])
    # Without the last digits, in which equal predictors would differ.
    macs, activations = np.round(with_costs, 12).T
    return macs, activations, activations - macs


def _ranks(values: Floats, pick: Ints) -> Floats:
    """Ranks of values (networks,) within each draw of their indices (draws, networks).

    Equal values share their mean rank.
    """
    before = (values[:, None] < values) + 0.5 * (values[:, None] == values)
    times = np.stack([np.bincount(row, minlength=len(values)) for row in pick])
    return np.asarray(np.take_along_axis(times @ before + 0.5, pick, axis=1))


def _interval(values: Floats, level: float) -> Interval:
    """The first of the values, and the middle part of the others that holds `level` of them."""
    if np.isnan(values[0]):
        return UNKNOWN
    low, high = np.nanquantile(values[1:], tails(level))
    return Interval(float(values[0]), float(low), float(high))


def _text(interval: Interval) -> str:
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
