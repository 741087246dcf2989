"""What the report of every kind of series consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scaling_search.report.rows import Table


@dataclass(frozen=True)
class Content:
    """Sentences, tables, a figure and verdict.json of one study."""

    #: The first says what was found; each further one is a paragraph of its own.
    answer: list[str]
    remarks: list[str]
    #: Heading, table, what its columns mean.
    tables: list[tuple[str, Table, str]]
    caption: str
    #: Draws the figure, as SVG.
    draw: Callable[[], str]
    #: The findings as numbers.
    verdict: dict[str, Any]
