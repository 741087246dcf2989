"""Damaged study folders: are they read alike, refused in a line, or does something break?

    python benchmarks/attack_folders.py [--mutations 300] [--seed N] [--jobs 1] [--only NUMBER]

Each mutation takes a study folder and does one random damage to it, of a kind of attack_texts.py,
attack_tables.py and attack_filesystem.py in turn; seed and number alone say which. The folder is
then read (read_study and what hangs on it) and its report built; every tenth time with figures,
and every 25th time by the commands. What comes of it:

equal      the same as without the damage
refused    InvalidInput, or exit code 2, with one printable line
reported   something else: the damage was legal, or could not be seen; listed, to be looked at
FAULT      any other exception or exit code, more than 10 s, code of the folder imported, something
           written outside the folder, records changed, files left behind

Besides three committed studies there are one of a sampler and one of an own network, which are made
first (20 s). Exit code 1 if there is a FAULT.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import attack_filesystem  # noqa: F401
import attack_tables  # noqa: F401
import attack_texts  # noqa: F401
from attack_child import Child
from attack_site import KINDS, Site, kinds_in_turn
from attack_trees import Unfit
from attack_trial import REPOSITORY, How, Step, different, examine, make_site, verdict

COMMITTED = ("glyphs-quick", "glyphs-single-vs-compound", "omniglot-fidelity")
#: Every so many mutations a report is made with its figures, or by the command.
FIGURES, COMMAND = 10, 25
NETWORK = """
from torch import nn


def make(depth_mult, width_mult, resolution, num_classes, in_channels):
    width = round(6 * width_mult)
    layers = [nn.Conv2d(in_channels, width, 3, 2), nn.ReLU()]
    for _ in range(round(2 * depth_mult)):
        layers += [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, num_classes)]
    return nn.Sequential(*layers)
"""
TINY = ("recipe=smoke", "data.train_images=150", "data.test_images=80", "recipe.batch_size=16",
        "data.cache_dir=cache", "name=study", "executor.workers=1")  # fmt: skip
#: Name -> the words of the command that makes it.
MADE = {
    "sampled": ("+sweep=optuna", "baseline.resolution=12", "sweep.asks=5", "sweep.lag=2",
                "budget.runs=7", "family.train_up_to=0.5", "family.sizes=2", "family.span=2"),
    "own": ("+sweep=grid", "baseline=own", "baseline._target_=planted.make",
            "baseline.resolution=12", "sweep.alpha=[1.0,1.3]", "sweep.beta=[1.0]",
            "sweep.seeds=[0,1]", "family.train_up_to=0.5", "family.sizes=2", "family.span=2"),
}  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One damage and what came of it."""

    number: int
    kind: str
    study: str
    said: str
    verdict: str
    #: What came otherwise than without the damage.
    steps: list[Step]


def made_study(name: str, folder: Path) -> Path:
    """A tiny study by the command, for the kinds of which none is committed."""
    folder.mkdir()
    (folder / "planted.py").write_text(NETWORK)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "scaling_search", *TINY, *MADE[name]]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the study {name} cannot be made: {done.stderr}")
    return folder / "experiments" / "study"


def kind_of(seed: int, number: int) -> str:
    """All kinds in turn, in another order for each seed."""
    order = kinds_in_turn(random.Random(seed))
    return order[number % len(order)]


def damage(seed: int, number: int, site: Site) -> tuple[str, str] | None:
    """Do the damage of this number: its kind and what was done. None where it fits nowhere."""
    rng = random.Random(f"{seed}, {number}")
    name = kind_of(seed, number)
    for _ in range(20):
        with suppress(Unfit):
            said = KINDS[name](rng, site)
            break
    else:
        return None
    # One in eight is followed by a second, where the first has left something to be damaged.
    if rng.random() < 1 / 8:
        with suppress(Exception):
            said += f"; {KINDS[rng.choice(list(KINDS))](rng, site)}"
            name = "two at once"
    return name, said


def run_child(
    send: Connection, seed: int, number: int, template: Path, box: Path, how: How
) -> None:
    """In a child: make the site, damage it and examine it."""
    site = make_site(template, box)
    done = damage(seed, number, site) if number >= 0 else ("none", "nothing")
    send.send(done)
    if done is not None:
        send.send(examine(site, how))


def how_of(number: int, kind: str) -> How:
    """Code that a folder names must not be imported by the commands either."""
    if kind.startswith("code") and number % 2 == 0:
        return How(command=True, reproduce=True)
    if number % COMMAND == COMMAND - 1:
        return How(command=True)
    return How(figures=number % FIGURES == FIGURES - 1)


class Attack:
    """Templates of the studies, what they give undamaged, and a folder to work in."""

    def __init__(self, studies: Sequence[str], seed: int, work: Path) -> None:
        self.seed, self.work = seed, work
        self.templates: dict[str, Path] = {}
        self._undamaged: dict[tuple[str, How], dict[str, Step]] = {}
        self.faults: list[Mutation] = []
        for name in studies:
            template = work / "templates" / name
            found = REPOSITORY / "experiments" / name
            shutil.copytree(made_study(name, work / name) if name in MADE else found, template)
            shutil.rmtree(template / ".lock", ignore_errors=True)
            self._warm(template)
            self.templates[name] = template
            steps = list(self.undamaged(name, How()).values())
            if any(step.came == "FAULT" for step in steps):
                self.faults.append(Mutation(-1, "none", name, "undamaged", "FAULT", steps))
                del self.templates[name]

    def undamaged(self, study: str, how: How) -> dict[str, Step]:
        """What comes of a study without damage, by the name of the step."""
        how = replace(how, reproduce=False)
        if (study, how) not in self._undamaged:
            _, steps = self._finished(self._child(-1, self.templates[study], how))
            self._undamaged[study, how] = {step.name: step for step in steps}
        return self._undamaged[study, how]

    def _warm(self, template: Path) -> None:
        """Import in this process what every child would otherwise import for itself."""
        import matplotlib.backends.backend_svg  # noqa: F401
        import pandas  # noqa: F401

        from scaling_search.errors import InvalidInput
        from scaling_search.report import build_report

        with suppress(InvalidInput):
            build_report(template)

    def _child(self, number: int, template: Path, how: How) -> tuple[Child, Path]:
        box = Path(tempfile.mkdtemp(prefix="box-", dir=self.work))
        return Child(run_child, self.seed, number, template, box, how), box

    def _finished(self, started: tuple[Child, Path]) -> tuple[Any, list[Step]]:
        child, box = started
        sent, died = child.finish()
        for path in (box, *(box / "experiments").glob("*"), *(box / "experiments").glob("*/*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(box, ignore_errors=True)
        if not sent or isinstance(sent[-1], str):
            raise RuntimeError(f"the attack itself failed: {sent} {died}")
        steps = sent[1] if len(sent) > 1 else []
        return sent[0], [*steps, Step("process", "FAULT", died)] if died else steps

    def study_of(self, number: int) -> list[str]:
        """The studies in the order in which they are tried for a number."""
        names = list(self.templates)
        return random.Random(f"study {self.seed}, {number}").sample(names, len(names))

    def mutate(self, number: int) -> Mutation | None:
        """One mutation; None where no study has what it would damage."""
        how = how_of(number, kind_of(self.seed, number))
        for name in self.study_of(number):
            done, steps = self._finished(self._child(number, self.templates[name], how))
            if done is not None:
                undamaged = self.undamaged(name, how)
                came, others = verdict(steps, undamaged), different(steps, undamaged)
                return Mutation(number, done[0], name, done[1], came, others)
        return None

    def run(self, numbers: Sequence[int], jobs: int) -> Iterator[Mutation]:
        """Mutations as they end, `jobs` at a time."""
        waiting = deque(numbers)
        if jobs == 1:
            yield from filter(None, (self.mutate(number) for number in waiting))
            return
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # Every one of them forks its own children from what is warm here.
        with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
            yield from filter(None, pool.map(self.mutate, waiting, chunksize=4))


def print_table(found: Sequence[Mutation]) -> None:
    """By kind, in Markdown."""
    verdicts = ("equal", "refused", "reported", "FAULT")
    counts = Counter((m.kind, m.verdict) for m in found)
    print(f"\n| damage | mutations | {' | '.join(verdicts)} |\n|{'---|' * 6}")
    kinds = sorted({m.kind for m in found})
    groups = sorted({kind.split(":")[0] for kind in kinds})
    for kind in [*kinds, *(f"all of {group}" for group in groups), "all"]:
        inside = {k for k in kinds if kind in (k, "all", f"all of {k.split(':')[0]}")}
        row = [sum(counts[k, one] for k in inside) for one in verdicts]
        print(f"| {kind} | {sum(row)} | {' | '.join(map(str, row))} |")


def show(m: Mutation, seed: int) -> None:
    """What is to be looked at: faults, and reports that have become others."""
    where = f"--seed {seed} --only {m.number} ({m.study}, {m.said})"
    if m.verdict == "FAULT":
        texts = [f"{step.name}: {step.text}" for step in m.steps if step.came == "FAULT"]
        print(f"FAULT {where if m.number >= 0 else m.study}: {texts[0]}", flush=True)
    elif m.verdict == "reported":
        names = ", ".join(step.name for step in m.steps)
        print(f"reported {where}: {names}", flush=True)


def print_faults(found: Sequence[Mutation]) -> None:
    """How many mutations end in each fault."""
    kinds: Counter[str] = Counter()
    for m in found:
        kinds.update({step.text.split(":")[0] for step in m.steps if step.came == "FAULT"})
    print()
    for text, count in kinds.most_common():
        print(f"{count:4} mutations end in {text}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutations", type=int, default=300)
    parser.add_argument("--seed", type=int, help="a random one unless given; it is printed")
    parser.add_argument("--jobs", type=int, default=1, help="mutations at a time")
    parser.add_argument("--only", type=int, help="this number alone, with all that was said")
    parser.add_argument("--studies", nargs="+", default=[*COMMITTED, *MADE], help="names")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.randrange(10**6)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="attack-") as work:
        os.chmod(work, 0o755)
        attack = Attack(arguments.studies, seed, Path(work))
        numbers = range(arguments.mutations) if arguments.only is None else [arguments.only]
        found = []
        for mutation in itertools.chain(attack.faults, attack.run(numbers, arguments.jobs)):
            found.append(mutation)
            show(mutation, seed)
    if arguments.only is not None:
        for m in found:
            print(f"{m.verdict}: {m.study}, {m.said}", *m.steps, sep="\n    ")
    print_table(found)
    print_faults(found)
    faults = sum(m.verdict == "FAULT" for m in found)
    seconds = time.monotonic() - started
    print(f"seed {seed}: {len(found)} mutations, {faults} faults, {seconds:.0f} s")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
