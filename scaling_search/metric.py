"""What a training is judged by, and how it is worded.

Search, statistics and forecast work on errors: 0 is perfect, lower is better, and equal factors
count alike. A metric says which error its values stand for, and how an error is shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scaling_search.errors import InvalidInput, finite_number
from scaling_search.wording import between, decimals, give_or_take, percent, places, plain, points

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
    def highest(self) -> float:
        """The largest error that there is."""
        return 1.0 if self.is_fraction else math.inf

    @property
    def counts_mistakes(self) -> bool:
        """Whether its error is a part of the images, those that are taken for another class."""
        return self == ERROR

    @property
    def rises(self) -> bool:
        """Whether more is better of what figures show: the value, and of mistakes the accuracy."""
        return self.maximised or self.counts_mistakes

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

    def value_text(self, error: float, digits: int) -> str:
        """The same in words, with so many digits of what is a fraction: `0.612`, `61.2`."""
        value = self.value(error)
        if self.is_fraction:
            return f"{value:.{digits - round(math.log10(SCALES[self.scale]))}f}"
        return plain(value, places(value, digits))

    @property
    def error_name(self) -> str:
        """What its error is called: `error`, `1 - mAP`, `loss`."""
        return self.error_on()

    @property
    def mistakes(self) -> str:
        """What better networks have less of: `mistakes`, `1 - mAP`, `loss`."""
        return "mistakes" if self.counts_mistakes else self.error_name

    def error_on(self, part: str = "") -> str:
        """What its error on a part of the data is called: `val error`, `1 - val mAP`."""
        name = f"{part} {self.name}".lstrip()
        return f"1 - {name}" if self.maximised else name

    def the_error_on(self, part: str = "") -> str:
        """The same with its article: `the val error`, `1 - val mAP`."""
        return f"{'' if self.maximised else 'the '}{self.error_on(part)}"

    def shown_on(self, part: str = "") -> str:
        """What is shown of it is called: `test accuracy`, `test mAP`, `test loss`."""
        return f"{part} {'accuracy' if self.counts_mistakes else self.name}".lstrip()

    def shown(self, error: Any) -> Any:
        """What figures show of an error, or of an array of them: a fraction, or the value."""
        return 1 - error if self.rises else error

    @property
    def factor(self) -> int:
        """By which an error, or what is shown of it, is multiplied to be read: fractions in
        hundredths."""
        return 100 if self.is_fraction else 1

    @property
    def unit(self) -> str:
        """Behind a number: ` %`, or nothing."""
        return " %" if self.is_fraction else ""

    def decimals(self, error: float) -> int:
        """Decimal places that an error is shown with."""
        return decimals(error) if self.is_fraction else places(error, 4)

    def number(self, error: float, digits: int | None = None) -> str:
        """An error without its unit, with so many decimal places: `12.3`, or `0.4121`."""
        if self.is_fraction:
            return points(error, 1 if digits is None else digits)
        return plain(error, places(error, 4) if digits is None else digits)

    def text(self, error: float) -> str:
        """An error as reports show it: `12.3 %`, or `0.4121` where it is no fraction."""
        return percent(error) if self.is_fraction else plain(error, places(error, 4))

    def difference(self, error: float, known_to: float = math.nan) -> str:
        """A difference of errors: `1.2 points`, or `0.0121`.

        known_to: the width of its interval, by which the digits of a loss are chosen.
        """
        if self.is_fraction:
            return f"{points(error)} points"
        return plain(error, places(known_to if known_to > 0 else error, 3))

    def between(self, low: float, high: float) -> str:
        """`6.9 to 8.8`, or `0.412 to 0.437`: errors or differences, without their unit."""
        if self.is_fraction:
            return between(low, high)
        digits = places(high - low or high, 3)
        return f"{plain(low, digits)} to {plain(high, digits)}"

    def give_or_take(self, error: float, se: float) -> str:
        """`7.8 % ± 0.4`, or `0.412 ± 0.013`; a standard error that is not known is left out."""
        if self.is_fraction:
            return give_or_take(error, se)
        if not 0 < se < math.inf:
            return self.text(error)
        digits = places(se, 2)
        return f"{plain(error, digits)} ± {plain(se, digits)}"

    def headline(self, error: float, se: float = math.nan) -> str:
        """The same with the value itself where that is another: `38.8 % ± 0.4 (mAP 61.2 %)`."""
        text = self.give_or_take(error, se)
        return f"{text} ({self.name} {self.text(1 - error)})" if self.maximised else text


#: Of the built-in training: the fraction of images that are taken for another class.
ERROR = Metric()
