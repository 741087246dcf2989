"""Lists folders: the files of each with size and time; run as a script, a share of a large set.

Python's lock is held while files are looked at, so that other cores need other processes. This
module knows nothing but a little of the standard library, so that these start in a moment.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from array import array
from collections import deque

#: Folder relative to the root, with /; names of its files with NUL between them; bytes and time of
#: change in ns of each (-1, 0 for a link to nothing, -2, 0 for pipes and the like); hidden folders
#: in it, which stay closed. No names, but None, of a folder that may not be opened.
Record = tuple[str, "bytes | None", bytes, list[str]]
#: A folder to be listed, and the real paths of itself and of those that it lies in.
Waiting = tuple[str, tuple[str, ...]]

#: Folders that programs leave behind, in small letters, beside those that begin with a dot.
_NOT_LOOKED_INTO = {
    *("__macosx", "__pycache__", "@eadir", "$recycle.bin", "system volume information"),
    "lost+found",
}


def list_folders(root: str, waiting: deque[Waiting], enough: int | None = None) -> list[Record]:
    """Take folders from those that wait, and the folders in them, until `enough` files are found.

    Links are followed, but to no folder that they lie in.
    """
    records: list[Record] = []
    count = 0
    while waiting and (enough is None or count < enough):
        folder, above = waiting.popleft()
        try:
            names, status, inner, hidden = _list_folder(os.path.join(root, folder))
        except PermissionError:
            records.append((folder, None, b"", []))
            continue
        records.append((folder, os.fsencode("\0".join(names)), status, hidden))
        count += len(names)
        for name, is_link in inner:
            real = os.path.join(above[-1], name)
            if is_link and (real := os.path.realpath(real)) in above:
                continue
            waiting.append((f"{folder}/{name}" if folder else name, (*above, real)))
    return records


def _list_folder(place: str) -> tuple[list[str], bytes, list[tuple[str, bool]], list[str]]:
    """Names and status of the files, folders (whether they are links) and hidden folders."""
    names, inner, hidden = [], [], []
    opened = os.open(place, os.O_RDONLY)
    try:
        with os.scandir(opened) as entries:
            for entry in entries:
                if not _is_folder(entry):
                    names.append(entry.name)
                elif entry.name.startswith(".") or entry.name.lower() in _NOT_LOOKED_INTO:
                    hidden.append(entry.name)
                else:
                    inner.append((entry.name, entry.is_symlink()))
        names.sort()
        status = array("q")
        for name in names:
            try:
                found = os.stat(name, dir_fd=opened)
            except PermissionError:
                raise
            except OSError:  # a link to nothing, or to itself, or through a file
                status.extend((-1, 0))
            else:
                # Whoever opens a pipe waits for its other end.
                plain = stat.S_ISREG(found.st_mode)
                status.extend((found.st_size, found.st_mtime_ns) if plain else (-2, 0))
    finally:
        os.close(opened)
    return names, status.tobytes(), sorted(inner), sorted(hidden)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


if __name__ == "__main__":
    root, share = marshal.load(sys.stdin.buffer)
    marshal.dump(list_folders(root, deque(share)), sys.stdout.buffer)
