"""Do the region and the set of winners hold the truth as often as they say?

    python benchmarks/calibration.py [--replays 48] [--workers 1]

Races on synthetic landscapes (findings/landscapes.py): 36 networks, one seed each, then rounds of
12 runs where they tell most of who is best, until one candidate is left or 108 runs are spent.
Every setting is replayed with other landscapes and other noise. 24 settings; .1 s a replay.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from scaling_search.findings.calibration import Outcome, Setting, calibrate_once
from scaling_search.findings.landscapes import KINDS

SETTINGS = [
    Setting(kind, spread=0.1, tau=tau, sigma=sigma, omega=0.04)
    for kind, tau, sigma in itertools.product(KINDS, (0.01, 0.03), (0.03, 0.06, 0.12))
]

#: Below this p-value the report says that the surface does not fit.
FIT_LEVEL = 0.1


def row(name: str, outcomes: list[Outcome]) -> str:
    """One line of the table: means over replays."""

    def mean(field: str) -> float:
        return float(np.mean([getattr(outcome, field) for outcome in outcomes]))

    cells = [
        f"{len(outcomes)}",
        f"{100 * mean('region_holds'):.0f} %",
        f"{100 * mean('region_size'):.0f} %",
        f"{100 * np.mean([outcome.fit_p < FIT_LEVEL for outcome in outcomes]):.0f} %",
        f"{100 * mean('winners_hold'):.0f} %",
        f"{mean('winners'):.1f}",
        f"{100 * mean('errors_hold'):.0f} %",
        f"{mean('regret'):.2f}",
        f"{mean('runs'):.0f}",
        f"{100 * mean('decided'):.0f} %",
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replays", type=int, default=48, help="of each of the 24 settings")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    jobs = [(setting, replay) for setting in SETTINGS for replay in range(arguments.replays)]
    with ProcessPoolExecutor(arguments.workers) as pool:
        done = list(pool.map(calibrate_once, *zip(*jobs), chunksize=8))

    print(
        "| landscapes | replays | optimum in region | region, of triangle | lack of fit said "
        "| best among winners | winners | errors in 90 % | regret, points | runs | decided |"
    )
    print("|---|" + "---|" * 10)
    groups: list[tuple[str, Callable[[Setting], bool]]] = [("all", lambda s: True)]
    groups += [(kind, lambda s, k=kind: s.kind == k) for kind in KINDS]
    groups += [
        (f"noise of a run {100 * x:.0f} %", lambda s, x=x: s.sigma == x) for x in (0.03, 0.06, 0.12)
    ]
    groups += [
        (f"off the surface {100 * x:.0f} %", lambda s, x=x: s.tau == x) for x in (0.01, 0.03)
    ]
    for name, belongs in groups:
        print(row(name, [o for (setting, _), o in zip(jobs, done) if belongs(setting)]))
    for name, said in (("lack of fit said", True), ("no lack of fit said", False)):
        print(row(name, [outcome for outcome in done if (outcome.fit_p < FIT_LEVEL) == said]))


if __name__ == "__main__":
    main()
