"""How long networks take on a device: python -m scaling_search.measure baseline=NAME --to FILE

Draws networks around a baseline, measures them here and says how well they tell others; or writes
their list, so that another device measures it: docs/latency.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scaling_search.baselines import Baseline
from scaling_search.baselines.drawn_networks import draw_networks
from scaling_search.baselines.measured_networks import NetworkList
from scaling_search.baselines.measurements import (
    FEWEST,
    VISITS,
    Measurements,
    measure_networks,
)
from scaling_search.baselines.measurements_file import read_list, write_list, write_measurements
from scaling_search.command_options import CommandOptions
from scaling_search.errors import InvalidInput
from scaling_search.wording import percent, replace_what_cannot_be_shown

#: Networks that are drawn, and up to how many times the baseline's nominal cost.
_COUNT, _REACH = 150, 8.0
_TAKEN = ("baseline", "data")


def _options() -> CommandOptions:
    parser = CommandOptions(
        prog="python -m scaling_search.measure",
        description="Measure how long networks around a baseline take on this device, or write "
        "the list of them, which another device measures (docs/latency.md).",
    )
    add = parser.add_argument
    add("words", nargs="*", metavar="baseline=NAME", help="as of a study: baseline=, data=")
    add("--to", type=Path, metavar="FILE", help="where the measurements are written")
    add("--list", type=Path, metavar="FILE", help="write the networks and measure nothing")
    add("--networks", type=Path, metavar="FILE", help="measure those of a list, draw none")
    add("--count", type=int, default=_COUNT, help=f"networks that are drawn, {_COUNT}")
    add("--reach", type=float, default=_REACH, help=f"their largest nominal cost ratio, {_REACH:g}")
    add("--num-classes", type=int, help="instead of those of data=, which then is not opened")
    add("--in-channels", type=int, help="the same for the channels of an image")
    add("--batch-size", type=int, default=1, help="images of a pass, 1; more for the throughput")
    add("--threads", type=int, default=1, help="on the CPU, 1")
    add("--visits", type=int, default=VISITS, help=f"to each network, {VISITS}")
    add("--device", default="cpu", help="cpu or cuda")
    add("--trust", action="store_true", help="import and run the function that --networks names")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 0, or 2 for a mistake in the input, 130 after Ctrl-C."""
    replace_what_cannot_be_shown()
    # `python -m` finds own networks in the working directory.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        _carry_out(_options().parse_intermixed_args(arguments))
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}: nothing is written", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nStopped: nothing is written", file=sys.stderr)
        sys.exit(130)


def _carry_out(given: argparse.Namespace) -> None:
    target = given.list or given.to
    if target is None or (given.list and (given.to or given.networks)):
        raise InvalidInput(
            "what is to be done is not clear: give --to FILE to measure, or --list FILE to write "
            "the networks alone"
        )
    if target.exists():
        raise InvalidInput(f"{target} is there already: give another name, or remove it")
    baseline = None
    if given.networks is None:
        baseline = _baseline(given)
        listed = NetworkList.of(baseline, draw_networks(baseline, given.count, given.reach))
    elif given.words:
        raise InvalidInput(
            f"{given.words[0]!r} is given beside --networks, which says what is measured: leave "
            "it out"
        )
    else:
        listed = read_list(given.networks)
        if listed.own_code and not given.trust:
            raise InvalidInput(
                f"{given.networks} names {listed.own_code}, which building its networks would "
                "import and run: look at it, and give --trust if you trust it"
            )
    if given.list:
        write_list(given.list, listed)
        print(f"{given.list}: {len(listed.networks)} networks of {listed.name}")
        return
    found = measure_networks(
        listed,
        batch_size=given.batch_size,
        threads=given.threads,
        visits=given.visits,
        device=given.device,
    )
    write_measurements(given.to, found)
    print(f"{given.to}: {_summary(found)}")


def _baseline(given: argparse.Namespace) -> Baseline:
    """That of the words, for the data that they name. Raises InvalidInput."""
    from scaling_search.config import configuration_of
    from scaling_search.proxy import own_facts
    from scaling_search.study.conduct import open_task
    from scaling_search.study.found import looked_up

    for word in given.words:
        if word.lstrip("+").partition("=")[0].partition(".")[0] not in _TAKEN:
            raise InvalidInput(
                f"{word!r} has no effect on a latency: give baseline= and data= only"
            )
    configuration = configuration_of(given.words)
    num_classes, in_channels = given.num_classes, given.in_channels
    if num_classes is None or in_channels is None:
        task = open_task(configuration.data, configuration.recipe)
        facts = task.facts if task else own_facts(configuration.data)
        num_classes = facts.num_classes if num_classes is None else num_classes
        in_channels = facts.in_channels if in_channels is None else in_channels
    return looked_up(configuration.baseline).load(num_classes, in_channels)


def _summary(found: Measurements) -> str:
    """What was measured, under which conditions, and how well it tells other networks."""
    made, networks = found.conditions, found.networks
    low, middle, high = (
        1000 * s for s in (made.reference_least, made.reference, made.reference_most)
    )
    noise = float(np.median([network.se for network in networks]))
    lines = [
        f"{len(networks)} networks of {found.listed.name}, {made.batch_size} at a time, in "
        f"{made.took:.0f} s",
        f"On {made.device_name} ({made.device}), {made.threads} thread(s), torch "
        f"{made.torch_version}",
        f"The baseline takes {middle:.4g} ms an image ({low:.4g} to {high:.4g} over time, drift "
        f"{percent(made.drift - 1)}); {made.repeated} blocks of visits were made again, "
        f"{made.unsteady} count although it moved",
        f"A network's median is known to {percent(noise)} (standard error, the middle one)",
    ]
    if len(networks) >= FEWEST:
        model = found.model_of_all
        lines.append(
            f"Networks that the model has not seen are priced within {percent(model.error(0.5))} "
            f"(median), {percent(model.error(0.9))} (nine of ten)"
        )
    else:
        lines.append(f"A model of latency needs {FEWEST} networks: give --count {_COUNT}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
