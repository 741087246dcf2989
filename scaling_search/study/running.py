"""Training what is missing of a study, step by step, and writing its records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.execution import Executor
from scaling_search.proxy import Outcome, proxy_task
from scaling_search.search.dashboard import copy_for_dashboard
from scaling_search.study.begun import begun, begun_elsewhere, note_begun, note_only
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.files import STUDY_FILES
from scaling_search.study.files.environment_json import write_environment
from scaling_search.study.files.failures_csv import write_failures
from scaling_search.study.files.study_yaml import write_definition
from scaling_search.study.files.weights import weights_path
from scaling_search.study.folder import known_rows, read_records, write_prices, write_records
from scaling_search.study.kinds import kind_of
from scaling_search.study.loop import complete
from scaling_search.study.order import in_turns
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce, Proposer
from scaling_search.study.records import Step
from scaling_search.study.searching import SearchProposer
from scaling_search.study.settings import Conduct
from scaling_search.study.starts import bring_starts, sources_of
from scaling_search.study.store_url import without_secrets
from scaling_search.study.tracked import Tracked
from scaling_search.tracking import UNTRACKED, HandingOn
from scaling_search.trainers import Job, Spec
from scaling_search.trainers.builtin import start_path
from scaling_search.whole_files import write_whole

if TYPE_CHECKING:
    from scaling_search.study.database import Database


def run_study(
    definition: StudyDefinition,
    conduct: Conduct,
    folder: Path,
    database: Database,
    executor: Executor[Job, Outcome],
    command: str,
    progress: Callable[[str, int], Progress],
    tracking: HandingOn = UNTRACKED,
) -> Trained:
    """Train what is missing and write the study's records.

    `progress(step, runs)` gives the progress to report on. Records are written after each step and
    also when the study is interrupted. tracking: hears of every run, of those of before too.
    """
    if (exported := definition.exported) is not None:
        # First, since damaged weights are a reason to leave an earlier study as it is.
        exported.keep(start_path(folder.parent, exported.key))
    if conduct.fresh:
        # The files of an earlier study of this name; its lock and its weights stay.
        for name in STUDY_FILES:
            (folder / name).unlink(missing_ok=True)
    write_definition(folder, definition)
    # A folder that came from elsewhere, such as a clone's, brings its runs with it.
    for name in (folder.name, *definition.settings.sweep.rests_on):
        for content, run in read_records(folder.parent / name).items():
            database.record(content, run)
    kind = kind_of(definition)
    runs = kind.first_runs()
    known = database.known_keys(run.spec.key for run in runs)
    bring_starts(runs, known, folder.parent, definition.settings.sweep.rests_on)
    study = Training(definition, conduct, folder, database, executor, command, progress, tracking)
    study.prepare(runs)
    kind.train(study)
    study.forget(begun(folder))
    planned = {run.spec.key for run in study.planned}
    if not study.failures and known_rows(folder) != len(planned):
        # An earlier time, when runs failed, the search went another way.
        study.write(whole=True)
    return Trained(study.failures, list(study.tracebacks), len(database.known_keys(planned)))


@dataclass(frozen=True)
class Trained:
    """What came of the runs of a study."""

    #: One line for each run that was given up.
    failures: Sequence[str]
    #: Where the errors among them were raised, each once.
    tracebacks: Sequence[str]
    #: How many runs have a result.
    finished: int


@dataclass
class Training:
    """A study under way."""

    definition: StudyDefinition
    conduct: Conduct
    folder: Path
    database: Database
    executor: Executor[Job, Outcome]
    command: str
    progress: Callable[[str, int], Progress]
    tracking: HandingOn = UNTRACKED
    #: All runs of the steps so far, in the order of planning.
    planned: list[PlannedRun] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    #: Where errors of trainings were raised, each once.
    tracebacks: dict[str, None] = field(default_factory=dict)
    #: Members that the report lists whether they are trained or not.
    reported: tuple[FamilyMember, ...] = ()
    searching: SearchProposer | None = None
    #: Keys of the step's runs whose weights later runs will start from.
    _starts: frozenset[str] = frozenset()

    def search(self, step: Step, searching: SearchProposer, first: int) -> None:
        """A step whose runs follow from the answers so far; `first` of them are known before."""
        self.searching = searching
        self._complete(step, searching, searching.runs, first)
        self.forget({run.spec.whole.key for run in searching.runs})
        if searching.asks is not None:
            try:
                address = self.database.address
                copy_for_dashboard(searching.asks().study, address, self.folder.name)
            except InvalidInput as error:
                # The study itself does not need the copy.
                self.failures.append(without_secrets(str(error), self.database.url))

    def forget(self, keys: Collection[str]) -> None:
        """Remove what would let these whole runs go on, but for those that failed on the way, and
        those that other studies have begun."""
        known = self.database.known_keys(run.spec.key for run in self.planned)
        failed = {run.spec.whole.key for run in self.planned if run.spec.key not in known}
        ended = set(keys) - failed
        others = begun_elsewhere(self.folder)
        self.definition.trainer.forget(sorted(ended - others), self.experiments)
        note_only(self.folder, begun(self.folder) - ended)

    def train(
        self, step: Step, runs: Sequence[PlannedRun], then: Sequence[PlannedRun] = ()
    ) -> None:
        """A step whose runs are known before; those that others start from are trained first.

        then: runs of later steps that start from the weights of these, which are kept for those
        that are missing.
        """
        planned = {run.spec.key for run in self.planned}
        sources = [s for s in sources_of(self.definition, runs) if s.spec.key not in planned]
        if sources:
            self.train(Step.SOURCE, sources, then=runs)
        self.prepare(runs)
        turns = in_turns(runs)
        for place, turn in enumerate(turns, 1):
            later = [run for row in turns[place:] for run in row]
            self._starts = self._missing_starts([*later, *then])
            self._complete(step, AllAtOnce([run.spec for run in turn]), turn, len(turn))
        self._starts = frozenset()

    def _missing_starts(self, runs: Sequence[PlannedRun]) -> frozenset[str]:
        """Keys of the runs from whose weights some of these start that have no result yet."""
        starts = {run.spec.key: getattr(run.spec, "start", None) for run in runs}
        known = self.database.known_keys(starts)
        return frozenset(s.key for key, s in starts.items() if s is not None and key not in known)

    def prepare(self, runs: Sequence[PlannedRun]) -> None:
        """Decode what missing runs will need and the disk has room for, with all cores and a bar.

        What is drawn is better drawn by the workers: threads of one process would take turns.
        """
        if self.definition.settings.data.is_own:
            return
        known = self.database.known_keys(run.spec.key for run in runs)
        missing = [run.spec for run in runs if run.spec.key not in known]
        for task_of, resolution in sorted({(spec.task, spec.resolution) for spec in missing}):
            task = proxy_task(self.definition.trainer.data_of(task_of))
            if not task.image_set.drawn and not task.is_cached(resolution):
                task.prepare(resolution)

    @property
    def experiments(self) -> Path:
        """The folder of studies."""
        return self.folder.parent

    def _complete(
        self, step: Step, proposer: Proposer, runs: Sequence[PlannedRun], first: int
    ) -> None:
        """One step; in a search `runs` grows while it goes on."""
        reported = self.progress(step, first)
        rungs = self.searching is not None and bool(self.searching.search.settings.rungs)
        keeps = rungs or self.definition.settings.trainer.own
        saves = step is Step.FAMILY and self.definition.settings.family.save_weights
        noted = begun(self.folder)
        saved = {run.spec.key: run.member.id for run in runs} if saves else {}

        def make_job(spec: Spec) -> Job:
            if keeps and spec.whole.key not in noted:
                note_begun(self.folder, spec.whole.key)
                noted.add(spec.whole.key)
            folder = self.folder.resolve()
            weights = None
            if saves:
                weights = weights_path(folder, saved[spec.key], spec.seed)
            elif spec.key in self._starts:
                weights = start_path(self.experiments, spec.key)
            trainer = self.definition.trainer
            return trainer.job(spec, self.experiments, weights, rungs, folder / "logs")

        try:
            complete(
                proposer,
                self.database,
                self.executor,
                make_job,
                attempts=self.conduct.executor.attempts,
                timeout=self.conduct.executor.timeout,
                progress=reported,
                study=self.folder.name,
                step=str(step),
                tracked=self._tracked(runs),
            )
            for run in runs if saves else ():
                kept = weights_path(self.folder, saved[run.spec.key], run.spec.seed)
                if run.spec.key in self._starts and kept.is_file():
                    write_whole(start_path(self.experiments, run.spec.key), kept.read_bytes())
        finally:
            self.failures.extend(reported.failures)
            self.tracebacks.update(reported.tracebacks)
            self.planned.extend(runs)
            self.write(whole=False)

    def _tracked(self, runs: Sequence[PlannedRun]) -> Tracked:
        return Tracked(self.tracking, self.definition, runs, self.folder.name)

    def write(self, whole: bool) -> None:
        """The study's records as far as they are known."""
        stored = self.database.stored_runs(run.spec.key for run in self.planned)
        # Those that the database had before, too.
        self._tracked(self.planned).ended(stored.values())
        # A folder that knows more than the database, such as a clone's, is left alone.
        if whole or len(stored) >= known_rows(self.folder):
            searching = self.searching
            if searching is not None and searching.asks is not None:
                searching.asks().write(self.folder)
            write_records(self.folder, self.definition, self.planned, stored)
            keys = [run.spec.key for run in self.planned]
            write_failures(self.folder, self.database.failures(keys))
            asked = searching.members() if searching else ()
            members = [*asked, *(run.member for run in self.planned)]
            write_prices(self.folder, self.definition, [*members, *self.reported])
            ended = searching is None or searching.ended
            write_environment(self.folder, self.command, self.executor.slots, self.failures, ended)
