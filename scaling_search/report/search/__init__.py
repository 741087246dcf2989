"""The report of a search: STEP 1 with its certainty, STEP 2 with its forecast."""

from __future__ import annotations

from collections.abc import Sequence

from scaling_search.baselines import MACS, Latency
from scaling_search.report.content import Block, Content, Figure, Section
from scaling_search.report.figures.latency import Timed
from scaling_search.report.figures.triangle import triangle
from scaling_search.report.latency import latency_section
from scaling_search.report.search.alike import OWN, Alike
from scaling_search.report.search.answer import (
    first_sentence,
    further_remarks,
    second_sentence,
    winner_json,
)
from scaling_search.report.search.brief import brief
from scaling_search.report.search.budget import budget_paragraphs
from scaling_search.report.search.certainty import regret_tables
from scaling_search.report.search.edge import edge_remarks
from scaling_search.report.search.family import Family
from scaling_search.report.search.fidelity import fidelity_tables
from scaling_search.report.search.forecast import (
    family_figure,
    family_sections,
    forecast_json,
)
from scaling_search.report.search.found import Found, find
from scaling_search.report.search.trials import shown_trials
from scaling_search.report.seen import networks_seen
from scaling_search.report.writing import as_csv, as_json
from scaling_search.scaling import DIMENSIONS
from scaling_search.study.files.latency_csv import read_latencies
from scaling_search.study.files.runs_csv import RunRow
from scaling_search.study.read import Study
from scaling_search.wording import capital, percent


def search(study: Study, rows: Sequence[RunRow]) -> Content:
    """The content of the report. Raises InvalidInput."""
    return content_of(find(study, rows))


def _equal(found: Found) -> str:
    """In what all candidates are alike."""
    quantity = found.study.definition.quantity
    if quantity == MACS:
        return "All candidates cost the same within the tolerance."
    return (
        f"All candidates have the same {quantity.what} within the tolerance, each by a C of its "
        "own: shares are those of the growth of multiply-adds."
    )


def content_of(found: Found, alike: Alike = OWN) -> Content:
    """The content of the report, its figures on axes like those of another one where asked for."""
    study, definition = found.study, found.study.definition
    figure = Figure(
        name="triangle",
        svg=triangle(found, alike.colours),
        alt=f"{capital(found.words.shown)} on the triangle of shares: {_seen(found)}",
        caption=f"Mean {found.words.shown} of every candidate on the triangle of shares: α = "
        f"C^depth, β² = C^width, γ² = C^resolution, with grid lines at quarters. {_equal(found)}",
    )
    step_1: list[Block] = [
        shown_trials(
            found.trials, definition.settings.sweep.kind, found.words, definition.quantity
        ),
        *budget_paragraphs(found),
        *regret_tables(found.evidence, found.words),
        *fidelity_tables(found.fidelity, found.words),
    ]
    timed = _timed(found.family, read_latencies(study.folder))
    latency, measured = latency_section(timed, ["compound"], found.family.words)
    answer = [first_sentence(found), second_sentence(found)]
    remarks = [*edge_remarks(found), *further_remarks(found)]
    return Content(
        brief=brief(found),
        lead=[
            figure,
            *family_figure(
                found.family, definition.baseline.name, definition.settings.family.follows, alike
            ),
        ],
        answer=answer,
        headlines=2,
        remarks=remarks,
        sections=[
            Section("Which shares of compute? (STEP 1)", step_1),
            *family_sections(found.family),
            *latency,
        ],
        files={
            "trials.csv": as_csv(found.trials),
            "family.csv": as_csv(found.family.csv),
            "winner.json": as_json(winner_json(found, answer[0], remarks)),
            "forecast.json": as_json(forecast_json(found.family)),
            **measured,
        },
    )


def _seen(found: Found) -> str:
    networks = networks_seen(found.trials["val_error"], found.words)
    if found.decision.winner is None:
        return networks
    shares = zip(DIMENSIONS, found.decision.winner.shares)
    where = ", ".join(f"{name} {percent(share, 0)}" for name, share in shares)
    return f"{networks}; the lowest expected error at {where}"


def _timed(family: Family, measured: dict[str, Latency]) -> list[Timed]:
    """The family's members whose latency was measured, the smallest first."""
    return [
        Timed(
            series="compound",
            group="family",
            name=f"φ={row.phi:.3g}",
            macs=row.macs,
            activations=row.activations,
            error=row.error,
            latency=measured[row.member],
        )
        for row in family.table.itertuples()
        if row.member in measured
    ]
