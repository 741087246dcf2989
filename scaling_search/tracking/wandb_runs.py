"""Weights & Biases: a run of a project for each run, grouped by study, and the report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import wandb

from scaling_search.errors import InvalidInput
from scaling_search.tracking.tracker import TrackedRun, Tracker


def require_login() -> None:
    """Raise InvalidInput where nobody is logged in: W&B would ask, and wait for the answer."""
    settings = wandb.setup().settings
    if settings.mode in ("offline", "disabled", "dryrun") or wandb.api.api_key:
        return
    raise InvalidInput(
        "tracker.kind is 'wandb', but nobody is logged in: run `wandb login`, or give "
        "tracker.offline=true, whose runs `wandb sync` sends later"
    )


class WandbRuns(Tracker):
    """Online, or in folders that `wandb sync` sends."""

    def __init__(self, project: str, folder: Path, study: str, offline: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._given = {"project": project, "dir": str(folder), "group": study}
        if offline:
            self._given["mode"] = "offline"
        # Offline, W&B cannot go on with a run; and nobody watches.
        self.live = not (offline or wandb.setup().settings.mode in ("offline", "dryrun"))
        self._runs: dict[str, Any] = {}

    def _init(self, name: str, **more: Any) -> Any:
        quiet = wandb.Settings(silent=True, console="off", disable_git=True, x_disable_stats=True)
        # Several at a time, none of them the process's own.
        given = {**self._given, **more}
        return wandb.init(name=name, reinit="create_new", settings=quiet, **given)

    def begin(self, run: TrackedRun, there: str) -> str:
        known = {"id": there, "resume": "allow"} if there and self.live else {}
        config = {**run.parameters, "run": run.key}
        opened = self._init(run.name, job_type="run", config=config, **known)
        opened.define_metric("*", step_metric="epoch")
        self._runs[opened.id] = opened
        return str(opened.id)

    def point(self, there: str, epoch: int, values: Mapping[str, float]) -> None:
        self._runs[there].log({"epoch": epoch, **values})

    def end(self, there: str, epoch: int, status: str, results: Mapping[str, float]) -> None:
        run = self._runs.pop(there)
        run.summary.update({**results, "status": status})
        run.finish(exit_code=int(status not in ("finished", "diverged")))

    def report(self, study: str, files: Sequence[Path]) -> None:
        run = self._init(f"{study} report", job_type="report")
        name = re.sub(r"[^\w.-]", "_", study, flags=re.ASCII)[:100]
        artifact = wandb.Artifact(f"{name}-report", type="report")
        for file in files:
            artifact.add_file(str(file))
        run.log_artifact(artifact)
        run.finish()
