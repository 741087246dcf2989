"""A command in a process group of its own, of which nothing outlives it, nor who called it."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_CHUNK = 1 << 16


class CannotStart(Exception):
    """The command is none that can be called; the message says why."""


def run_in_group(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    hear: Callable[[str, bytes], None],
) -> int:
    """Run a command and give its exit code, or minus the signal that ended it.

    hear: gets what it prints, as ("stdout" or "stderr", bytes). Raises CannotStart.

    The group's first process waits for the end of a pipe from here, and then kills the group: so
    it ends with the command, and as well where this process is killed.
    """
    watch = subprocess.Popen(
        ["/bin/sh", "-c", "read _; kill -9 0"], stdin=subprocess.PIPE, preexec_fn=os.setpgrp
    )
    try:
        with _started(words, folder, environment, watch.pid) as process:
            try:
                _listen(process, hear)
                code = process.wait()
            finally:
                # Also where there is no room for what it prints: nobody waits for it then.
                _end(watch)
            _drain(process, hear)
            return code
    finally:
        _end(watch)


def _started(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], group: int
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: os.setpgid(0, group),
        )
    except (OSError, ValueError) as error:
        raise CannotStart(str(error)) from error


def _end(watch: subprocess.Popen[bytes]) -> None:
    """Let the group be killed, with whatever the command has left in it."""
    assert watch.stdin is not None
    with suppress(OSError):
        watch.stdin.close()
    watch.wait()


def _listen(process: subprocess.Popen[bytes], hear: Callable[[str, bytes], None]) -> None:
    """Until the command has ended: a child that it leaves may hold its pipes open for ever."""
    with selectors.DefaultSelector() as selector:
        for name, pipe in _pipes(process):
            selector.register(pipe, selectors.EVENT_READ, name)
        while selector.get_map() and process.poll() is None:
            for key, _ in selector.select(0.05):
                if content := os.read(key.fd, _CHUNK):
                    hear(key.data, content)
                else:
                    selector.unregister(key.fileobj)


def _drain(process: subprocess.Popen[bytes], hear: Callable[[str, bytes], None]) -> None:
    """What is still in the pipes."""
    for name, pipe in _pipes(process):
        os.set_blocking(pipe.fileno(), False)
        with suppress(BlockingIOError):
            # A pipe holds no more; a child that left the group may write on for ever.
            for _ in range(64):
                if not (content := os.read(pipe.fileno(), _CHUNK)):
                    break
                hear(name, content)


def _pipes(process: subprocess.Popen[bytes]) -> list[tuple[str, IO[bytes]]]:
    assert process.stdout is not None
    assert process.stderr is not None
    return [("stdout", process.stdout), ("stderr", process.stderr)]
