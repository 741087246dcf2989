"""Does the law of shares hold the truth as often as it says, and say "constant" where it is?

    python benchmarks/shares_law.py [--replays 60] [--workers 1]

Studies of `+sweep=shares` with its lattice, 10 networks at each of three costs over a decade and 2
seeds, on synthetic landscapes whose best shares are the same at all sizes, or drift. Landscapes:
bowls whose depth does not grow with the compute, grows with its log, or with the square of that,
and three powers, each dimension taking its own part of the error away. Noise of a run 3 or 8 %,
networks off the law by 2 %, seeds 3 %. .4 s a replay. Prints the table in Markdown.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from scaling_search.findings.design import Design
from scaling_search.findings.interval import Floats
from scaling_search.findings.optimum import STEPS
from scaling_search.findings.shares_curve import shares_curve
from scaling_search.findings.shares_law import fit_shares_law
from scaling_search.findings.triangle import PLANE, triangle
from scaling_search.series import SharesSettings

COSTS = (2.0, 6.3, 20.0)
SEEDS = 2
KINDS = ("bowl", "bowl, growing", "bowl, growing twice", "powers")
SIGMAS = (0.03, 0.08)
TAU, OMEGA = 0.02, 0.03
#: How far the best shares move over the costs, on the plane of the triangle; its sides are 1.41.
DRIFTS = (0.0, 0.3)
#: Rounding moves real networks off the lattice by up to this part of a step, and off the cost.
MOVED, COST = 0.3, 0.05
#: The least log error by which a landscape's triangle must vary at the dearest cost: on a flatter
#: one there are no best shares.
LEAST_SPREAD = 0.1

#: Log error at shares (n, 3) and log costs (n,).
Smooth = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Outcome:
    """What a study found, against the truth."""

    #: Whether the region holds the lattice point next to the best shares, at each cost.
    holds: tuple[bool, ...]
    #: The region's part of the triangle, on average.
    size: float
    constant: bool
    #: Whether what constant shares lose at the dearest cost lies in its interval, and what it is.
    gain_holds: bool
    gain: float


def make_smooth(kind: str, drift: float, rng: np.random.Generator) -> Smooth:
    """A random landscape of this kind."""
    longest, shortest = np.log(COSTS[-1]), np.log(COSTS[0])
    if kind == "powers":
        exponent = rng.uniform(0.25, 1.5, 3)
        # Equal slopes at the baseline: it is balanced, and the best shares stay as they are.
        part = 1 / exponent * np.exp(rng.normal(0, 3 * drift, 3))
        part /= part.sum()
        return lambda shares, t: np.log(0.05 + np.exp(-exponent * shares * t[:, None]) @ part)
    power = {"bowl": 0, "bowl, growing": 1, "bowl, growing twice": 2}[kind]
    middle = (0.12 + 0.64 * rng.dirichlet([2, 2, 2])) @ PLANE
    angle, turned = rng.uniform(0, 2 * np.pi), rng.uniform(0, np.pi)
    path = drift * np.array([np.cos(angle), np.sin(angle)])
    turn = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
    form, depth = turn.T * np.array([1, rng.uniform(1, 2.5)]), rng.uniform(0.15, 0.6)

    def bowl(shares: Floats, t: Floats) -> Floats:
        along = (t - (shortest + longest) / 2) / (longest - shortest)
        off = (shares @ PLANE - middle - along[:, None] * path) @ form
        return np.asarray(-0.4 * t + 0.03 * t**2 + depth * (t / longest) ** power * (off**2).sum(1))

    return bowl


def make_design(rng: np.random.Generator) -> Design:
    """The networks of a study, off the lattice as rounding moves them."""
    sweep = SharesSettings(costs=list(COSTS))
    asked = np.array(sweep.lattice_shares)
    moved = rng.uniform(-MOVED, MOVED, (len(COSTS), *asked.shape)) / sweep.lattice
    points = np.maximum(asked + moved, 0.02).reshape(-1, 3)
    shares = points / points.sum(axis=1, keepdims=True)
    log_cost = np.repeat(np.log(COSTS), len(asked)) + rng.uniform(-COST, COST, len(shares))
    pixels = np.rint(24 * np.exp(log_cost * shares[:, 2] / 2)).astype(int)
    price = np.log(((4 * np.ceil(pixels / 4) / pixels) ** 2 + 1) / 2)
    return Design(shares=shares, log_cost=log_cost, resolution=pixels, log_pixel_price=price)


def replay(kind: str, drift: float, sigma: float, number: int) -> Outcome | None:
    """One study; None where its landscape is flat."""
    rng = np.random.default_rng([number, 18])
    smooth, design = make_smooth(kind, drift, rng), make_design(rng)
    lattice, longest = triangle(STEPS), np.log(COSTS[-1])
    if np.ptp(smooth(lattice, np.full(len(lattice), longest))) < LEAST_SPREAD:
        return None
    mean = np.log(0.3) + smooth(design.shares, design.log_cost) + rng.normal(0, TAU, len(design))
    mean += rng.uniform(0, 0.9) * design.log_pixel_price
    noise = rng.normal(0, OMEGA, SEEDS) + rng.normal(0, sigma, (len(design), SEEDS))
    errors = np.minimum(np.exp(mean[:, None] + noise), 1.0)
    curve = shares_curve(fit_shares_law(design, errors), COSTS, COSTS[0])
    fine, holds = triangle(60), []
    for point in curve.points:
        best = fine[smooth(fine, np.full(len(fine), np.log(point.cost))).argmin()]
        nearest = lattice[((lattice - best) ** 2).sum(axis=1).argmin()]
        holds.append(bool((np.abs(point.optimum.region - nearest).max(axis=1) < 1e-9).any()))
    kept, best = smooth(
        np.stack([curve.constant, curve.last.optimum.shares]), np.full(2, longest)
    ).tolist()
    gain = float(np.expm1(kept - best))
    size = np.mean([len(point.optimum.region) / len(lattice) for point in curve.points])
    low, high = curve.last.gain.low, curve.last.gain.high
    return Outcome(tuple(holds), float(size), curve.suffices, low <= gain <= high, gain)


def _replays(setting: tuple[str, float, float, int]) -> list[Outcome]:
    kind, drift, sigma, count = setting
    found = (replay(kind, drift, sigma, number) for number in range(count))
    return [one for one in found if one is not None]


def print_table(replays: int, workers: int) -> None:
    """A row for each kind of landscape, with and without drift, and noise."""
    print(
        "| best shares | landscape | noise | replays | region holds them at the costs | region, ",
        end="",
    )
    print('of triangle | "constant" said | constant loses | loss in 90 % |')
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    settings = [(k, d, s, replays) for d, s, k in itertools.product(DRIFTS, SIGMAS, KINDS)]
    with ProcessPoolExecutor(workers) as pool:
        groups: dict[float, list[Outcome]] = {}
        for (kind, drift, sigma, _), outcomes in zip(settings, pool.map(_replays, settings)):
            print(
                _row("drift" if drift else "constant", kind, f"{sigma:.0%}", outcomes), flush=True
            )
            groups.setdefault(drift, []).extend(outcomes)
    for drift, outcomes in groups.items():
        print(_row("drift" if drift else "constant", "all", "", outcomes))


def _row(shares: str, kind: str, sigma: str, outcomes: list[Outcome]) -> str:
    holds = np.mean([o.holds for o in outcomes], axis=0)
    cells = [
        *(shares, kind, sigma, str(len(outcomes))),
        ", ".join(f"{part:.0%}" for part in holds),
        f"{np.mean([o.size for o in outcomes]):.0%}",
        f"{np.mean([o.constant for o in outcomes]):.0%}",
        f"{np.mean([o.gain for o in outcomes]):.1%}",
        f"{np.mean([o.gain_holds for o in outcomes]):.0%}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replays", type=int, default=60)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    print_table(given.replays, given.workers)


if __name__ == "__main__":
    main()
