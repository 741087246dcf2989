"""A study made concrete: its settings, the facts of its task and what its runs compute with.

From a definition alone, without data and without torch, follow all candidates, all runs and their
keys, so that a study can be planned, resumed, and read again anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from scaling_search.baselines import (
    MACS,
    Baseline,
    BaselineSettings,
    Bounds,
    FamilyMember,
    OwnBaseline,
    OwnNetwork,
    Priced,
    Quantity,
    base_member,
    counted_in,
)
from scaling_search.baselines.own_network import Prices
from scaling_search.baselines.pricing import Pricing
from scaling_search.metric import Metric
from scaling_search.proxy import Recipe, TaskFacts
from scaling_search.proxy.exported import Exported, ExportedFolder
from scaling_search.scaling import Coefficients
from scaling_search.search import NOMINAL, Candidate, Candidates, SearchSpace
from scaling_search.search.decide import Decision, decide
from scaling_search.search.strategy import Answer, Evaluation, Search
from scaling_search.series import Networks, list_networks
from scaling_search.study.limits import require_native
from scaling_search.study.measured import Measured
from scaling_search.study.planned_run import PlannedRun
from scaling_search.study.platform import Platform
from scaling_search.study.pricing import pricing_of
from scaling_search.study.records import Step
from scaling_search.study.settings import StudySettings
from scaling_search.study.sizes import member_at, sizes_to_train
from scaling_search.study.starts import family_runs, start_of
from scaling_search.study.transfer import Source, TransferSettings
from scaling_search.trainers import Spec, Trainer, make_trainer

__all__ = ["PlannedRun", "StudyDefinition"]


@dataclass(frozen=True)
class StudyDefinition:
    """Equal definitions give equal results."""

    settings: StudySettings
    facts: TaskFacts
    platform: Platform
    #: Of a study that is read, what its own networks cost: nothing that it names is imported.
    prices: Prices | None = field(default=None, compare=False, repr=False)
    #: What stands for the code of own networks and own trainings, by import path or script.
    code: dict[str, str] = field(default_factory=dict)
    #: Latencies that its budget rests on; study.yaml names them.
    measured: Measured = field(default_factory=Measured, compare=False, repr=False)
    #: The exported folder that recipe.start names; None in a study that is read.
    exported: ExportedFolder | None = field(default=None, compare=False, repr=False)

    @cached_property
    def trainer(self) -> Trainer:
        """Who trains its runs."""
        return make_trainer(
            self.settings.trainer,
            data=self.settings.data,
            task=self.facts.identity,
            code={n: d for n, d in self.code.items() if n not in self.settings.own_networks},
            other_data=self.settings.other_data,
            **vars(self.platform),
        )

    @property
    def source(self) -> Source:
        """What a study of transfer takes from another."""
        assert isinstance(self.settings.sweep, TransferSettings)
        return self.settings.sweep.found

    def facts_of(self, spec: Spec) -> TaskFacts:
        """The facts of a run's task."""
        return self.facts if spec.task == self.facts.identity else self.source.facts

    @property
    def metric(self) -> Metric:
        """What its trainings give."""
        return self.settings.trainer.scored_by

    @property
    def has_test(self) -> bool:
        """Whether its trainings give a test error beside the val error that decides."""
        return not self.settings.trainer.own or bool(self.settings.trainer.test)

    @cached_property
    def pricing(self) -> Pricing:
        """How its networks are priced beside counting them."""
        return pricing_of(self.settings, self.platform, self.measured)

    @cached_property
    def quantity(self) -> Quantity:
        """What "twice the cost" is counted in. Raises InvalidInput where it cannot be told."""
        on = self.settings.constraint.on
        return MACS if on == NOMINAL else self.pricing.quantity(on)

    @cached_property
    def bounds(self) -> Bounds:
        """What no network may exceed. Raises InvalidInput where a bound is none."""
        return self.pricing.bounds(self.settings.constraint.at_most)

    def load(self, settings: BaselineSettings, facts: TaskFacts | None = None) -> Baseline:
        """A baseline for the task's classes and channels, the same one each time.

        facts: of another task. Raises InvalidInput where it needs more pixels than the images have.
        """
        facts = facts or self.facts
        # A stage table is no key of a dictionary.
        name = f"{settings!r} {facts.identity}"
        if name not in self._loaded:
            baseline = settings.load(facts.num_classes, facts.in_channels, self.prices, self.code)
            require_native(baseline.resolution, facts)
            self._loaded[name] = counted_in(baseline, self.quantity)
        return self._loaded[name]

    @cached_property
    def _loaded(self) -> dict[str, Baseline]:
        return {}

    @property
    def counted(self) -> dict[tuple[OwnNetwork, int], Priced]:
        """What was counted of own networks so far."""
        own = [b.counted for b in self._loaded.values() if isinstance(b, OwnBaseline)]
        return dict(item for counted in own for item in counted.items())

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline that is scaled."""
        return self.load(self.settings.baseline)

    @property
    def base(self) -> FamilyMember:
        """The baseline itself, at phi = 0."""
        return base_member(self.baseline)

    @cached_property
    def space(self) -> SearchSpace:
        """What STEP 1 can ask for. Raises InvalidInput where a bound leaves no room."""
        self.bounds.require_base(self.base)
        return SearchSpace(
            self.baseline,
            self.settings.constraint,
            self.facts.largest_resolution,
            self.settings.recipe.epochs,
            self.facts.epoch_images,
            metric=self.metric,
            seeded=self.settings.trainer.seeded,
            bounds=self.bounds,
        )

    @property
    def first_members(self) -> list[FamilyMember]:
        """The networks of STEP 1 that are known before anything is trained."""
        return [candidate.member for candidate in self.candidates.kept]

    @cached_property
    def candidates(self) -> Candidates:
        """The distinct networks that are known before anything is trained."""
        return self.settings.search.known_candidates(self.space)

    def search(self) -> Search[Candidate]:
        """STEP 1 from its beginning."""
        settings = self.settings
        return settings.search.search(self.space, self.candidates, settings.budget)

    def decide(
        self, candidates: Candidates, answers: Mapping[Evaluation, Answer]
    ) -> Decision[Candidate]:
        """STEP 1's decision by what is known of its runs."""
        return decide(
            candidates.kept,
            answers,
            seeds=self.settings.sweep.seeds,
            epochs=self.settings.recipe.epochs,
            cost_ratio=self.settings.constraint.cost_ratio,
            metric=self.metric,
            seeded=self.settings.trainer.seeded,
        )

    @property
    def listed_runs(self) -> tuple[PlannedRun, ...]:
        """The first runs of STEP 1 as far as they follow from the settings; a sampler's do not."""
        return () if self.settings.search.samples else self.search_runs

    @cached_property
    def search_runs(self) -> tuple[PlannedRun, ...]:
        """The runs of STEP 1 that are wanted before any result is known: all of a whole grid."""
        search = self.search()
        found: list[PlannedRun] = []
        steps = search.steps()
        request = next(steps)
        while not request.wait:
            found += [self.search_run(search, e) for e in request.start]
            request = steps.send({})
        return tuple(found)

    def search_run(self, search: Search[Candidate], evaluation: Evaluation) -> PlannedRun:
        """The run that answers an evaluation."""
        point = search.points[evaluation.trial]
        assert isinstance(point, Candidate)
        rung = evaluation.epochs if evaluation.epochs < search.epochs else None
        return self.run(Step.SEARCH, point.member, 1.0, evaluation.seed, rung)

    @cached_property
    def baselines(self) -> tuple[Baseline, ...]:
        """The baselines that are scaled: one, or those of a comparison of several."""
        given, names = self.settings.baseline, self.settings.sweep.baseline_names()
        if not names:
            return (self.baseline,)
        return tuple(self.load(given.other(name)) for name in names)

    @cached_property
    def networks(self) -> Networks:
        """The networks of a study of series."""
        assert self.settings.series is not None
        return list_networks(
            self.settings.series,
            self.baselines,
            self.settings.constraint,
            self.facts.largest_resolution,
        )

    @cached_property
    def series_runs(self) -> tuple[PlannedRun, ...]:
        """Every network of a study of series with every seed, seed by seed."""
        phi: dict[str, float] = {}
        for point in self.networks.points:
            # A network that serves two costs is trained once, as the cheaper one asks for.
            phi.setdefault(point.member.id, point.phi)
        return tuple(
            self.run(Step.SERIES, member, phi[member.id], seed)
            for seed in self.settings.sweep.seeds
            for member in self.networks.members
        )

    def family(self, coefficients: Coefficients) -> tuple[FamilyMember, ...]:
        """STEP 2's listed members, in the order of family.phi."""
        family, ratio = self.settings.family, self.settings.constraint.cost_ratio
        rule = family.rule(coefficients, ratio)
        return tuple(member_at(self.baseline, rule, phi, ratio) for phi in family.phi)

    def trained_sizes(self, coefficients: Coefficients) -> tuple[FamilyMember, ...]:
        """STEP 2's members to train, the smallest first."""
        settings = self.settings
        ratio = settings.constraint.cost_ratio
        sizes: dict[str, FamilyMember] = {}
        for member in sizes_to_train(
            self.baseline, coefficients, settings.family, self.bounds, ratio
        ):
            if member.resolution <= self.facts.largest_resolution:
                sizes.setdefault(member.id, member)
        return tuple(sizes.values())

    def family_runs(self, coefficients: Coefficients) -> tuple[PlannedRun, ...]:
        """STEP 2: every trained size with every seed."""
        return family_runs(self, self.trained_sizes(coefficients))

    @property
    def family_seeds(self) -> list[int]:
        """Seeds of STEP 2."""
        return self.settings.family.seeds or self.settings.sweep.seeds[:2]

    def run(
        self,
        step: Step,
        member: FamilyMember,
        phi: float,
        seed: int,
        rung: int | None = None,
        recipe: Recipe | None = None,
        start: Spec | Exported | None = None,
    ) -> PlannedRun:
        """The run of a member at phi, by which its regularisation may grow.

        rung: the epoch at which it stops. recipe: another than the study's. start: its source.
        """
        recipe = recipe or self.settings.recipe
        start = start or start_of(self, member, seed, recipe)
        return PlannedRun(step, member, self.trainer.spec(member, phi, seed, recipe, rung, start))

    def to_plain(self) -> dict[str, Any]:
        """For study.yaml."""
        code = {"code": self.code} if self.code else {}
        facts, platform = asdict(self.facts), asdict(self.platform)
        return {**self.settings.plain(), "facts": facts, "platform": platform, **code}
