"""What an answer on the edge of the triangle means for the baseline, in one sentence.

The answer is the lowest point of the surface and the winner. One may lie on the edge without the
other, and then both are told.
"""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.findings.lack_of_fit import MISFIT
from scaling_search.report.search.found import Found
from scaling_search.scaling import DIMENSIONS
from scaling_search.wording import between, percent

#: The region of the optimum supports an edge where it gives what should get nothing no more than
#: this share of the growth: below a third, which a balanced baseline would give it.
_LITTLE = 0.25
#: A winner's share below this is nothing: the surface is sought in steps of 5 %.
_NOTHING = 0.025


@dataclass(frozen=True)
class Edge:
    """Which dimensions get nothing; of the surface and of the winner, at least of one of them."""

    of_surface: tuple[str, ...]
    of_winner: tuple[str, ...]
    #: What the winner does otherwise than the surface: "gives depth 30 %", or nothing.
    though: str

    @property
    def reason(self) -> str:
        """Why the baseline is to be looked at, a clause."""
        if self.though:
            nothing = " and ".join(self.of_surface)
            return f"the surface is lowest with nothing for {nothing}, but the winner {self.though}"
        alone = len(self.of_winner) == 1
        return "one dimension gets nothing" if alone else "two dimensions get nothing"


def find_edge(found: Found) -> Edge | None:
    """None where both lie inside the triangle."""
    if found.evidence is None or found.decision.winner is None:
        return None
    of_surface = found.evidence.optimum.nothing
    shares = dict(zip(DIMENSIONS, found.decision.winner.shares))
    of_winner = tuple(name for name, share in shares.items() if share < _NOTHING)
    gives = [f"{n} {percent(shares[n], 0)}" for n in of_surface if n not in of_winner]
    if not of_surface and not of_winner:
        return None
    return Edge(of_surface, of_winner, f"gives {' and '.join(gives)}" if gives else "")


def edge_remarks(found: Found) -> list[str]:
    """Empty where the answer lies inside the triangle.

    What the edge would mean is only claimed where the region of the optimum supports it and the
    surface fits; else it is said that it is open, and which study tells.
    """
    evidence, edge = found.evidence, find_edge(found)
    if evidence is None or edge is None:
        return []
    optimum, nothing = evidence.optimum, edge.of_surface or edge.of_winner
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
    what = "answer" if edge.of_surface else "winner"
    told = f"The {what} lies on the edge of the triangle: {seen}"
    if edge.though:
        told = (
            f"The response surface is lowest on the edge of the triangle, where {seen}, but the "
            f"winner {edge.though}"
        )
    region = f"the {percent(optimum.level, 0)} region gives it {spans} %"
    misfit = evidence.fit.testable and evidence.fit.p_value < MISFIT
    if given.max() <= _LITTLE + 1e-9 and not misfit:
        return [
            f"{told} ({region}). So by these runs {means}, and STEP 1 measures that more than how "
            "to scale: +sweep=baseline searches a balanced baseline of the same cost."
        ]
    why = "the surface does not fit" if misfit else region
    return [
        f"{told}. Whether that is because {means} is open, since {why}: +sweep=balance tells, and "
        "+sweep=baseline repairs it."
    ]
