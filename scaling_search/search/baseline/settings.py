"""`+sweep=baseline`: STEP 0, the search for a baseline worth scaling (Tan & Le 2019, section 4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, cast, get_args

from scaling_search.baselines import MACS, UNBOUNDED, Baseline, Bounds, Quantity
from scaling_search.baselines.pricing import Pricing
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.metric import ERROR, Metric
from scaling_search.scaling.architecture import Activation, BlockKind
from scaling_search.search.baseline.candidate import BaselineCandidate
from scaling_search.search.baseline.existing import bring_to_cost
from scaling_search.search.baseline.guide import GUIDE, Guide, guide_of
from scaling_search.search.baseline.objective import Objective
from scaling_search.search.baseline.proposals import BaselineProposals, Task
from scaling_search.search.baseline.space import Space
from scaling_search.search.optuna_samplers import explicit_sampler, rehearse_sampler
from scaling_search.search.points import scaled
from scaling_search.search.settings import Budget, SearchSettings
from scaling_search.search.strategy import Evaluation, Search

#: Samplers that have a name here, beside those of +sweep=optuna.
SAMPLERS: dict[str, dict[str, Any]] = {
    "gp": {"_target_": GUIDE, **asdict(Guide())},
    # Choices that depend on other choices are sampled in groups.
    "tpe": {
        "_target_": "optuna.samplers.TPESampler",
        "n_startup_trials": 20,
        "n_ei_candidates": 48,
        "multivariate": True,
        "group": True,
        "constant_liar": True,
        "seed": 0,
    },
    "nsgaii": {"_target_": "optuna.samplers.NSGAIISampler", "population_size": 20, "seed": 0},
    "random": {"_target_": "optuna.samplers.RandomSampler", "seed": 0},
}
#: Costs that a frontier is sampled at.
_LEVELS = 5


@dataclass(frozen=True)
class BaselineSearchSettings(SearchSettings):
    """`+sweep=baseline`: asks of a sampler over stages, blocks, widths and pixels at one cost; then
    more seeds for the best."""

    READS: ClassVar[frozenset[str]] = frozenset(
        {"budget", *(f"constraint.{name}" for name in ("on", "at_most", "batch_size", "training"))}
    )

    kind: str = "baseline"
    #: Multiply-adds that every network shall cost; null takes those of the present baseline.
    macs: int | None = None
    #: The same where constraint.on= is another quantity, such as 8MiB of memory.
    budget: Any = None
    #: Greatest relative distance from that cost.
    tolerance: float = 0.05
    #: paper: ACC * (cost / macs)^w; pareto: the frontier of error against cost.
    objective: str = "paper"
    #: The exponent w.
    w: float = -0.07
    #: pareto: the frontier reaches from `macs` down to a part of it of one in so many.
    span: float = 8.0
    #: gp (a Gaussian process on what the choices mean), tpe, nsgaii, random, or any Optuna sampler
    #: as {_target_: package.Class, argument: value}.
    sampler: Any = "gp"
    #: How many networks are asked for.
    asks: int = 24
    #: An ask sees the results of all asks but the `lag` before it, however many workers there are.
    lag: int = 3
    #: Asks that are compared with each other at the rungs.
    bracket: int = 9
    #: The best networks of the first seed that are trained with the others too.
    finalists: int = 4
    #: Seeds; the first is that of all networks.
    seeds: list[int] = field(default_factory=lambda: [0, 1, 2])
    #: Existing baselines that are brought to the cost and compared, beside the present one.
    compare: list[str] = field(default_factory=list)
    #: Blocks that a stage may have: mbconv, fused_mbconv, basic, bottleneck, separable.
    blocks: list[str] = field(default_factory=list)
    #: Kernel sizes.
    kernels: list[int] = field(default_factory=list)
    #: Expansions; a block that cannot have one of them takes its least.
    expansions: list[int] = field(default_factory=list)
    #: Squeeze-excitation ratios; 0 is none.
    se_ratios: list[float] = field(default_factory=list)
    #: Strides of a stage.
    strides: list[int] = field(default_factory=list)
    #: Blocks of a stage.
    repeats: list[int] = field(default_factory=list)
    #: Channels of a stage over those before it.
    growths: list[float] = field(default_factory=list)
    #: Numbers of stages.
    stages: list[int] = field(default_factory=list)
    #: Whether all stages have one kind of block, kernel, expansion and squeeze-excitation.
    alike: list[bool] = field(default_factory=list)
    #: Strides of the stem.
    stem_strides: list[int] = field(default_factory=list)
    #: Channels of the head over those of the last stage; 0 is no head.
    heads: list[float] = field(default_factory=list)
    #: silu, relu or relu6.
    activations: list[str] = field(default_factory=list)
    #: In pixels; those above the images' own are left out.
    resolutions: list[int] = field(default_factory=list)
    #: Channels are multiples of this.
    channel_divisor: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require_counts(asks=1, lag=0, bracket=2, finalists=1)
        if self.rungs and self.lag < self.bracket - 1:
            raise InvalidInput(
                f"sweep.lag is {self.lag}, but with rungs it must be at least sweep.bracket - 1 = "
                f"{self.bracket - 1}, since an ask cannot see the results of its own bracket: set "
                f"sweep.lag={self.bracket - 1}"
            )
        if self.macs is not None:
            whole_number("sweep.macs", self.macs)
        for name, low, high in (("tolerance", 0, 1), ("w", -10, 10), ("span", 1, 1e6)):
            value = getattr(self, name)
            if not low < value < high:
                raise InvalidInput(
                    f"sweep.{name} is {value!r}, but must lie above {low:g} and below {high:g}"
                )
        if self.objective not in ("paper", "pareto"):
            raise InvalidInput(
                f"sweep.objective is {self.objective!r}, but must be paper or pareto"
            )
        self._require_options()
        sampler = explicit_sampler(self.sampler, SAMPLERS)
        if sampler["_target_"] == GUIDE:
            guide_of(sampler)
        object.__setattr__(self, "sampler", sampler)

    def _require_options(self) -> None:
        named = {"blocks": get_args(BlockKind), "activations": get_args(Activation)}
        least = {"se_ratios": 0.0, "heads": 0.0, "growths": 0.1, "alike": 0.0}
        most = {"se_ratios": 1.0, "heads": 100.0, "growths": 100.0, "stages": 20}
        for name in _OPTIONS:
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise InvalidInput(
                    f"sweep.{name} is {list(values)}, but must hold one or more different options"
                )
            for value in values:
                if name in named:
                    if value not in named[name]:
                        raise InvalidInput(
                            f"sweep.{name} holds {value!r}, but must hold {', '.join(named[name])}"
                        )
                    continue
                low, high = least.get(name, 1), most.get(name, 10_000)
                if not (math.isfinite(value) and low <= value <= high):
                    raise InvalidInput(
                        f"sweep.{name} holds {value!r}, but must hold numbers from {low:g} to "
                        f"{high:g}"
                    )
        even = [kernel for kernel in self.kernels if kernel % 2 == 0]
        if even:
            raise InvalidInput(
                f"sweep.kernels holds {even[0]}, but kernels must be odd: their padding is half"
            )
        if self.channel_divisor < 1:
            raise InvalidInput(
                f"sweep.channel_divisor is {self.channel_divisor}, but must be at least 1"
            )

    def rehearse(self) -> None:
        if self.sampler["_target_"] != GUIDE:
            rehearse_sampler(self.sampler, self.asks, SAMPLERS)

    @property
    def is_frontier(self) -> bool:
        """Whether networks of several costs are looked for."""
        return self.objective == "pareto"

    def goal(self, present: Baseline, metric: Metric = ERROR) -> Objective:
        """The objective, at the cost that is asked for."""
        amount = float(self.macs or 0.0)
        if present.quantity != MACS and self.budget is not None:
            amount = Pricing().amount(present.quantity.name, self.budget, "sweep.budget")
        return Objective(amount or scaled(present).amount, self.w, self.is_frontier, metric)

    def require_quantity(self, on: str) -> None:
        """Raise InvalidInput where the cost is given in another quantity than this one."""
        if on == "macs":
            given, instead, value = "budget", "macs", self.budget
        else:
            given, instead, value = "macs", "budget", self.macs
        if value is not None:
            raise InvalidInput(
                f"sweep.{given} is {value!r}, but cost is counted in {on}: give sweep.{instead}="
            )

    def space(self, native_resolution: int, quantity: Quantity = MACS) -> Space:
        """What can be chosen. Raises InvalidInput."""
        resolutions = tuple(px for px in self.resolutions if px <= native_resolution)
        if not resolutions:
            raise InvalidInput(
                f"sweep.resolutions is {list(self.resolutions)}, but the images have "
                f"{native_resolution} px: give one of at most that"
            )
        return Space(
            blocks=cast(tuple[BlockKind, ...], tuple(self.blocks)),
            activations=cast(tuple[Activation, ...], tuple(self.activations)),
            resolutions=resolutions,
            channel_divisor=self.channel_divisor,
            quantity=quantity,
            **cast(Any, {name: tuple(getattr(self, name)) for name in _PLAIN_OPTIONS}),
        )

    def existing(
        self,
        present: Baseline,
        others: Sequence[Baseline],
        native_resolution: int,
        bounds: Bounds = UNBOUNDED,
    ) -> list[BaselineCandidate]:
        """The present baseline and those of the others at the cost asked for that keep the bounds.

        Raises InvalidInput where the present one does not."""
        amount = self.goal(present).amount
        found = [bring_to_cost(one, amount, native_resolution) for one in (present, *others)]
        if broken := bounds.broken_by(found[0].member):
            raise InvalidInput(
                f"constraint.at_most leaves no room: the present baseline {present.name}, brought "
                f"to {present.quantity.told(amount)}, has {broken}: raise it, or give a lower cost"
            )
        return [one for one in found if not bounds.broken_by(one.member)]

    def search(
        self, task: Task, present: Baseline, others: Sequence[Baseline], budget: Budget
    ) -> Search[BaselineCandidate]:
        """STEP 0 from its beginning. Raises InvalidInput."""
        objective = self.goal(present, task.metric)
        existing = self.existing(present, others, task.native_resolution, task.bounds)
        proposals = self._proposals(task, objective, existing)
        proposals.require_reachable()
        return Search(
            proposals,
            asks=self.asks + len(existing),
            lag=self.lag,
            bracket=self.bracket,
            settings=self,
            epochs=task.epochs,
            budget=budget,
            flops_per_mac=6 * task.train_images,
            race=self._finals,
            best_first=objective.best_first,
        )

    def _proposals(
        self, task: Task, objective: Objective, existing: Sequence[BaselineCandidate]
    ) -> BaselineProposals:
        costs = [objective.amount]
        if self.is_frontier:
            step = self.span ** (1 / (_LEVELS - 1))
            costs = [objective.amount / step**level for level in range(_LEVELS)]
        space = self.space(task.native_resolution, task.quantity)
        return BaselineProposals(
            self.sampler, space, task, objective, costs, self.tolerance, existing
        )

    def _finals(self, search: Search[BaselineCandidate]) -> Sequence[Evaluation]:
        """The other seeds of the best networks and of the present baseline."""
        first = {
            trial: search.answers.get(Evaluation(trial, search.first, search.epochs))
            for trial in search.points
        }
        whole = {t: a.val_error for t, a in first.items() if a and a.val_error is not None}
        trials = [trial for trial in whole if not search.points[trial].mark]
        order = search.best_first([(search.points[t], whole[t] or 0.0) for t in trials])
        best = [trials[i] for i in order[: self.finalists]]
        present = [trial for trial in whole if search.points[trial].mark][:1]
        wanted = [
            Evaluation(trial, seed, search.epochs)
            for seed in self.seeds[1:]
            for trial in (*best, *present)
        ]
        fresh = [evaluation for evaluation in wanted if not search.has_started(evaluation)]
        return fresh[: search.affordable(len(fresh), search.epochs)]


_PLAIN_OPTIONS = (
    "kernels", "expansions", "se_ratios", "strides", "repeats", "growths", "stages", "alike",
    "stem_strides", "heads",
)  # fmt: skip
_OPTIONS = ("blocks", "activations", "resolutions", *_PLAIN_OPTIONS)
