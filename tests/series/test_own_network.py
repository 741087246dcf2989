"""A network and images of one's own through the comparison, by configuration alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import scaling_search

CHECKOUT = Path(scaling_search.__file__).parents[1]


def images(folder: Path, count: int, seed: int) -> None:
    """Two classes of 16 px: bright or dark on the left."""
    rng = np.random.default_rng(seed)
    for label in ("left", "right"):
        (folder / label).mkdir(parents=True)
        for index in range(count):
            pixels = rng.integers(0, 120, (16, 16), dtype=np.uint8)
            pixels[:, :8] += np.uint8(130 * (label == "left"))
            Image.fromarray(pixels).save(folder / label / f"{index}.png")


def documented(path: str, language: str, word: str) -> str:
    """The block of a document that holds `word`."""
    text = (CHECKOUT / path).read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", text, re.S)
    return next(block for block in blocks if word in block)


@pytest.mark.long
def test_the_documented_command_runs(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    images(tmp_path / "my_images" / "train", 40, seed=0)
    images(tmp_path / "my_images" / "test", 20, seed=1)
    (tmp_path / "my_network.py").write_text(
        documented("docs/network.md", "python", "def small_net")
    )
    command = documented("docs/comparisons.md", "bash", "my_network.small_net")
    words = command.replace("\\\n", " ").split()
    assert words[:3] == ["python", "-m", "scaling_search"]
    # Smaller and shorter than a reader would take it; the rest as it stands there.
    smaller = [word.replace("resolution=20", "resolution=8") for word in words[1:]]
    quick = ["recipe=smoke", "data.train_images=null", "data.test_images=null"]
    quick += ["recipe.batch_size=16", "sweep.costs=[2]", "sweep.seeds=[0,1]"]
    done = subprocess.run(
        [sys.executable, *smaller, *quick, "executor.workers=1", "name=mine"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "OMP_NUM_THREADS": "1",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    folder = tmp_path / "experiments" / "mine"
    points = pd.read_csv(folder / "points.csv")
    assert list(points["series"]) == ["baseline", "depth", "width", "resolution", "compound"]
    assert (points["baseline"] == "my_network.small_net").all()
    assert (points["runs"] == 2).all()
    assert points["test_error"].between(0, 1).all()
    verdict = json.loads((folder / "verdict.json").read_text())
    assert verdict["answer"][0] in done.stdout
    assert len(verdict["comparisons"]) == 1
