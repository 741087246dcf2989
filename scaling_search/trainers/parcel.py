"""Jobs that travel with their files: for workers on other machines, without a shared disk."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scaling_search.trainers.run_log import RunLog
from scaling_search.trainers.trainer import Job
from scaling_search.whole_files import write_whole


@dataclass(frozen=True)
class Content:
    """A file, or a folder as a tar archive."""

    is_folder: bool
    content: bytes


#: What each of several paths holds; None where there is nothing.
Contents = tuple["Content | None", ...]


@dataclass(frozen=True)
class Parcel:
    """A job with what it goes on from."""

    job: Job
    kept: Contents
    #: The working directory of the driver.
    home: Path


@dataclass(frozen=True)
class Left:
    """What a job left on another machine."""

    contents: Contents
    #: Into its log.
    printed: bytes


class JobTravel:
    """A job's files go to a folder of the worker's, and what it leaves there comes back."""

    def pack(self, task: Job) -> Parcel:
        """The job with what it goes on from."""
        return Parcel(task, tuple(map(_read, task.kept)), Path.cwd())

    def unpack(self, packed: Parcel, folder: Path) -> Job:
        """The job, whose files lie in the folder."""
        job = packed.job.moved(folder, packed.home)
        for path, content in zip(job.kept, packed.kept, strict=True):
            _write(path, content)
        return job

    def collect(self, task: Job) -> Left:
        """What it goes on from later, its weights, and what it printed."""
        printed = None if task.log is None else _read(task.log)
        return Left(tuple(map(_read, _leaves(task))), printed.content if printed else b"")

    def put(self, task: Job, left: Left | None) -> None:
        """Let the job's own files be these. Raises OSError where the disk refuses."""
        if left is None:
            return
        for path, content in zip(_leaves(task), left.contents, strict=False):
            if content is not None or path in task.kept:
                _write(path, content)
        if task.log is not None and left.printed:
            # The driver has written into it meanwhile.
            with RunLog(task.log) as log:
                log.write(left.printed)


def _leaves(job: Job) -> Sequence[Path]:
    return [*job.kept, *([] if job.weights is None else [job.weights])]


def _read(path: Path) -> Content | None:
    if path.is_file():
        return Content(False, path.read_bytes())
    if not path.is_dir():
        return None
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(path, arcname=".")
    return Content(True, archive.getvalue())


def _write(path: Path, content: Content | None) -> None:
    """Let the path hold this and nothing else."""
    if content is None:
        shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):
            path.unlink(missing_ok=True)
    elif not content.is_folder:
        write_whole(path, content.content)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        with tarfile.open(fileobj=io.BytesIO(content.content)) as tar:
            tar.extractall(fresh, filter=_within)
        shutil.rmtree(path, ignore_errors=True)
        fresh.rename(path)


def _within(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Files and folders; what points out of the folder, and devices, stay behind."""
    try:
        return tarfile.data_filter(member, folder)
    except tarfile.FilterError:
        return None
