"""Which column of a table of labels says of which part an image is: split with train, valid, test.

It is known by what it holds, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.parts import find_parts, part_of, says_nothing

#: A column of parts has no more words than these.
_MOST_WORDS = 10


@dataclass(frozen=True)
class TableParts:
    """What a table says of parts."""

    #: The column that tells them, and the part of each image; empty where there is none.
    column: str = ""
    of_images: tuple[str, ...] = ()
    #: Columns that seem to tell parts by their names, where none does by what it holds.
    untold: tuple[str, ...] = ()


def find_table_parts(
    table: dict[str, list[str]],
    rows: Sequence[int | None],
    paths: Sequence[str],
    no_parts: Collection[str],
) -> TableParts:
    """What the rows of a table, which name images, say of parts.

    rows: of each the image among `paths` that it names. no_parts: the columns that hold names or
    labels. The only column beside the names holds labels too, unless its name says that it does
    not: classes may be called train and test. Raises InvalidInput where an image is of two parts.
    """
    able = [name for name in table if name not in no_parts]
    for column in able:
        if len(table) == 2 and not says_nothing(column):
            continue
        told = [(i, word.strip()) for i, word in zip(rows, table[column]) if i is not None]
        words = sorted({word for _, word in told if word})
        parts = find_parts(words) if len(words) <= _MOST_WORDS else {}
        if len(set(parts.values())) > 1 and len(parts) == len(words):
            return TableParts(column, _of_images(told, parts, paths, column))
    return TableParts(untold=tuple(n for n in able if says_nothing(n) or part_of(n)))


def _of_images(
    told: Sequence[tuple[int, str]], parts: dict[str, str], paths: Sequence[str], column: str
) -> tuple[str, ...]:
    found = [""] * len(paths)
    for index, word in told:
        part = parts.get(word, "")
        if found[index] not in ("", part):
            raise InvalidInput(
                f"the table has {paths[index]} in two parts, {found[index]} and {part}, by column "
                f"{column}: an image is of one part"
            )
        found[index] = part
    return tuple(found)
