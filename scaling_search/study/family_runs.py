"""The runs of a family as what a forecast reads: a size and an error for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaling_search.errors import InvalidInput
from scaling_search.metric import Metric
from scaling_search.scaling import Coefficients
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.wording import Amounts

if TYPE_CHECKING:
    from scaling_search.forecast import Backtest, ScalingLaw

#: Stands for an error of 0 where no error is above it, and for what lacks to one of 1.
_NEARLY = 1e-6


@dataclass(frozen=True)
class FamilyRuns:
    """One entry a finished run; equal sizes are seeds of one member, whose spread is the noise."""

    #: In the quantity that the study's budget is counted in: multiply-adds, or another.
    amount: tuple[float, ...]
    #: Test errors, or val errors where trainings give no others.
    error: tuple[float, ...]
    #: How many images each was counted on; None where the error counts no mistakes.
    test_images: int | None
    metric: Metric
    #: How amounts are told.
    amounts: Amounts

    def law(self) -> ScalingLaw:
        """The law fitted to all sizes. Raises InvalidInput where there are none."""
        from scaling_search.forecast import fit_scaling_law

        self._require_a_run()
        return fit_scaling_law(
            self.amount,
            self.error,
            test_images=self.test_images,
            metric=self.metric,
            amounts=self.amounts,
        )

    def backtest(self) -> Backtest:
        """The largest sizes forecast from the smaller. Raises InvalidInput with fewer than four."""
        from scaling_search.forecast import backtest

        self._require_a_run()
        return backtest(
            self.amount,
            self.error,
            test_images=self.test_images,
            metric=self.metric,
            amounts=self.amounts,
        )

    def _require_a_run(self) -> None:
        if not self.amount:
            raise InvalidInput(
                "no member of the family has been trained yet, so no law can be fitted"
            )


def known_family_runs(
    definition: StudyDefinition, coefficients: Coefficients, error: Mapping[str, float]
) -> FamilyRuns:
    """The family's runs whose error (by key of the run) is known."""
    metric = definition.metric
    counted = metric.counts_mistakes and definition.has_test
    images = definition.facts.test_images or None if counted else None
    runs = [r for r in definition.family_runs(coefficients) if r.spec.key in error]
    least, most = _ends(metric, images, [error[run.spec.key] for run in runs])
    return FamilyRuns(
        tuple(run.member.amount for run in runs),
        tuple(min(max(error[run.spec.key], least), most) for run in runs),
        images,
        metric,
        definition.quantity.amounts,
    )


def _ends(metric: Metric, images: int | None, errors: Sequence[float]) -> tuple[float, float]:
    """No law can follow the log of an error of 0, nor is 1 certain for good.

    No mistake among n images counts as half a mistake, and all wrong as half an image right. Where
    nothing is counted, 0 counts as half of the lowest error above it.
    """
    if images is not None:
        return 0.5 / images, 1.0 - 0.5 / images
    least = min((error for error in errors if error > 0), default=_NEARLY)
    return 0.5 * least, metric.highest * (1 - _NEARLY)


def judged_error(definition: StudyDefinition, row: RunRow) -> float | None:
    """The error by which families and series are judged: on test images, which chose nothing, or
    on val where trainings give no other. None where it is not known."""
    return row.test_error if definition.has_test else row.val_error
