"""What a report calls the errors that it speaks of: a metric on a part of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scaling_search.metric import Metric
from scaling_search.study import StudyDefinition


@dataclass(frozen=True)
class Words:
    """How errors of one kind are named, in sentences and in figures; its metric has the numbers."""

    metric: Metric
    #: Of the data: val, or test.
    part: str
    #: Whether a seed does something to all networks alike; else runs are mere repetitions.
    seeded: bool = True

    @property
    def error(self) -> str:
        """`test error`, `1 - test mAP`, `test loss`."""
        return self.metric.error_on(self.part)

    @property
    def errors(self) -> str:
        """Of several networks: `test errors`, `test loss`."""
        return f"{self.error}{'s' if self.metric.counts_mistakes else ''}"

    @property
    def the_error(self) -> str:
        """`the test error`, `1 - test mAP`, `the test loss`."""
        return self.metric.the_error_on(self.part)

    @property
    def shown(self) -> str:
        """What figures show: `test accuracy`, `test mAP`, `test loss`."""
        return self.metric.shown_on(self.part)

    @property
    def axis(self) -> str:
        """`test accuracy, %`, `test loss`."""
        return f"{self.shown}{', %' if self.metric.is_fraction else ''}"

    def drawn(self, error: Any) -> Any:
        """An error, or an array of them, as a place on that axis."""
        return self.metric.factor * self.metric.shown(error)

    def spread(self, half: Any) -> Any:
        """The length of an error bar there."""
        return self.metric.factor * half

    @property
    def free(self) -> str:
        """Whether figures of growing networks have room for a legend: below or above."""
        return "lower" if self.metric.rises else "upper"

    @property
    def gain(self) -> str:
        """Of what one network has more, or less, than another: `points of test accuracy`."""
        return f"{'points of ' if self.metric.is_fraction else ''}{self.shown}"

    @property
    def as_blocks(self) -> str:
        """What fits make of seeds, for notes of tables."""
        return "seeds as blocks" if self.seeded else "runs of a network as repetitions"

    @property
    def paired(self) -> str:
        """How differences of two networks are taken: begins with a comma, empty where just so."""
        return ", paired by seed" if self.seeded else ""

    @property
    def over(self) -> str:
        """Where the better one lies: accuracies over others, losses below them."""
        return "over" if self.metric.rises else "below"


def of_val(definition: StudyDefinition) -> Words:
    """Of the errors that decide."""
    return Words(definition.metric, "val", definition.settings.trainer.seeded)


def of_judged(definition: StudyDefinition) -> Words:
    """Of the errors by which families and series are judged (study/family_runs.py)."""
    part = "test" if definition.has_test else "val"
    return replace(of_val(definition), part=part)


def assumption(words: Words, *, log: bool = False, forecast: bool = False) -> list[str]:
    """What the statistics take for granted of a metric that is no count of mistakes.

    log: whether they work on the log of errors. forecast: whether one may follow.
    """
    metric = words.metric
    if metric.counts_mistakes:
        return []
    taken = f"log({words.error})" if log else words.the_error
    text = (
        f"The statistics take {taken} of single runs for normal, with one spread for all networks"
    )
    learnt = (
        "what the error rates of published ImageNet families taught"
        if metric.is_fraction
        else "wide beliefs, since published families teach nothing of it"
    )
    return [f"{text}; a forecast starts from {learnt}." if forecast else f"{text}."]


def zero_errors(errors: Sequence[float | None], words: Words) -> list[str]:
    """What statistics in logs make of errors of exactly 0, where there are some."""
    known = [error for error in errors if error is not None]
    if all(known):
        return []
    count, lowest = known.count(0.0), min(filter(None, known), default=0.0)
    taken = (
        f"of which there is no logarithm, and count as half of the lowest above it, "
        f"{words.metric.text(lowest)}: what is expected of such networks is too high, and none of "
        "them can be told from another"
        if lowest
        else "so that nothing can be told apart"
    )
    return [
        f"{count} of {len(known)} runs have a {words.error} of exactly 0, {taken}. Judge on more "
        "or harder examples, or by another metric."
    ]
