"""`python -m scaling_search`: compose the configuration, run the sweep, say where the report is."""

from __future__ import annotations

import os
import shlex
import sys

from omegaconf import DictConfig

from scaling_search.config import Configuration, run_composed, to_configuration
from scaling_search.errors import InvalidInput
from scaling_search.execution import LocalExecutor, slot_count
from scaling_search.proxy import carry_out
from scaling_search.study import (
    claimed,
    define,
    make_plan,
    open_database,
    print_plan,
    run_study,
    study_folder,
)
from scaling_search.study.records import without_password


def run_sweep(configuration: Configuration) -> None:
    """One study from the plan to the report."""
    settings, conduct = configuration.study, configuration.conduct
    folder = study_folder(settings, conduct)
    definition, task = define(settings, conduct)
    slots = slot_count(conduct.executor.workers, definition.platform.device)
    known_runs = None if conduct.fresh else folder
    if conduct.dry_run:
        database = open_database(conduct, create=False)
        print_plan(make_plan(definition, task, database, slots, known_runs), print)
        print("Nothing was trained: dry_run=true")
        return
    from scaling_search.console import show_progress
    from scaling_search.report import build_report
    from scaling_search.study.latency import write_latency

    database = open_database(conduct)
    assert database is not None
    with claimed(folder, definition, conduct):
        print_plan(make_plan(definition, task, database, slots, known_runs), print)
        with LocalExecutor(carry_out, slots) as executor, show_progress() as progress:
            failures = run_study(
                definition, conduct, folder, database, executor, _command(), progress
            )
        for failure in failures:
            print(f"failed: {failure}")
        if conduct.latency:
            # What was measured before is replaced, be it damaged.
            (folder / "latency.csv").unlink(missing_ok=True)
        answer = build_report(folder)
        if conduct.latency:
            # After the workers have gone, and the winner is known.
            write_latency(folder, definition)
            answer = build_report(folder)
        print(f"\n{answer}\n\nReport: {folder / 'report.html'}")


def _command() -> str:
    return without_password(shlex.join(["python", "-m", "scaling_search", *sys.argv[1:]]))


def _run(config: DictConfig) -> None:
    """Exit code 2 for a mistake in the input or a disk that refuses, 130 after Ctrl-C."""
    try:
        configuration = to_configuration(config)
        if configuration.sweep is None:
            from scaling_search.single import train_one

            train_one(configuration)
        else:
            run_sweep(configuration)
    except InvalidInput as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(
            f"{error.filename or 'a file'} cannot be read or written ({error.strerror or error}): "
            "finished runs are kept in the database; mend it and repeat the command"
        )
    except KeyboardInterrupt:
        print(
            "\nStopped. Finished runs are kept in the database; repeat the same command to train "
            "only what is missing.",
            file=sys.stderr,
        )
        sys.exit(130)


def _refuse(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def main() -> None:
    """The command line."""
    # `python -m` finds own networks in the working directory; an installed command must too.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    run_composed(_run)


if __name__ == "__main__":
    main()
