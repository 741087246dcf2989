"""Which runs a study has begun: what they keep to go on lies beside the studies, which share it.

A study notes each run before it starts, so that when it ends it knows what interrupted runs have
left, those of an earlier configuration too. What another study has noted is that one's to remove.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_NOTE = ".begun"


def note_begun(folder: Path, key: str) -> None:
    """Note a run, by the key of the whole one, in a study's folder."""
    with (folder / _NOTE).open("a", encoding="utf-8") as file:
        file.write(f"{key}\n")


def begun(folder: Path) -> set[str]:
    """The runs that a study has noted."""
    with suppress(OSError):
        return set((folder / _NOTE).read_text(encoding="utf-8", errors="replace").split())
    return set()


def begun_elsewhere(folder: Path) -> set[str]:
    """The runs that other studies beside it have noted."""
    notes = folder.parent.glob(f"*/{_NOTE}")
    others = [note.parent for note in notes if note.parent.name != folder.name]
    return set().union(*map(begun, others))


def note_only(folder: Path, keys: Iterable[str]) -> None:
    """Let the study have noted these and no others."""
    lines = "".join(f"{key}\n" for key in sorted(keys))
    if lines:
        (folder / _NOTE).write_text(lines, encoding="utf-8")
    else:
        (folder / _NOTE).unlink(missing_ok=True)
