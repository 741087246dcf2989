"""One study, from the plan to the report: what the command does with a sweep."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.search import SearchSweep
from scaling_search.study import (
    define,
    edits,
    held,
    make_plan,
    open_database,
    print_plan,
    rehearsed,
    require_places,
    run_study,
    study_folder,
)
from scaling_search.study.away import away_from_here
from scaling_search.study.measured import measure_candidates
from scaling_search.study.running import Trained
from scaling_search.study.store_url import shown
from scaling_search.trainers import carry_out

if TYPE_CHECKING:
    from scaling_search.config import Configuration

#: What a tracker gets once the study has ended.
_REPORT = ("report.html", "report.md", "study.yaml")
#: Failed runs that are printed; environment.json lists them all.
_PRINTED = 20
#: Different tracebacks that are printed; the logs of the runs have them all.
_TRACEBACKS = 3


def run_sweep(configuration: Configuration, words: Sequence[str]) -> bool:
    """Carry the study out, and say whether all its runs have ended. Raises InvalidInput.

    words: what was typed for it.
    """
    settings, conduct = configuration.study, configuration.conduct
    folder = study_folder(settings, conduct)
    require_places(conduct, folder)
    conduct.tracker.require()
    definition, task = define(settings, conduct)
    slots = conduct.executor.slots(definition.platform.device)
    there = (slots, folder, conduct.fresh)
    plan = make_plan(definition, task, open_database(conduct, create=False), *there)
    remarks = [] if conduct.fresh else edits(folder, definition)
    if not settings.trainer.own:
        remarks += rehearsed((run.member for run in plan.missing), settings.recipe)
    if conduct.dry_run:
        print_plan(plan, print, remarks)
        print("Nothing was trained: dry_run=true")
        return True
    from scaling_search.console import show_progress
    from scaling_search.report import build_report
    from scaling_search.study.latency import write_latency

    database = open_database(conduct)
    assert database is not None
    with held(folder, definition, conduct), conduct.tracker.start(folder) as tracking:
        measured = measure_candidates(definition)
        if measured is not definition:
            # Some candidates have given way to others.
            definition = measured
            plan = make_plan(definition, task, database, *there)
        print_plan(plan, print, remarks)
        command = command_line(words, conduct.store)
        showing = show_progress(definition.metric)
        device = definition.platform.device
        own = settings.trainer.own or bool(settings.own_networks)
        away = away_from_here(own, settings.data, conduct)
        alike = isinstance(settings.sweep, SearchSweep) and not getattr(settings.sweep, "rungs", [])
        starting = conduct.executor.start(carry_out, device, away, alike=alike)
        with starting as executor, showing as progress:
            how = (command, progress, tracking)
            trained = run_study(definition, conduct, folder, database, executor, *how)
        _print_failures(trained, folder)
        failures = trained.failures
        if not trained.finished:
            why = f": {failures[0]}" if failures else ""
            print(
                f"error: no run has finished, so there is nothing to report{why}", file=sys.stderr
            )
            return False
        if conduct.latency:
            # What was measured before is replaced, be it damaged.
            (folder / "latency.csv").unlink(missing_ok=True)
        answer = build_report(folder)
        if conduct.latency:
            # After the workers have gone, and the winner is known.
            write_latency(folder, definition)
            answer = build_report(folder)
        print(f"\n{answer}\n\nReport: {folder / 'report.html'}")
        tracking.report(folder.name, [folder / name for name in _REPORT])
    return not failures


def _print_failures(trained: Trained, folder: Path) -> None:
    """One line for each run that was given up, and each traceback once."""
    for failure in trained.failures[:_PRINTED]:
        print(f"failed: {failure}")
    if len(trained.failures) > _PRINTED:
        more = len(trained.failures) - _PRINTED
        print(f"failed: {more} more, which {folder / 'environment.json'} lists")
    for traceback in trained.tracebacks[:_TRACEBACKS]:
        print(traceback.rstrip(), file=sys.stderr)


def command_line(words: Sequence[str], store: str) -> str:
    """The command as it is recorded: to be repeated, but for the secrets of `store`."""
    plain = [
        f"store={shown(store)}" if word.lstrip("+").startswith("store=") else word for word in words
    ]
    return shlex.join(["python", "-m", "scaling_search", *plain])
