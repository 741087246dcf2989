"""A model of latency: prices any network of a baseline from some hundred measured ones.

Of networks whose layers are known, the seconds are sums over layers (`layer_times`), with the
coefficients above 0 of the least squares of relative errors, times a smooth function of depth,
width and resolution, for what caches and schedulers do. Of networks of a user's function the log of
the seconds is a smooth function of the logs of costs, multipliers and resolution. How far off it is
is told by networks that were left out of the fit in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.findings.layer_times import grid_of, seconds, term_sums
from scaling_search.findings.smooth import Smooth, fit_smooth
from scaling_search.scaling.architecture import Architecture
from scaling_search.scaling.cost import Cost, Grid

Floats = NDArray[np.float64]

#: Parts of the networks that are left out in turn.
_FOLDS = 10
#: How steep the smooth function may be over how curved: of what the layers leave, and of all.
_SLOPE_OF_REST, _SLOPE_OF_ALL = 1.0, 10.0


class Described(Protocol):
    """A network as far as it is needed: a family member, or a measured network."""

    @property
    def network(self) -> object: ...
    @property
    def resolution(self) -> int: ...
    @property
    def depth_mult(self) -> float: ...
    @property
    def width_mult(self) -> float: ...
    @property
    def cost(self) -> Cost: ...


@dataclass(frozen=True, eq=False)
class LatencyModel:
    """Seconds of an image, of a pass over a batch of them on the device that was measured."""

    #: (terms,): seconds for each count of a layer; None where no layers are known.
    coefficients: Floats | None
    rest: Smooth
    #: (networks,): log of predicted over measured for each network, by a fit without it.
    log_errors: Floats

    @property
    def relative_sd(self) -> float:
        """Standard deviation of the log error at networks that were left out."""
        return float(np.sqrt(np.mean(self.log_errors**2)))

    def error(self, level: float = 0.5) -> float:
        """The quantile of the absolute relative errors at networks that were left out."""
        return float(np.quantile(np.abs(np.expm1(self.log_errors)), level))

    def of_grid(self, grid: Grid) -> Floats:
        """(n,): seconds of an image of each network. Raises InvalidInput: no layers are known."""
        if self.coefficients is None:
            raise InvalidInput(
                "the measurements are of networks of a function, whose layers are not known: ask "
                "for one member at a time, .of_member(member)"
            )
        return seconds(grid, self.coefficients) * np.exp(self.rest(_shapes(grid)))

    def of_members(self, members: Sequence[Described]) -> Floats:
        """(n,): seconds of an image of each."""
        if self.coefficients is None:
            return np.exp(self.rest(_logs(members)))
        return np.concatenate([self.of_grid(_grid([member])) for member in members])

    def of_member(self, member: Described) -> float:
        """Seconds of an image."""
        return float(self.of_members([member])[0])


def fit_latency(networks: Sequence[Described], measured: Sequence[float]) -> LatencyModel:
    """The model of measured networks of one baseline: seconds of an image, (n,), all above 0."""
    y = np.asarray(measured, float)
    has_layers = isinstance(networks[0].network, Architecture)
    if has_layers:
        grid = _grid(networks)
        fit = partial(_fit_layers, term_sums(grid), _shapes(grid), y)
    else:
        fit = partial(_fit_logs, _logs(networks), y)
    errors = np.empty(len(y))
    # Neighbours in the list are neighbours in nothing, so every tenth is as good as any.
    fold = np.arange(len(y)) % min(_FOLDS, len(y))
    for left_out in range(fold.max() + 1):
        out = fold == left_out
        errors[out] = fit(~out, out)[2] - np.log(y[out])
    everything = np.full(len(y), True)
    coefficients, rest, _ = fit(everything, everything)
    return LatencyModel(coefficients, rest, errors)


Fitted = tuple[Floats | None, Smooth, Floats]


def _fit_layers(terms: Floats, shapes: Floats, y: Floats, used: Floats, asked: Floats) -> Fitted:
    """The fit to the used networks, and the log of its seconds of those asked for."""
    from scipy.optimize import nnls

    # Each term on the scale of its largest share, which is what makes the solver exact.
    relative = terms[used] / y[used, None]
    size = relative.max(axis=0)
    size = np.where(size > 0, size, 1.0)
    coefficients = nnls(relative / size, np.ones(len(relative)))[0] / size
    base = np.log(terms @ coefficients)
    rest = fit_smooth(shapes[used], np.log(y[used]) - base[used], _SLOPE_OF_REST)
    return coefficients, rest, base[asked] + rest(shapes[asked])


def _fit_logs(logs: Floats, y: Floats, used: Floats, asked: Floats) -> Fitted:
    rest = fit_smooth(logs[used], np.log(y[used]), _SLOPE_OF_ALL)
    return None, rest, rest(logs[asked])


def _grid(networks: Sequence[Described]) -> Grid:
    found = []
    for one in networks:
        assert isinstance(one.network, Architecture)
        found.append((one.network, one.resolution))
    return grid_of(found)


def _shapes(grid: Grid) -> Floats:
    """(n, 3): logs of blocks, channels and pixels a side."""
    blocks = grid.repeats.sum(axis=1)[grid.depth_of]
    channels = np.asarray(sum(grid.channels))[grid.pair_of]
    logs: Floats = np.log(np.stack([blocks, channels, grid.resolution], axis=1).astype(float))
    return logs


def _logs(networks: Sequence[Described]) -> Floats:
    """(n, 6): of what is known of a network without layers."""
    logs: Floats = np.log(
        [
            (
                max(1, one.cost.macs),
                max(1, one.cost.activations),
                max(1, one.cost.params),
                one.depth_mult,
                one.width_mult,
                one.resolution,
            )
            for one in networks
        ]
    )
    return logs
