"""Files and folders that appear whole or not at all, and what killed writers have left."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

#: Names of files under way: number, host and process of the writer; older ones say only the last.
_PARTIAL = re.compile(r"\.partial-(?:\d+-(?P<host>.+)-)?(?P<process>\d+)$")
_number = count()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that gets its name when the block has ended, and is removed when the block fails.

    The folder is made, and what processes that are gone were writing there is removed. Raises
    OSError, which names `path` where the disk refuses to write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent)
    partial = path.with_name(_partial_name())
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            # Without this a power failure can leave the name without the content.
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        # A write names no file, and the name of the partial file says nothing to anybody.
        if error.filename is None or str(error.filename) == str(partial):
            error.filename = str(path)
        raise
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; otherwise as `whole_file`."""
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder that gets its name when the block has ended, and is removed when it fails.

    What has the name by then is replaced. The folder above is made, and what processes that are
    gone were writing there is removed. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(path.parent)
    partial, replaced = (path.with_name(_partial_name()) for _ in range(2))
    try:
        partial.mkdir()
        yield partial
        if path.exists():
            path.rename(replaced)
        try:
            partial.rename(path)
        except OSError:
            if replaced.exists():
                replaced.rename(path)
            raise
        shutil.rmtree(replaced, ignore_errors=True)
    except OSError as error:
        if str(error.filename).startswith(str(partial)):
            error.filename = str(path)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def remove_abandoned(folder: Path) -> None:
    """Remove what processes of this machine that are gone were writing into the folder.

    What cannot be removed stays. A process that has got the number of one that is gone keeps its
    file a little longer.
    """
    with suppress(OSError):
        for path in folder.iterdir():
            found = _PARTIAL.search(path.name)
            if found is None or found["host"] not in (None, socket.gethostname()):
                continue
            if not is_alive(int(found["process"])):
                with suppress(OSError):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _partial_name() -> str:
    return f".partial-{next(_number)}-{socket.gethostname()}-{os.getpid()}"


def is_alive(process: int) -> bool:
    """Whether a process of this machine runs, be it somebody else's.

    One that has ended is there until its parent asks how, which some never do.
    """
    try:
        os.kill(process, 0)
    except PermissionError:
        pass
    except (ProcessLookupError, OverflowError):
        return False
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):  # not Linux, or just gone
        return True
    return state not in "ZX"
