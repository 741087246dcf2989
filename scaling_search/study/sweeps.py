"""The kinds of study, by the name that stands behind `+sweep=`."""

from __future__ import annotations

from scaling_search.search import GridSettings, OptunaSettings, RaceSettings, SweepSettings
from scaling_search.series import (
    Observation1Settings,
    Observation2Settings,
    SingleVsCompoundSettings,
)

#: Kind of study -> its class; conf/sweep has a file for each.
SWEEPS: dict[str, type[SweepSettings]] = {
    sweep.kind: sweep
    for sweep in (
        GridSettings,
        RaceSettings,
        OptunaSettings,
        Observation1Settings,
        Observation2Settings,
        SingleVsCompoundSettings,
    )
}
