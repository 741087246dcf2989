"""What a tracker has got of a study, so that another time hands on only what it lacks."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    """What the tracker has of a run, or of the report."""

    #: The run's name there; empty before it is begun.
    there: str = ""
    #: The last epoch that it has.
    epoch: int = 0
    #: Whether it has all: of a run the result, of the report the digest of what it was.
    ended: bool = False
    digest: str = ""


class Ledger:
    """A line for each change, of which the last counts. It lies with what the tracker writes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "handed_on.jsonl"
        self._entries: dict[str, Entry] = {}
        with suppress(OSError):
            for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
                # The last line may have been cut off.
                with suppress(ValueError, TypeError, KeyError):
                    told = json.loads(line)
                    key = told.pop("key")
                    self._entries[key] = Entry(**told)

    def of(self, key: str) -> Entry:
        """What the tracker has of a run."""
        return self._entries.get(key, Entry())

    def note(self, key: str, **changed: Any) -> None:
        """Keep what the tracker has got. Raises OSError where the disk refuses."""
        entry = replace(self.of(key), **changed)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, **asdict(entry)}) + "\n")
        self._entries[key] = entry
