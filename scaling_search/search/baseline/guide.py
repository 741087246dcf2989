"""Proposals by a model of what was seen: networks of random choices, and the best ones changed.

A sampler that knows a choice only by its name has to see many networks before it says anything.
The model knows what a choice means for the network (`features.py`), what the cost leaves for its
channels, and that all cost the same.
Existing baselines tell it something as well, and a good one is changed like any other network.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.findings.interval import Floats
from scaling_search.scaling import Architecture
from scaling_search.search.baseline.features import CHOICES, sizes_of
from scaling_search.search.baseline.space import Choose, Proposed
from scaling_search.search.baseline.surrogate import fit_surrogate

#: The options that were chosen, by the name of the choice.
Chosen = dict[str, Any]
#: Path of the class below, by which settings name it.
GUIDE = f"{__name__}.Guide"
#: The choice of a cost, where there are several; they are taken in turn.
COST = "cost"

#: Random networks whose spread is the unit of the choices.
_SPREAD = 300
#: Lowest error that is told apart from none.
_LEAST = 1e-4
#: Doublings of cost within which two networks count as of one cost.
_DEARER = 0.1
#: Networks of which one at least should come to its cost.
_TRIED = 50
#: How often each choice is looked at when a network is described by choices.
_PASSES = 3


@dataclass(frozen=True)
class Guide:
    """The sampler gp: how the model is asked.

    The numbers were set on landscapes that were simulated after trainings of 345 networks.
    """

    #: Networks of random choices before the model is asked.
    start: int = 8
    #: Random networks among which it chooses, and changed ones.
    random: int = 150
    changed: int = 60
    #: The best known networks, from which the changed ones come.
    parents: int = 4
    #: Probability that a choice is made again in a changed network.
    rate: float = 0.15
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"start": 2, "random": 1, "changed": 0, "parents": 1, "rate": 0, "seed": 0}
        for name, value in vars(self).items():
            kind = (int, float) if name == "rate" else int
            low, high = least[name], 1 if name == "rate" else 10**5
            is_number = isinstance(value, kind) and not isinstance(value, bool)
            if not is_number or not low <= value <= high:
                raise InvalidInput(
                    f"sweep.sampler.{name} is {value!r}, but must lie between {low} and {high}"
                )


def guide_of(sampler: dict[str, Any]) -> Guide:
    """The guide that `sweep.sampler` describes. Raises InvalidInput."""
    arguments = {name: value for name, value in sampler.items() if name != "_target_"}
    unknown = set(arguments) - {one.name for one in fields(Guide)}
    if unknown:
        raise InvalidInput(
            f"sweep.sampler.{min(unknown)} is no setting of gp: give "
            f"{', '.join(one.name for one in fields(Guide))}"
        )
    return Guide(**arguments)


@dataclass
class GuidedProposals:
    """Chooses for `propose`, given the answers so far; equal answers give equal choices."""

    guide: Guide
    #: Makes a network of choices, not yet of its cost, and says the cost.
    propose: Callable[[Choose], tuple[Proposed, float]]
    #: About the network that it becomes at its cost; quicker than `realise`.
    about: Callable[[Proposed, float], Architecture]
    #: Brings such a network to its cost; None where no width and no resolution does.
    realise: Callable[[Proposed, float], FamilyMember | None]
    #: What was asked for, by the ask, and of an existing baseline the choices that come nearest.
    chosen: dict[int, Chosen] = field(default_factory=dict)
    #: How many asks were of the model or at random, and which networks were asked for.
    asks: int = 0
    seen: set[str] = field(default_factory=set)
    #: (choices as numbers, log error) of what was answered, by the ask.
    answered: dict[int, tuple[Floats, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.guide.seed)
        drawn = np.array([self._drawn(rng, index).numbers for index in range(_SPREAD)])
        spread = drawn.std(axis=0)
        self._centre, self._spread = drawn.mean(axis=0), np.where(spread > 1e-9, spread, 1.0)

    def ask(self, number: int) -> Chosen:
        """The choices of ask `number`: a network that was not asked for before, if there is one."""
        rng = np.random.default_rng([self.guide.seed, number])
        order = self._in_order(rng, number)
        best = order[0]
        for draw in order[:_TRIED]:
            member = self.realise(draw.proposed, draw.amount)
            if member is not None and member.id not in self.seen:
                self.seen.add(member.id)
                best = draw
                break
        self.chosen[number] = best.chosen
        self.asks += 1
        return best.chosen

    def tell(self, number: int, member: FamilyMember, error: float) -> None:
        """The error of the network of an ask, of this or of other choices; or the last known."""
        self.seen.add(member.id)
        if isinstance(member.network, Architecture):
            numbers = _numbers(member.network, member.resolution, member.amount)
            self.answered[number] = numbers, math.log(max(error, _LEAST))
            if number not in self.chosen:
                self.chosen[number] = self._nearest(numbers)

    def _in_order(self, rng: np.random.Generator, number: int) -> Sequence[_Draw]:
        """Networks to try, the most promising first."""
        guide = self.guide
        if len(self.answered) < 2 or self.asks < guide.start:
            return [self._drawn(rng, number) for _ in range(_TRIED)]
        drawn = [self._drawn(rng, number) for _ in range(guide.random)]
        known = np.array([numbers for numbers, _ in self.answered.values()])
        log_error = np.array([error for _, error in self.answered.values()])
        surrogate = fit_surrogate(self._scaled(known), log_error)
        expected = surrogate.predict(self._scaled(known))[0]
        by_ask = dict(zip(self.answered, expected))
        parents = sorted(self.answered, key=lambda n: float(by_ask[n]))[: guide.parents]
        drawn += [
            self._drawn(rng, number, self.chosen[parents[index % len(parents)]])
            for index in range(guide.changed)
        ]
        # What costs no more is what is to be beaten.
        rivals = known[:, -1] <= drawn[0].numbers[-1] + _DEARER
        best = float(expected[rivals].min() if rivals.any() else expected.max())
        networks = np.array([draw.numbers for draw in drawn])
        promise = surrogate.expected_improvement(self._scaled(networks), best)
        return [drawn[index] for index in np.argsort(-promise, kind="stable")]

    def _scaled(self, numbers: Floats) -> Floats:
        return np.asarray((numbers - self._centre) / self._spread)

    def _drawn(self, rng: np.random.Generator, number: int, parent: Chosen | None = None) -> _Draw:
        """A network of random choices, or of those of a parent with some made again."""
        chosen: Chosen = {}

        def choose(name: str, options: Sequence[Any]) -> Any:
            if len(options) == 1:
                return options[0]
            kept = (parent or {}).get(name)
            if name == COST:
                kept = options[number % len(options)]
            elif kept not in options or rng.random() < self.guide.rate:
                kept = options[int(rng.integers(len(options)))]
            chosen[name] = kept
            return kept

        return self._draw(chosen, choose)

    def _draw(self, chosen: Chosen, choose: Choose) -> _Draw:
        proposed, amount = self.propose(choose)
        numbers = _numbers(self.about(proposed, amount), proposed.resolution, amount)
        return _Draw(chosen, proposed, amount, numbers)

    def _nearest(self, numbers: Floats) -> Chosen:
        """The choices of a network like one that was not chosen: each in turn at its best.

        numbers: of that network. Begins with the nearest of random ones.
        """
        rng, wanted = np.random.default_rng(self.guide.seed), self._scaled(numbers)[:-1]

        def made(chosen: Chosen) -> tuple[float, Chosen, dict[str, Sequence[Any]]]:
            """How far its network is, and all choices of it with their options."""
            used: Chosen = {}
            found: dict[str, Sequence[Any]] = {}

            def choose(name: str, options: Sequence[Any]) -> Any:
                kept = chosen.get(name)
                used[name], found[name] = kept if kept in options else options[0], options
                return used[name]

            draw = self._draw(used, choose)
            away = np.linalg.norm(self._scaled(draw.numbers)[:-1] - wanted)
            return float(away), used, found

        random = [made(self._drawn(rng, 0).chosen) for _ in range(_TRIED)]
        distance, chosen, options = min(random, key=lambda found: found[0])
        for name in [name for _ in range(_PASSES) for name in options if name != COST]:
            for option in options.get(name, ()):
                other = made({**chosen, name: option})
                if other[0] < distance - 1e-9:
                    distance, chosen, options = other
        return {name: value for name, value in chosen.items() if len(options[name]) > 1}


class _Draw(NamedTuple):
    """A network that may be asked for."""

    chosen: Chosen
    proposed: Proposed
    amount: float
    #: (p,): what it is by its choices and sizes, and its log2 cost.
    numbers: Floats


def _numbers(architecture: Architecture, resolution: int, amount: float) -> Floats:
    values = [choice.value(architecture, resolution) for choice in CHOICES]
    return np.array([*values, *sizes_of(architecture, resolution), math.log2(amount)])
