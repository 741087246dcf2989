"""Around a study: its task and device, its folder, its database."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from scaling_search.baselines.own_cost import COST
from scaling_search.baselines.own_function import code_of_function, how_to_go_on
from scaling_search.errors import InvalidInput
from scaling_search.execution import core_count
from scaling_search.long_work import tallied
from scaling_search.proxy import DataSettings, ProxyTask, Recipe, own_facts, proxy_task
from scaling_search.scaling import Coefficients
from scaling_search.search import SearchSweep
from scaling_search.study.curve import with_curve
from scaling_search.study.definition import StudyDefinition
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.found import looked_up
from scaling_search.study.grown_networks import with_networks
from scaling_search.study.kinds import kind_of
from scaling_search.study.limits import require_describable
from scaling_search.study.measured import Measured, members_of
from scaling_search.study.other_study import finished_study
from scaling_search.study.plain import differences
from scaling_search.study.plan import COUNTING
from scaling_search.study.platform import Platform
from scaling_search.study.settings import Conduct, StudySettings
from scaling_search.study.source_study import require_source, with_source
from scaling_search.study.starts import require_takes, with_start
from scaling_search.study.trained_networks import networks_for
from scaling_search.text_file import expanded
from scaling_search.trainers import code_of_training

if TYPE_CHECKING:
    from scaling_search.study.database import Database

#: What Windows takes for a device, whatever follows after a dot.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10)}


def define(settings: StudySettings, conduct: Conduct) -> tuple[StudyDefinition, ProxyTask | None]:
    """Make a study concrete: open its data and find its device. Raises InvalidInput.

    There is no task where a training of the user's own reads its own data.
    """
    platform = Platform.here(conduct.executor.resolved_device())
    settings, exported = with_start(with_networks(with_source(settings)))
    measured = Measured.of_files(settings.constraint.measurements)
    settings = with_curve(replace(settings, baseline=looked_up(settings.baseline)))
    settings = replace(
        settings,
        constraint=replace(settings.constraint, measurements=measured.identities),
        data=settings.data.shared(core_count(), conduct.executor.most_slots(platform.device)),
        sweep=settings.sweep.resolved(_winner_of),
    )
    task = open_task(settings.data, settings.recipe)
    facts = task.facts if task else own_facts(settings.data)
    networks_of = networks_for(settings, facts, platform)
    settings = replace(settings, sweep=settings.sweep.joined(networks_of))
    if task:
        require_source(settings, task)
    weights = settings.baseline.pretrained
    code = {target: code_of_function(target, weights) for target in settings.own_networks}
    code |= code_of_training(settings.trainer)
    if measured.drawn and not conduct.fresh:
        measured = members_of(study_folder(settings, conduct), measured)
    definition = StudyDefinition(
        settings, facts, platform, code=code, measured=measured, exported=exported
    )
    measured.require(definition.baseline)
    if conduct.latency and settings.baseline.name == COST:
        raise InvalidInput(
            "latency is true, but the networks of baseline=cost are not built here: leave it out"
        )
    # Refused here, before anything is written, where something could not be trained.
    settings.sweep.rehearse()
    kind = kind_of(definition)
    with tallied(COUNTING):
        runs = kind.first_runs()
        for run in runs:
            require_describable(run.member, kind.smaller)
        if exported is not None:
            require_takes(exported, (run.member for run in runs))
        kind.require()
    return definition, task


def open_task(data: DataSettings, recipe: Recipe) -> ProxyTask | None:
    """The data, opened; None where a training of the user's own does that. Raises InvalidInput."""
    if data.is_own:
        return None
    task = proxy_task(data)
    task.require_batch(recipe.batch_size)
    return task


def _winner_of(folder: str) -> Coefficients:
    return finished_study("sweep.winner_of", folder, SearchSweep).winning_coefficients


def study_folder(settings: StudySettings, conduct: Conduct) -> Path:
    """experiments/NAME; without a name one is made of sweep, baseline, data and recipe."""
    name = conduct.name
    if not name:
        data = settings.data.name or Path(settings.data.path).name or settings.data.kind
        baseline = "+".join(settings.sweep.subjects()) or settings.baseline.target
        trainer = settings.trainer
        how = trainer._target_ or trainer.kind if trainer.own else settings.recipe.name
        parts = (settings.sweep.kind, baseline, data, how)
        name = "-".join(part.replace("/", "_") for part in parts if part)
    _require_folder_name(name)
    return expanded(conduct.experiments_dir, "experiments_dir") / name


def _require_folder_name(name: str) -> None:
    """A folder of this name can be made, typed and copied on any system."""
    reason = ""
    if any(c in name for c in '/\\<>:"|?*') or name.strip(".") == "":
        reason = "must be the name of one folder"
    elif not name.isprintable():
        reason = "has characters that cannot be printed"
    elif name[0] in ".-~ " or name[-1] in ". ":
        reason = f"must not begin or end with {name[0] if name[0] in '.-~ ' else name[-1]!r}"
    elif name.split(".")[0].rstrip().lower() in _RESERVED:
        reason = "is the name of a device on Windows"
    elif len(name.encode()) > 200:
        reason = "is too long"
    elif name.startswith("store.db") or name in ("checkpoints", "runs", "starts"):
        reason = "is used for something else there"
    if reason:
        raise InvalidInput(f"name is {name!r}, but it {reason}: give another name=")


def require_places(conduct: Conduct, folder: Path | None = None) -> None:
    """Refuse, before data are opened, a database or folders that could not be written later."""
    if not conduct.experiments_dir.strip():
        raise InvalidInput("experiments_dir is empty: give a folder, or leave it out")
    if conduct.store:
        from scaling_search.study.engine import open_engine

        open_engine(conduct.store, waits=True)
    folder = folder or expanded(conduct.experiments_dir, "experiments_dir")
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        what = "cannot be written" if there.is_dir() else "is no folder"
        raise InvalidInput(
            f"experiments_dir is {conduct.experiments_dir!r}, but {there} {what}: give "
            "experiments_dir= a folder that can be written"
        )


def open_database(conduct: Conduct, create: bool = True) -> Database | None:
    """The database of the experiments directory, or of `store`; None where it is not to be made."""
    folder = expanded(conduct.experiments_dir, "experiments_dir")
    path = folder / "store.db"
    if not create and not conduct.store and not path.exists():
        return None
    # SQLAlchemy takes a third of a second to import: not for a plan without a database.
    from scaling_search.study.database import Database

    if create and not conduct.store:
        folder.mkdir(parents=True, exist_ok=True)
    database = Database(conduct.store or path, create)
    return database if database.is_there else None


def edits(folder: Path, definition: StudyDefinition) -> list[str]:
    """What a plan says where the study in the folder was made with code that has been edited."""
    if not (folder / "study.yaml").exists():
        return []
    edited = _edited(differences(read_definition(folder).to_plain(), definition.to_plain()))
    return [f"{name} has been edited since, so that its runs train again" for name in edited]


def _edited(changed: Sequence[str]) -> list[str]:
    return [one.split(": ")[0][len("code.") :] for one in changed if one.startswith("code.")]


@contextmanager
def held(folder: Path, definition: StudyDefinition, conduct: Conduct) -> Iterator[None]:
    """Hold the study's folder for this driver, after a look at whose study lies in it.

    Raises InvalidInput where another driver holds it or the study there has another configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise InvalidInput(
            f"the study {folder} is being run by another process: wait for it, or give this one "
            "another name="
        ) from error
    try:
        if (folder / "study.yaml").exists() and not conduct.fresh:
            changed = differences(read_definition(folder).to_plain(), definition.to_plain())
            if edited := _edited(changed):
                raise InvalidInput(
                    f"the study {folder} was made with other code of {', '.join(edited)}: "
                    f"{how_to_go_on(edited[0])} to go on with it, give this one another name=, or "
                    "replace that one with fresh=true"
                )
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
