"""latency.csv: how long networks take on the machine of a study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scaling_search.baselines import Latency
from scaling_search.baselines.latency import Quartiles
from scaling_search.study.files.csv_file import CsvFile, within

_TINY, _HUGE = 1e-12, 1e12


@dataclass(frozen=True, kw_only=True)
class LatencyRow:
    """A row of latency.csv: medians over rounds, with the lower and the upper quartile."""

    #: Id of the network.
    network: str
    #: One image at a time: the median over the rounds.
    seconds_per_image: float = within(_TINY, _HUGE)
    #: Its lower quartile.
    seconds_per_image_low: float = within(_TINY, _HUGE)
    #: Its upper quartile.
    seconds_per_image_high: float = within(_TINY, _HUGE)
    #: In batches: the median over the rounds.
    images_per_second: float = within(_TINY, _HUGE)
    #: Its lower quartile.
    images_per_second_low: float = within(_TINY, _HUGE)
    #: Its upper quartile.
    images_per_second_high: float = within(_TINY, _HUGE)
    #: Images of a batch.
    batch_size: int = within(1, 10**6)
    #: Of torch.
    threads: int = within(1, 10**6)
    #: How often each network was timed.
    rounds: int = within(1, 10**6)
    #: Rounds before those, which do not count.
    warm_up: int = within(0, 10**6)
    #: cpu or cuda.
    device: str


def _require_order(row: LatencyRow) -> None:
    for name in ("seconds_per_image", "images_per_second"):
        low, median, high = (getattr(row, name + end) for end in ("_low", "", "_high"))
        if not low <= median <= high:
            raise ValueError(f"{name} is {median}, which does not lie between its quartiles")


LATENCY_CSV = CsvFile(
    "latency.csv",
    LatencyRow,
    key=lambda row: row.network,
    remedy="remove it, or measure again with latency=true",
    check=_require_order,
)


def write_latencies(folder: Path, measured: Iterable[Latency]) -> None:
    """Write what was measured, one row a network."""
    rows = []
    for one in measured:
        values = dict(vars(one))
        for name in ("seconds_per_image", "images_per_second"):
            low, values[name], high = values[name]
            values |= {f"{name}_low": low, f"{name}_high": high}
        rows.append(LatencyRow(**values))
    LATENCY_CSV.write(folder, rows)


def read_latencies(folder: Path) -> dict[str, Latency]:
    """What was measured, by network; empty where nothing was. Raises InvalidInput (damaged)."""
    found = {}
    for row in LATENCY_CSV.read_if_there(folder):
        values = dict(vars(row))
        for name in ("seconds_per_image", "images_per_second"):
            low, high = values.pop(f"{name}_low"), values.pop(f"{name}_high")
            values[name] = Quartiles(low, values[name], high)
        found[row.network] = Latency(**values)
    return found
