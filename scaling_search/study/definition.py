"""A study made concrete: its settings, the facts of its task and what its runs compute with.

From a definition alone, without data and without torch, follow all candidates, all runs and their
keys, so that a study can be planned, resumed, and read again anywhere.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from scaling_search.baselines import Baseline, FamilyMember, scale, solve_phi
from scaling_search.errors import InvalidInput
from scaling_search.proxy import RunSpec, TaskFacts
from scaling_search.scaling import Coefficients
from scaling_search.search import Candidates, grid_candidates
from scaling_search.study.settings import StudySettings, from_plain, to_plain


@dataclass(frozen=True)
class Platform:
    """What a run computes with, as far as its result depends on it."""

    device: str
    torch_version: str
    trainer_version: int


@dataclass(frozen=True)
class PlannedRun:
    """A run and why it is wanted."""

    #: search (STEP 1) or family (STEP 2).
    step: str
    member: FamilyMember
    spec: RunSpec


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
    def candidates(self) -> Candidates:
        """STEP 1's distinct networks."""
        return grid_candidates(
            self.settings.sweep,
            self.baseline,
            self.settings.constraint,
            self.facts.native_resolution,
        )

    @cached_property
    def search_runs(self) -> tuple[PlannedRun, ...]:
        """STEP 1: every candidate with every seed; all of the first seed come first."""
        return tuple(
            self.run("search", candidate.member, 1.0, seed)
            for seed in self.settings.sweep.seeds
            for candidate in self.candidates.kept
        )

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
        seeds = self.settings.family.seeds or self.settings.sweep.seeds
        return tuple(
            self.run("family", member, member.phi or 0.0, seed)
            for member in self.trained_sizes(coefficients)
            for seed in seeds
        )

    def run(self, step: str, member: FamilyMember, phi: float, seed: int) -> PlannedRun:
        """The run of a member at phi, by which its dropout and stochastic depth grow."""
        dropout, stochastic_depth = self.settings.recipe.regularisation(phi)
        spec = RunSpec(
            member.network,
            member.resolution,
            self.facts.identity,
            self.settings.recipe,
            dropout,
            stochastic_depth,
            seed,
            self.platform.device,
            self.platform.torch_version,
            self.platform.trainer_version,
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
