"""Which tracker, as a person says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import urlsplit

from scaling_search.errors import InvalidInput
from scaling_search.text_file import expanded
from scaling_search.tracking.handing_on import HandingOn
from scaling_search.tracking.tracker import Tracker

#: Of each tracker, the packages of which one is enough.
_PACKAGES = {
    "tensorboard": ("tensorboard",),
    "mlflow": ("mlflow", "mlflow-skinny"),
    "wandb": ("wandb",),
}
#: Settings that only some trackers look at; others are of all.
_USED_BY = {"url": ("mlflow",), "project": ("mlflow", "wandb"), "offline": ("wandb",)}


@dataclass(frozen=True)
class TrackerSettings:
    """Where runs are shown besides the report."""

    #: none; tensorboard, mlflow or wandb, each with its own package (an extra of this name).
    kind: str = "none"
    #: Folder of what the tracker writes here; empty takes one of its name in the study's folder.
    folder: str = ""
    #: mlflow: the server or the database; empty takes MLFLOW_TRACKING_URI, or else a database in
    #: the folder.
    url: str = ""
    #: mlflow: the experiment, wandb: the project, in which the runs stand.
    project: str = "scaling_search"
    #: wandb: send nothing; `wandb sync` does it later.
    offline: bool = False

    def __post_init__(self) -> None:
        kinds = ("none", *_PACKAGES)
        if self.kind not in kinds:
            raise InvalidInput(
                f"tracker.kind is {self.kind!r}, but must be one of {', '.join(kinds)}"
            )
        for one in fields(self)[1:]:
            value, able = getattr(self, one.name), _USED_BY.get(one.name, tuple(_PACKAGES))
            if value != one.default and self.kind not in able:
                raise InvalidInput(
                    f"tracker.{one.name} is {value!r}, but tracker={self.kind} has no use for it: "
                    f"leave it out, or take tracker={' or tracker='.join(able)}"
                )
        if not self.project.strip():
            raise InvalidInput("tracker.project is empty: give a name, or leave it out")

        try:
            has_password = bool(urlsplit(self.url).password)
        except ValueError as error:
            raise InvalidInput(
                f"tracker.url is {self.url!r}, but must be a URL, such as http://host:5000 "
                f"({error})"
            ) from error
        if has_password:
            raise InvalidInput(
                "tracker.url has a password, which would be recorded with the command: leave it "
                "out, and set MLFLOW_TRACKING_URI, or MLFLOW_TRACKING_PASSWORD, instead"
            )

    def require(self) -> None:
        """Raise InvalidInput where the tracker cannot begin: not installed, or nobody logged in."""
        if self.kind == "none":
            return
        if not any(_is_installed(package) for package in _PACKAGES[self.kind]):
            raise InvalidInput(
                f"tracker.kind is {self.kind!r}, but {self.kind} is not installed: "
                f"pip install 'scaling-search[{self.kind}]', or leave tracker= out"
            )
        if self.kind == "wandb" and not self.offline:
            from scaling_search.tracking.wandb_runs import require_login

            require_login()

    def start(self, study: Path) -> HandingOn:
        """What hands the runs of a study on; study: its folder."""
        folder = (
            expanded(self.folder, "tracker.folder") / study.name
            if self.folder
            else study / self.kind
        )
        make = _KINDS.get(self.kind)
        start = None if make is None else lambda: make(self, folder, study.name)
        return HandingOn(self.kind, start, folder)


def _is_installed(package: str) -> bool:
    # Not find_spec: a folder of this name in the working directory would look like the package.
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


# Each package takes up to seconds to import, and is an extra.


def _tensorboard(_: TrackerSettings, folder: Path, study: str) -> Tracker:
    from scaling_search.tracking.tensorboard_files import TensorBoardFiles

    return TensorBoardFiles(folder)


def _mlflow(settings: TrackerSettings, folder: Path, study: str) -> Tracker:
    from scaling_search.tracking.mlflow_runs import MlflowRuns

    return MlflowRuns(settings.url, settings.project, folder, study)


def _wandb(settings: TrackerSettings, folder: Path, study: str) -> Tracker:
    from scaling_search.tracking.wandb_runs import WandbRuns

    return WandbRuns(settings.project, folder, study, settings.offline)


_KINDS: Mapping[str, Callable[[TrackerSettings, Path, str], Tracker]] = {
    "tensorboard": _tensorboard,
    "mlflow": _mlflow,
    "wandb": _wandb,
}
