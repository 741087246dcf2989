"""What a study of transfer answers, in a line or two each."""

from __future__ import annotations

import math

import numpy as np

from scaling_search.findings.interval import LEVEL
from scaling_search.report.series.rivals import Rival
from scaling_search.report.transfer.measured import ALONE, SOURCE, TUNED, Transferred
from scaling_search.wording import macs_text, percent

_PLACES = {ALONE: "from nothing", SOURCE: "on the source"}


def gain(found: Transferred) -> str:
    """What fine-tuning gains over training from nothing."""
    gains, told = found.gains, found.tuned.gains
    if math.isnan(gains.mean.value):
        return "No network has been both fine-tuned and trained from nothing yet."
    verdict = {
        "better": "Yes",
        "worse": "No, it harms",
        "open": "That is open",
    }[gains.mean.verdict]
    if gains.degrees_of_freedom < 1:
        verdict = "With one seed that cannot be told"
    each = [
        f"{told.signed(gains.each[i])} at {macs_text(found.points[i].member.cost.macs)}"
        for i in found.sizes
        if not math.isnan(gains.each[i].value)
    ]
    return (
        f"{verdict}: fine-tuning is worth {told.signed(gains.mean)}{told.noun} of "
        f"{found.tuned.words.shown} over the same training from nothing, the mean of "
        f"{sum(not math.isnan(one.value) for one in gains.each)} networks"
        + (f"; of the family's sizes {', '.join(each)} multiply-adds." if each else ".")
    )


def stays_better(found: Transferred) -> str:
    """The largest size against the other scalings at its cost, after fine-tuning."""
    if not found.others:
        return "No other scaling was trained: there is none of the largest size's cost."
    if all(rival.reason for rival in found.rivals[TUNED]):
        return "The other scalings have no runs yet."
    size = found.points[found.sizes[-1]].member
    return (
        f"{_verdict(found.rivals[TUNED])} At the largest size's {macs_text(size.cost.macs)} "
        f"multiply-adds it is worth {_against(found, TUNED)}."
    )


def elsewhere(found: Transferred) -> list[str]:
    """The same without fine-tuning."""
    return [
        f"The largest size {place} is worth {_against(found, name)}."
        for name, place in _PLACES.items()
        if any(not rival.reason for rival in found.rivals[name])
    ]


def _verdict(rivals: tuple[Rival, ...]) -> str:
    judged = [rival for rival in rivals if not rival.reason and rival.point.within]
    worse = [rival.point.series for rival in judged if rival.verdict == "worse"]
    if worse:
        return f"No: {' and '.join(worse)} alone {'is' if len(worse) == 1 else 'are'} better."
    if judged and all(rival.verdict == "better" for rival in judged):
        return f"Yes, than {', '.join(rival.point.series for rival in judged)} alone."
    return "That is open."


def _against(found: Transferred, part: str) -> str:
    told = found.parts[part].gains
    known = [rival for rival in found.rivals[part] if not rival.reason]
    worth = (f"{told.signed(r.points)}{told.noun} against {_named(r)}" for r in known)
    return ", ".join(worth)


def _named(rival: Rival) -> str:
    """One of another cost is never named without it."""
    point = rival.point
    return point.series if point.within else f"{point.series} (×{point.member.cost_ratio:.3g})"


def predicts(found: Transferred) -> str:
    """How the ranks, and the errors, on the two sets go together."""
    agreement, line, chance = found.agreement, found.line, found.chance
    if isinstance(agreement, str):
        return f"That cannot be told: {agreement}."
    if math.isnan(chance):
        return "That cannot be told: on one of the sets all networks err alike."
    tau, verdict = agreement.tau, "That is open"
    # A few networks may keep an order by chance, which drawing among them anew does not show.
    if chance <= 1 - LEVEL and tau.low > 0:
        verdict = "Yes"
    elif chance <= 1 - LEVEL and tau.high < 0:
        verdict = "No, it misleads"
    text = (
        f"{verdict}: Kendall's tau of {agreement.candidates} networks on both is {tau.value:.2f} "
        f"({tau.low:.2f} to {tau.high:.2f}), which orders by chance reach in {percent(chance, 0)}"
    )
    if isinstance(line, str):
        return f"{text}."
    slope, error = line.slope, found.tuned.words.error
    return (
        f"{text}; a point of {error} less on the source goes with {slope.value:.2f} "
        f"({slope.low:.2f} to {slope.high:.2f}) less after fine-tuning."
    )


def use(found: Transferred) -> str:
    """The network of the lowest val error on the target, and how it was trained."""
    best = [
        (errors[i], i, name)
        for name, errors in found.val.items()
        for i in np.flatnonzero(np.isfinite(errors)).tolist()
    ]
    if not best:
        remedy = (
            "runs diverged there, which a lower recipe.learning_rate= may mend."
            if any((*found.alone.diverged, *found.tuned.diverged))
            else "repeat the command."
        )
        return f"No network has been trained on the target with every seed yet: {remedy}"
    _, index, name = min(best)
    point, metric, part = found.points[index], found.tuned.words.metric, found.parts[name]
    told = metric.give_or_take(metric.shown(part.mean[index]), part.half[index])
    return (
        f"By val, of what was trained: {point.series} at {point.member.resolution} px, {name}: "
        f"{told} {found.tuned.words.shown} with {point.member.cost.macs:,} multiply-adds and "
        f"{point.member.cost.params:,} parameters."
    )
