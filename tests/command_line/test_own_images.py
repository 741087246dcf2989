"""An image folder, from the command to the plan and to a trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from commands import GRID, Call
from PIL import Image


def write_set(root: Path) -> Path:
    """Bright and dark squares in classes named after parts, with what a Mac leaves behind."""
    rng = np.random.default_rng(0)
    for kind, grey in (("train", 200), ("bus", 60)):
        (root / kind / "deeper").mkdir(parents=True)
        for i in range(24):
            pixels = np.clip(rng.normal(grey, 10, (14, 14)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / kind / "deeper" / f"test_{i}.png")
    (root / ".DS_Store").write_bytes(b"x")
    return root


WORDS = ("data=parquet", "data.path=mine", "baseline.resolution=12", "recipe=smoke",
         "recipe.batch_size=8")  # fmt: skip


def test_the_plan_says_what_was_made_of_the_data(call: Call, tmp_path: Path) -> None:
    write_set(tmp_path / "mine")
    ended = call(GRID, *WORDS, "dry_run=true")
    assert ended.code == 0, ended.err
    for line in (
        "  train: 48 images of the folder itself in 2 classes by the folders (bus 24, train 24)",
        "  no parts: train is taken for a class beside the others",
        "  files: 48 used, 1 left out: 1 hidden (.DS_Store)",
        "  values: grey",
    ):
        assert line in ended.out.splitlines()


def test_a_network_learns_the_right_labels(call: Call, tmp_path: Path) -> None:
    write_set(tmp_path / "mine")
    ended = call(*WORDS, "recipe.epochs=6", "executor.device=cpu")
    assert ended.code == 0, ended.err
    assert "Data: train: 48 images" in ended.out
    error = float(ended.out.split("test error ")[1].split(",")[0])
    assert error < 0.2


def test_a_broken_image_is_found_before_anything_is_trained(call: Call, tmp_path: Path) -> None:
    root = write_set(tmp_path / "mine")
    path = root / "bus" / "deeper" / "test_3.png"
    path.write_bytes(path.read_bytes()[:50])
    ended = call(GRID, *WORDS)
    assert ended.code == 2
    assert "bus/deeper/test_3.png is cut off or damaged" in ended.err
