"""The detector's training as a script: python train.py --img 64 --epochs 8 --output runs/first."""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import torch
from detector import Detector
from detector_training import evaluate, fit
from scenes import SHAPES, load_scenes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--img", type=int, default=64, help="side of the images in pixels")
    parser.add_argument("--depth", type=float, default=1.0, help="multiplier of the repeats")
    parser.add_argument("--width", type=float, default=1.0, help="multiplier of the channels")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--images", type=int, default=2000, help="scenes to train on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("runs"), help="results go here")
    given = parser.parse_args()

    torch.manual_seed(given.seed)
    model = Detector(given.depth, given.width, len(SHAPES))
    train, val, test = (
        load_scenes(part, count).resized(given.img)
        for part, count in (("train", given.images), ("val", 500), ("test", 500))
    )
    given.output.mkdir(parents=True, exist_ok=True)
    with open(given.output / "results.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "mAP"])

        def note(epoch: int, val_map: float) -> None:
            print(f"epoch {epoch}/{given.epochs}: mAP {val_map:.4f}", flush=True)
            rows.writerow([epoch, val_map])
            file.flush()

        fit(model, train, val, given.epochs, given.seed, after_epoch=note)
    results = {}
    for name, scenes in (("val", val), ("test", test)):
        mean, at_half = evaluate(model, scenes)
        results[name] = {"mAP": mean, "mAP50": at_half}
    (given.output / "metrics.json").write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
