"""What the trainings of the user's own have in common."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from scaling_search.baselines import FamilyMember
from scaling_search.errors import InvalidInput
from scaling_search.proxy import Recipe
from scaling_search.proxy.exported import Exported
from scaling_search.trainers.code import joined
from scaling_search.trainers.own_run import OwnJob, OwnRunSpec
from scaling_search.trainers.trainer import Spec, Trainer


class OwnTrainer(Trainer):
    """Trains by code that is not ours."""

    #: Its job.
    JOB: ClassVar[type[OwnJob]]

    def spec(
        self,
        member: FamilyMember,
        phi: float,
        seed: int,
        recipe: Recipe,
        rung: int | None = None,
        start: Spec | Exported | None = None,
    ) -> OwnRunSpec:
        if start is not None:
            raise InvalidInput(
                f"trainer={self.settings.kind} trains by code of its own, which cannot be told to "
                "start from the weights of another run: take trainer=builtin"
            )
        return OwnRunSpec(
            settings=self.settings,
            code=joined(self.code),
            model=member.baseline.name,
            member=member.id,
            network=member.network,
            depth_mult=float(member.depth_mult),
            width_mult=float(member.width_mult),
            resolution=member.resolution,
            phi=float(phi),
            task=self.task,
            seed=seed,
            device=self.device,
            whole_epochs=recipe.epochs,
            rung=rung,
        )

    def job(
        self,
        spec: OwnRunSpec,
        experiments: Path,
        weights: Path | None = None,
        stops: bool = False,
        logs: Path | None = None,
    ) -> OwnJob:
        folder = _runs(experiments) / spec.whole.key
        kept = weights.with_suffix("") if weights is not None else None
        log = (logs or folder.parent) / f"{folder.name}.log"
        return self.JOB(spec=spec, folder=folder, log=log, weights=kept)

    def forget(self, keys: Sequence[str], experiments: Path) -> None:
        for key in keys:
            shutil.rmtree(_runs(experiments) / key, ignore_errors=True)
        with suppress(OSError):
            _runs(experiments).rmdir()


def _runs(experiments: Path) -> Path:
    """The folder of all own runs, which studies share as they share the database."""
    return experiments.resolve() / "runs"
