"""What an answer on the edge of the triangle means for the baseline, in one sentence."""

from __future__ import annotations

from scaling_search.findings.lack_of_fit import MISFIT
from scaling_search.report.search.found import Found
from scaling_search.scaling import DIMENSIONS
from scaling_search.wording import between, percent

#: The region of the optimum supports an edge where it gives what should get nothing no more than
#: this share of the growth: below a third, which a balanced baseline would give it.
_LITTLE = 0.25
#: A winner's share below this is nothing: the surface is sought in steps of 5 %.
_NOTHING = 0.025


def edge_remarks(found: Found) -> list[str]:
    """Empty where the answer, the surface's lowest point and the winner, lies inside the triangle.

    What the edge would mean is only claimed where the region of the optimum supports it and the
    surface fits; else it is said that it is open, and which study tells.
    """
    evidence, winner = found.evidence, found.decision.winner
    if evidence is None or winner is None:
        return []
    optimum = evidence.optimum
    of_winner = tuple(n for n, s in zip(DIMENSIONS, winner.shares) if s < _NOTHING)
    nothing = optimum.nothing or of_winner
    if not nothing:
        return []
    # (points,): what the region's points give to the dimensions that should get nothing.
    given = optimum.region[:, [DIMENSIONS.index(name) for name in nothing]].sum(axis=1)
    definition = found.study.definition
    baseline = f"{definition.baseline.name} on {definition.facts.name}"
    gets = [name for name in DIMENSIONS if name not in nothing]
    if len(gets) == 1:
        seen, means = f"all of the compute goes to {gets[0]}", f"{baseline} is starved of it"
        spans = between(1 - given.max(), 1 - given.min(), 0)
    else:
        seen = f"no compute goes to {nothing[0]}"
        means = f"{baseline} has all the {nothing[0]} that it can use"
        spans = between(given.min(), given.max(), 0)
    what = "answer" if optimum.nothing else "winner"
    edge = f"The {what} lies on the edge of the triangle: {seen}"
    region = f"the {percent(optimum.level, 0)} region gives it {spans} %"
    misfit = evidence.fit.testable and evidence.fit.p_value < MISFIT
    if given.max() <= _LITTLE + 1e-9 and not misfit:
        return [
            f"{edge} ({region}). So by these runs {means}, and STEP 1 measures that more than how "
            "to scale: +sweep=baseline searches a balanced baseline of the same cost."
        ]
    why = "the surface does not fit" if misfit else region
    return [
        f"{edge}. Whether that is because {means} is open, since {why}: +sweep=balance tells, and "
        "+sweep=baseline repairs it."
    ]
