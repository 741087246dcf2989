"""What a training prints, in a file that does not grow without end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

#: Bytes that are kept of the beginning and of the end.
KEPT = 1 << 20


class RunLog:
    """Appends to a file; of more than three times KEPT its first and its last KEPT bytes stay."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not through a buffer: what a training says last before it crashes tells the most.
        self._file = path.open("ab+", buffering=0)
        self._size = self._file.seek(0, io.SEEK_END)

    def __enter__(self) -> RunLog:
        return self

    def __exit__(self, *_: object) -> None:
        # What programs print by themselves is not counted while they do.
        self._size = self._file.seek(0, io.SEEK_END)
        if self._size > 3 * KEPT:
            self._shorten()
        self._file.close()

    def fileno(self) -> int:
        """The file, for what writes to it past this object."""
        return self._file.fileno()

    def write(self, content: bytes) -> None:
        """Append."""
        while content:
            written = self._file.write(content)
            self._size += written
            content = content[written:]
        if self._size > 3 * KEPT:
            self._shorten()

    def _shorten(self) -> None:
        self._size = self._file.seek(0, io.SEEK_END)
        self._file.seek(0)
        first = self._file.read(KEPT)
        self._file.seek(-KEPT, io.SEEK_END)
        last = self._file.read(KEPT)
        left_out = self._size - 2 * KEPT
        self._file.truncate(0)
        self._file.write(first + b"\n... %d bytes are left out here ...\n" % left_out + last)
        self._size = self._file.seek(0, io.SEEK_END)


class _LogBytes(io.RawIOBase):
    """A log as sys.stdout.buffer."""

    def __init__(self, log: RunLog) -> None:
        self._log = log

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._log.fileno()

    def write(self, content: Any) -> int:
        plain = bytes(content)
        self._log.write(plain)
        return len(plain)


class LogText(io.TextIOBase):
    """A log as sys.stdout and sys.stderr."""

    def __init__(self, log: RunLog) -> None:
        self._log = log
        self.buffer = _LogBytes(log)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._log.fileno()

    def write(self, text: str) -> int:
        self._log.write(text.encode("utf-8", "replace"))
        return len(text)
