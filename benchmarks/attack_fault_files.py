"""Faults of files, of the disk and of the database of a study."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from attack_fault_kinds import Victim, fault
from attack_studies import Missed, wait_until

# Files, while no driver lives.


def _kept(victim: Victim, pattern: str) -> Path:
    found = victim.arena.files(pattern)
    if not found:
        raise Missed
    return victim.rng.choice(found)


def _damaged(rng: Random, path: Path, others: list[Path]) -> str:
    """Damage one file: most are as a failing disk does them."""
    data = bytearray(path.read_bytes())
    way = rng.choice(["flip", "flip", "flip", "flips", "cut", "zeros", "empty", "noise", "swap"])
    if way in ("flip", "flips") and data:
        for _ in range(1 if way == "flip" else 20):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif way == "cut":
        del data[rng.randrange(len(data) or 1) :]
    elif way == "zeros":
        start = rng.randrange(len(data) or 1)
        data[start:] = bytes(len(data) - start)
    elif way == "noise":
        data = bytearray(rng.randbytes(len(data)))
    elif way == "swap" and others:
        data = bytearray(rng.choice(others).read_bytes())
    else:
        data.clear()
    path.write_bytes(bytes(data))
    return f"{way} in {path.name}"


@fault("damaged checkpoint")
def damaged_checkpoint(victim: Victim) -> str:
    if victim.arena.study != "rungs":
        raise Missed
    pattern = "experiments/checkpoints/*"
    if not victim.arena.files(pattern):
        driver = victim.up()
        wait_until(lambda: not driver.alive or victim.arena.files(pattern), 120)
        time.sleep(victim.rng.uniform(0, 0.7))
    else:
        victim.moment()
    victim.down()
    path = _kept(victim, "experiments/checkpoints/*.pt")
    return _damaged(victim.rng, path, victim.arena.files(pattern))


@fault("damaged pixel cache")
def damaged_cache(victim: Victim) -> str:
    victim.interrupt()
    return _damaged(victim.rng, _kept(victim, "cache/*.npy"), victim.arena.files("cache/*.npy"))


@fault("planted pixel cache")
def planted_cache(victim: Victim) -> str:
    import numpy as np

    victim.interrupt()
    path = _kept(victim, "cache/*.npy")
    with suppress(ValueError, OSError, EOFError):
        pixels = np.load(path)
        np.save(path, pixels[::-1].copy())
        return f"{path.name} in another order"
    raise Missed


@fault("removed pixel cache")
def removed_cache(victim: Victim) -> str:
    if victim.rng.random() < 0.5:
        victim.interrupt()
    else:
        victim.moment()
    shutil.rmtree(victim.arena.cache, ignore_errors=True)
    return "while it runs" if victim.driver else "between two commands"


@fault("torn records")
def torn_records(victim: Victim) -> str:
    # Records are written at the end; the command is repeated on what is torn.
    victim.up().wait()
    victim.note_end()
    # What the settings say is not known elsewhere: a torn study.yaml is refused.
    path = _kept(victim, "experiments/tiny/*.[cj]s*")
    if victim.rng.random() < 0.3:
        path.unlink()
        return f"{path.name} is gone"
    data = path.read_bytes()
    path.write_bytes(data[: victim.rng.randrange(len(data) or 1)])
    return f"{path.name} is cut"


# The disk and the database.


@fault("full disk")
def full_disk(victim: Victim) -> str:
    if not victim.arena.has_own_disk:
        raise Missed
    driver = victim.moment()
    ballast = victim.arena.disk / "ballast"
    left = victim.rng.choice([0, 4096, 65_536, 400_000])
    facts = os.statvfs(victim.arena.disk)
    free = facts.f_bavail * facts.f_frsize
    with ballast.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(1, free - left))
    ended = wait_until(lambda: not driver.alive, victim.rng.uniform(2, 8))
    ballast.unlink()
    driver.excused = driver.alive or driver.process.returncode == 2
    return f"{left} bytes left, {f'exit code {driver.process.returncode}' if ended else 'goes on'}"


@fault("database locked by another process")
def locked_database(victim: Victim) -> str:
    victim.moment()
    seconds = victim.rng.uniform(1, 4)
    path = victim.arena.experiments / "store.db"
    try:
        with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            database.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise Missed from error
    return f"for {seconds:.1f} s"
