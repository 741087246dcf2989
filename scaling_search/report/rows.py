"""A table as a reader sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Text, ready to be shown."""

    head: list[str]
    rows: list[list[str]]
