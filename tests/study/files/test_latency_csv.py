"""latency.csv: medians between their quartiles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scaling_search.baselines import Latency
from scaling_search.baselines.latency import Quartiles
from scaling_search.errors import InvalidInput
from scaling_search.study.files.latency_csv import read_latencies, write_latencies

STUDY = Path(__file__).parents[3] / "experiments" / "glyphs-single-vs-compound"
ONE = Latency(
    network="8527d95f",
    seconds_per_image=Quartiles(0.001, 0.1 + 0.2, 0.5),
    images_per_second=Quartiles(10.0, 20.0, 20.0),
    batch_size=64,
    threads=1,
    rounds=20,
    warm_up=2,
    device="cpu",
)


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    assert read_latencies(tmp_path) == {}
    other = replace(ONE, network="other")
    write_latencies(tmp_path, [ONE, other])
    assert read_latencies(tmp_path) == {"8527d95f": ONE, "other": other}


def test_a_committed_file_is_written_to_the_same_bytes(tmp_path: Path) -> None:
    write_latencies(tmp_path, read_latencies(STUDY).values())
    assert (tmp_path / "latency.csv").read_bytes() == (STUDY / "latency.csv").read_bytes()


@pytest.mark.parametrize(
    "quartiles", [Quartiles(2.0, 1.0, 3.0), Quartiles(1.0, 4.0, 3.0), Quartiles(0.0, 1.0, 3.0)]
)
def test_quartiles_in_disorder(tmp_path: Path, quartiles: Quartiles) -> None:
    write_latencies(tmp_path, [replace(ONE, images_per_second=quartiles)])
    with pytest.raises(InvalidInput, match=r"latency\.csv is damaged .*latency=true"):
        read_latencies(tmp_path)
