"""Do the region and the set of winners hold the truth as often as they say?

    python benchmarks/calibration.py [--replays 20] [--workers 1]

Races of `+sweep=race` on synthetic landscapes (landscapes.py) of 36 networks, with its defaults: a
first round of 10 networks, rounds of 4 runs, until one network alone may be the best or the budget
is spent. Every setting is replayed with other landscapes and other noise, with the default budget
(20 runs) and with that of an exhaustive grid of 3 seeds (108). 52 settings; .7 s a replay of both.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from calibration_race import Outcome, Setting, calibrate_once
from landscapes import KINDS

from scaling_search.findings.lack_of_fit import MISFIT
from scaling_search.search import Budget

SIGMAS, TAUS, STEPS = (0.03, 0.06, 0.12), (0.01, 0.03), (0.0, 0.06)
GRID = [
    Setting(kind, spread=0.1, step=step, tau=tau, sigma=sigma, omega=0.04)
    for kind, step, tau, sigma in itertools.product(KINDS, STEPS, TAUS, SIGMAS)
]
#: Half the spread, low steps and more noise, as measured on benchmarks/tables.
AS_TABLES = [
    Setting(kind, spread=0.05, step=0.02, tau=0.01, sigma=0.08, omega=0.015) for kind in KINDS
]
SETTINGS = [*GRID, *AS_TABLES]
BUDGETS = {
    "20 runs, the default budget": Budget(),
    "108 runs, as many as an exhaustive grid of 3 seeds": Budget(runs=108),
}
#: Name of a row -> its settings.
GROUPS: dict[str, list[Setting]] = {
    "all": SETTINGS,
    **{kind: [s for s in SETTINGS if s.kind == kind] for kind in KINDS},
    **{f"noise of a run {x:.0%}": [s for s in GRID if s.sigma == x] for x in SIGMAS},
    **{f"off the surface {x:.0%}": [s for s in GRID if s.tau == x] for x in TAUS},
    **{f"steps of {x:.0%}": [s for s in GRID if s.step == x] for x in STEPS},
    "as in the tables": AS_TABLES,
}

#: Column -> its text for the outcomes of a row.
COLUMNS: dict[str, Callable[[Sequence[Outcome]], str]] = {
    "replays": lambda o: f"{len(o)}",
    "optimum in region": lambda o: f"{_mean(o, 'region_holds'):.0%}",
    "region, of triangle": lambda o: f"{_mean(o, 'region_size'):.0%}",
    "lack of fit said": lambda o: f"{np.mean([lacks_fit(one) for one in o]):.0%}",
    "best is trained": lambda o: f"{_mean(o, 'best_trained'):.0%}",
    "as said": lambda o: f"{1 - _mean(o, 'untrained_said'):.0%}",
    "best among winners": lambda o: f"{_mean(o, 'winners_hold'):.0%}",
    "best trained among winners": lambda o: f"{_mean(o, 'best_of_trained_holds'):.0%}",
    "winners": lambda o: f"{_mean(o, 'winners'):.1f}",
    "errors in 90 %": lambda o: f"{_mean(o, 'errors_hold'):.0%}",
    "differences in 90 %": lambda o: f"{_mean(o, 'differences_hold'):.0%}",
    "noise in 90 %": lambda o: f"{_mean(o, 'noise_holds'):.0%}",
    "regret, points": lambda o: f"{_mean(o, 'regret'):.2f}",
    "runs": lambda o: f"{_mean(o, 'runs'):.0f}",
    "decided": lambda o: f"{_mean(o, 'decided'):.0%}",
}


def lacks_fit(outcome: Outcome) -> bool:
    """Whether the report says that the surface does not fit."""
    return outcome.fit_p < MISFIT


def _mean(outcomes: Sequence[Outcome], field: str) -> float:
    return float(np.mean([getattr(outcome, field) for outcome in outcomes]))


def print_table(settings: Sequence[Setting], outcomes: Sequence[Outcome]) -> None:
    """In Markdown, a line for each group of settings."""
    print("| landscapes | " + " | ".join(COLUMNS) + " |")
    print("|---" * (1 + len(COLUMNS)) + "|")
    groups = {
        name: [outcome for setting, outcome in zip(settings, outcomes) if setting in members]
        for name, members in GROUPS.items()
    }
    groups["lack of fit said"] = [o for o in outcomes if lacks_fit(o)]
    groups["no lack of fit said"] = [o for o in outcomes if not lacks_fit(o)]
    for name, members in groups.items():
        if members:
            print(f"| {name} | " + " | ".join(text(members) for text in COLUMNS.values()) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replays", type=int, default=20, help="of each of the 52 settings")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    arguments = parser.parse_args()
    settings = [setting for setting in SETTINGS for _ in range(arguments.replays)]
    for name, budget in BUDGETS.items():
        with ProcessPoolExecutor(arguments.workers) as pool:
            arguments_of = (settings, range(len(settings)), itertools.repeat(budget))
            outcomes = list(pool.map(calibrate_once, *arguments_of, chunksize=8))
        print(f"\n### {name}\n")
        print_table(settings, outcomes)


if __name__ == "__main__":
    main()
