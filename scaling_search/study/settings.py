"""The settings of a study."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput, require_seeds
from scaling_search.execution import ExecutorSettings
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.proxy.recipe import BASELINE, BEFORE
from scaling_search.search import (
    Budget,
    CostConstraint,
    GridSettings,
    OptunaSettings,
    RaceSettings,
    SearchSweep,
    SweepSettings,
)
from scaling_search.search.baseline import BaselineSearchSettings
from scaling_search.series import (
    BalanceSettings,
    GrowthSettings,
    Observation1Settings,
    Observation2Settings,
    SeriesSettings,
    SharesSettings,
    SingleVsCompoundSettings,
)
from scaling_search.study.family_settings import CONSTANT, OF_CURVES, FamilySettings
from scaling_search.study.transfer import TransferSettings
from scaling_search.tracking import TrackerSettings
from scaling_search.trainers import TrainerSettings
from scaling_search.trainers.settings import require_together

#: The kinds of study, by the name that stands behind `+sweep=`; conf/sweep has a file for each.
_ALL: tuple[type[SweepSettings], ...] = (
    BaselineSearchSettings,
    *(GridSettings, RaceSettings, OptunaSettings),
    *(Observation1Settings, Observation2Settings, SingleVsCompoundSettings, BalanceSettings),
    *(SharesSettings, GrowthSettings, TransferSettings),
)
SWEEPS: dict[str, type[SweepSettings]] = {sweep.kind: sweep for sweep in _ALL}


#: Settings that study.yaml has only where they are given: of found baselines and those of timm,
#: and what is younger than the first stored studies.
_RARE = {
    "baseline": ("from_", "table", "model", "pretrained"),
    "recipe": ("start",),
    "sweep": ("rivals", "budget", "smaller"),
}


@dataclass(frozen=True)
class FidelitySettings:
    """Does the answer survive? The best, the marked and the worst candidates are trained again."""

    #: Scale the candidates to this phi instead of 1.
    phi: float | None = None
    #: Train for so many epochs.
    epochs: int | None = None
    #: Start from a baseline of so many pixels.
    resolution: int | None = None
    #: Factors on the learning rate; each is a check of its own, since one rate can decide.
    learning_rates: list[float] = field(default_factory=list)
    #: How many of the best candidates take part, beside the marked ones.
    survivors: int = 3
    #: How many of the worst take part.
    losers: int = 2
    #: Seeds; empty takes the first two of the sweep's.
    seeds: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        ranges = {"phi": (-20, 20), "epochs": (1, 10_000), "resolution": (1, 10_000)}
        ranges |= {"survivors": (1, 1000), "losers": (0, 1000)}
        values = [(name, getattr(self, name)) for name in ranges]
        for name, value in [*values, *(("learning_rates", r) for r in self.learning_rates)]:
            low, high = ranges.get(name, (1e-3, 1e3))
            if value is not None and not low <= value <= high:
                raise InvalidInput(
                    f"fidelity.{name} has {value!r}, but must lie between {low:g} and {high:g}"
                )
        require_seeds("fidelity.seeds", self.seeds)

    @property
    def wanted(self) -> bool:
        """Whether there is anything to check."""
        larger = (self.phi, self.epochs, self.resolution) != (None, None, None)
        return larger or bool(self.learning_rates)


@dataclass(frozen=True)
class StudySettings:
    """Everything that a study's results depend on."""

    baseline: BaselineSettings
    data: DataSettings
    recipe: Recipe
    sweep: SweepSettings
    constraint: CostConstraint
    family: FamilySettings
    budget: Budget = field(default_factory=Budget)
    fidelity: FidelitySettings = field(default_factory=FidelitySettings)
    trainer: TrainerSettings = field(default_factory=TrainerSettings)

    def __post_init__(self) -> None:
        """A setting that would have no effect is a mistake."""
        for name in ("constraint", "family", "budget", "fidelity"):
            part = getattr(self, name)
            for key, default in asdict(type(part)()).items():
                value = getattr(part, key)
                names = (name, f"{name}.{key}")
                if value == default or self.sweep.READS.intersection(names):
                    continue
                found = (self.sweep.INSTEAD[n] for n in names if n in self.sweep.INSTEAD)
                raise InvalidInput(
                    f"{name}.{key} is {value!r}, but +sweep={self.sweep.kind} has no use for it: "
                    + next(found, "leave it out")
                )
        self._require_start()
        self._require_counted()
        self.constraint.require_measurements()
        self.sweep.require_epochs(self.recipe.epochs)
        require_together(self.trainer, self.baseline, self.data, self.recipe)
        self._require_able_trainer()

    def _require_start(self) -> None:
        start, sweep = self.recipe.start, self.sweep
        if not start:
            return
        if self.trainer.own:
            raise InvalidInput(
                f"recipe.start is {start!r}, but only the built-in training can start from trained "
                f"weights: leave it out, or take trainer=builtin instead of {self.trainer.kind}"
            )
        named = start in (BASELINE, BEFORE)
        if not sweep.STARTS or (named and start not in sweep.STARTS):
            can = f"it can say {', '.join(sorted(sweep.STARTS))} or DIR" if sweep.STARTS else ""
            raise InvalidInput(
                f"recipe.start is {start!r}, but +sweep={sweep.kind} has no use for it: "
                + (can or "leave it out")
            )

    def _require_counted(self) -> None:
        timed = sorted(self.constraint.timed)
        if timed and isinstance(self.sweep, BaselineSearchSettings):
            raise InvalidInput(
                f"constraint.on and constraint.at_most have {' and '.join(timed)}, but STEP 0 asks "
                "for networks of any shape, and a model of latency knows those of one baseline: "
                "take macs, params, activations or memory"
            )

    def _require_able_trainer(self) -> None:
        if self.trainer.kind == "command" and isinstance(self.sweep, BaselineSearchSettings):
            raise InvalidInput(
                "trainer=command cannot be told the networks of +sweep=baseline: take "
                "trainer=function, whose job.model() builds them"
            )
        shorter = getattr(self.sweep, "rungs", []) or self.fidelity.epochs
        if shorter and not self.trainer.is_told_epochs:
            raise InvalidInput(
                f"trainer.command is {self.trainer.command!r}, but it has no {{epochs}}, which "
                "sweep.rungs= and fidelity.epochs= need: add it, or leave those out"
            )
        if self.trainer.own and self.fidelity.learning_rates:
            raise InvalidInput(
                f"fidelity.learning_rates is {self.fidelity.learning_rates}, but "
                f"trainer={self.trainer.kind} sets its own: leave it out"
            )
        if self.budget.train_flops is not None and self.data.is_own and not self.data.train_images:
            raise InvalidInput(
                f"budget.train_flops is {self.budget.train_flops:g}, but how many images an epoch "
                "has is not known: give data.train_images=, or budget.runs= instead"
            )

    def plain(self) -> dict[str, Any]:
        """For study.yaml: without what only other studies have."""
        settings = asdict(self)
        for part, names in _RARE.items():
            for name in names:
                if not settings[part].get(name, True):
                    del settings[part][name]
        if self.family.shares == CONSTANT:
            for name in OF_CURVES:
                del settings["family"][name]
        settings["constraint"] = self.constraint.plain
        settings["data"] = self.data.plain()
        for data in self.other_data.values():
            settings["sweep"]["source"]["data"] = data.plain()
        settings["trainer"] = self.trainer.plain()
        if self.trainer.own:
            settings["recipe"] = self.recipe.of_own_training
        else:
            del settings["trainer"]
        return settings

    @property
    def other_data(self) -> dict[str, DataSettings]:
        """The data on which the sources of runs are trained, by identity, as they lie here."""
        source = self.sweep.source if isinstance(self.sweep, TransferSettings) else None
        if source is None:
            return {}
        here = {name: getattr(self.data, name) for name in ("cache_dir", "cache")}
        data = replace(source.data, **here, loading_processes=self.data.loading_processes)
        return {source.facts.identity: data}

    @property
    def own_networks(self) -> list[str]:
        """Import paths of the functions whose networks take part."""
        given = self.baseline.target
        compared = self.sweep.compare if isinstance(self.sweep, BaselineSearchSettings) else []
        names = [*(self.sweep.baseline_names() or [given]), *compared]
        return sorted({name for name in names if "." in name})

    @property
    def search(self) -> SearchSweep:
        """The sweep of a study that is a search."""
        assert isinstance(self.sweep, SearchSweep)
        return self.sweep

    @property
    def series(self) -> SeriesSettings | None:
        """The sweep of a study that compares series; None where it is a search."""
        return self.sweep if isinstance(self.sweep, SeriesSettings) else None


@dataclass(frozen=True)
class Conduct:
    """How a study is carried out; none of it changes a result."""

    #: Name of the study and of its folder; empty makes one of sweep, baseline, data and recipe.
    name: str = ""
    #: Folder of studies and of their database.
    experiments_dir: str = "experiments"
    #: URL of another database, such as postgresql://host/name.
    store: str = ""
    #: Print the plan and stop.
    dry_run: bool = False
    #: Measure how long the trained networks take on this machine, after all training.
    latency: bool = False
    #: Replace the study of this name; runs that it shares with the new one are kept.
    fresh: bool = False
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
