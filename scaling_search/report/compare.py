"""Two studies beside each other, in one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.report.content import Block, Comparison, Content, Paragraph, Section, Table
from scaling_search.report.kinds import CONTENT
from scaling_search.report.search import content_of, search
from scaling_search.report.search.alike import alike
from scaling_search.report.search.found import find
from scaling_search.report.search.numbers import numbers
from scaling_search.study.files.runs_csv import RunRow, read_runs
from scaling_search.study.read import Study, read_study

#: Characters of a setting that are shown.
_LONGEST = 160


def compare(folders: Sequence[Path]) -> Comparison:
    """What two studies found. Raises InvalidInput where they ask different questions."""
    studies = [read_study(folder) for folder in folders]
    if len({folder.resolve() for folder in folders}) < len(folders):
        raise InvalidInput(f"{folders[0]} and {folders[1]} are one study: give two")
    kinds = [study.definition.settings.sweep.kind for study in studies]
    if len({CONTENT[kind] for kind in kinds}) > 1:
        what = " and ".join(f"{s.folder} (+sweep={kind})" for s, kind in zip(studies, kinds))
        raise InvalidInput(
            f"{what} ask different questions: give two searches, or two studies of one kind"
        )
    names = [study.folder.resolve().name for study in studies]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in folders]
    rows = [tuple(read_runs(study.folder)) for study in studies]
    found, contents = _contents(studies, rows)
    sections = [Section("How do their numbers compare?", [_beside(names, found)])] if found else []
    return Comparison(
        names=names,
        briefs=_briefs(contents),
        figures=[
            [(name, figure) for name, figure in zip(names, pair) if figure is not None]
            for pair in zip_longest(*(content.lead for content in contents))
        ],
        answers=[content.answer for content in contents],
        sections=[*sections, *_tables(names, contents), _settings(names, studies)],
    )


def _contents(
    studies: Sequence[Study], rows: Sequence[tuple[RunRow, ...]]
) -> tuple[list[dict[str, str]], list[Content]]:
    """Numbers of searches, and the content of all; figures of searches have common axes."""
    make = CONTENT[studies[0].definition.settings.sweep.kind]
    if make is not search:
        return [], [make(study, of) for study, of in zip(studies, rows)]
    founds = [find(study, of) for study, of in zip(studies, rows)]
    common = alike(founds)
    return [numbers(f) for f in founds], [content_of(f, common) for f in founds]


def _briefs(contents: Sequence[Content]) -> list[tuple[str, list[str]]]:
    told = [{brief.question: brief.answer for brief in content.brief} for content in contents]
    questions = dict.fromkeys(question for of in told for question in of)
    return [(question, [of.get(question, "–") for of in told]) for question in questions]


def _beside(names: Sequence[str], found: Sequence[Mapping[str, str]]) -> Table:
    """A row for whatever any of them has."""
    rows = dict.fromkeys(name for of in found for name in of)
    return Table(["", *names], [[row, *(of.get(row, "") for of in found)] for row in rows])


def _tables(names: Sequence[str], contents: Sequence[Content]) -> list[Section]:
    """The tables of each section, those with the same columns as one."""
    found: dict[tuple[str, int], list[tuple[str, Table]]] = {}
    for name, content in zip(names, contents):
        for section in content.sections:
            tables = [(name, block) for block in section.blocks if isinstance(block, Table)]
            found.setdefault((section.heading, section.level), []).extend(tables)
    return [
        Section(heading, _merged(tables), level)
        for (heading, level), tables in found.items()
        if tables
    ]


def _merged(tables: Sequence[tuple[str, Table]]) -> list[Block]:
    groups: dict[tuple[str, ...], list[tuple[str, Table]]] = {}
    for name, table in tables:
        groups.setdefault(tuple(table.head), []).append((name, table))
    blocks: list[Block] = []
    for head, group in groups.items():
        rows = [[name, *row] for name, table in group for row in table.rows]
        blocks.append(Table(["study", *head], rows))
        notes: dict[str, list[str]] = {}
        for name, table in group:
            notes.setdefault(table.note, []).append(name)
        for note, of in notes.items():
            text = note if len(notes) == 1 else f"{', '.join(of)}: {note}"
            blocks += [Paragraph(text)] if note else []
    return blocks


def _settings(names: Sequence[str], studies: Sequence[Study]) -> Section:
    """Those of study.yaml that are not the same."""
    flat = [dict(_flat(study.definition.to_plain())) for study in studies]
    keys = dict.fromkeys(key for of in flat for key in of)
    differing = [key for key in keys if len({of.get(key, "") for of in flat}) > 1]
    heading = "Which settings differ?"
    if not differing:
        return Section(heading, [Paragraph("None: the same study twice, or on other machines.")])
    rows = [[key, *(_short(of.get(key, "")) for of in flat)] for key in differing]
    return Section(heading, [Table(["setting", *names], rows)])


def _flat(value: Any, name: str = "") -> list[tuple[str, str]]:
    """Dotted names, as they are typed, and values."""
    if isinstance(value, Mapping) and value:
        parts = [(f"{name}.{key}" if name else str(key), one) for key, one in value.items()]
        return [pair for key, one in parts for pair in _flat(one, key)]
    return [(name, "null" if value is None else str(value))]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"
