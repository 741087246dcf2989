"""What the README claims about speed, measured: python benchmarks/speed.py [NAME ...]

Each figure is the median of several runs with its smallest and largest, on an otherwise idle
machine; the limits are those that the project sets itself for 2 cores without a GPU. Names:
start, price, driver, report, large, smoke, step, quick, comparisons, workers, ray, gpu, opening,
decoding, trainers, postgresql, scale.
Without names the first seven run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from benchmarks_workers import gpu, ray, workers
from timing import REPOSITORY, command, show, show_ratio, timed


def start(folder: Path) -> None:
    """Commands that train nothing."""
    show("--help", timed(command("scaling_search", "--help", cwd=folder)), 1.5)
    plan = command("scaling_search", "+sweep=grid", "dry_run=true", cwd=folder)
    show("+sweep=grid dry_run=true", timed(plan), 1.5)


def price(_folder: Path) -> None:
    """A million points of B0, as a grid and scattered."""
    from memory import million

    million()


def driver(folder: Path) -> None:
    """The loop and the database around runs that train nothing."""
    from benchmarks_driver import seconds_per_run

    for runs in (1_000, 10_000):
        measured = [seconds_per_run(f"sqlite:///{folder}/{runs}-{i}.db", runs) for i in range(3)]
        show(f"driver overhead a run, study of {runs:,}", measured, 10, "ms", 1000)


def postgresql(_folder: Path) -> None:
    """The same on a PostgreSQL server of its own, whose commits wait for the disk."""
    from benchmarks_driver import seconds_per_run
    from postgresql_server import missing, server

    if reason := missing():
        print(f"left out: {reason}")
        return
    with server(durable=True) as found:
        measured = [seconds_per_run(found.new_url(), 1_000) for _ in range(3)]
        show("driver overhead a run on PostgreSQL", measured, 5, "ms", 1000)


def scale(_folder: Path) -> None:
    """Runs that only sleep, in 1,000 slots: what the driver takes for each as they get more."""
    script = REPOSITORY / "benchmarks" / "benchmarks_scale.py"
    print("| runs | runs a second | busy slots | ms a run | CPU ms a run | MB | of that for runs |")
    print("|---|---|---|---|---|---|---|")
    for runs in (1_000, 10_000, 100_000):
        done = subprocess.run(
            [sys.executable, script, str(runs), "1000"],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            check=True,
            stdout=subprocess.PIPE,
        )
        found = json.loads(done.stdout)
        wall, cpu = (1000 * found[name] / runs for name in ("seconds", "cpu"))
        memory = f"{found['megabytes']:,.0f} | {found['of_runs']:,.0f}"
        print(
            f"| {runs:,} | {1000 / wall:,.0f} | {found['busy']:,.0f} | {wall:.2f} | {cpu:.2f} "
            f"| {memory} |",
            flush=True,
        )


def report(folder: Path) -> None:
    """Rebuilding the report of a committed study."""
    study = REPOSITORY / "experiments" / "glyphs-quick"
    shutil.copytree(study, folder / "study", dirs_exist_ok=True)
    rebuild = command("scaling_search.report", str(folder / "study"), cwd=folder)
    show("rebuilding a report", timed(rebuild), 6)


def large(folder: Path) -> None:
    """A search of thousands of networks: its plan, and the report of those that differ."""
    from benchmarks_driver import large_study

    shares = np.linspace(0, 1, 55)
    words = [f"sweep.alpha={[round(float(2**x), 4) for x in shares]}".replace(" ", "")]
    words += [f"sweep.beta={[round(float(2 ** (x / 2)), 4) for x in shares]}".replace(" ", "")]
    words += ["+sweep=grid", "baseline.name=efficientnet_b7", "baseline.resolution=64"]
    words += ["dry_run=true"]
    show("plan of 3,030 points of B7", timed(command("scaling_search", *words, cwd=folder)), 2)
    study = large_study(folder / "experiments")
    rebuild = command("scaling_search.report", str(study), cwd=folder)
    seconds = timed(rebuild)
    candidates = len((study / "trials.csv").read_text().splitlines()) - 1
    show(f"report of {candidates} candidates of B7", seconds, 5)


def smoke(folder: Path) -> None:
    """A whole study in seconds, from an empty database; pixel caches are kept."""

    def run() -> None:
        shutil.rmtree(folder / "experiments", ignore_errors=True)
        command("scaling_search", "+sweep=grid", "recipe=smoke", cwd=folder)()

    show("+sweep=grid recipe=smoke", timed(run, 3), 40)


def step(_folder: Path) -> None:
    """CPU seconds of a plain PyTorch loop's step over ours, each in a new process, in turn."""

    def seconds(which: str, batch: int) -> float:
        script = REPOSITORY / "benchmarks" / "benchmarks_step.py"
        run = subprocess.run(
            [sys.executable, script, which, "searched_micro", "0", str(batch)],
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            check=True,
            capture_output=True,
        )
        return float(run.stdout)

    for batch in (32, 64):
        ours, plain = zip(*[(seconds("ours", batch), seconds("plain", batch)) for _ in range(5)])
        ratios = [p / o for p, o in zip(plain, ours)]
        images = batch / statistics.median(ours)
        print(
            f"{f'plain step over ours, batch {batch}, {images:,.0f} images/s':58} "
            f"{statistics.median(ratios):8.2f}   "
            f"({min(ratios):.2f} to {max(ratios):.2f}), wanted 1.5",
            flush=True,
        )


def _default_study(folder: Path, sweep: str, limit: float) -> None:
    """From an empty database and an empty pixel cache."""

    def run() -> None:
        shutil.rmtree(folder / "experiments", ignore_errors=True)
        cache = tempfile.mkdtemp(dir=folder)
        command("scaling_search", f"+sweep={sweep}", f"data.cache_dir={cache}", cwd=folder)()

    show(f"+sweep={sweep}", timed(run, 1), limit)


def quick(folder: Path) -> None:
    """The default searches."""
    for sweep in ("grid", "race", "optuna"):
        _default_study(folder, sweep, 300)


def comparisons(folder: Path) -> None:
    """The paper's comparisons by default."""
    for sweep in ("observation1", "observation2", "single_vs_compound"):
        _default_study(folder, sweep, 360)


def opening(folder: Path) -> None:
    """Image folders: the first plan, then plan and resumed run of a known set, and a worker."""
    from benchmarks_opening import cpu_seconds, make_folder

    from scaling_search.proxy import DataSettings, proxy_task
    from scaling_search.proxy.task import known_task

    for images, classes in ((60_000, 10), (1_300_000, 1000)):
        root, cache = make_folder(folder / f"{images}" / "set", images, classes), folder / "cache"
        place = f"data.path={root}", f"data.cache_dir={cache}"
        plan = command("scaling_search", "+sweep=grid", "data=parquet", *place, "dry_run=true",
                       cwd=folder)  # fmt: skip
        name = f"{images:,} JPEGs:"
        show(f"{name} the first plan, which hashes them", timed(plan, 1), 300)
        show(f"{name} plan of the known set", timed(plan), 5)
        print(f"{f'{name} CPU of that on all cores':58} {cpu_seconds(plan):8.2f} s")
        words = ("data=parquet", *place, "data.train_images=5000", "recipe=smoke")
        run = command("scaling_search", *words, "baseline.resolution=16", cwd=folder)
        run()
        show(f"{name} a run that is resumed", timed(run), 5)
        data = DataSettings(kind="parquet", path=str(root), cache_dir=str(cache))
        identity = proxy_task(data).identity

        def look(data: DataSettings = data, identity: str = identity) -> None:
            known_task.cache_clear()
            _ = known_task(data, identity).sizes

        show(f"{name} opening in a worker", timed(look), 1)


def decoding(folder: Path) -> None:
    """Images a second of a training without a pixel cache over those of one with it, in turn."""
    from benchmarks_decoding import speeds

    for resolution, epochs in ((64, 1), (24, 5)):
        pairs = speeds(folder, resolution, epochs)
        kept, decoded = (statistics.median(column) for column in zip(*pairs))
        show_ratio(
            f"64 px JPEGs at {resolution} px, {decoded:,.0f} of {kept:,.0f} images/s",
            [decoded / kept for kept, decoded in pairs],
        )


def trainers(folder: Path) -> None:
    """What a run costs besides a training of one's own, by a function and by a command."""
    from benchmarks_trainers import seconds_of_command, seconds_per_run, write

    os.chdir(folder)
    function, command, words = write(folder)
    sys.path.insert(0, str(folder))
    places = [folder / f"runs-{number}" for number in range(6)]
    for place in places:
        place.mkdir()
    seconds = [seconds_per_run(place, 100, function) for place in places[:3]]
    show("overhead of a run of a function", seconds, 10, "ms", 1000)
    seconds = []
    for place in places[3:]:
        alone = statistics.median(seconds_of_command(words) for _ in range(20))
        seconds.append(seconds_per_run(place, 20, command) - alone)
    show(f"overhead of a run of a command of {1000 * alone:.0f} ms", seconds, 50, "ms", 1000)


ALL = {
    f.__name__: f
    for f in (
        *(start, price, driver, report, large, smoke, step, quick, comparisons, workers),
        *(ray, gpu, opening, decoding, trainers, postgresql, scale),
    )
}


def main() -> None:
    sys.path.insert(0, str(REPOSITORY / "benchmarks"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ALL))
    names = parser.parse_args().names or list(ALL)[:7]
    if unknown := [name for name in names if name not in ALL]:
        parser.error(f"there is no {unknown[0]!r}: give some of {', '.join(ALL)}")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            ALL[name](Path(folder))


if __name__ == "__main__":
    main()
