"""Around a study: its task and device, its folder, its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from scaling_search.errors import InvalidInput
from scaling_search.execution import resolve_device, torch_version
from scaling_search.proxy import ProxyTask, proxy_task
from scaling_search.proxy.run import TRAINER_VERSION
from scaling_search.scaling import PAPER
from scaling_search.series import SingleVsCompoundSettings
from scaling_search.study.definition import Platform, StudyDefinition
from scaling_search.study.fidelity import require_fidelity
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.plain import differences
from scaling_search.study.read import read_study
from scaling_search.study.settings import Conduct, StudySettings

if TYPE_CHECKING:
    from scaling_search.study.database import Database


def define(settings: StudySettings, conduct: Conduct) -> tuple[StudyDefinition, ProxyTask]:
    """Make a study concrete: open its data and find its device. Raises InvalidInput."""
    settings = _with_winner(settings)
    task = proxy_task(settings.data)
    task.require_batch(settings.recipe.batch_size)
    platform = Platform(resolve_device(conduct.executor.device), torch_version(), TRAINER_VERSION)
    definition = StudyDefinition(settings, task.facts, platform)
    # Refused here, before anything is written, where something could not be trained.
    _ = definition.first_runs
    if definition.settings.series is None:
        require_fidelity(definition)
    return definition, task


def _with_winner(settings: StudySettings) -> StudySettings:
    """Compound scaling by another study's winner, as numbers: study.yaml then stands alone."""
    sweep = settings.sweep
    if not isinstance(sweep, SingleVsCompoundSettings) or not sweep.winner_of:
        return settings
    if sweep.compound != PAPER:
        raise InvalidInput(
            f"sweep.winner_of is {sweep.winner_of!r} and sweep.coefficients is "
            f"{sweep.coefficients!r}, but only one can say what compound is: leave one out"
        )
    study = read_study(sweep.winner_of)
    if not study.search_ended:
        raise InvalidInput(
            f"sweep.winner_of is {sweep.winner_of!r}, but that search has not ended: repeat its "
            "command first"
        )
    winner = study.winning_coefficients
    found = replace(
        sweep,
        coefficients=[winner.alpha, winner.beta, winner.gamma],
        # The folder's name: the same study by another path is the same study.
        winner_of=Path(sweep.winner_of).resolve().name,
    )
    return replace(settings, sweep=found)


def study_folder(settings: StudySettings, conduct: Conduct) -> Path:
    """experiments/NAME; without a name one is made of sweep, baseline, data and recipe."""
    name = conduct.name
    if not name:
        data = settings.data.name or Path(settings.data.path).name or settings.data.kind
        baseline = settings.baseline.name or settings.baseline._target_
        if isinstance(settings.sweep, SingleVsCompoundSettings) and settings.sweep.baselines:
            baseline = "+".join(settings.sweep.baselines)
        parts = (settings.sweep.kind, baseline, data, settings.recipe.name)
        name = "-".join(part.replace("/", "_") for part in parts if part)
    if name in (".", "..") or any(c in name for c in "/\\\0"):
        raise InvalidInput(f"name is {name!r}, but must be the name of one folder")
    if len(name.encode()) > 200 or name.startswith("store.db") or name == "checkpoints":
        reason = "is too long" if len(name) > 20 else "is used for something else there"
        raise InvalidInput(f"name is {name!r}, but that {reason}: give another")
    return Path(conduct.experiments_dir).expanduser() / name


def open_database(conduct: Conduct, create: bool = True) -> Database | None:
    """The database of the experiments directory, or of `store`; None where it is not to be made."""
    folder = Path(conduct.experiments_dir).expanduser()
    path = folder / "store.db"
    file = Path(conduct.store.removeprefix("sqlite:///")) if conduct.store else path
    if not create and "://" not in str(file) and not file.exists():
        return None
    # SQLAlchemy takes a third of a second to import: not for a plan without a database.
    from scaling_search.study.database import Database

    if conduct.store:
        return Database(conduct.store)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"experiments_dir is {str(folder)!r}, but it cannot be made ({error.strerror}): give "
            "experiments_dir= a folder that can be written"
        ) from error
    return Database(path)


@contextmanager
def claimed(folder: Path, definition: StudyDefinition, conduct: Conduct) -> Iterator[None]:
    """Hold the study's folder for this driver, after a look at whose study lies in it.

    Raises InvalidInput where another driver holds it or the study there has another configuration.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(blocking=False)
    except Timeout as error:
        raise InvalidInput(
            f"the study {folder} is being run by another process: wait for it, or give this one "
            "another name="
        ) from error
    except OSError as error:
        raise InvalidInput(
            f"the study folder {folder} cannot be written ({error.strerror}): give "
            "experiments_dir= a folder that can"
        ) from error
    try:
        if (folder / "study.yaml").exists() and not conduct.fresh:
            changed = differences(read_definition(folder).to_plain(), definition.to_plain())
            if changed:
                raise InvalidInput(
                    f"the study {folder} was made with another configuration ("
                    + "; ".join(changed[:8])
                    + "): give this one another name=, or replace that one with fresh=true "
                    "(finished runs that both share are kept)"
                )
        yield
    finally:
        lock.release()
