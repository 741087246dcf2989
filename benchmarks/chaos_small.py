"""Small studies of built-in trainings under random faults, of chaos.py.

Real studies of 9 to 24 very short runs, each a command in processes of its own, get faults of the
kinds of attack_fault_kinds.py and attack_fault_files.py at random moments: processes die or stop,
files are damaged, the disk is full, the database locked. The command is then repeated until it ends
with exit code 0, and all files that do not hold times are compared byte for byte with those of an
undisturbed study. No run that was finished may be lost or replaced, no file of a killed process may
stay behind.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import attack_fault_files  # noqa: F401
from attack_fault_kinds import FAULTS, Victim, ending
from attack_studies import Arena, Missed

#: Bytes of the disk of a disturbed study, which needs 4 MB.
DISK = 64 * 2**20
#: So many faults are done to a study that does not end before.
PER_STUDY = 8
#: How often a command is repeated at most after the last fault.
REPEATS = 5


@dataclass(frozen=True)
class Undisturbed:
    """What a study gives if nothing happens, and what that takes."""

    results: dict[str, bytes]
    trainings: int
    #: Its pixel cache.
    cache: Path


@dataclass
class Disturbed:
    """A study with what was done to it and what came of it."""

    number: int
    study: str
    #: Kind of fault, what was done, seconds.
    faults: list[tuple[str, str, float]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    #: Files that differ from those of the undisturbed study.
    unequal: list[str] = field(default_factory=list)
    extra_trainings: int = 0
    commands: int = 0


class Deck:
    """All kinds in random order, again and again; what could not be done comes again later."""

    def __init__(self, kinds: Sequence[str], rng: random.Random) -> None:
        self.kinds, self._rng = kinds, rng
        self._waiting: list[str] = []

    def draw(self, without: Collection[str]) -> str:
        """The next kind that is none of those."""
        fits = [kind for kind in self._waiting if kind not in without]
        if not fits:
            self._waiting += self._rng.sample(self.kinds, len(self.kinds))
            fits = [kind for kind in self._waiting if kind not in without]
        return fits[0]

    def done(self, kind: str) -> None:
        """Take it away."""
        self._waiting.remove(kind)


def undisturbed(work: Path, study: str, workers: int) -> Undisturbed:
    """Make a study in peace."""
    arena = Arena(work / f"undisturbed-{study}", study, workers)
    driver = arena.start()
    if driver.wait() != 0:
        raise SystemExit(f"the undisturbed study {study} fails: {ending(driver)}\n{driver.said}")
    cache = work / f"cache-{study}"
    shutil.copytree(arena.cache, cache)
    found = Undisturbed(arena.results(), arena.trainings, cache)
    arena.close()
    return found


def disturb(
    number: int, seed: int, work: Path, study: str, workers: int, known: Undisturbed,
    deck: Deck, most: int,
) -> Disturbed:  # fmt: skip
    """Do up to `most` faults to a study, let it end, and compare."""
    rng = random.Random(f"{seed}, {number}")
    arena = Arena(work / f"disturbed-{number}", study, workers, DISK)
    found = Disturbed(number, study)
    victim = Victim(rng, arena)
    try:
        if rng.random() < 0.5:
            # Otherwise it makes the pixels itself, and is disturbed at that.
            shutil.copytree(known.cache, arena.cache)
        stored: set[tuple[str, str, str]] = set()
        missed: set[str] = set()
        while len(found.faults) < most and not victim.ended and len(missed) < len(deck.kinds):
            kind = deck.draw(missed)
            started = time.monotonic()
            try:
                said = FAULTS[kind](victim)
            except Missed:
                missed.add(kind)
                continue
            deck.done(kind)
            found.faults.append((kind, said, time.monotonic() - started))
            stored = _check_stored(victim, stored)
        _finish(victim)
        _check_stored(victim, stored)
        _compare(victim, known, found)
    finally:
        arena.close()
    return found


def _check_stored(victim: Victim, before: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """What is in the database stays there as it is."""
    now = victim.arena.stored()
    if before - now:
        victim.complain(f"{len(before - now)} finished runs were lost or replaced")
    return now


def _finish(victim: Victim) -> None:
    """Repeat the command until it ends well."""
    for _ in range(REPEATS):
        driver = victim.up()
        code = driver.wait()
        if code is None:
            victim.complain("the repeated command does not end")
            victim.down()
            continue
        victim.driver = None
        victim.judge(driver, f"the repeated command gives {ending(driver)}")
        if code == 0:
            return
    victim.complain(f"not ended well after {REPEATS} repetitions")


def _compare(victim: Victim, known: Undisturbed, found: Disturbed) -> None:
    arena = victim.arena
    results = arena.results()
    found.unequal = [name for name, was in known.results.items() if results.get(name) != was]
    if (arena.experiments / "other").exists():
        # The second of two drivers, which the first may have been killed beside.
        driver = arena.start(name="other")
        if driver.wait() != 0:
            victim.complain(f"the other study gives {ending(driver)}")
        results = arena.results("other")
        unequal = [name for name, was in known.results.items() if results.get(name) != was]
        found.unequal += [f"other/{name}" for name in unequal]
    if left := arena.files("**/*partial*"):
        victim.complain(f"left behind: {', '.join(path.name for path in left[:3])}")
    if left := arena.files("experiments/checkpoints/*.pt"):
        victim.complain(f"checkpoints left behind: {len(left)}")
    found.complaints = arena.complaints
    found.extra_trainings = arena.trainings - known.trainings
    found.commands = len(arena.drivers)
    # What a driver was at when it ended is trained again, and little else.
    if found.extra_trainings > (arena.workers + 1) * found.commands:
        victim.complain(f"{found.extra_trainings} trainings more than undisturbed")


def print_table(found: Sequence[Disturbed]) -> None:
    """By kind of fault, in Markdown; a study counts for each fault that was done to it."""
    rows: dict[str, list[tuple[Disturbed, float]]] = defaultdict(list)
    for one in found:
        for kind, _, seconds in one.faults:
            rows[kind].append((one, seconds))
    print("\n| fault | times | in equal studies | in unequal ones | with complaints | s each |")
    print("|---|---|---|---|---|---|")
    for kind in sorted(rows):
        studies = [one for one, _ in rows[kind]]
        unequal = sum(bool(one.unequal) for one in studies)
        complaints = sum(bool(one.complaints) for one in studies)
        seconds = sum(s for _, s in rows[kind]) / len(studies)
        print(f"| {kind} | {len(studies)} | {len(studies) - unequal} | {unequal} | {complaints} "
              f"| {seconds:.1f} |")  # fmt: skip


def print_study(one: Disturbed) -> None:
    """What was done to a study and what came of it."""
    word = "UNEQUAL" if one.unequal else "equal"
    print(f"study {one.number} ({one.study}), {one.commands} commands, {word}, "
          f"{one.extra_trainings} trainings more than undisturbed")  # fmt: skip
    for kind, said, seconds in one.faults:
        print(f"    {kind}: {said} ({seconds:.1f} s)")
    for line in [*one.complaints, *(f"differs: {name}" for name in one.unequal)]:
        print(f"    FAULT {line}")
    sys.stdout.flush()


def attack(arguments: argparse.Namespace, seed: int, work: Path) -> Iterator[Disturbed]:
    """Study after study until all faults are done."""
    known = {name: undisturbed(work, name, arguments.workers) for name in arguments.studies}
    deck = Deck(arguments.small_kinds, random.Random(seed))
    done = number = 0
    while done < arguments.small_faults:
        study = arguments.studies[number % len(arguments.studies)]
        most = min(PER_STUDY, arguments.small_faults - done)
        one = disturb(number, seed, work, study, arguments.workers, known[study], deck, most)
        done += len(one.faults)
        number += 1
        print_study(one)
        yield one


def print_studies(found: Sequence[Disturbed], kinds: Sequence[str], seed: int) -> bool:
    """The table and a summary; whether anything was wrong."""
    print_table(found)
    absent = set(kinds) - {kind for one in found for kind, _, _ in one.faults}
    print(f"\nnever done: {', '.join(sorted(absent)) or 'none'}")
    faults = sum(len(one.faults) for one in found)
    bad = [one for one in found if one.unequal or one.complaints]
    unequal = sum(bool(one.unequal) for one in found)
    print(
        f"seed {seed}: {faults} faults in {len(found)} studies, {unequal} of them unequal to the "
        f"undisturbed one, {len(bad) - unequal} others with complaints, "
        f"{sum(one.extra_trainings for one in found)} trainings more than undisturbed"
    )
    return bool(bad)
