"""The training that is built in: a recipe, on images to classify."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from scaling_search.baselines import FamilyMember
from scaling_search.proxy import Job, Recipe, RunSpec
from scaling_search.proxy.exported import Exported, ExportedJob
from scaling_search.proxy.run import checkpoint_name
from scaling_search.trainers.trainer import Trainer
from scaling_search.whole_files import remove_abandoned


class BuiltinTrainer(Trainer):
    """`proxy.training.train`, equal to the bit for equal runs."""

    def spec(
        self,
        member: FamilyMember,
        phi: float,
        seed: int,
        recipe: Recipe,
        rung: int | None = None,
        start: Any = None,
    ) -> RunSpec:
        """Dropout and stochastic depth may grow by phi."""
        dropout, stochastic_depth = recipe.regularisation(phi)
        return RunSpec(
            network=member.network,
            resolution=member.resolution,
            built=member.built,
            task=self.task,
            recipe=recipe,
            dropout=dropout,
            stochastic_depth=stochastic_depth,
            seed=seed,
            device=self.device,
            torch_version=self.torch_version,
            trainer_version=self.trainer_version,
            rung=rung,
            start=start,
        )

    def job(
        self,
        spec: RunSpec,
        experiments: Path,
        weights: Path | None = None,
        stops: bool = False,
        logs: Path | None = None,
    ) -> Job:
        kept = _checkpoints(experiments) if stops else None
        log = logs / f"{spec.whole.key}.log" if logs else None
        start: Job | ExportedJob | None = None
        if spec.start is not None:
            path = start_path(experiments, spec.start.key)
            if isinstance(spec.start, Exported):
                start = ExportedJob(spec=spec.start, weights=path)
            else:
                start = self.job(spec.start, experiments, path)
        data = self.data_of(spec.task)
        return Job(spec=spec, data=data, weights=weights, checkpoints=kept, log=log, start=start)

    def forget(self, keys: Sequence[str], experiments: Path) -> None:
        folder = _checkpoints(experiments)
        for key in keys:
            with suppress(OSError):
                (folder / checkpoint_name(key)).unlink(missing_ok=True)
        remove_abandoned(folder)
        with suppress(OSError):
            folder.rmdir()


def start_path(experiments: Path, key: str) -> Path:
    """Where the weights of a run lie from which others start; studies share them."""
    return experiments.resolve() / "starts" / f"{key}.safetensors"


def _checkpoints(experiments: Path) -> Path:
    return experiments.resolve() / "checkpoints"
