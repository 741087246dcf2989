"""What the files of a set hold: hashes that are made once, and again where a file has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_search.errors import InvalidInput
from scaling_search.long_work import counted
from scaling_search.proxy.images.image_files import LFS_POINTER
from scaling_search.proxy.images.known_sets import Paths, read_columns, write_columns
from scaling_search.proxy.images.left_out import shown_name

#: Bytes of a hash.
HASH = 16
#: Files that are hashed together, and bytes that are read at a time.
_CHUNK, _BLOCK = 256, 1 << 20
#: States of a folder that are remembered.
_REMEMBERED = 8

Hashes = NDArray[np.uint8]


@dataclass(frozen=True)
class Manifest:
    """The memory of one folder, or file, of images."""

    #: Where it is kept, without its ending.
    _place: Path
    root: Path

    @staticmethod
    def of(cache: Path, root: Path) -> Manifest:
        """The one of this root, which need not be there yet."""
        name = hashlib.blake2b(os.fsencode(os.path.abspath(root)), digest_size=8).hexdigest()
        return Manifest(cache / "manifests" / name, root)

    def recall(self, state: str) -> tuple[str, tuple[str, ...]] | None:
        """Identity and notes of the set that was opened in this state of the files."""
        found = self._states().get(state)
        return None if found is None else (found["identity"], tuple(found["notes"]))

    def remember(self, state: str, identity: str, notes: tuple[str, ...]) -> None:
        """Keep what `recall` gives."""
        states = {**self._states(), state: {"identity": identity, "notes": notes}}
        last = dict(list(states.items())[-_REMEMBERED:])
        write_columns(self._place.with_suffix(".states"), last, {})

    def _states(self) -> dict[str, Any]:
        read = read_columns(self._place.with_suffix(".states"))
        return {} if read is None else read[0]

    def hashes(self, paths: list[str], status: NDArray[np.int64]) -> Hashes:
        """(files, 16): of the content of each file; paths are relative to the root.

        status: (files, 2), bytes and time of change; what has both as before is not read again.
        Raises InvalidInput for a pointer of git-lfs, OSError where a file cannot be read.
        """
        hashes = np.zeros((len(paths), HASH), np.uint8)
        known = self._known(paths, status, hashes)
        missing = np.flatnonzero(~known)
        if len(missing):
            self._hash(paths, missing, hashes)
            columns: dict[str, NDArray[Any]] = {"status": status, "hashes": hashes}
            columns["paths"] = np.frombuffer(Paths.of(paths).text, np.uint8)
            write_columns(self._place.with_suffix(".columns"), {}, columns)
        return hashes

    def _known(
        self, paths: list[str], status: NDArray[np.int64], hashes: Hashes
    ) -> NDArray[np.bool_]:
        """Fill in the hashes of files that have not changed, and say of which."""
        known = np.zeros(len(paths), bool)
        read = read_columns(self._place.with_suffix(".columns"))
        if read is None:
            return known
        columns = read[1]
        before = Paths(columns["paths"].tobytes())
        place = {path: row for row, path in enumerate(before)}
        rows = np.fromiter((place.get(path, -1) for path in paths), np.int64, len(paths))
        known[:] = (rows >= 0) & (columns["status"][rows] == status).all(1)
        hashes[known] = columns["hashes"][rows[known]]
        return known

    def _hash(self, paths: list[str], missing: NDArray[np.int64], hashes: Hashes) -> None:
        pieces = [missing[i : i + _CHUNK] for i in range(0, len(missing), _CHUNK)]
        pointers: list[str] = []

        def hash_piece(piece: NDArray[np.int64]) -> int:
            for row in piece:
                digest, is_pointer = _content(os.path.join(self.root, paths[row]))
                hashes[row] = np.frombuffer(digest, np.uint8)
                if is_pointer:
                    pointers.append(paths[row])
            return len(piece)

        with ThreadPoolExecutor(min(32, os.cpu_count() or 1)) as pool:

            def done() -> Iterator[tuple[int, None]]:
                for count in pool.map(hash_piece, pieces):
                    yield count, None

            for _ in counted(done(), "Reading the images for the first time", len(missing)):
                pass
        if pointers:
            raise InvalidInput(
                f"{len(pointers):,} of the images, such as {shown_name(min(pointers))}, are "
                "pointers of git-lfs and not the pictures themselves: fetch the files with `git "
                "lfs pull` in that repository"
            )


def _content(path: str) -> tuple[bytes, bool]:
    """The hash of a file, and whether it is a pointer of git-lfs."""
    digest = hashlib.blake2b(digest_size=HASH)
    with open(path, "rb", buffering=0) as file:
        block = file.read(_BLOCK)
        is_pointer = block.startswith(LFS_POINTER)
        while block:
            digest.update(block)
            block = file.read(_BLOCK)
    return digest.digest(), is_pointer
