"""The runs of a family as what a forecast reads: a size and a test error for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaling_search.errors import InvalidInput
from scaling_search.scaling import Coefficients
from scaling_search.study.definition import StudyDefinition

if TYPE_CHECKING:
    from scaling_search.forecast import Backtest, ScalingLaw
#: Of what is no count of mistakes, an error of 0 is as good as none in so many images.
_UNCOUNTED = 1_000_000


@dataclass(frozen=True)
class FamilyRuns:
    """One entry a finished run; equal macs are seeds of one size, whose spread is the noise."""

    macs: tuple[float, ...]
    #: Test errors, fractions.
    error: tuple[float, ...]
    #: How many images each was counted on; None where it is no count of mistakes.
    test_images: int | None

    def law(self) -> ScalingLaw:
        """The law fitted to all sizes. Raises InvalidInput where there are none."""
        from scaling_search.forecast import fit_scaling_law

        self._require_a_run()
        return fit_scaling_law(self.macs, self.error, test_images=self.test_images)

    def backtest(self) -> Backtest:
        """The largest sizes forecast from the smaller. Raises InvalidInput with fewer than four."""
        from scaling_search.forecast import backtest

        self._require_a_run()
        return backtest(self.macs, self.error, test_images=self.test_images)

    def _require_a_run(self) -> None:
        if not self.macs:
            raise InvalidInput(
                "no member of the family has been trained yet, so no law can be fitted"
            )


def known_family_runs(
    definition: StudyDefinition, coefficients: Coefficients, test_error: Mapping[str, float]
) -> FamilyRuns:
    """The family's runs whose test error (a fraction, by key of the run) is known."""
    images = definition.counted_images
    # No mistake among n images is not an error of 0, whose log no law can follow: it counts as
    # half a mistake, and all wrong as half an image right.
    half = 0.5 / (images or _UNCOUNTED)
    known = [
        (float(run.member.cost.macs), min(max(test_error[run.spec.key], half), 1.0 - half))
        for run in definition.family_runs(coefficients)
        if run.spec.key in test_error
    ]
    return FamilyRuns(tuple(m for m, _ in known), tuple(e for _, e in known), images)
