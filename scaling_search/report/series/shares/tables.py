"""Tables and triangles of a study of shares."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from scaling_search.findings.interval import LEVEL, Floats
from scaling_search.findings.shares_curve import OnCurve, SharesCurve
from scaling_search.metric import Metric
from scaling_search.report.content import Block, Figure, Section, Table
from scaling_search.report.figures.series import point_tip
from scaling_search.report.figures.shares import triangles
from scaling_search.report.series.pixel_price import PRICE_NOTE, px_and_price
from scaling_search.report.series.shares.found import Found, Realised
from scaling_search.report.series.shares.sentences import doubling, part_text, shares_text
from scaling_search.report.words import of_val
from scaling_search.scaling import DIMENSIONS
from scaling_search.series.shares import cost_name
from scaling_search.wording import capital, percent


def sections(found: Found) -> list[Section]:
    """What stands below the first screen."""
    told = []
    if not isinstance(found.curve, str):
        blocks: list[Block] = [_triangles(found, found.curve), _costs(found, found.curve)]
        told.append(Section("Which shares are best at each cost?", blocks))
    if isinstance(found.below, SharesCurve):
        told.append(
            Section("What should smaller networks give up?", [_smaller(found, found.below)])
        )
    if not isinstance(found.by_phi, str):
        told.append(Section("Which shares should each size have?", [_sizes(found, found.by_phi)]))
    told.append(Section("Which networks say so?", [_networks(found)]))
    return told


def _triangles(found: Found, curve: SharesCurve) -> Figure:
    measured, words = found.measured, of_val(found.measured.study.definition)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(found.val)
        mean = np.where(known, found.val, 0).sum(axis=1) / known.sum(axis=1)
    networks = []
    for cost in found.sweep.costs:
        at = measured.of(series=cost_name(cost))
        shares = np.array([Realised(measured.points[i]).shares for i in at]).reshape(-1, 3)
        networks.append((cost, shares, mean[at], [point_tip(measured, i) for i in at]))
    return Figure(
        name="triangles",
        svg=triangles(curve, networks, words),
        alt=f"{capital(words.shown)} on the triangle of shares at each cost",
        caption=(
            f"{capital(words.shown)} of the networks of each cost (dots, brighter is better), the "
            f"{percent(LEVEL, 0)} region of the best shares (grey), the best (star), and the "
            "constant ones (ring)."
        ),
    )


def _costs(found: Found, curve: SharesCurve) -> Table:
    note = (
        "Best shares by the law of all networks, and the range of its "
        f"{percent(LEVEL, 0)} region. Constant shares: those that are best at "
        f"{cost_name(found.sweep.costs[0])}; what they lose is a part of the val error, with its "
        f"{percent(LEVEL, 0)} interval, below 0 where they are better (findings/shares_law.py)."
    )
    return _by_cost(found, curve, note)


def _smaller(found: Found, below: SharesCurve) -> Table:
    note = (
        "Shares of what is saved, by the law of all networks that are smaller than the baseline. "
        f"Constant shares: {shares_text(below.constant)}, the best at "
        f"{cost_name(found.sweep.costs[0])}, which negative φ take back in the paper's rule."
    )
    return _by_cost(found, below, note)


def _by_cost(found: Found, curve: SharesCurve, note: str) -> Table:
    def networks(at: OnCurve) -> str:
        name = cost_name(at.cost)
        return str(len({p.member.id for p in found.measured.points if p.series == name}))

    columns: dict[str, Callable[[OnCurve], str]] = {
        "cost": lambda at: cost_name(at.cost),
        "networks": networks,
        **_share_columns(),
        "constant shares lose": lambda at: _lost(curve, at),
    }
    return Table.of(curve.points, columns, note)


def _lost(curve: SharesCurve, at: OnCurve) -> str:
    return "the same" if np.allclose(at.optimum.shares, curve.constant) else part_text(at.gain)


def _share_columns() -> dict[str, Callable[[OnCurve], str]]:
    def column(i: int) -> Callable[[OnCurve], str]:
        return lambda at: f"{percent(at.optimum.shares[i], 0)} ({_range(at.optimum.region[:, i])})"

    return {name: column(i) for i, name in enumerate(DIMENSIONS)}


def _range(region: Floats) -> str:
    return f"{100 * region.min():.0f} to {100 * region.max():.0f}"


def _all_sizes(found: Found, curve: SharesCurve) -> list[OnCurve]:
    """From the smallest on, those below the baseline where they are known."""
    below = found.below_by_phi
    return [*(reversed(below.points) if isinstance(below, SharesCurve) else ()), *curve.points]


def _sizes(found: Found, curve: SharesCurve) -> Table:
    def mults(at: OnCurve) -> tuple[float, ...]:
        return doubling(at.optimum.shares).multipliers(math.log2(at.cost))

    columns: dict[str, Callable[[OnCurve], str]] = {
        "φ": lambda at: f"{math.log2(at.cost):.0f}",
        **_share_columns(),
        "depth, width, resolution ×": lambda at: ", ".join(f"{mult:.3g}" for mult in mults(at)),
        "constant shares lose": lambda at: _lost(curve, at),
    }
    note = (
        "φ: doublings of the baseline's cost. Sizes beyond the trained ones are an extrapolation, "
        "of which the intervals know only the noise."
    )
    return Table.of(_all_sizes(found, curve), columns, note)


def _networks(found: Found) -> Table:
    measured, val = found.measured, found.val
    at, mean, se = measured.points, measured.mean, measured.se
    words, metric = measured.words, measured.words.metric
    of_search = of_val(measured.study.definition)
    columns: dict[str, Callable[[int], str]] = {
        "network": lambda i: at[i].member.id,
        "cost": lambda i: f"{at[i].member.cost_ratio:.3f}",
        "shares": lambda i: shares_text(np.array(Realised(at[i]).shares)),
        "px (price)": lambda i: px_and_price(at[i]),
        of_search.shown: lambda i: _shown(metric, val[i]),
        words.shown: lambda i: (
            "not trained"
            if math.isnan(mean[i])
            else metric.give_or_take(metric.shown(mean[i]), se[i])
        ),
    }
    note = (
        f"{capital(of_search.shown)}, on which the law rests: mean over seeds. "
        f"{capital(words.shown)}: mean over seeds ± standard error. {PRICE_NOTE}"
    )
    return Table.of(range(len(at)), columns, note)


def _shown(metric: Metric, errors: Floats) -> str:
    known = errors[np.isfinite(errors)]
    return metric.text(metric.shown(float(known.mean()))) if known.size else ""


def by_phi_table(found: Found) -> pd.DataFrame:
    """shares.csv: one row a size."""
    if isinstance(found.by_phi, str):
        return pd.DataFrame(columns=_COLUMNS)
    rows = []
    for at in _all_sizes(found, found.by_phi):
        phi = math.log2(at.cost)
        mults = doubling(at.optimum.shares).multipliers(phi)
        row: dict[str, float] = {"phi": phi, "cost_ratio": at.cost}
        for i, name in enumerate(DIMENSIONS):
            region = at.optimum.region[:, i]
            row |= {f"share_{name}": at.optimum.shares[i], f"{name}_mult": mults[i]}
            row |= {f"share_{name}_low": region.min(), f"share_{name}_high": region.max()}
        rows.append(row | at.gain.named("constant_loses"))
    return pd.DataFrame(rows)[_COLUMNS]


_COLUMNS = [
    "phi",
    "cost_ratio",
    *(f"share_{name}{end}" for name in DIMENSIONS for end in ("", "_low", "_high")),
    *(f"{name}_mult" for name in DIMENSIONS),
    *("constant_loses", "low", "high"),
]
