"""What is said of a study of shares: answers of a line or two."""

from __future__ import annotations

import numpy as np

from scaling_search.findings.interval import LEVEL, Floats, Interval
from scaling_search.findings.shares_curve import ROOM, SharesCurve
from scaling_search.report.series.shares.found import Found
from scaling_search.report.words import of_val
from scaling_search.scaling import DIMENSIONS, Coefficients
from scaling_search.series.shares import cost_name
from scaling_search.wording import capital, percent

#: Shares within a step of the law's lattice of those of a network are no extrapolation.
_NEAR = 0.05


def does_it_change(found: Found) -> str:
    """Whether the best shares change, and what constant ones lose."""
    curve, words = found.curve, of_val(found.measured.study.definition)
    if isinstance(curve, str):
        return f"Not known: {curve}."
    if not found.measured.learns:
        return (
            "It cannot be judged: no network is twice as good as chance, so none has begun to "
            "learn; give more recipe.epochs."
        )
    first, last = cost_name(found.sweep.costs[0]), cost_name(curve.last.cost)
    kept = f"the shares that are best at {first}, kept up to {last}, have"
    more = f"{part_text(curve.last.gain)} more {words.error} than shares that follow the size"
    if curve.changes:
        return f"Yes: {kept} {more}."
    grown = [point.member.cost_ratio > 1 for point in found.measured.points]
    runs = int(np.isfinite(found.val[grown]).sum())
    if not curve.suffices:
        return f"Not told by {runs} runs: {kept} {more}."
    return (
        f"No, constant shares suffice as far as {runs} runs can tell: {kept} "
        + (f"{more}, and " if not curve.stays else "")
        + f"at most {percent(curve.last.room, 1)} more than the best there are "
        f"({percent((1 + LEVEL) / 2, 0)} sure)."
    )


def part_text(gain: Interval) -> str:
    """`0.6 % (-2.1 to 3.9)`: a part of the error."""
    return f"{percent(gain.value, 1)} ({_percents(gain)})"


def _percents(gain: Interval) -> str:
    return f"{100 * gain.low:.1f} to {100 * gain.high:.1f}"


def what_to_use(found: Found) -> str:
    """The shares of every size, or of each cost."""
    curve = found.curve
    if isinstance(curve, str) or not found.measured.learns:
        return "Nothing yet."
    if not curve.changes:
        alpha, beta, gamma = vars(doubling(curve.together)).values()
        # What smaller networks should give up is another question, with an answer of its own.
        sizes = "every size" if found.below is None else "every larger size"
        return (
            f"{capital(shares_text(curve.together))} of the growth at {sizes}, the best for all "
            f"costs together: α = {alpha:.3g}, β = {beta:.3g}, γ = {gamma:.3g} for each doubling."
        )
    at = [
        f"{shares_text(point.optimum.shares)} at {cost_name(point.cost)}" for point in curve.points
    ]
    return f"{capital('; '.join(at))} of the growth; the table by φ has other sizes."


def shares_text(shares: Floats) -> str:
    """`depth 25 %, width 20 %, resolution 55 %`"""
    return ", ".join(f"{name} {percent(share, 0)}" for name, share in zip(DIMENSIONS, shares))


def doubling(shares: Floats) -> Coefficients:
    """The coefficients that spend a doubling in these shares."""
    return Coefficients.from_shares(*shares.tolist())


def held_out_text(found: Found) -> str:
    """Whether the law of the cheaper networks was right of the dearest."""
    held = found.held_out
    if isinstance(held, str):
        return f"Not tried: {held}."
    words = found.measured.words
    metric, dearest = words.metric, cost_name(held.cost)
    asked = f"The law of the cheaper networks, asked for {dearest}, which it did not see,"
    if held.curve.stays:
        return (
            f"{asked} says that the shares stay as they are, so that there is nothing to compare."
        )
    verdict = {
        "better": "were better",
        "worse": "were worse",
        "open": "could not be told from constant ones",
    }[held.worse.verdict]
    value, low, high = held.worse
    less = value < 0
    if less:
        value, low, high = -value, -high, -low
    told = metric.difference(value, high - low)
    return (
        f"{asked} would have changed them from {shares_text(held.curve.constant)} to "
        f"{shares_text(held.curve.last.optimum.shares)}. These {verdict}: by the {held.networks} "
        f"networks trained there, the constant ones have {told} ({metric.between(low, high)}) "
        f"{'less' if less else 'more'} {words.error}."
    )


def below_text(found: Found) -> str:
    """What smaller networks should give up, where that was asked."""
    below, words = found.below, of_val(found.measured.study.definition)
    if below is None:
        return ""
    if isinstance(below, str):
        return f"Not known: {below}."
    if not found.measured.learns:
        return "Nothing yet."
    last = below.last
    kept = f"the shares that are best at {cost_name(found.sweep.costs[0])}, taken back down to "
    more = f"{cost_name(last.cost)}, have {part_text(last.gain)} more {words.error}"
    others = f"{shares_text(last.optimum.shares)} of what is saved"
    if below.changes:
        return f"{capital(others)}: {kept}{more}."
    if below.suffices:
        return f"Constant shares suffice as far as these runs can tell: {kept}{more} than {others}."
    return f"Not told by these runs: {kept}{more} than {others}."


def next_step(found: Found) -> str:
    """What would tell more, or what to do with the answer."""
    curve = found.curve
    if isinstance(curve, str):
        if any(found.measured.diverged):
            return "Give a lower recipe.learning_rate=: runs diverged."
        return "Repeat the command where runs are missing, and see what the failed ones say."
    if not found.measured.learns:
        return "Give more recipe.epochs=."
    if curve.changes:
        held = found.held_out
        if isinstance(held, str) or held.worse.verdict == "better":
            return (
                "Take the shares of each size from the table by φ: +sweep=grid family.shares=curve "
                f"family.curve_from=experiments/{found.measured.study.folder.resolve().name} "
                "trains a family that follows them."
            )
        return (
            f"Take the shares of the table by φ up to {cost_name(curve.last.cost)}; beyond it "
            "train some networks first: what the law foretold of the dearest ones was no better "
            "there than constant shares."
        )
    if curve.last.room > ROOM:
        return (
            "Give more sweep.seeds= or a finer sweep.lattice=: these runs leave room for other "
            f"shares to be better by {percent(curve.last.room, 0)} of the error."
        )
    return "Scale by constant α, β, γ: more runs of this kind would change little."


def answer(found: Found) -> str:
    """The question and what was found."""
    question = (
        "Does one set of coefficients hold at all sizes (Tan & Le 2019, Eq. 3), or do the best "
        "shares change with the compute?"
    )
    return f"{question} {does_it_change(found)} {what_to_use(found)}"


def beyond_trained(found: Found) -> list[str]:
    """Where the best shares lie beyond those of all networks, a remark for each dimension."""
    remarks = []
    for curve, where in ((found.curve, ""), (found.below, " below the baseline")):
        if not isinstance(curve, SharesCurve):
            continue
        shares = found.trained_shares(below=bool(where))
        for i, name in enumerate(DIMENSIONS):
            low, high = float(shares[:, i].min()), float(shares[:, i].max())
            best = [float(point.optimum.shares[i]) for point in curve.points]
            if min(best) < low - _NEAR or max(best) > high + _NEAR:
                more = (
                    "a finer sweep.lattice= goes nearer to each alone"
                    if where
                    else "sweep.studies= adds those of a search, which has each dimension alone"
                )
                remarks.append(
                    f"The best share of {name}{where} is an extrapolation: the networks have "
                    f"{percent(low, 0)} to {percent(high, 0)}; {more}."
                )
    return remarks
