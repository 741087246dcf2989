"""What lies in a folder: every file with its size and its time of change."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images import folder_status

#: So many files are worth other processes, which need a moment to start.
_MANY = 50_000


@dataclass(frozen=True)
class Scan:
    """The files below `root`, folder by folder, in the order of their names."""

    root: str
    #: Relative to the root, with /; the root itself is "".
    folders: tuple[str, ...]
    #: Names of the files of each folder.
    names: tuple[tuple[str, ...], ...]
    #: (files, 2): bytes, and ns of the last change; -1 bytes where a link leads to nothing.
    status: NDArray[np.int64]
    #: Folders that were not looked into: hidden ones, and those that could not be opened.
    hidden: tuple[str, ...]
    closed: tuple[str, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Another one where any file came, went or changed as its size and its time show."""
        digest = hashlib.blake2b(self.status.tobytes(), digest_size=16)
        for names in ((*self.folders, "", *self.hidden, "", *self.closed), *self.names):
            digest.update("\0".join(names).encode("utf-8", "surrogateescape") + b"\0\0")
        return digest.hexdigest()


def scan(root: Path) -> Scan:
    """List a folder with all that is below it. Links are followed, but never round in a circle."""
    folders, names, hidden, closed = [], [], [], []
    waiting, seen = [""], {os.path.realpath(root)}
    while waiting:
        folder = waiting.pop()
        place = os.path.join(root, folder)
        try:
            files, inner, left = folder_status.entries(place)
        except PermissionError:
            closed.append(folder)
            continue
        folders.append(folder)
        names.append(tuple(files))
        hidden += [_below(folder, name) for name in left]
        for name in reversed(inner):
            path = os.path.join(place, name)
            if os.path.islink(path):
                if (real := os.path.realpath(path)) in seen:
                    continue
                seen.add(real)
            waiting.append(_below(folder, name))
    if "" in closed:
        raise InvalidInput(f"data.path is {str(root)!r}, but that folder cannot be opened")
    places = [os.path.join(root, folder) for folder in folders]
    status = np.concatenate([np.zeros(0, np.int64), *_statuses(places, names)])
    if len(status) != 2 * sum(map(len, names)):
        raise InvalidInput(
            f"data.path is {str(root)!r}, but files come and go there: wait until all is in place"
        )
    return Scan(
        str(root),
        tuple(folders),
        tuple(names),
        status.reshape(-1, 2),
        tuple(sorted(hidden)),
        tuple(sorted(closed)),
    )


def _statuses(places: list[str], names: list[tuple[str, ...]]) -> list[NDArray[np.int64]]:
    """Bytes and times of each folder's files, or of a share of the folders."""
    processes = min(os.cpu_count() or 1, len(places), 16)
    if sum(map(len, names)) < _MANY or processes == 1:
        found = (folder_status.status_of(p, list(files)) for p, files in zip(places, names))
        return [np.frombuffer(numbers, np.int64) for numbers in found]
    # Shares of about equal length, in order.
    ends = np.cumsum([len(files) for files in names])
    cuts = np.searchsorted(ends, ends[-1] * np.arange(1, processes) / processes, side="left") + 1
    shares = [places[a:b] for a, b in zip([0, *cuts], [*cuts, len(places)]) if a < b]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(shares)) as pool:
        return list(pool.map(_status_elsewhere, shares))


def _status_elsewhere(places: list[str]) -> NDArray[np.int64]:
    """The same, by another process."""
    script = [sys.executable, "-I", "-S", folder_status.__file__]
    named = b"\0".join(map(os.fsencode, places))
    ended = subprocess.run(script, input=named, capture_output=True)
    if ended.returncode:
        raise OSError(ended.stderr.decode(errors="replace").strip().splitlines()[-1])
    return np.frombuffer(ended.stdout, np.int64)


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
