"""Carrying out a study: STEP 1, the decision, STEP 2, and the records of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from scaling_search.errors import InvalidInput
from scaling_search.execution import LocalExecutor, resolve_device, torch_version
from scaling_search.proxy import Job, Outcome, ProxyTask, RunSpec, TaskFacts, proxy_task
from scaling_search.proxy.run import TRAINER_VERSION, checkpoint_name
from scaling_search.search import Candidates
from scaling_search.search.sampler import SampledProposals, copy_for_dashboard
from scaling_search.search.strategy import Search
from scaling_search.study.asks import write_asks
from scaling_search.study.decide import decide, search_runs
from scaling_search.study.definition import (
    PlannedRun,
    Platform,
    StudyDefinition,
    read_definition,
)
from scaling_search.study.fidelity import fidelity_runs
from scaling_search.study.folder import (
    STUDY_FILES,
    known_rows,
    write_definition,
    write_environment,
    write_records,
)
from scaling_search.study.loop import AllAtOnce, Progress, Proposer, complete
from scaling_search.study.searching import SearchProposer
from scaling_search.study.settings import Conduct, StudySettings, differences

if TYPE_CHECKING:
    from scaling_search.study.database import Database


def define(settings: StudySettings, conduct: Conduct) -> tuple[StudyDefinition, ProxyTask]:
    """Make a study concrete: open its data and find its device. Raises InvalidInput."""
    task = proxy_task(settings.data)
    task.require_batch(settings.recipe.batch_size)
    platform = Platform(resolve_device(conduct.executor.device), torch_version(), TRAINER_VERSION)
    definition = StudyDefinition(settings, task.facts, platform)
    require_native(definition.baseline.resolution, task.facts)
    # Refused here, before anything is written, where nothing can be searched.
    _ = definition.search_runs
    return definition, task


def require_native(resolution: int, facts: TaskFacts) -> None:
    """Refuse a resolution that the images do not have."""
    if resolution > facts.native_resolution:
        raise InvalidInput(
            f"the resolution is {resolution} px, but the images of {facts.name} have "
            f"{facts.native_resolution} px: set baseline.resolution={facts.native_resolution} "
            "or less"
        )


def study_folder(settings: StudySettings, conduct: Conduct) -> Path:
    """experiments/NAME; without a name one is made of sweep, baseline, data and recipe."""
    name = conduct.name
    if not name:
        data = settings.data.name or Path(settings.data.path).name or settings.data.kind
        baseline = settings.baseline.name or settings.baseline._target_
        parts = (settings.sweep.kind, baseline, data, settings.recipe.name)
        name = "-".join(part.replace("/", "_") for part in parts if part)
    if name in (".", "..") or any(c in name for c in "/\\\0"):
        raise InvalidInput(f"name is {name!r}, but must be the name of one folder")
    if len(name.encode()) > 200 or name.startswith("store.db") or name == "checkpoints":
        reason = "is too long" if len(name) > 20 else "is used for something else there"
        raise InvalidInput(f"name is {name!r}, but that {reason}: give another")
    return Path(conduct.experiments_dir).expanduser() / name


def open_database(conduct: Conduct, create: bool = True) -> Database | None:
    """The database of the experiments directory, or of `store`; None where it is not to be made."""
    folder = Path(conduct.experiments_dir).expanduser()
    path = folder / "store.db"
    file = Path(conduct.store.removeprefix("sqlite:///")) if conduct.store else path
    if not create and "://" not in str(file) and not file.exists():
        return None
    # SQLAlchemy takes a third of a second to import: not for a plan without a database.
    from scaling_search.study.database import Database

    if conduct.store:
        return Database(conduct.store)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"experiments_dir is {str(folder)!r}, but it cannot be made ({error.strerror}): give "
            "experiments_dir= a folder that can be written"
        ) from error
    return Database(path)


@contextmanager
def claimed(folder: Path, definition: StudyDefinition, conduct: Conduct) -> Iterator[None]:
    """Hold the study's folder for this driver, after a look at whose study lies in it.

    Raises InvalidInput where another driver holds it or the study there has another configuration.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(blocking=False)
    except Timeout as error:
        raise InvalidInput(
            f"the study {folder} is being run by another process: wait for it, or give this one "
            "another name="
        ) from error
    except OSError as error:
        raise InvalidInput(
            f"the study folder {folder} cannot be written ({error.strerror}): give "
            "experiments_dir= a folder that can"
        ) from error
    try:
        if (folder / "study.yaml").exists() and not conduct.fresh:
            changed = differences(read_definition(folder).to_plain(), definition.to_plain())
            if changed:
                raise InvalidInput(
                    f"the study {folder} was made with another configuration ("
                    + "; ".join(changed[:8])
                    + "): give this one another name=, or replace that one with fresh=true "
                    "(finished runs that both share are kept)"
                )
        yield
    finally:
        lock.release()


def run_study(
    definition: StudyDefinition,
    conduct: Conduct,
    folder: Path,
    database: Database,
    executor: LocalExecutor[Job, Outcome],
    command: str,
    progress: Callable[[str, int], Progress],
) -> list[str]:
    """Train what is missing of STEP 1 and STEP 2 and write the study's records.

    `progress(step, runs)` gives the progress to report on. Records are written after each step and
    also when the study is interrupted. Gives one line for each run that failed.
    """
    if conduct.fresh:
        _forget(folder)
    write_definition(folder, definition)
    planned: list[PlannedRun] = []
    failures: list[str] = []
    search = definition.search()
    searching = SearchProposer(definition, search)
    checkpoints = (folder.parent / "checkpoints").resolve()

    def train(step: str, proposer: Proposer, runs: Sequence[PlannedRun], expected: int) -> None:
        reported = progress(step, expected)
        weights = {}
        if step == "family" and definition.settings.family.save_weights:
            weights = {
                run.spec.key: folder / "weights" / f"{run.member.id}-seed{run.spec.seed}.pt"
                for run in runs
            }

        def make_job(spec: RunSpec) -> Job:
            path = weights.get(spec.key)
            kept = checkpoints if definition.settings.sweep.rungs else None
            return Job(spec, definition.settings.data, path.resolve() if path else None, kept)

        try:
            complete(
                proposer,
                database,
                executor,
                make_job,
                attempts=conduct.executor.attempts,
                timeout=conduct.executor.timeout,
                progress=reported,
            )
        finally:
            failures.extend(reported.failures)
            planned.extend(runs)
            write(whole=False)

    def write(whole: bool) -> None:
        stored = database.stored_runs(run.spec.key for run in planned)
        if whole or len(stored) >= known_rows(folder):
            # A folder that knows more than the database, such as a clone's, is left alone.
            if isinstance(search.proposals, SampledProposals):
                write_asks(folder, search.proposals)
            write_records(folder, definition, planned, stored)
            write_environment(folder, command, executor.slots, failures, searching.ended)

    train("search", searching, searching.runs, len(definition.search_runs))
    _forget_checkpoints(checkpoints, searching.runs)
    if isinstance(search.proposals, SampledProposals):
        try:
            copy_for_dashboard(search.proposals, database.address, folder.name)
        except InvalidInput as error:
            # The study itself does not need the copy.
            failures.append(str(error))
    candidates = candidates_of(definition, search)
    known = database.search_results(run.spec.key for run in searching.runs)
    decision = decide(definition, candidates.kept, search_runs(searching.runs, known))
    if decision.winner is not None:
        runs = definition.family_runs(decision.winner.coefficients)
        train("family", AllAtOnce([run.spec for run in runs]), runs, len(runs))
        if definition.settings.fidelity.wanted:
            runs = fidelity_runs(definition, decision)
            train("fidelity", AllAtOnce([run.spec for run in runs]), runs, len(runs))
    if not failures and known_rows(folder) != len({run.spec.key for run in planned}):
        # An earlier time, when runs failed, the search went another way.
        write(whole=True)
    return failures


def candidates_of(definition: StudyDefinition, search: Search) -> Candidates:
    """What a search has compared."""
    if isinstance(search.proposals, SampledProposals):
        return search.proposals.candidates
    return definition.candidates


def _forget_checkpoints(folder: Path, runs: Sequence[PlannedRun]) -> None:
    """Remove what would let the runs that stopped at a rung go on: the search has ended."""
    for run in runs:
        (folder / checkpoint_name(run.spec)).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _forget(folder: Path) -> None:
    """Remove the files of an earlier study of this name; its lock and its weights stay."""
    for name in STUDY_FILES:
        (folder / name).unlink(missing_ok=True)
