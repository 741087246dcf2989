"""Trainings of one's own that are files beside a study, as a user would have them."""

from __future__ import annotations

from pathlib import Path

#: The built-in training as somebody's own function, and as somebody's own script.
SAME = """
import argparse, json
from pathlib import Path
from scaling_search.baselines import load_baseline, scale_by
from scaling_search.proxy import DataSettings, Recipe, proxy_task
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.training import train as train_network

DATA = DataSettings(train_images=150, test_images=80, val_fraction=0.3333, cache_dir="cache",
                    augmentation=Augmentation(shift=0.05, rotate=4, scale=0.05, shear=0.05))
RECIPE = RECIPE_HERE

def errors(make_network, resolution, seed):
    result, _ = train_network(make_network=make_network, splits=proxy_task(DATA).load(resolution),
                              recipe=RECIPE, augmentation=DATA.augmentation, seed=seed,
                              device_type="cpu")
    return {"error": result.val_error, "test": result.test_error}

def train(job):
    return errors(job.model, job.resolution, job.seed)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, kind in dict(depth=float, width=float, px=int, seed=int, out=Path).items():
        parser.add_argument("--" + name, type=kind)
    given = parser.parse_args()
    baseline = load_baseline("searched_micro", 36, 1, 12)
    member = scale_by(baseline, depth_mult=given.depth, width_mult=given.width, resolution=given.px)
    found = errors(member.build, given.px, given.seed)
    (given.out / "metrics.json").write_text(json.dumps(found))
"""
#: A training in a few milliseconds: a number that follows from what it is told.
QUICK = """
import hashlib, json, sys, time
from pathlib import Path
depth, width, px, seed, epochs = map(float, sys.argv[1:6])
folder = Path(sys.argv[6])
noise = int(hashlib.sha256(repr(sys.argv[1:5]).encode()).hexdigest()[:4], 16) / 0xFFFF
print("training", sys.argv[1:6])
time.sleep(0.05)
error = 0.5 / (1 + 0.2 * depth + 0.1 * width + 0.01 * px) + 0.02 * noise + 0.1 / epochs
(folder / "metrics.json").write_text(json.dumps({"val": {"mAP": 1 - error}}))
"""


def write_same(folder: Path, recipe: str) -> None:
    (folder / "my_same.py").write_text(SAME.replace("RECIPE_HERE", recipe))


COMMAND = (
    "trainer=command",
    "trainer.command=python3 train.py {depth_mult} {width_mult} {resolution} {seed} {epochs} "
    "{folder}",
    "trainer.result=metrics.json:val/mAP",
    "trainer.metric=mAP",
    "trainer.direction=maximize",
    "baseline.resolution=16",
)
