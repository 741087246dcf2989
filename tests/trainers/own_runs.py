"""Runs of trainings of one's own, as a driver would ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scaling_search.baselines import load_baseline, scale_by
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.trainers import TrainerSettings, code_of_training, make_trainer
from scaling_search.trainers.own_run import OwnJob, OwnRunSpec
from scaling_search.trainers.own_trainer import OwnTrainer

BASELINE = load_baseline("searched_micro", 10, 1, 16)


def trainer_of(**settings: Any) -> OwnTrainer:
    given = TrainerSettings(**{"metric": "mAP", "direction": "maximize", **settings})
    trainer = make_trainer(
        given,
        data=DataSettings(kind="own"),
        task="task",
        device="cpu",
        torch_version="torch",
        trainer_version=1,
        code=code_of_training(given),
    )
    assert isinstance(trainer, OwnTrainer)
    return trainer


def spec_of(
    trainer: OwnTrainer, seed: int = 0, epochs: int = 10, rung: int | None = None
) -> OwnRunSpec:
    member = scale_by(BASELINE, depth_mult=1.5, width_mult=1.25, resolution=20)
    return trainer.spec(member, 1.0, seed, Recipe(epochs=epochs), rung)


def job_of(trainer: OwnTrainer, experiments: Path, **spec: Any) -> OwnJob:
    return trainer.job(spec_of(trainer, **spec), experiments)
