"""A search from its settings: what proposes, how many asks, what follows them."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.baselines import Baseline
from scaling_search.errors import InvalidInput
from scaling_search.findings.design import Design
from scaling_search.findings.racing import first_round
from scaling_search.search.candidates import Candidates, Snapper, marked_points, snap_all
from scaling_search.search.grid import GridSettings, ListedProposals, grid_candidates
from scaling_search.search.race import Race, RaceSettings, most_looks
from scaling_search.search.sampler import OptunaSettings, SampledProposals
from scaling_search.search.settings import Budget
from scaling_search.search.shell import CostConstraint
from scaling_search.search.strategy import Search

SweepSettings = GridSettings | RaceSettings | OptunaSettings


@dataclass(frozen=True)
class SearchSpace:
    """What can be asked for, and what a run costs."""

    baseline: Baseline
    constraint: CostConstraint
    native_resolution: int
    #: Epochs of a whole run.
    epochs: int
    train_images: int


def known_candidates(sweep: SweepSettings, space: SearchSpace) -> Candidates:
    """The distinct networks that are known before anything is trained.

    All of a grid's and of a race's; of a sampled search the marked points.
    """
    place = (space.baseline, space.constraint, space.native_resolution)
    if isinstance(sweep, OptunaSettings):
        return snap_all(marked_points(space.constraint.cost_ratio)[: sweep.asks], *place)
    return grid_candidates(sweep, *place)


def begin_search(
    sweep: SweepSettings, space: SearchSpace, candidates: Candidates, budget: Budget
) -> Search:
    """STEP 1 from its beginning, with what `known_candidates` gives."""
    kept = candidates.kept
    flops_per_mac = 6 * space.train_images
    if isinstance(sweep, OptunaSettings):
        snapper = Snapper(space.baseline, space.constraint, space.native_resolution)
        marked = marked_points(space.constraint.cost_ratio)
        search = Search(
            SampledProposals(sweep, snapper, marked, space.epochs),
            asks=sweep.asks,
            lag=sweep.lag,
            bracket=sweep.bracket,
            settings=sweep,
            epochs=space.epochs,
            flops_per_mac=flops_per_mac,
        )
        networks = sweep.asks
    elif isinstance(sweep, RaceSettings):
        # A marked point outside the tolerance cannot win.
        able = [candidate for candidate in kept if candidate.within]
        first = first_round(Design.of(able, space.constraint.cost_ratio), sweep.start)
        search = Search(
            ListedProposals([able[i] for i in first]),
            asks=len(first),
            lag=None,
            bracket=len(first),
            settings=sweep,
            epochs=space.epochs,
            flops_per_mac=flops_per_mac,
            points={candidate.id: candidate for candidate in kept},
        )
        networks = len(kept)
    else:
        return Search(
            ListedProposals(kept),
            asks=len(kept),
            lag=None,
            bracket=len(kept),
            settings=sweep,
            epochs=space.epochs,
        )
    search.budget = Budget(runs=2 * search.asks) if budget == Budget() else budget
    dearest = flops_per_mac * [*sweep.rungs, space.epochs][0] * max(c.macs for c in kept)
    if budget.train_flops is not None and budget.train_flops < dearest:
        raise InvalidInput(
            f"budget.train_flops is {budget.train_flops:g}, but one run takes {dearest:.3g}: "
            "give enough for several"
        )
    cheapest = flops_per_mac * space.epochs * min(c.macs for c in kept)
    looks = most_looks(
        search.budget, search.asks, sweep.round, networks * len(sweep.seeds), cheapest
    )
    search.race = Race(sweep.round, space.constraint.cost_ratio, looks)
    return search
