"""A study of many short runs under random faults: does it end like one that nobody disturbed?

    python benchmarks/chaos.py [--runs 300] [--faults 200] [--small-faults 24] [--seed N]

Real commands in processes of their own. The first study trains by a function of a few milliseconds
and stores its runs in a PostgreSQL server of its own where one is installed; its faults are those
of chaos_faults.py: processes that are killed or stop, memory that runs out, exceptions, a full
disk, connections that are cut. Small studies of built-in trainings then get what damages pixel
caches and checkpoints, and more (chaos_small.py). A command is repeated whenever its driver has
died; at the end all files that do not hold times must be those of an undisturbed study byte for
byte, every run must be counted once, and only what was in flight at a death may have been trained
again. Exit code 1 if anything differs. A full disk needs a small one that root may mount; otherwise
it is left out.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random

from attack_studies import STUDIES, Missed
from chaos_faults import CHAOS, CardArena, Table, finish
from chaos_small import FAULTS, Deck, attack, print_studies
from postgresql_server import Server, missing, server

#: Kinds that take long are drawn once in so many rounds.
SLOW = ("a worker stops (SIGSTOP) until its time is up", "kill -9 of the driver as it starts")

#: The part of all runs over which the faults are spread.
_PACED = 0.95
#: The most runs of a family that STEP 1 has not trained: two sizes, two seeds.
FAMILY = 4


def undisturbed(work: Path, runs: int, workers: int) -> tuple[dict[str, bytes], int]:
    """The files of the study that nobody disturbs, and how many runs it has."""
    arena = CardArena(work / "undisturbed", runs, workers, None, cards=False)
    driver = arena.start()
    if driver.wait() != 0:
        raise SystemExit(f"the undisturbed study fails:\n{driver.said}")
    found = arena.results(), len(arena.stored())
    arena.close()
    return found


def disturb(table: Table, runs: int, faults: int, kinds: list[str]) -> Counter[str]:
    """Do so many faults, and let the study end; how often each was done."""
    deck = Deck([k for k in kinds for _ in range(1 if k in SLOW else 3)], table.rng)
    done: Counter[str] = Counter()
    stored: set[tuple[str, str, str]] = set()
    missed: set[str] = set()
    while done.total() < faults and not table.ended and len(missed) < len(kinds):
        kind = deck.draw(missed)
        began = time.monotonic()
        # The last runs are left over: they may end before the last fault is done.
        table.pace = max(0, _PACED * runs - len(stored)) / (faults - done.total())
        try:
            said = CHAOS[kind](table)
        except Missed:
            missed.add(kind)
            continue
        deck.done(kind)
        missed.clear()
        done[kind] += 1
        now = table.arena.stored()
        if lost := stored - now:
            table.arena.complaints.append(f"{len(lost)} finished runs were lost or replaced")
        stored = now
        print(f"{done.total():4} {kind}: {said} ({time.monotonic() - began:.1f} s, "
              f"{len(stored)} runs stored)", flush=True)  # fmt: skip
    finish(table)
    if stored - table.arena.stored():
        table.arena.complaints.append("finished runs were lost or replaced at the end")
    return done


def check(table: Table, known: dict[str, bytes], runs: int) -> None:
    """Complain about all that is not as in the undisturbed study."""
    arena, complain = table.arena, table.arena.complaints.append
    results = arena.results()
    # Where the runs are stored is no part of the study.
    for name in {*known, *results}:
        if known.get(name) != results.get(name):
            complain(f"differs: {name}")
    rows = csv.DictReader(results.get("runs.csv", b"").decode().splitlines())
    counted = Counter(row["run"] for row in rows)
    # A command that ends with failed runs trains the family of the winner among the others.
    most = runs + FAMILY * table.deaths["exit code 1"]
    if not (len(counted) == counted.total() == runs <= len(arena.stored()) <= most):
        complain(f"{len(arena.stored())} runs are stored, {counted.total()} counted, not {runs}")
    trained = Counter(name for what, name, _ in arena.notes() if what == "ended")
    if len(trained) != len(arena.stored()):
        complain(f"{len(trained)} runs were trained, but {len(arena.stored())} are stored")
    again = trained.total() - len(trained)
    deaths = sum(n for how, n in table.deaths.items() if how != "exit code 0")
    # What had been trained but not been recorded when its driver or its worker died.
    most = deaths * arena.workers + table.lost
    print(
        f"{runs} runs, {trained.total()} trainings to their end, {again} of them again; at most "
        f"{most} were in flight at {deaths} ends of drivers and {table.lost} kills of workers"
    )
    if again > most:
        complain(f"{again} trainings again, but at most {most} were in flight")
    if left := arena.files("**/*partial*"):
        complain(f"left behind: {', '.join(path.name for path in left[:3])}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300, help="about so many, of the first study")
    parser.add_argument("--faults", type=int, default=200, help="in the first study")
    parser.add_argument("--small-faults", type=int, default=24, help="in the small studies")
    parser.add_argument("--seed", type=int, help="a random one unless given; it is printed")
    parser.add_argument("--workers", type=int, default=2, help="of each driver")
    parser.add_argument("--kinds", nargs="+", choices=CHAOS, default=list(CHAOS), metavar="KIND")
    parser.add_argument("--small-kinds", nargs="+", choices=FAULTS, default=list(FAULTS))
    small = [name for name in STUDIES if name != "short"]
    parser.add_argument("--studies", nargs="+", choices=STUDIES, default=small)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    started = time.monotonic()
    bad = False
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        if arguments.faults:
            reason = missing()
            store: Server | None = None if reason else stack.enter_context(server())
            print(f"runs are stored in {f'SQLite ({reason})' if reason else 'PostgreSQL'}")
            known, runs = undisturbed(work, arguments.runs, arguments.workers)
            arena = CardArena(work / "disturbed", arguments.runs, arguments.workers, store)
            stack.callback(arena.close)
            table = Table(arena, Random(seed))
            done = disturb(table, runs, arguments.faults, arguments.kinds)
            check(table, known, runs)
            print("\n| fault | times |\n|---|---|")
            for kind, times in sorted(done.items()):
                print(f"| {kind} | {times} |")
            print(f"never done: {', '.join(sorted(set(arguments.kinds) - set(done))) or 'none'}")
            for complaint in arena.complaints:
                print(f"FAULT {complaint}")
            bad = bool(arena.complaints)
            print(f"\nseed {seed}: {done.total()} faults, {len(arena.drivers)} commands, "
                  f"{'UNEQUAL or with complaints' if bad else 'equal'}, "
                  f"{time.monotonic() - started:.0f} s", flush=True)  # fmt: skip
        if arguments.small_faults:
            studies = list(attack(arguments, seed, work))
            bad |= print_studies(studies, arguments.small_kinds, seed)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
