"""What a study's forecast is good for: was it right, which size buys what, what to train next."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import pandas as pd

from scaling_search.findings.interval import LEVEL
from scaling_search.forecast import Lesson, ScalingLaw, SizeNeeded, next_sizes, size_needed
from scaling_search.report.tables import Tables

#: Wished errors: so much of the largest trained member's. `size_needed` answers for any other.
WISHES = {"a tenth fewer": 0.9, "a quarter fewer": 0.75, "half as many": 0.5}
SHOWN_LESSONS = 4


def members_ahead(tables: Tables) -> pd.DataFrame:
    """Listed members with a forecast that cost more than all trained ones, the smallest first."""
    family = tables.family
    if not len(family) or not (family["runs"] > 0).any():
        return family.iloc[:0]
    largest = family.loc[family["runs"] > 0, "macs"].max()
    return family[(family["macs"] > largest) & family["forecast"].notna()]


def target_member(tables: Tables) -> Any:
    """The member whose forecast the answer names: the second ahead, or the only one; or None."""
    ahead = members_ahead(tables)
    return ahead.iloc[min(1, len(ahead) - 1)] if len(ahead) else None


def backtest_sentence(tables: Tables) -> str:
    """What a fit without the largest trained members would have said of them: hit or miss."""
    if isinstance(tables.backtest, str):
        return f"There is no back-test: {tables.backtest}"
    return f"Back-test: {tables.backtest.statement}"


# A report asks for its sizes and lessons more than once, and they take a second.
@lru_cache(maxsize=1)
def sizes_needed(tables: Tables) -> dict[str, SizeNeeded]:
    """By wish: the size that is forecast to reach it. Empty without a law."""
    if isinstance(tables.law, str):
        return {}
    family = tables.family
    reached = float(family.loc[family["runs"] > 0, "test_error"].iloc[-1])
    return {
        wish: size_needed(tables.law, share * reached, LEVEL)
        for wish, share in WISHES.items()
        if reached > 0
    }


@lru_cache(maxsize=1)
def lessons(tables: Tables) -> list[Lesson]:
    """Listed members that could be trained next, the most narrowing per cost first."""
    target = target_member(tables)
    if isinstance(tables.law, str) or target is None:
        return []
    family = tables.family
    open_members = family[(family["runs"] == 0) & family["forecast"].notna()]
    candidates = open_members["macs"].drop_duplicates().to_numpy(float)
    return next_sizes(tables.law, candidates, float(target.macs))


def needed_rows(tables: Tables) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of wished errors."""
    head = ["mistakes", "test error", "multiply-adds", "effective φ", f"{LEVEL:.0%} interval"]
    rows = []
    for wish, needed in sizes_needed(tables).items():
        size, phi = "out of reach", ""
        if needed.macs is not None:
            size, phi = _round(needed.macs), f"{_effective_phi(tables, needed.macs):.1f}"
            if _above_native(tables, needed.macs):
                size += " (above the data's resolution)"
        early = _round(needed.macs_if_lucky) if needed.macs_if_lucky else None
        late = _round(needed.macs_if_unlucky) if needed.macs_if_unlucky else None
        interval = f"{early} to {late}" if late else f"from {early}, perhaps never"
        rows.append(
            [wish, f"{100 * needed.error:.1f} %", size, phi, interval if early else "never"]
        )
    return head, rows


def next_sentence(tables: Tables) -> str:
    """Which listed member teaches most about the answer's forecast per cost; empty if none."""
    found, target = lessons(tables), target_member(tables)
    if not found:
        return ""
    best = found[0]
    return (
        f"To narrow the forecast for φ = {target.phi:g} most per cost, train φ = "
        f"{_phi(tables, best):g} next ({best.macs:,.0f} multiply-adds): one run is expected to "
        f"take {1 - best.sd_after / best.sd_before:.0%} off its interval."
    )


def next_rows(tables: Tables) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of what to train next."""
    head = ["φ", "multiply-adds", "cost of a run, largest trained = 1", "narrows the interval by"]
    return head, [
        [
            f"{_phi(tables, lesson):g}",
            f"{lesson.macs:,.0f}",
            f"{lesson.cost:.2f}",
            f"{1 - lesson.sd_after / lesson.sd_before:.0%}",
        ]
        for lesson in lessons(tables)[:SHOWN_LESSONS]
    ]


def forecast_json(tables: Tables) -> dict[str, Any]:
    """forecast.json: the law, the forecast of every listed member, and what follows from it."""
    if isinstance(tables.law, str):
        return {"law": None, "reason": tables.law, "members": []}
    family = tables.family[tables.family["forecast"].notna()]
    target = target_member(tables)
    backtest = tables.backtest
    return {
        "law": tables.law.to_dict(),
        "interval": _statement(tables.law, family),
        "level": LEVEL,
        "members": [
            {
                "phi": float(row.phi) if math.isfinite(row.phi) else None,
                "macs": int(row.macs),
                "measured": float(row.test_error) if row.runs else None,
                "forecast": float(row.forecast),
                "low": float(row.forecast_low),
                "high": float(row.forecast_high),
            }
            for row in family.itertuples()
        ],
        "backtest": {"reason": backtest} if isinstance(backtest, str) else backtest.to_dict(),
        "sizes_needed": [
            {
                "mistakes": wish,
                "error": needed.error,
                "macs": needed.macs,
                "macs_if_lucky": needed.macs_if_lucky,
                "macs_if_unlucky": needed.macs_if_unlucky,
                "furthest": needed.furthest,
                "effective_phi": needed.macs and _effective_phi(tables, needed.macs),
                "out_of_reach": needed.out_of_reach,
                "above_native": needed.macs is not None and _above_native(tables, needed.macs),
                "probability_floor_above": needed.probability_floor_above,
            }
            for wish, needed in sizes_needed(tables).items()
        ],
        "next_sizes": [
            {
                "phi": _phi(tables, lesson),
                "macs": lesson.macs,
                "target_phi": float(target.phi),
                "sd_before": lesson.sd_before,
                "sd_after": lesson.sd_after,
                "cost": lesson.cost,
                "narrowing_per_cost": lesson.narrowing_per_cost,
            }
            for lesson in lessons(tables)
        ],
    }


def _statement(law: ScalingLaw, family: pd.DataFrame) -> str | None:
    """What the members' interval is; None where the data's resolution allows no member."""
    return law.predict(family["macs"].to_numpy(float), LEVEL).statement if len(family) else None


def _phi(tables: Tables, lesson: Lesson) -> float:
    return float(tables.family.loc[tables.family["macs"] == lesson.macs, "phi"].iloc[0])


def _effective_phi(tables: Tables, macs: float) -> float:
    """log2 of the realised cost ratio: several φ share one network, one cost has one of these."""
    row = tables.family.iloc[0]
    return math.log2(macs / row.macs * row.cost_ratio)


def _above_native(tables: Tables, macs: float) -> bool:
    above = tables.family.loc[tables.family["above_native"], "macs"]
    return bool(len(above) and macs >= above.min())


def _round(macs: float) -> str:
    """To two digits: a forecast carries no more."""
    return f"{float(f'{macs:.2g}'):,.0f}"
