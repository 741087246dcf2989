"""What a report consists of, whatever the kind of study: sentences, sections and files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from scaling_search.errors import InvalidInput

T = TypeVar("T")
#: Width in points of a figure of one panel, at most.
_ONE_PANEL = 600


@dataclass(frozen=True)
class Paragraph:
    """A sentence or more."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Table:
    """Text, ready to be shown; a head of empty cells is not shown."""

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    #: What the columns mean.
    note: str = ""

    @classmethod
    def of(
        cls, things: Iterable[T], columns: Mapping[str, Callable[[T], str]], note: str = ""
    ) -> Table:
        """A row for each thing. columns: what stands in the head -> what it says of a thing."""
        rows = [[cell(thing) for cell in columns.values()] for thing in things]
        return cls(list(columns), rows, note)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A picture, which is also the file figures/NAME.svg."""

    kind: ClassVar[str] = "figure"
    name: str
    svg: str
    #: What is to be seen, for who cannot see it.
    alt: str
    caption: str

    @property
    def is_wide(self) -> bool:
        """Whether it has panels side by side, too small to read on a phone's width."""
        width = re.search(r'<svg[^>]* width="([\d.]+)pt"', self.svg)
        return width is not None and float(width[1]) > _ONE_PANEL


@dataclass(frozen=True)
class Details:
    """Text as it stands in a file, folded away where that can be done."""

    kind: ClassVar[str] = "details"
    summary: str
    text: str
    #: What the text is written in, such as yaml.
    language: str


def or_reason(find: Callable[[], T]) -> T | str:
    """What is found, or why nothing is, for who reads the report."""
    try:
        return find()
    except InvalidInput as error:
        return str(error)


Block = Paragraph | Table | Figure | Details


@dataclass(frozen=True)
class Brief:
    """A question of the first screen, and its answer in a line or two."""

    question: str
    answer: str


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; level 2, or 3 for a part of the section before."""

    #: Empty where the blocks need none.
    heading: str
    blocks: Sequence[Block]
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Content:
    """The report of one study, whatever its kind."""

    #: The first screen: what who has a minute wants to know, and figures that show it.
    brief: Sequence[Brief] = ()
    lead: Sequence[Figure] = ()
    #: What was found, a paragraph each. So many of the first ones are said on the command line too.
    answer: Sequence[str]
    headlines: int = 1
    #: What limits the answer, and what would settle it.
    remarks: Sequence[str]
    sections: Sequence[Section]
    #: Files for programs: name -> text.
    files: Mapping[str, str]

    @property
    def figures(self) -> list[Figure]:
        """All of them."""
        below = [b for section in self.sections for b in section.blocks if isinstance(b, Figure)]
        return [*self.lead, *below]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two studies beside each other; what stands in pairs is in the order of the names."""

    names: Sequence[str]
    #: Questions of the first screen with the answer of each study.
    briefs: Sequence[tuple[str, Sequence[str]]]
    #: Figures that belong beside each other, each with the name of its study.
    figures: Sequence[Sequence[tuple[str, Figure]]]
    answers: Sequence[Sequence[str]]
    sections: Sequence[Section]
