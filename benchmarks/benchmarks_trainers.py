"""What a run costs besides its training, where the training is a function or a command."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from scaling_search.baselines import load_baseline, scale
from scaling_search.execution import LocalExecutor
from scaling_search.proxy import DataSettings, Recipe
from scaling_search.scaling import Coefficients
from scaling_search.study.database import Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.trainers import (
    TrainerSettings,
    carry_out,
    code_of_training,
    make_trainer,
)

FUNCTION = "def train(job):\n    return 0.5\n"
#: As large as a script of one's own with a few modules.
SCRIPT = "print(0.5)\n" + "".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(300))


def seconds_per_run(folder: Path, runs: int, settings: Mapping[str, object]) -> float:
    """From the loop through one worker to the database, with nothing to train."""
    given = TrainerSettings(metric="mAP", direction="maximize", **settings)  # type: ignore[arg-type]
    trainer = make_trainer(
        given,
        data=DataSettings(kind="own"),
        task="task",
        device="cpu",
        torch_version="",
        trainer_version=1,
        code=code_of_training(given),
    )
    member = scale(load_baseline("searched_micro", 10, 1, 16), Coefficients(1, 1, 1))
    specs = [trainer.spec(member, 1.0, seed, Recipe(), None) for seed in range(runs + 1)]
    database = Database(f"sqlite:///{folder / 'store.db'}")
    with LocalExecutor(carry_out, 1) as executor:

        def train(wanted: list[object]) -> float:
            started = time.perf_counter()
            complete(
                AllAtOnce(wanted),  # type: ignore[arg-type]
                database,
                executor,
                lambda spec: trainer.job(spec, folder),
                attempts=1,
                timeout=60,
                progress=(progress := Progress()),
            )
            assert not progress.failures, progress.failures
            return time.perf_counter() - started

        train(list(specs[:1]))  # the worker starts, and imports what it needs
        seconds = train(list(specs[1:]))
    database.close()
    return seconds / runs


def seconds_of_command(words: list[str]) -> float:
    """Of a program that is called by itself."""
    started = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - started


def write(folder: Path) -> tuple[dict[str, object], dict[str, object], list[str]]:
    """The settings of a function and of a command that train nothing, and the bare command."""
    (folder / "empty_training.py").write_text(FUNCTION)
    (folder / "empty_script.py").write_text(SCRIPT)
    command = f"{sys.executable} empty_script.py {{width_mult}} {{seed}}"
    return (
        {"kind": "function", "_target_": "empty_training.train"},
        {"kind": "command", "command": command},
        [sys.executable, "empty_script.py", "1.0", "0"],
    )
