"""How well a model of latency prices networks that it has not seen, and how well times repeat.

python benchmarks/latency_model.py FOLDER         four baselines, one image and 32 at a time
python benchmarks/latency_model.py --again FILE   the networks of earlier measurements once more
python benchmarks/latency_model.py --study FOLDER the candidates of a study by latency once more

The first keeps what it measures in FOLDER, so that another model needs no new measurements. Of each
baseline 50 networks are held out; 20 are measured twice, which is the noise floor. Goal: a median
error of at most 5 %. It takes one core for about 15 minutes; docs/latency.md has the figures.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_search.baselines import load_baseline
from scaling_search.baselines.drawn_networks import draw_networks
from scaling_search.baselines.measured_networks import NetworkList
from scaling_search.baselines.measurements import (
    Measurements,
    measure_members,
    measure_networks,
)
from scaling_search.baselines.measurements_file import write_measurements
from scaling_search.baselines.timed import Timed
from scaling_search.findings.latency_model import fit_latency
from scaling_search.study import read_definition

#: Name, resolution where it is not the baseline's own, classes and channels as of glyphs or photos.
BASELINES = (
    ("searched_micro", None, 1),
    ("efficientnet_micro", None, 1),
    ("resnet50_micro", None, 1),
    ("efficientnet_b0", 32, 3),
)
BATCH_SIZES = (1, 32)
FIT, HELD_OUT, TWICE, VISITS, REACH, NEAR = 100, 50, 20, 3, 4.0, 0.05


def measured(path: Path, listed: NetworkList, batch_size: int) -> Measurements:
    """What the file holds; it is made where it is not there."""
    if not path.exists():
        write_measurements(path, measure_networks(listed, batch_size=batch_size, visits=VISITS))
    return Measurements.read(path)


def some(listed: NetworkList, count: int) -> NetworkList:
    """The baseline and `count` others, spread over the list."""
    others = listed.networks[1:]
    chosen = np.linspace(0, len(others) - 1, min(count, len(others))).round().astype(int)
    return replace(listed, networks=(listed.networks[0], *(others[i] for i in chosen)))


def changes(before: Measurements, after: Measurements) -> NDArray[np.float64]:
    """Relative changes of the networks measured in both, each beside its baseline then."""
    level = before.conditions.reference / after.conditions.reference
    pairs = [
        (network.interval[1], before.known(network.id))
        for network in after.networks
        if network.id != before.listed.baseline.id
    ]
    return np.array([level * now / then[1] - 1 for now, then in pairs if then is not None])


def errors_of_held_out(found: Measurements) -> NDArray[np.float64]:
    """Relative errors of the model at networks that neither it nor its settings have seen."""
    networks = found.networks
    out = set(np.random.default_rng(1).permutation(np.arange(1, len(networks)))[:HELD_OUT].tolist())
    seen = [network for i, network in enumerate(networks) if i not in out]
    held_out = [networks[i] for i in sorted(out)]
    model = fit_latency(seen, [network.interval[1] for network in seen])
    return model.of_members(held_out) / [network.interval[1] for network in held_out] - 1


def row(name: str, errors: NDArray[np.float64], rest: str = "") -> None:
    middle, most = np.quantile(np.abs(errors), [0.5, 0.9])
    verdict = "" if rest == "" else f", {rest}"
    print(f"{name:34} median {middle:6.1%}, 90 % {most:6.1%} ({len(errors)}){verdict}", flush=True)


def judge(folder: Path) -> None:
    """All baselines and batch sizes."""
    every, floors = [], []
    for name, resolution, channels in BASELINES:
        baseline = load_baseline(name, 964 if channels == 1 else 1000, channels, resolution)
        listed = NetworkList.of(baseline, draw_networks(baseline, FIT + HELD_OUT, REACH))
        for batch_size in BATCH_SIZES:
            stem = f"{name}-{batch_size}"
            found = measured(folder / f"{stem}.json", listed, batch_size)
            again = measured(folder / f"{stem}-again.json", some(listed, TWICE), batch_size)
            errors, floor = errors_of_held_out(found), changes(found, again)
            made, noise = found.conditions, np.median(np.abs(floor))
            row(
                f"{name}, {batch_size} at a time",
                errors,
                f"measured twice {noise:.1%} apart; drift {made.drift - 1:+.1%}, "
                f"{made.repeated} blocks again, {made.unsteady} unsteady, {made.took:.0f} s",
            )
            every.append(errors)
            floors.append(floor)
    row("all", np.concatenate(every))
    row("the same network measured twice", np.concatenate(floors))


def repeat(file: Path) -> None:
    """How many of the networks take what they took."""
    before = Measurements.read(file)
    made = before.conditions
    after = measure_networks(
        replace(before.listed, networks=before.networks),
        batch_size=made.batch_size,
        threads=made.threads,
        visits=made.visits,
        device=made.device,
    )
    found = changes(before, after)
    level = after.conditions.reference / made.reference - 1
    print(f"{file}: measured {made.date}, again {after.conditions.date}; baseline {level:+.1%}")
    near = np.abs(found) <= NEAR
    absolute = np.abs((1 + found) * (1 + level) - 1) <= NEAR
    row("change beside the baseline", found, f"{near.sum()} of {len(found)} within {NEAR:.0%}")
    print(f"{absolute.sum()} of {len(found)} within {NEAR:.0%} in seconds")


def measure_candidates_again(folder: Path) -> None:
    """How many of a study's candidates still cost what all of them shall cost."""
    definition = read_definition(folder)
    quantity, constraint = definition.quantity, definition.settings.constraint
    assert isinstance(quantity, Timed)
    assert quantity.members is not None
    members = [c.member for c in definition.candidates.kept if c.within]
    now = measure_members(members, like=quantity.drawn)
    print(f"{folder}: measured {quantity.members.conditions.date}, again {now.conditions.date}")
    base = now.listed.baseline.interval[1]
    medians = [known[1] for member in members if (known := now.known(member.id))]
    off = np.array(medians) / base / constraint.cost_ratio - 1
    near = np.abs(off) <= NEAR
    row("off the asked cost", off, f"{near.sum()} of {len(off)} within {NEAR:.0%}")
    print("each, in percent:", " ".join(f"{100 * value:+.1f}" for value in off))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--again", type=Path, metavar="FILE")
    parser.add_argument("--study", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    if given.study:
        measure_candidates_again(given.study)
    elif given.again:
        repeat(given.again)
    elif given.folder:
        judge(given.folder)
    else:
        parser.error("give a folder, or --again FILE")


if __name__ == "__main__":
    main()
