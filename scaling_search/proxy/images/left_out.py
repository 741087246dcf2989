"""Files that are not used, and why: one line in the plan, or a refusal where they are many."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from scaling_search.errors import InvalidInput

#: More than this part of the images left out is refused.
_MOST = 0.1
#: Names that are given of each reason.
_SHOWN = 3
#: The reason of folders of which nobody knows how many images they hold.
CLOSED = "folders that may not be opened"


@dataclass
class LeftOut:
    """Counts files by the reason for which they are left out."""

    #: Reason -> names, of files that nobody meant as images / that somebody may have.
    others: dict[str, list[str]] = field(default_factory=dict)
    images: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, names: Iterable[str], meant: bool) -> None:
        """meant: whether these may have been meant as images of the set."""
        if names := list(names):
            (self.images if meant else self.others).setdefault(reason, []).extend(names)

    def line(self, used: int, allowed: bool) -> str:
        """What is used and what is not. Raises InvalidInput where that is too much.

        allowed: the switch data.allow_left_out.
        """
        count = sum(map(len, self.images.values()))
        if CLOSED in self.images and not allowed:
            raise InvalidInput(
                f"images would be left out: {_told({CLOSED: self.images[CLOSED]})}: allow yourself "
                "to read them, or set data.allow_left_out=true to go on without them"
            )
        if count > _MOST * (count + used) and not allowed:
            raise InvalidInput(
                f"{count:,} of {count + used:,} images would be left out: {_told(self.images)}: "
                "mend that, or set data.allow_left_out=true to go on without them"
            )
        reasons = {**self.images, **self.others}
        if not reasons:
            return f"{used:,} used, none left out"
        total = sum(map(len, reasons.values()))
        return f"{used:,} used, {total:,} left out: {_told(reasons)}"


def _told(reasons: dict[str, list[str]]) -> str:
    told = []
    for reason, names in reasons.items():
        shown = ", ".join(map(shown_name, names[:_SHOWN]))
        more = ", ..." if len(names) > _SHOWN else ""
        told.append(f"{len(names):,} {reason} ({shown}{more})")
    return "; ".join(told)


def shown_name(name: Any) -> str:
    """A name that any terminal can print."""
    text = str(name)
    return text if text.isprintable() else json.dumps(text)[1:-1]
