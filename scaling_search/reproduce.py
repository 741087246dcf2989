"""`python -m scaling_search.reproduce experiments/NAME`: train the decisive runs again and compare.

Decisive are the runs of the winner and of its nearest rival, or of a study of series those of the
first seed. Their data must be where study.yaml says, and torch and the device must be those of the
study. Training a network of one's own runs the code that study.yaml names, which needs `--trust`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scaling_search.baselines import OwnBaseline
from scaling_search.baselines.timm_lookup import is_timm
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Job, carry_out, proxy_task
from scaling_search.study import read_definition
from scaling_search.study.definition import Platform
from scaling_search.study.files.runs_csv import read_runs, runs_by_key
from scaling_search.study.kinds import kind_of
from scaling_search.wording import replace_what_cannot_be_shown


def reproduce(folder: Path, cache_dir: str, all_runs: bool, trust: bool) -> bool:
    """Train again, print each comparison, and say whether all errors are equal to the last bit.

    Raises InvalidInput where the study names code and `trust` does not allow to run it.
    """
    definition = read_definition(folder)
    own = [b.name for b in definition.baselines if isinstance(b, OwnBaseline)]
    named = [name for name in own if not is_timm(name)]
    if named and not trust:
        raise InvalidInput(
            f"{folder / 'study.yaml'} names the function {', '.join(named)}, which training would "
            "import and run: look at it, and give --trust if you trust it"
        )
    here = Platform.here()
    if here != definition.platform:
        raise InvalidInput(
            f"the study was made with {definition.platform}, but here is {here}: results are only "
            "comparable on the same device type and versions"
        )
    data = replace(definition.settings.data, cache_dir=cache_dir)
    if proxy_task(data).identity != definition.facts.identity:
        raise InvalidInput(
            f"the data of {definition.facts.name} are not those of the study: their content hash "
            "differs"
        )
    before = runs_by_key(read_runs(folder))
    runs = kind_of(definition).decisive_runs(folder, before, all_runs)
    if not runs:
        raise InvalidInput(f"{folder} has no finished run to train again")
    equal = 0
    for run in runs:
        was, now = before[run.spec.key], carry_out(Job(spec=run.spec, data=data)).result
        same = (was.val_error, was.test_error) == (now.val_error, now.test_error)
        equal += same
        print(
            f"{run.spec.key} trial {run.member.id} seed {run.spec.seed}: val error {was.val_error} "
            f"then, {now.val_error} now: {'equal' if same else 'DIFFERENT'}"
        )
    print(f"{equal} of {len(runs)} runs are equal to the last bit")
    return equal == len(runs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 0 where all is equal, 1 where something differs, 2 for a mistake in the input."""
    parser = argparse.ArgumentParser(
        prog="python -m scaling_search.reproduce",
        description="Train the decisive runs of a study again and compare.",
    )
    parser.add_argument("folder", type=Path, help="experiments/NAME")
    parser.add_argument("--all", action="store_true", help="every run of STEP 1 or of the series")
    parser.add_argument(
        "--trust", action="store_true", help="import and run the functions that study.yaml names"
    )
    parser.add_argument("--cache-dir", default="", help="where pixel caches live")
    given = parser.parse_args(arguments)
    replace_what_cannot_be_shown()
    try:
        equal = reproduce(given.folder, given.cache_dir, given.all, given.trust)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
