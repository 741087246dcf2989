"""What lies in a folder: every file with its size and its time of change."""

from __future__ import annotations

import hashlib
import marshal
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images import folder_records
from scaling_search.proxy.images.folder_records import Record, Waiting, list_folders

#: Files that are listed before other processes are worth their start; the most processes.
_ENOUGH, _PROCESSES = 20_000, 16


@dataclass(frozen=True)
class Scan:
    """The files below `root`, folder by folder, all in the order of their names."""

    root: str
    records: tuple[Record, ...]

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """Relative to the root, with /; the root itself is ""."""
        return tuple(folder for folder, names, _, _ in self.records if names is not None)

    @property
    def names(self) -> Iterator[list[str]]:
        """Of the files of each folder in turn."""
        for _, names, _, _ in self.records:
            if names is not None:
                yield os.fsdecode(names).split("\0") if names else []

    @cached_property
    def status(self) -> NDArray[np.int64]:
        """(files, 2): bytes, and ns of the last change.

        -1 bytes where a link leads to nothing, -2 of pipes and the like.
        """
        joined = b"".join(status for _, _, status, _ in self.records)
        return np.frombuffer(joined, np.int64).reshape(-1, 2)

    @property
    def hidden(self) -> list[str]:
        """Folders that were not looked into."""
        return [_below(folder, name) for folder, _, _, hidden in self.records for name in hidden]

    @property
    def closed(self) -> list[str]:
        """Folders that may not be opened."""
        return [folder for folder, names, _, _ in self.records if names is None]

    def may_hold(self, ending: bytes) -> bool:
        """False where no file's name ends so; quick."""
        return any(ending in names.lower() for _, names, _, _ in self.records if names)

    @cached_property
    def fingerprint(self) -> str:
        """Another one where any file came, went or changed as its size and its time show."""
        digest = hashlib.blake2b(digest_size=16)
        for folder, names, status, hidden in self.records:
            head = repr((folder, names is None, len(names or b""), len(status), hidden))
            digest.update(head.encode("utf-8", "surrogateescape"))
            digest.update(names or b"")
            digest.update(status)
        return digest.hexdigest()


def scan(root: Path) -> Scan:
    """List a folder with all that is below it; a large one by all cores."""
    waiting: deque[Waiting] = deque([("", (os.path.realpath(root),))])
    processes = min(os.cpu_count() or 1, _PROCESSES)
    # Broadly, not deeply: folders side by side can be shared.
    records = list_folders(str(root), waiting, _ENOUGH if processes > 1 else None)
    if waiting:
        shares = [list(waiting)[start::processes] for start in range(processes)]
        with ThreadPoolExecutor(processes) as pool:
            parts = pool.map(lambda share: _listed_elsewhere(str(root), share), shares)
            records += [record for part in parts for record in part]
    records.sort(key=lambda record: record[0])
    if records[0][1] is None:
        raise InvalidInput(f"data.path is {str(root)!r}, but that folder may not be opened")
    return Scan(str(root), tuple(records))


def _listed_elsewhere(root: str, share: list[Waiting]) -> list[Record]:
    """The same by another process."""
    if not share:
        return []
    script = [sys.executable, "-I", "-S", folder_records.__file__]
    ended = subprocess.run(script, input=marshal.dumps((root, share)), capture_output=True)
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        raise OSError(f"{root} cannot be listed: {said[-1] if said else ended.returncode}")
    records: list[Record] = marshal.loads(ended.stdout)
    return records


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
