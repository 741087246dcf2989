"""What the runs of a study of growth came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scaling_search.findings.agreement import Agreement, rank_agreement
from scaling_search.findings.changes import Changes, paired_changes
from scaling_search.findings.interval import UNKNOWN, Floats, Interval
from scaling_search.proxy import RunStatus
from scaling_search.report.content import or_reason
from scaling_search.report.words import Words, of_judged
from scaling_search.study.decision import require_own
from scaling_search.study.family_runs import judged_error
from scaling_search.study.files.runs_csv import RunRow, runs_by_key
from scaling_search.study.growth import CANDIDATES, FAMILY, BothWays, Growth, growth_of
from scaling_search.study.read import Study


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """Networks with their errors both ways; nothing is chosen by them."""

    study: Study
    growth: Growth
    #: (networks, seeds) in the order of `growth.networks`, nan where a run is missing or diverged.
    grown: Floats
    from_nothing: Floats
    #: Runs that are known, and those of them that diverged.
    runs: int
    diverged: int

    @property
    def words(self) -> Words:
        """Of these errors."""
        return of_judged(self.study.definition)

    def places(self, group: str) -> list[int]:
        """Of the networks of a group that are trained in two ways."""
        networks = enumerate(self.growth.networks)
        return [i for i, network in networks if network.group == group and network.differs]

    def changes(self, group: str) -> Changes:
        """From nothing to grown, of the networks of a group that are trained in two ways."""
        at = self.places(group)
        return paired_changes(self.from_nothing[at], self.grown[at])

    @cached_property
    def family(self) -> Changes:
        """Of the family."""
        return self.changes(FAMILY)

    @cached_property
    def candidates(self) -> Changes:
        """Of the candidates."""
        return self.changes(CANDIDATES)

    @cached_property
    def agreement(self) -> Agreement | str:
        """Of the candidates' rankings from nothing and grown, or why there is none."""
        at = self.places(CANDIDATES)
        return or_reason(lambda: rank_agreement(self.from_nothing[at], self.grown[at]))

    @cached_property
    def change(self) -> list[Interval]:
        """Of each network; not known of what has one way."""
        found = [UNKNOWN] * len(self.growth.networks)
        for group, changes in ((FAMILY, self.family), (CANDIDATES, self.candidates)):
            for place, one in zip(self.places(group), changes.each):
                found[place] = one
        return found

    def mean(self, errors: Floats) -> Floats:
        """(networks,): over the seeds that are known; nan where none is."""
        known = np.isfinite(errors)
        total = np.where(known, errors, 0).sum(axis=1)
        return np.asarray(total / np.where(known.any(axis=1), known.sum(axis=1), np.nan))

    @property
    def chain_flops(self) -> float:
        """Floating-point operations that the whole family costs, grown with one seed."""
        return self.growth.of(FAMILY)[-1].grown_flops

    @property
    def family_flops(self) -> float:
        """The same from nothing, each size for as much as growing to it costs."""
        return sum(network.flops for network in self.growth.of(FAMILY))


def find(study: Study, rows: Sequence[RunRow]) -> Found:
    """Raises InvalidInput where the rows are not runs of this study."""
    definition = study.definition
    growth = growth_of(definition)
    own = {run.spec.key: run for run in (*growth.sources, *growth.runs)}
    for row in rows:
        require_own(row, own.get(row.run))
    known = runs_by_key(rows)
    error = {key: judged_error(definition, row) for key, row in known.items()}

    def errors(ways: Sequence[BothWays], way: str) -> Floats:
        keys = [[run.spec.key for run in getattr(network, way)] for network in ways]
        return np.array([[error.get(key) for key in of] for of in keys], float)

    return Found(
        study=study,
        growth=growth,
        grown=errors(growth.networks, "grown"),
        from_nothing=errors(growth.networks, "from_nothing"),
        runs=len(known),
        diverged=sum(row.status is RunStatus.DIVERGED for row in known.values()),
    )
