"""A study made concrete: its settings, the facts of its task and what its runs compute with.

From a definition alone, without data and without torch, follow all candidates, all runs and their
keys, so that a study can be planned, resumed, and read again anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from scaling_search.baselines import Baseline, FamilyMember, scale, solve_phi
from scaling_search.errors import InvalidInput
from scaling_search.execution import resolve_device, torch_version
from scaling_search.proxy import Recipe, RunSpec, TaskFacts
from scaling_search.proxy.run import TRAINER_VERSION
from scaling_search.scaling import Coefficients
from scaling_search.search import Candidate, Candidates, SearchSpace
from scaling_search.search.decide import Decision, decide
from scaling_search.search.strategy import Answer, Evaluation, Search
from scaling_search.series import Networks, list_networks
from scaling_search.study.settings import StudySettings, from_plain, to_plain


@dataclass(frozen=True)
class Platform:
    """What a run computes with, as far as its result depends on it."""

    device: str
    torch_version: str
    trainer_version: int

    @classmethod
    def here(cls, asked: str = "auto") -> Platform:
        """This machine with the device asked for: auto, cpu or cuda. Raises InvalidInput."""
        return cls(resolve_device(asked), torch_version(), TRAINER_VERSION)


@dataclass(frozen=True)
class PlannedRun:
    """A run and why it is wanted."""

    #: search (STEP 1), family (STEP 2), `fidelity: NAME`, or series.
    step: str
    member: FamilyMember
    spec: RunSpec
    #: The candidate for which a check of fidelity stands; elsewhere the member itself.
    candidate: str = ""

    @property
    def trial(self) -> str:
        """The trial to which the run belongs."""
        return self.candidate or self.member.id


@dataclass(frozen=True)
class StudyDefinition:
    """Equal definitions give equal results."""

    settings: StudySettings
    facts: TaskFacts
    platform: Platform

    @cached_property
    def baseline(self) -> Baseline:
        """The baseline for the task's classes and channels."""
        return self.settings.baseline.load(self.facts.num_classes, self.facts.in_channels)

    @cached_property
    def _space(self) -> SearchSpace:
        return SearchSpace(
            self.baseline,
            self.settings.constraint,
            self.facts.native_resolution,
            self.settings.recipe.epochs,
            self.facts.train_images,
        )

    @cached_property
    def candidates(self) -> Candidates:
        """The distinct networks that are known before anything is trained."""
        return self.settings.search.known_candidates(self._space)

    def search(self) -> Search:
        """STEP 1 from its beginning."""
        settings = self.settings
        return settings.search.search(self._space, self.candidates, settings.budget)

    @cached_property
    def looks(self) -> int:
        """How often STEP 1 looks at its candidates at most."""
        settings = self.settings
        return settings.search.looks(self._space, self.candidates, settings.budget)

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
            looks=self.looks,
        )

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

    def search_run(self, search: Search, evaluation: Evaluation) -> PlannedRun:
        """The run that answers an evaluation."""
        point = search.points[evaluation.trial]
        assert isinstance(point, Candidate)
        rung = evaluation.epochs if evaluation.epochs < search.epochs else None
        return self.run("search", point.member, 1.0, evaluation.seed, rung)

    @cached_property
    def baselines(self) -> tuple[Baseline, ...]:
        """The baselines that are scaled: one, or those of a comparison of several."""
        given, names = self.settings.baseline, self.settings.sweep.baseline_names()
        if not names:
            return (self.baseline,)
        named = [
            replace(given, name="", _target_=name)
            if "." in name
            else replace(given, name=name, _target_="")
            for name in names
        ]
        return tuple(b.load(self.facts.num_classes, self.facts.in_channels) for b in named)

    @cached_property
    def networks(self) -> Networks:
        """The networks of a study of series."""
        assert self.settings.series is not None
        return list_networks(
            self.settings.series,
            self.baselines,
            self.settings.constraint,
            self.facts.native_resolution,
        )

    @cached_property
    def series_runs(self) -> tuple[PlannedRun, ...]:
        """Every network of a study of series with every seed, seed by seed."""
        phi: dict[str, float] = {}
        for point in self.networks.points:
            # A network that serves two costs is trained once, as the cheaper one asks for.
            phi.setdefault(point.member.id, point.phi)
        return tuple(
            self.run("series", member, phi[member.id], seed)
            for seed in self.settings.sweep.seeds
            for member in self.networks.members
        )

    @property
    def first_runs(self) -> tuple[PlannedRun, ...]:
        """The runs that are wanted before any result is known."""
        return self.search_runs if self.settings.series is None else self.series_runs

    def family(self, coefficients: Coefficients) -> tuple[FamilyMember, ...]:
        """STEP 2's listed members, in the order of family.phi."""
        return tuple(scale(self.baseline, coefficients, phi) for phi in self.settings.family.phi)

    def trained_sizes(self, coefficients: Coefficients) -> tuple[FamilyMember, ...]:
        """STEP 2's members to train: evenly spaced in log cost up to family.train_up_to."""
        family = self.settings.family
        largest = scale(self.baseline, coefficients, family.train_up_to)
        sizes: dict[str, FamilyMember] = {}
        for index in range(family.sizes - 1, -1, -1):
            fraction = index / (family.sizes - 1) if family.sizes > 1 else 0.0
            member = largest
            if index:
                macs = largest.cost.macs / family.span**fraction
                try:
                    member = solve_phi(self.baseline, coefficients, macs)
                except InvalidInput:
                    # Smaller than any network of the family.
                    continue
            if member.resolution <= self.facts.native_resolution:
                sizes.setdefault(member.id, member)
        return tuple(sizes.values())

    def family_runs(self, coefficients: Coefficients) -> tuple[PlannedRun, ...]:
        """STEP 2: every trained size with every seed."""
        return tuple(
            self.run("family", member, member.phi or 0.0, seed)
            for member in self.trained_sizes(coefficients)
            for seed in self.family_seeds
        )

    @property
    def family_seeds(self) -> list[int]:
        """Seeds of STEP 2."""
        return self.settings.family.seeds or self.settings.sweep.seeds[:2]

    def run(
        self,
        step: str,
        member: FamilyMember,
        phi: float,
        seed: int,
        rung: int | None = None,
        recipe: Recipe | None = None,
    ) -> PlannedRun:
        """The run of a member at phi, by which its dropout and stochastic depth grow.

        rung: the epoch at which it stops. recipe: another one than the study's.
        """
        recipe = recipe or self.settings.recipe
        dropout, stochastic_depth = recipe.regularisation(phi)
        spec = RunSpec(
            network=member.network,
            resolution=member.resolution,
            task=self.facts.identity,
            recipe=recipe,
            dropout=dropout,
            stochastic_depth=stochastic_depth,
            seed=seed,
            device=self.platform.device,
            torch_version=self.platform.torch_version,
            trainer_version=self.platform.trainer_version,
            rung=rung,
        )
        return PlannedRun(step, member, spec)

    def to_plain(self) -> dict[str, Any]:
        """For study.yaml."""
        settings = to_plain(self.settings)
        # Where the pixel cache lies changes nothing.
        del settings["data"]["cache_dir"]
        return {**settings, "facts": asdict(self.facts), "platform": asdict(self.platform)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> StudyDefinition:
        """Of what study.yaml holds."""
        settings = {k: v for k, v in plain.items() if k not in ("facts", "platform")}
        return cls(
            from_plain(StudySettings, settings),
            from_plain(TaskFacts, plain["facts"]),
            from_plain(Platform, plain["platform"]),
        )


def read_definition(folder: Path) -> StudyDefinition:
    """The definition of the study in a folder. Raises InvalidInput where there is none."""
    path = folder / "study.yaml"
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
        return StudyDefinition.from_plain(plain)
    except FileNotFoundError as error:
        raise InvalidInput(
            f"{folder} holds no study.yaml, so it is no study folder: give one, such as "
            "experiments/NAME"
        ) from error
    except (yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"{path} is damaged ({type(error).__name__}: {str(error).splitlines()[0]}): restore "
            "it, or make the study again with fresh=true or another name="
        ) from error
