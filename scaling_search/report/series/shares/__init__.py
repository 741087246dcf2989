"""The report of `+sweep=shares`: do the best shares change with size?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scaling_search.findings.interval import LEVEL
from scaling_search.findings.shares_curve import SharesCurve
from scaling_search.report.content import Brief, Content
from scaling_search.report.figures.shares import shares_by_cost
from scaling_search.report.series.assemble import series_content
from scaling_search.report.series.measured import errors_of, measure
from scaling_search.report.series.shares.found import Found, find_shares
from scaling_search.report.series.shares.sentences import (
    answer,
    below_text,
    beyond_trained,
    does_it_change,
    held_out_text,
    next_step,
    what_to_use,
)
from scaling_search.report.series.shares.tables import by_phi_table, sections
from scaling_search.report.writing import as_csv
from scaling_search.series.shares import cost_name
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import percent

__all__ = ["shares"]


def shares(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    found = find_shares(measure(study, rows), errors_of(study, rows, lambda row: row.val_error))
    caption = (
        "The best shares at each cost by the law of all networks, and by its lines at other sizes; "
        f"bars: the {percent(LEVEL, 0)} region of the best point, dimension by dimension."
    )
    content = series_content(
        found.measured,
        answer=[answer(found), held_out_text(found)],
        remarks=beyond_trained(found),
        figure=(shares_by_cost(found.curve, found.by_phi), caption),
        alt="Best shares of depth, width and resolution against cost",
        sections=sections(found),
        verdict=_json(found),
    )
    return replace(
        content,
        brief=[
            Brief("Do the best shares change with size?", does_it_change(found)),
            Brief("What should I use?", what_to_use(found)),
            Brief("Does that hold where it was not looked?", held_out_text(found)),
            *(
                [Brief("What should smaller networks give up?", below)]
                if (below := below_text(found))
                else []
            ),
            Brief("What should I do next?", next_step(found)),
        ],
        files={**content.files, "shares.csv": as_csv(by_phi_table(found))},
    )


def _costs(curve: SharesCurve) -> dict[str, Any]:
    return {
        cost_name(at.cost): {
            "shares": at.optimum.shares.tolist(),
            **at.gain.named("constant_loses"),
        }
        for at in curve.points
    }


def _json(found: Found) -> dict[str, Any]:
    curve, held = found.curve, found.held_out
    told: dict[str, Any] = {"changes": None, "constant_suffices": None}
    if not isinstance(curve, str) and found.measured.learns:
        told |= {
            "changes": curve.changes,
            "constant_suffices": curve.suffices,
            "constant_shares": curve.constant.tolist(),
            "costs": _costs(curve),
        }
    if isinstance(below := found.below, SharesCurve) and found.measured.learns:
        told["below"] = {
            "changes": below.changes,
            "constant_suffices": below.suffices,
            "costs": _costs(below),
        }
    if not isinstance(held, str):
        told["held_out"] = {
            "cost": held.cost,
            "curve_shares": held.curve.last.optimum.shares.tolist(),
            "constant_shares": held.curve.constant.tolist(),
            **held.worse.named("constant_worse"),
            "verdict": held.worse.verdict,
        }
    return told
