"""Is the baseline balanced? What exchanges of equal cost do to its error."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scaling_search.findings.interval import LEVEL, Interval
from scaling_search.report.content import Content, Section, Table
from scaling_search.report.figures.series import exchanges, point_tip
from scaling_search.report.series.assemble import series_content
from scaling_search.report.series.gains import Gains
from scaling_search.report.series.measured import Measured, measure
from scaling_search.report.series.pixel_price import PRICE_NOTE, px_and_price
from scaling_search.report.series.rivals import Rival, compare_points
from scaling_search.scaling import DIMENSIONS
from scaling_search.series.balance import UNCHANGED, exchange_name
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent

QUESTION = "Is the baseline balanced, so that at equal cost no dimension buys more than another?"
REPAIR = "+sweep=baseline searches a balanced baseline of this cost, before STEP 1 scales it"
STARVED, BALANCED, OPEN, UNKNOWN = "starved", "balanced", "open", "unknown"
#: A baseline is balanced where no exchange takes more than this part of its error away.
SMALL = 0.1


@dataclass(frozen=True)
class Exchange:
    """A network in which one dimension has the compute of another."""

    gains: str
    loses: str
    rival: Rival

    @property
    def points(self) -> Interval:
        """By how much it is better than the baseline, as `Gains` count, all six at one
        confidence."""
        value, low, high = self.rival.points
        return Interval(-value, -high, -low)

    @property
    def name(self) -> str:
        """As its series is named."""
        return exchange_name(self.gains, self.loses)


@dataclass(frozen=True)
class Balance:
    """All exchanges of a baseline."""

    exchanges: tuple[Exchange, ...]
    degrees_of_freedom: int
    #: Whether any network is at least twice as good as chance.
    learns: bool
    #: Of the baseline, as a part of the whole that `gains` counts in hundredths of.
    error: float
    gains: Gains

    @property
    def compared(self) -> list[Exchange]:
        """Those that were trained, the best first."""
        known = [e for e in self.exchanges if not e.rival.reason]
        return sorted(known, key=lambda e: -e.points.value)

    @property
    def most(self) -> float:
        """What no exchange gains more than; nan where none is compared."""
        return max((e.points.high for e in self.compared), default=math.nan)

    @property
    def better(self) -> list[Exchange]:
        """Those that are better than the baseline, the best first."""
        return [e for e in self.compared if e.points.verdict == "better"]

    @property
    def verdict(self) -> str:
        """STARVED, BALANCED, OPEN (an imbalance may hide in the noise) or UNKNOWN (no runs)."""
        if self.degrees_of_freedom < 1 or not self.compared or not self.learns:
            return UNKNOWN
        if self.better:
            return STARVED
        return BALANCED if self.most <= 100 * SMALL * self.error else OPEN

    @property
    def starved_of(self) -> list[str]:
        """Dimensions of which more is better, that of the best exchange first."""
        return list(dict.fromkeys(e.gains for e in self.better))

    @property
    def paid_by(self) -> list[str]:
        """Dimensions that can give."""
        return list(dict.fromkeys(e.loses for e in self.better))


def balance(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    measured = measure(study, rows)
    found = find_balance(measured)
    own, words = found.gains.own_interval, measured.words
    places = {id(point): index for index, point in enumerate(measured.points)}
    lines = [
        (e.name, e.gains, own(e.points), point_tip(measured, places[id(e.rival.point)]))
        for e in found.exchanges
        if not e.rival.reason
    ]
    adds = "adds to" if words.metric.rises else "takes from"
    caption = (
        f"{capital(words.gain)} that each exchange of equal cost {adds} the baseline, with "
        f"intervals that hold together at {percent(LEVEL, 0)}; colour and marker: what there is "
        "more of."
    )
    return series_content(
        measured,
        answer=[
            f"{QUESTION} {_first_sentence(measured, found)}",
            *filter(None, (_trade(name, found) for name in DIMENSIONS)),
        ],
        figure=(exchanges(lines, words), caption),
        alt=f"{capital(words.gain)} of each exchange {words.over} the baseline",
        sections=[
            Section(
                "What does each exchange buy at the baseline's cost?",
                [_trades(found), _networks(measured, found)],
            )
        ],
        verdict=_json(found),
    )


def find_balance(measured: Measured) -> Balance:
    """Every exchange against the baseline."""
    (one,) = measured.of(series=UNCHANGED)
    pairs = {exchange_name(*pair): pair for pair in itertools.permutations(DIMENSIONS, 2)}
    others = [i for i, point in enumerate(measured.points) if point.series in pairs]
    rivals, freedom = compare_points(measured, one, others)
    found = tuple(Exchange(*pairs[rival.point.series], rival) for rival in rivals)
    gains = measured.gains
    return Balance(found, freedom, measured.learns, float(measured.mean[one] / gains.whole), gains)


def _first_sentence(measured: Measured, found: Balance) -> str:
    definition = measured.study.definition
    name, task = measured.baselines[0], definition.facts.name
    runs = int(np.isfinite(measured.errors).sum())
    if found.verdict == UNKNOWN:
        if found.learns:
            return f"Too few runs to judge {name} on {task}."
        return (
            f"{name} cannot be judged on {task}: no network is twice as good as chance, so none "
            "has begun to learn; give more recipe.epochs."
        )
    best = found.compared[0]
    gains, the_error = found.gains, measured.words.the_error
    bought = f"{best.name} lowers {the_error} by {_lower(best.points, gains)}"
    if found.verdict == STARVED:
        return (
            f"{name} is {_imbalance(found)} on {task}: at the same multiply-adds {bought}. "
            f"{REPAIR}."
        )
    limit = f"with {percent(LEVEL, 0)} confidence " + (
        f"no exchange lowers {the_error} by more than {gains.amount(found.most)}"
        if gains.amount(found.most) == gains.amount(0.0) or found.most > 0
        else f"every exchange raises {the_error}, by at least {gains.amount(-found.most)}"
    )
    if found.verdict == BALANCED:
        return f"{name} is balanced on {task} as far as {runs} runs can tell: {limit}."
    told = f"No imbalance of {name} is seen on {task}, but {runs} runs leave room for one: {limit}"
    if best.points.value > 0:
        told += f"; as it looks, {bought}"
    return f"{told}. More seeds (sweep.seeds=) would tell."


def _imbalance(found: Balance) -> str:
    """Starved of what, or with more than enough of what."""
    gains, loses = found.starved_of, found.paid_by
    if len(gains) > 1 and len(loses) == 1:
        return f"saturated in {loses[0]} and starved of {' and '.join(gains)}"
    return f"starved of {gains[0]}"


def _lower(gain: Interval, gains: Gains) -> str:
    told = gains.amount(gain.value, gain.high - gain.low)
    return told if math.isnan(gain.low) else f"{told} ({gains.between(gain.low, gain.high)})"


def _trade(dimension: str, found: Balance) -> str:
    """What more and what less of a dimension is worth, in a sentence; empty where unknown."""
    told = found.gains.signed
    more = [f"{told(e.points)} from {e.loses}" for e in found.compared if e.gains == dimension]
    less = [f"{told(e.points)} for {e.gains}" for e in found.compared if e.loses == dimension]
    parts = [f"more of it buys {' and '.join(more)}"] if more else []
    parts += [f"less of it {' and '.join(less)}"] if less else []
    metric = found.gains.words.metric
    what = f"points of {metric.shown_on()}" if metric.is_fraction else metric.shown_on()
    taken = "" if metric.rises else " taken away"
    return f"{dimension}: {what}{taken}, {'; '.join(parts)}." if parts else ""


def _trades(found: Balance) -> Table:
    """Row by row what a dimension buys with the compute of each other."""
    told, words = found.gains.signed, found.gains.words
    cells = {(e.gains, e.loses): e.rival.reason or told(e.points) for e in found.exchanges}
    columns: dict[str, Callable[[str], str]] = {"more": lambda gains: gains}
    for loses in DIMENSIONS:
        columns[f"less {loses}"] = lambda gains, loses=loses: cells.get((gains, loses), "")  # type: ignore[misc]
    note = (
        f"{capital(words.gain)} {words.over} the baseline's{words.paired}, "
        f"{percent(LEVEL, 0)} intervals that hold together (findings/paired.py)."
    )
    return Table.of(DIMENSIONS, columns, note)


def _networks(measured: Measured, found: Balance) -> Table:
    told, words, metric = found.gains.signed, measured.words, measured.words.metric
    gained = {id(e.rival.point): e.rival.reason or told(e.points) for e in found.exchanges}
    at, mean, se = measured.points, measured.mean, measured.se
    columns: dict[str, Callable[[int], str]] = {
        "network": lambda i: at[i].series,
        "depth": lambda i: f"×{at[i].member.depth_mult:.2f}",
        "width": lambda i: f"×{at[i].member.width_mult:.2f}",
        "px (price)": lambda i: px_and_price(at[i]),
        "cost": lambda i: f"{at[i].member.cost_ratio:.3f}",
        words.shown: lambda i: (
            "not trained"
            if math.isnan(mean[i])
            else metric.give_or_take(metric.shown(mean[i]), se[i])
        ),
        f"{words.over} the baseline": lambda i: gained.get(id(at[i]), ""),
    }
    note = f"{capital(words.shown)}: mean over seeds ± standard error. {PRICE_NOTE}"
    return Table.of(range(len(at)), columns, note)


def _json(found: Balance) -> dict[str, Any]:
    return {
        "verdict": found.verdict,
        "starved_of": found.starved_of,
        "no_exchange_gains_more_than": found.gains.own(found.most),
        "degrees_of_freedom": found.degrees_of_freedom,
        "exchanges": {
            e.name: {
                "gains": e.gains,
                "loses": e.loses,
                **found.gains.own_interval(e.points).named("points"),
                "verdict": e.rival.reason or e.points.verdict,
            }
            for e in found.exchanges
        },
    }
