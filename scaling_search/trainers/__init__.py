"""Who trains: the built-in training, a function of the user's, or a command."""

from collections.abc import Mapping
from typing import Any

from scaling_search.proxy import Outcome
from scaling_search.proxy.result import Tell, unheard
from scaling_search.trainers.builtin import BuiltinTrainer
from scaling_search.trainers.command import CommandTrainer
from scaling_search.trainers.function import FunctionTrainer, TrainingJob
from scaling_search.trainers.parcel import JobTravel
from scaling_search.trainers.settings import TrainerSettings
from scaling_search.trainers.trainer import Job, Spec, Trainer, TrainingFailed, log_of

#: By the kind that settings name.
TRAINERS: Mapping[str, type[Trainer]] = {
    "builtin": BuiltinTrainer,
    "function": FunctionTrainer,
    "command": CommandTrainer,
}


def make_trainer(settings: TrainerSettings, **known: Any) -> Trainer:
    """The trainer that settings name; `known` are the other fields of `Trainer`."""
    return TRAINERS[settings.kind](settings=settings, **known)


def code_of_training(settings: TrainerSettings) -> dict[str, str]:
    """What stands for the code that trains, as it is here and now. Raises InvalidInput."""
    return TRAINERS[settings.kind].code_of(settings)


def carry_out(job: Job, tell: Tell = unheard) -> Outcome:
    """Carry a run out; called in a worker. `tell` hears of each epoch."""
    return job.carry_out(tell)


__all__ = [
    "TRAINERS",
    "Job",
    "JobTravel",
    "Spec",
    "Trainer",
    "TrainerSettings",
    "TrainingFailed",
    "TrainingJob",
    "carry_out",
    "code_of_training",
    "log_of",
    "make_trainer",
]
