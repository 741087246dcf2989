"""MLflow: a run of an experiment for each run, the report as the artifact of one more."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

# Otherwise it tells its makers of each call, and waits for them where there is no network.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# A server that has gone is said to have gone after a quarter of a minute, not after four.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from scaling_search.tracking.tracker import TrackedRun, Tracker

_STATUS = {"finished": "FINISHED", "stopped": "KILLED"}


class MlflowRuns(Tracker):
    """On a server, or in a database on this machine: `mlflow ui --backend-store-uri URL`."""

    def __init__(self, url: str, project: str, folder: Path, study: str) -> None:
        # Of an error that ends it one line is said.
        for name in ("alembic", "mlflow", "urllib3.connectionpool"):
            logging.getLogger(name).setLevel(logging.ERROR)
        url = url or os.environ.get("MLFLOW_TRACKING_URI", "")
        place = None
        if not url:
            folder.mkdir(parents=True, exist_ok=True)
            url = f"sqlite:///{folder.resolve() / 'mlflow.db'}"
        if "://" not in url or url.startswith("sqlite"):
            # What lies here keeps its artifacts here, and not where the command is called.
            place = (folder.resolve() / "artifacts").as_uri()
        self._client, self._study = MlflowClient(url), study
        self._experiment = self._experiment_of(project, place)

    def _experiment_of(self, project: str, place: str | None) -> str:
        found = self._client.get_experiment_by_name(project)
        if found is None:
            try:
                return str(self._client.create_experiment(project, place))
            except MlflowException:
                # Another driver was faster.
                found = self._client.get_experiment_by_name(project)
                if found is None:
                    raise
        return str(found.experiment_id)

    def begin(self, run: TrackedRun, there: str) -> str:
        if there:
            self._client.update_run(there, status="RUNNING")
            return there
        tags = {"study": self._study, "run": run.key}
        made = self._client.create_run(self._experiment, run_name=run.name, tags=tags)
        parameters = [Param(name, str(value)) for name, value in run.parameters.items()]
        self._client.log_batch(made.info.run_id, params=parameters)
        return str(made.info.run_id)

    def point(self, there: str, epoch: int, values: Mapping[str, float]) -> None:
        self._client.log_batch(there, metrics=_metrics(values, epoch))

    def end(self, there: str, epoch: int, status: str, results: Mapping[str, float]) -> None:
        tags = [] if status == "stopped" else [RunTag("status", status)]
        self._client.log_batch(there, metrics=_metrics(results, epoch), tags=tags)
        self._client.set_terminated(there, _STATUS.get(status, "FAILED"))

    def report(self, study: str, files: Sequence[Path]) -> None:
        tags = {"study": study, "run": "report"}
        made = self._client.create_run(self._experiment, run_name=f"{study} report", tags=tags)
        for file in files:
            self._client.log_artifact(made.info.run_id, str(file))
        self._client.set_terminated(made.info.run_id)


def _metrics(values: Mapping[str, float], step: int) -> list[Metric]:
    now = int(1000 * time.time())
    # A name such as mAP50(B) would be refused.
    names = {name: re.sub(r"[^\w. /:-]", "_", name, flags=re.ASCII) for name in values}
    return [Metric(names[name], value, now, step) for name, value in values.items()]
