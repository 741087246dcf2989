"""Guided proposals: good networks are found sooner, each once, at every cost that is asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from spaces import QUICK, TASK, present, sweep

from scaling_search.search import Budget
from scaling_search.search.baseline import BaselineProposals
from scaling_search.search.baseline.candidate import BaselineCandidate
from scaling_search.search.baseline.features import CHOICES
from scaling_search.search.strategy import Answer, Ending


def error_of(candidate: BaselineCandidate) -> float:
    """Deep networks of few kernels' pixels are good here; that is all there is to find."""
    stages = candidate.member.architecture.stages
    kernels = np.mean([math.log2(stage.kernel) for stage in stages])
    blocks = sum(stage.repeats for stage in stages)
    mbconv = np.mean([stage.block == "mbconv" for stage in stages])
    return float(0.5 * 1.5 ** (kernels - 2 - 0.4 * blocks - 2 * mbconv))


def searched(asks: int, **change: object) -> tuple[BaselineProposals, list[float]]:
    """Errors of the networks that were proposed, in their order."""
    made = sweep(**{"sampler": QUICK, **change}).search(TASK, present(), (), Budget()).proposals
    assert isinstance(made, BaselineProposals)
    errors = []
    for number in range(asks):
        candidate = made.ask()
        if candidate is not None:
            made.tell(number, [(TASK.epochs, Answer(error_of(candidate)))])
            errors += [] if candidate.mark else [error_of(candidate)]
    return made, errors


@pytest.mark.long
def test_it_beats_random_proposals() -> None:
    guided, drawn = (
        [np.mean(searched(30, sampler={**settings, "seed": seed})[1][-10:]) for seed in range(3)]
        for settings in (QUICK, sweep(sampler="random").sampler)
    )
    assert max(guided) < 0.7 * min(drawn)


@pytest.mark.long
def test_a_good_present_baseline_is_where_it_looks() -> None:
    """It is described by the choices that make it, and changed; a bad one is left alone."""

    def likeness(error: float) -> float:
        """How many choices of what was asked for last are those of the present baseline."""
        search = sweep(sampler=QUICK, alike=[False]).search(TASK, present(), (), Budget())
        made = search.proposals
        assert isinstance(made, BaselineProposals)
        for number in range(24):
            candidate = made.ask()
            if candidate is not None:
                known = error if candidate.mark else 0.3
                made.tell(number, [(TASK.epochs, Answer(known))])
        guided = made._guided
        assert guided is not None
        own = guided.chosen[0]
        last = [guided.chosen[number] for number in range(14, 24)]
        return float(np.mean([own.get(name) == one[name] for one in last for name in one]))

    assert likeness(0.05) > 1.3 * likeness(0.9)


def chosen_of(chosen: dict[str, Any], name: str, options: Sequence[Any]) -> Any:
    return chosen.get(name, options[0])


@pytest.mark.long
def test_a_network_of_the_space_is_described_by_its_choices() -> None:
    made = sweep(sampler=QUICK).search(TASK, present(), (), Budget()).proposals
    assert isinstance(made, BaselineProposals)
    guided = made._guided
    assert guided is not None
    rng, away = np.random.default_rng(0), []
    for _ in range(20):
        draw = guided._drawn(rng, 0)
        found = guided._nearest(draw.numbers)
        like = made._shape(partial(chosen_of, found))[0]
        features = [c.value(like.architecture, like.resolution) for c in CHOICES]
        away.append(np.abs(np.array(features) - draw.numbers[: len(CHOICES)]).max())
    assert np.median(away) < 0.1
    assert max(away) < 1.1


def test_no_network_is_asked_for_twice() -> None:
    made, errors = searched(40)
    assert len(made.candidates) == 40
    assert len(errors) == 39


@pytest.mark.long
def test_every_cost_of_a_frontier_gets_its_part() -> None:
    made, _ = searched(40, objective="pareto")
    macs = np.log2([c.macs for c in made.candidates if not c.mark])
    levels = np.log2(2_000_000) - np.arange(5) * 3 / 4
    counts = [(abs(macs - level) < 0.1).sum() for level in levels]
    assert sum(counts) == 39
    assert min(counts) >= 7


@pytest.mark.long
def test_what_diverges_is_left_and_what_fails_says_nothing() -> None:
    """A kind of block that diverges is asked for less and less."""

    def share(ending: Ending, seed: int) -> float:
        settings = sweep(alike=[True], sampler={**QUICK, "seed": seed})
        made = settings.search(TASK, present(), (), Budget()).proposals
        assert isinstance(made, BaselineProposals)
        bad = []
        for number in range(24):
            candidate = made.ask()
            if candidate is None:
                continue
            is_bad = candidate.member.architecture.stages[0].block == "mbconv"
            bad.append(is_bad)
            known = Answer(None, status=ending) if is_bad else Answer(error_of(candidate))
            made.tell(number, [(TASK.epochs, known)])
        return float(np.mean(bad[-12:]))

    assert [share(Ending.DIVERGED, seed) for seed in range(2)] == [0, 0]
    assert sum(share(Ending.FAILED, seed) for seed in range(2)) > 0.2
