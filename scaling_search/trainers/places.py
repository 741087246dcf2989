"""Where a command leaves a result, as a person types it: metrics.json:val/mAP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from scaling_search.errors import InvalidInput

#: What is printed, in place of a file.
OUTPUT = "output"
#: The group of a pattern that takes the number of an epoch, and no result.
EPOCH = "epoch"
_KINDS = (".json", ".csv", ".jsonl")


@dataclass(frozen=True)
class Place:
    """A name in a file of the run's folder, or a pattern in what the command prints."""

    #: Below the run's folder; empty where it is printed.
    file: str = ""
    #: A path of keys, a column, or a pattern; empty: the metric's own name.
    name: str = ""

    @property
    def kind(self) -> str:
        """.json, .csv, .jsonl; empty where it is printed."""
        return PurePosixPath(self.file).suffix.lower()


def require_place(setting: str, text: str, rows: bool = False) -> Place:
    """What `text` names; rows: there must be a value for each epoch. Raises InvalidInput."""
    file, _, name = text.partition(":")
    if not text:
        return Place()
    if file == OUTPUT:
        return Place("", _pattern(setting, name))
    place, kinds = Place(file, name), _KINDS[1:] if rows else _KINDS
    parts = PurePosixPath(file).parts
    if place.kind not in kinds or file.startswith("/") or ".." in parts:
        forms = ", ".join(f"FILE{kind}:NAME" for kind in kinds)
        raise InvalidInput(
            f"{setting} is {text!r}, but must be one of {forms} with a file in the run's folder, "
            f"or {OUTPUT}:PATTERN"
        )
    return place


def _pattern(setting: str, pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
        if compiled.groups > (EPOCH in compiled.groupindex):
            return pattern
        what = "has no group"
    except re.error as error:
        what = f"is no regular expression ({error})"
    raise InvalidInput(
        f"{setting} is '{OUTPUT}:{pattern}', but the pattern {what}: give one with the number in "
        "brackets, such as 'output:Acc@1 (\\S+)'"
    )
