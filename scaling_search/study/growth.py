"""The runs of a study of growth: each network grown, and from nothing for as much compute.

Grown costs what its own training and those of all that it grew from cost. The epochs from nothing
are the whole number that comes nearest to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaling_search.baselines import FamilyMember, OwnNetwork
from scaling_search.errors import InvalidInput
from scaling_search.scaling import Architecture
from scaling_search.scaling.kinship import not_kept
from scaling_search.series.growth import GrowthSettings
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.records import Step
from scaling_search.trainers import Spec

#: Groups of networks that are compared.
FAMILY, CANDIDATES = "family", "candidates"
#: Most epochs of a recipe.
_MOST_EPOCHS = 10_000


@dataclass(frozen=True, kw_only=True)
class BothWays:
    """A network that is trained grown and from nothing. Runs are in the order of the seeds."""

    group: str
    member: FamilyMember
    #: What it grows from; None for the smallest of a family, which begins from nothing either way.
    source: FamilyMember | None
    grown: tuple[PlannedRun, ...]
    from_nothing: tuple[PlannedRun, ...]
    #: Floating-point operations of a grown run with all that it grew from.
    grown_flops: float
    #: Of a run from nothing.
    flops: float

    @property
    def epochs(self) -> int:
        """Of a run from nothing."""
        return self.from_nothing[0].spec.epochs

    @property
    def compute_ratio(self) -> float:
        """What a run from nothing costs over a grown one."""
        return self.flops / self.grown_flops

    @property
    def differs(self) -> bool:
        """Whether there are two ways."""
        return self.source is not None

    @property
    def not_kept(self) -> tuple[str, ...]:
        """Why it does not begin with the function of what it grows from, if it does not."""
        if self.source is None:
            return ()
        ours, theirs = self.member.network, self.source.network
        assert isinstance(ours, Architecture)
        assert isinstance(theirs, Architecture)
        return not_kept(ours, theirs)


@dataclass(frozen=True, kw_only=True)
class Growth:
    """All networks of a study of growth, and the runs that only others grow from."""

    networks: tuple[BothWays, ...]
    #: The baseline's, from which candidates grow.
    sources: tuple[PlannedRun, ...]

    def of(self, group: str) -> list[BothWays]:
        """Those of a group, in their order."""
        return [network for network in self.networks if network.group == group]

    @property
    def runs(self) -> tuple[PlannedRun, ...]:
        """Those of all networks, each once: from nothing first, since nothing waits for them."""
        both = [n.from_nothing for n in self.networks] + [n.grown for n in self.networks]
        return tuple({run.spec.key: run for runs in both for run in runs}.values())


def growth_of(definition: StudyDefinition) -> Growth:
    """The runs of a study of growth, from its definition alone. Raises InvalidInput."""
    sweep = definition.settings.sweep
    assert isinstance(sweep, GrowthSettings)
    base = definition.base
    if isinstance(base.network, OwnNetwork):
        raise InvalidInput(
            f"baseline is {base.baseline.name!r}, but +sweep=growth grows baselines with a stage "
            "table alone: own networks and those of timm have sizes that only their code knows"
        )
    members = sweep.members(definition.baseline, sweep.family)
    family = sorted(members, key=lambda member: member.cost.macs)
    candidates = sweep.members(definition.baseline, sweep.candidates)
    for member in (*family, *candidates):
        if member.resolution > definition.facts.largest_resolution:
            raise InvalidInput(
                f"a network of sweep.study has {member.resolution} px, but the images have "
                f"{definition.facts.largest_resolution}: give the data of that study"
            )
    if len(family) < 2:
        raise InvalidInput(
            "the family has fewer than two different sizes, so nothing can grow: take another "
            "sweep.study, of a family of more sizes"
        )
    others = [c for c in candidates if c.id != base.id]
    sources = _runs(definition, base, Step.SOURCE) if others else ()
    spent = base.cost.train_flops(definition.settings.recipe.epochs * definition.facts.epoch_images)
    networks = [
        *_chain(definition, family),
        *(_both(definition, CANDIDATES, c, base, sources, spent) for c in others),
    ]
    return Growth(networks=tuple(networks), sources=sources)


def _chain(definition: StudyDefinition, family: Sequence[FamilyMember]) -> Iterator[BothWays]:
    before: BothWays | None = None
    for member in family:
        source = (before.member, before.grown, before.grown_flops) if before else (None, (), 0.0)
        before = _both(definition, FAMILY, member, *source)
        yield before


def _both(
    definition: StudyDefinition,
    group: str,
    member: FamilyMember,
    source: FamilyMember | None,
    starts: Sequence[PlannedRun],
    spent: float,
) -> BothWays:
    """starts, spent: the runs that it grows from, and what one cost with its own sources."""
    recipe, images = definition.settings.recipe, definition.facts.epoch_images
    an_epoch = member.cost.train_flops(images)
    grown_flops = spent + recipe.epochs * an_epoch
    epochs = max(1, round(grown_flops / an_epoch))
    if epochs > _MOST_EPOCHS:
        raise InvalidInput(
            f"recipe.epochs is {recipe.epochs}, but network {member.id} would take {epochs:,} from "
            f"nothing to cost what growing does, and a recipe has {_MOST_EPOCHS:,} at most: give "
            "fewer recipe.epochs="
        )
    grown = _runs(definition, member, Step.SERIES, starts=starts)
    return BothWays(
        group=group,
        member=member,
        source=source,
        grown=grown,
        from_nothing=_runs(definition, member, Step.SERIES, epochs) if source else grown,
        grown_flops=grown_flops,
        flops=epochs * an_epoch,
    )


def _runs(
    definition: StudyDefinition,
    member: FamilyMember,
    step: Step,
    epochs: int | None = None,
    starts: Sequence[PlannedRun] = (),
) -> tuple[PlannedRun, ...]:
    """With every seed. starts: of the same seeds."""
    settings = definition.settings
    recipe = replace(settings.recipe, epochs=epochs or settings.recipe.epochs)
    seeds = settings.sweep.seeds
    specs: list[Spec | None] = [run.spec for run in starts] or [None] * len(seeds)
    return tuple(
        definition.run(step, member, member.phi or 0.0, seed, recipe=recipe, start=start)
        for seed, start in zip(seeds, specs)
    )
