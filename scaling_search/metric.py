"""What a training is judged by, and how it is worded.

Search, statistics and forecast work on errors: 0 is perfect, lower is better, and equal factors
count alike. A metric says which error its values stand for, and how an error is shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scaling_search.errors import InvalidInput, finite_number
from scaling_search.wording import percent

DIRECTIONS = ("minimize", "maximize")
#: Largest value of each scale; the smallest is 0.
SCALES = {"fraction": 1.0, "percent": 100.0, "unbounded": math.inf}


@dataclass(frozen=True)
class Metric:
    """A number that a training gives.

    The error of a metric that is maximised is what lacks to its largest value, as a fraction of
    that; of one that is minimised it is the value, as a fraction of the largest where there is one.
    """

    #: As reports call it.
    name: str = "error"
    #: minimize, or maximize.
    direction: str = "minimize"
    #: fraction: 0 to 1; percent: 0 to 100; unbounded: from 0 on, such as a loss.
    scale: str = "fraction"

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise InvalidInput(f"trainer.metric is {self.name!r}, but must be a name, such as mAP")
        choices = {"direction": DIRECTIONS, "scale": tuple(SCALES)}
        for field, allowed in choices.items():
            value = getattr(self, field)
            if value not in allowed:
                raise InvalidInput(
                    f"trainer.{field} is {value!r}, but must be one of {', '.join(allowed)}"
                )
        if self.maximised and self.scale == "unbounded":
            raise InvalidInput(
                f"trainer.metric={self.name} is maximised without a largest value, from which an "
                "error could be counted: give trainer.scale=fraction or percent, or report "
                "something that is minimised"
            )

    @property
    def maximised(self) -> bool:
        """Whether more is better."""
        return self.direction == "maximize"

    @property
    def is_fraction(self) -> bool:
        """Whether its error is a fraction, shown in hundredths."""
        return self.scale != "unbounded"

    @property
    def error_name(self) -> str:
        """What its error is called: `error`, `1 - mAP`, `loss`."""
        return f"1 - {self.name}" if self.maximised else self.name

    def error(self, value: object) -> float:
        """The error of a value. Raises InvalidInput where it is no number, or outside its range."""
        number = finite_number(self.name, value)
        largest = SCALES[self.scale]
        if not 0 <= number <= largest:
            within = f"within 0 and {largest:g}" if self.is_fraction else "0 or more"
            remedy = "give trainer.scale=percent" if 1 < number <= 100 else "look at its scale"
            raise InvalidInput(f"{self.name} is {number!r}, but must be {within}: {remedy}")
        if not self.is_fraction:
            return number
        return (largest - number if self.maximised else number) / largest

    def value(self, error: float) -> float:
        """The value that an error stands for."""
        if not self.is_fraction:
            return error
        return SCALES[self.scale] * (1 - error if self.maximised else error)

    def text(self, error: float) -> str:
        """An error as reports show it: `12.3 %`, or `0.4121` where it is no fraction."""
        return percent(error) if self.is_fraction else f"{error:.4g}"


#: Of the built-in training: the fraction of images that are taken for another class.
ERROR = Metric()
