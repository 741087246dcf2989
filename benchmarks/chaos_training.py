"""A training of a few milliseconds. In a disturbed study it draws a card first, which says whether
it may work or what goes wrong with it; elsewhere it just works.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Bytes that no process of this kind may have besides what it has.
TOO_MUCH = 1 << 30


def train(job: Any) -> float:
    """The error that follows from the network and the seed."""
    name = f"{job.depth_mult!r},{job.width_mult!r},{job.resolution},{job.phi!r},{job.seed}"
    place = Path(os.environ["CHAOS_CARDS"]) if "CHAOS_CARDS" in os.environ else None
    if place is not None:
        card = drawn(place)
        note(place, f"begun {name} {card}")
        suffer(card)
    noise = int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) / 0xFFFF
    size = job.depth_mult * job.width_mult**2 * job.resolution
    error = 0.5 / (1 + 0.01 * size) + 0.02 * noise
    for epoch in range(1, job.epochs + 1):
        time.sleep(0.001)
        job.report(epoch, error + 0.1 * (job.epochs - epoch))
    (job.folder / "weights.txt").write_text(f"{error!r}\n" * 100)
    if place is not None:
        note(place, f"ended {name} work")
    return error


def drawn(place: Path) -> str:
    """What the next card says: waits for one, and takes it from all other processes."""
    while True:
        for path in sorted(place.glob("*.card")):
            with suppress(FileNotFoundError):
                path.rename(path.with_suffix(".taken"))
                return path.stem.partition("-")[2]
        if (place / "free").exists():
            return "work"
        time.sleep(0.02)


def note(place: Path, line: str) -> None:
    """In one write, so that lines of several processes do not mix."""
    with (place / "notes.txt").open("ab", buffering=0) as file:
        file.write(f"{line}\n".encode())


def suffer(card: str) -> None:
    """What a card says."""
    if card == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif card == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif card == "error":
        raise RuntimeError("an error that somebody made")
    elif card == "memory":
        raise MemoryError("as a library says it")
    elif card == "limit":
        # Really no memory: the system refuses what is asked for.
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limits = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + TOO_MUCH // 2, limits[1]))
        try:
            bytearray(TOO_MUCH)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)
