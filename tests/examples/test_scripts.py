"""The script, called as a person calls it, and the files that scaling_search reads."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import scale_detector
import scale_segmenter

EXAMPLES = Path(scale_detector.__file__).parent


@pytest.mark.long
def test_the_script_writes_its_results(tmp_path: Path) -> None:
    told = ["--img=24", "--depth=0.5", "--width=0.5", "--epochs=1", "--images=32", "--seed=1"]
    command = [sys.executable, "train.py", *told, "--output", str(tmp_path / "run")]
    subprocess.run(command, cwd=EXAMPLES, check=True)
    results = json.loads((tmp_path / "run" / "metrics.json").read_text())
    with open(tmp_path / "run" / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["mAP"]) for row in rows] == [results["val"]["mAP"]]
    assert 0 <= results["test"]["mAP"] <= results["test"]["mAP50"] <= 1


@pytest.mark.parametrize("module", [scale_detector, scale_segmenter])
def test_what_a_newcomer_writes_is_at_most_25_lines(module: ModuleType) -> None:
    assert len(Path(module.__file__).read_text().splitlines()) <= 25
