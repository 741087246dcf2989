"""Training what is missing of a study: STEP 1, the decision and STEP 2, or series of networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.execution import Executor
from scaling_search.proxy import Job, Outcome, RunSpec
from scaling_search.proxy.run import checkpoint_name
from scaling_search.search import Candidates
from scaling_search.search.dashboard import copy_for_dashboard
from scaling_search.search.sampler import SampledProposals
from scaling_search.search.strategy import Search
from scaling_search.study.asks import write_asks
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.fidelity import fidelity_runs
from scaling_search.study.files import STUDY_FILES
from scaling_search.study.files.environment_json import write_environment
from scaling_search.study.files.study_yaml import write_definition
from scaling_search.study.folder import known_rows, read_records, write_prices, write_records
from scaling_search.study.loop import AllAtOnce, Progress, Proposer, complete
from scaling_search.study.records import Step
from scaling_search.study.searching import SearchProposer
from scaling_search.study.settings import Conduct
from scaling_search.study.store_url import without_secrets
from scaling_search.whole_files import remove_abandoned

if TYPE_CHECKING:
    from scaling_search.study.database import Database


@dataclass(frozen=True)
class Ended:
    """What came of a study's runs."""

    #: One line for each run that failed every time.
    failures: list[str]
    #: How many runs have a result.
    finished: int


def run_study(
    definition: StudyDefinition,
    conduct: Conduct,
    folder: Path,
    database: Database,
    executor: Executor[Job, Outcome],
    command: str,
    progress: Callable[[str, int], Progress],
) -> Ended:
    """Train what is missing and write the study's records.

    `progress(step, runs)` gives the progress to report on. Records are written after each step and
    also when the study is interrupted.
    """
    if conduct.fresh:
        _forget(folder)
    write_definition(folder, definition)
    # A folder that came from elsewhere, such as a clone's, brings its runs with it.
    for content, run in read_records(folder).items():
        database.record(content, run)
    study = _Training(definition, conduct, folder, database, executor, command, progress)
    if definition.settings.series is not None:
        study.train(Step.SERIES, _all(definition.series_runs), definition.series_runs)
    else:
        _search_and_scale(study)
    if not study.failures and known_rows(folder) != len({run.spec.key for run in study.planned}):
        # An earlier time, when runs failed, the search went another way.
        study.write(whole=True)
    finished = database.known_keys(run.spec.key for run in study.planned)
    return Ended(study.failures, len(finished))


def _search_and_scale(study: _Training) -> None:
    """STEP 1, the decision, STEP 2 and the check of fidelity."""
    definition, database = study.definition, study.database
    search = study.search = definition.search()
    searching = study.searching = SearchProposer(definition, search)
    study.train(Step.SEARCH, searching, searching.runs, len(definition.search_runs))
    _forget_checkpoints(study.checkpoints, searching.runs)
    if isinstance(search.proposals, SampledProposals):
        try:
            copy_for_dashboard(search.proposals, database.address, study.folder.name)
        except InvalidInput as error:
            # The study itself does not need the copy.
            study.failures.append(without_secrets(str(error), database.url))
    candidates = candidates_of(definition, search)
    decision = definition.decide(candidates, search.answers)
    if decision.winner is not None:
        study.reported = definition.family(decision.winner.coefficients)
        runs = definition.family_runs(decision.winner.coefficients)
        study.train(Step.FAMILY, _all(runs), runs)
        if definition.settings.fidelity.wanted:
            runs = fidelity_runs(definition, decision)
            study.train(Step.FIDELITY, _all(runs), runs)


@dataclass
class _Training:
    """A study under way."""

    definition: StudyDefinition
    conduct: Conduct
    folder: Path
    database: Database
    executor: Executor[Job, Outcome]
    command: str
    progress: Callable[[str, int], Progress]
    #: All runs of the steps so far, in the order of planning.
    planned: list[PlannedRun] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    #: Members that the report lists whether they are trained or not.
    reported: tuple[FamilyMember, ...] = ()
    search: Search | None = None
    searching: SearchProposer | None = None

    @property
    def checkpoints(self) -> Path:
        """Where runs that stopped at a rung wait to go on."""
        return (self.folder.parent / "checkpoints").resolve()

    def train(
        self,
        step: Step,
        proposer: Proposer,
        runs: Sequence[PlannedRun],
        expected: int | None = None,
    ) -> None:
        """One step; `runs` may grow while the proposer goes on, `expected` is for the display."""
        reported = self.progress(step, len(runs) if expected is None else expected)
        weights = {}
        if step is Step.FAMILY and self.definition.settings.family.save_weights:
            weights = {
                run.spec.key: self.folder / "weights" / f"{run.member.id}-seed{run.spec.seed}.pt"
                for run in runs
            }
        kept = self.checkpoints if self.search and self.search.settings.rungs else None

        def make_job(spec: RunSpec) -> Job:
            path = weights.get(spec.key)
            data = self.definition.settings.data
            return Job(
                spec=spec, data=data, weights=path.resolve() if path else None, checkpoints=kept
            )

        try:
            complete(
                proposer,
                self.database,
                self.executor,
                make_job,
                attempts=self.conduct.executor.attempts,
                timeout=self.conduct.executor.timeout,
                progress=reported,
            )
        finally:
            self.failures.extend(reported.failures)
            self.planned.extend(runs)
            self.write(whole=False)

    def write(self, whole: bool) -> None:
        """The study's records as far as they are known."""
        stored = self.database.stored_runs(run.spec.key for run in self.planned)
        # A folder that knows more than the database, such as a clone's, is left alone.
        if whole or len(stored) >= known_rows(self.folder):
            if self.search and isinstance(self.search.proposals, SampledProposals):
                write_asks(self.folder, self.search.proposals)
            write_records(self.folder, self.definition, self.planned, stored)
            candidates = candidates_of(self.definition, self.search).kept if self.search else ()
            members = [*(c.member for c in candidates), *(run.member for run in self.planned)]
            write_prices(self.folder, self.definition, [*members, *self.reported])
            ended = self.searching is None or self.searching.ended
            write_environment(self.folder, self.command, self.executor.slots, self.failures, ended)


def _all(runs: Sequence[PlannedRun]) -> AllAtOnce:
    return AllAtOnce([run.spec for run in runs])


def candidates_of(definition: StudyDefinition, search: Search) -> Candidates:
    """What a search has compared."""
    if isinstance(search.proposals, SampledProposals):
        return search.proposals.candidates
    return definition.candidates


def _forget_checkpoints(folder: Path, runs: Sequence[PlannedRun]) -> None:
    """Remove what would let the runs that stopped at a rung go on: the search has ended."""
    for run in runs:
        with suppress(OSError):
            (folder / checkpoint_name(run.spec)).unlink(missing_ok=True)
    remove_abandoned(folder)
    with suppress(OSError):
        folder.rmdir()


def _forget(folder: Path) -> None:
    """Remove the files of an earlier study of this name; its lock and its weights stay."""
    for name in STUDY_FILES:
        (folder / name).unlink(missing_ok=True)
