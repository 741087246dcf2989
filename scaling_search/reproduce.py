"""`python -m scaling_search.reproduce experiments/NAME`: train the decisive runs again and compare.

Decisive are the runs of the winner and of its nearest rival, or of a study of series those of the
first seed. Their data must be where study.yaml says, and torch and the device must be those of the
study. A network or a training of one's own runs the code that study.yaml names, which needs
`--trust`; of such a training the results are compared within their noise.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from scaling_search.baselines import OwnBaseline
from scaling_search.baselines.timm_lookup import is_timm
from scaling_search.command_options import CommandOptions
from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import Floats
from scaling_search.findings.noise import run_noise
from scaling_search.study import read_definition
from scaling_search.study.again import for_here, train_again
from scaling_search.study.files.runs_csv import RunRow, read_runs, runs_by_key
from scaling_search.study.kinds import kind_of
from scaling_search.wording import percent, replace_what_cannot_be_shown


def reproduce(folder: Path, cache_dir: str, all_runs: bool, trust: bool) -> bool:
    """Train again, print each comparison, and say whether all errors are equal to the last bit, or
    those of a training of the user's own within its noise.

    Raises InvalidInput where the study names code and `trust` does not allow to run it.
    """
    definition = read_definition(folder)
    settings = definition.settings
    own = [b.name for b in definition.baselines if isinstance(b, OwnBaseline)]
    named = [name for name in own if not is_timm(name)]
    named += [settings.trainer._target_ or settings.trainer.command] * settings.trainer.own
    if named and not trust:
        raise InvalidInput(
            f"{folder / 'study.yaml'} names {', '.join(named)}, which training would "
            "import and run: look at it, and give --trust if you trust it"
        )
    definition = for_here(definition, cache_dir)
    before = runs_by_key(read_runs(folder))
    runs = kind_of(definition).decisive_runs(folder, before, all_runs)
    if not runs:
        raise InvalidInput(f"{folder} has no finished run to train again")
    noise = run_noise(_errors(before.values())).sd().value if settings.trainer.own else 0.0
    good, wanted = 0, "equal to the last bit"
    if settings.trainer.own:
        wanted = f"equal within the noise of a run, {percent(noise)} of its error"
    error = definition.metric.error_on("val")
    for run in runs:
        was, now = before[run.spec.key], train_again(definition, run, folder.parent)
        same = (was.val_error, was.test_error) == (now.val_error, now.test_error)
        near = same or _is_near(was.val_error, now.val_error, noise)
        good += near
        verdict = "equal" if same else "within the noise" if near else "DIFFERENT"
        print(
            f"{run.spec.key} trial {run.member.id} seed {run.spec.seed}: {error} {was.val_error} "
            f"then, {now.val_error} now: {verdict}"
        )
    print(f"{good} of {len(runs)} runs are {wanted}")
    return good == len(runs)


def _errors(rows: Iterable[RunRow]) -> Floats:
    """Val errors of whole runs, (networks, seeds); nan where there is none."""
    known = {
        (row.trial, row.seed): row.val_error
        for row in rows
        if row.val_error is not None and row.test_error is not None
    }
    trials, seeds = (sorted(set(names)) for names in zip(*known)) if known else ([], [])
    errors = np.full((len(trials), len(seeds)), np.nan)
    for (trial, seed), error in known.items():
        errors[trials.index(trial), seeds.index(seed)] = error
    return errors


def _is_near(was: float | None, now: float | None, noise: float) -> bool:
    """Whether two runs differ by less than their noise, in log error, allows in 99.7 %."""
    if not (was and now):
        return was == now
    return abs(math.log(now / was)) <= 3 * math.sqrt(2) * noise


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 0 where all is equal, 1 where something differs, 2 for a mistake in the input."""
    parser = CommandOptions(
        prog="python -m scaling_search.reproduce",
        description="Train the decisive runs of a study again and compare.",
    )
    parser.add_argument("folder", type=Path, help="experiments/NAME")
    parser.add_argument("--all", action="store_true", help="every run of STEP 1 or of the series")
    parser.add_argument(
        "--trust", action="store_true", help="import and run the functions that study.yaml names"
    )
    parser.add_argument("--cache-dir", default="", help="where pixel caches live")
    replace_what_cannot_be_shown()
    try:
        given = parser.parse_args(arguments)
        equal = reproduce(given.folder, given.cache_dir, given.all, given.trust)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
