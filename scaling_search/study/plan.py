"""What a study would do, before it does it."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scaling_search.long_work import tallied
from scaling_search.proxy import ProxyTask, proxy_task
from scaling_search.proxy.pixel_cache import free_bytes, has_room
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.folder import read_records
from scaling_search.study.kinds import kind_of
from scaling_search.study.plan_text import duration, print_notes
from scaling_search.study.records import StoredRun
from scaling_search.study.starts import kept_weights, known_starts

if TYPE_CHECKING:
    from scaling_search.study.database import Database

#: What takes long before a plan of a user's own networks.
COUNTING = "Counting networks"
#: Training arithmetic of one slot, in floating-point operations a second, while nothing is
#: measured yet: a CPU core on networks of a million multiply-adds, a GPU on the same.
_TYPICAL_FLOPS = {"cpu": 6e9, "cuda": 3e11}


class Caches(NamedTuple):
    """Pixel caches that will be made."""

    bytes: int
    folder: str
    #: Resolutions whose images are not kept, but decoded as they are needed.
    decoded: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The work of a study: STEP 1 exactly, STEP 2 as far as it is known before the winner is."""

    definition: StudyDefinition
    #: STEP 1's runs that are wanted before any result is known.
    runs: tuple[PlannedRun, ...]
    #: STEP 1's runs in all, at most.
    most_runs: int
    #: Keys of the runs that the database, or the study's folder, already has.
    known: frozenset[str]
    #: Known runs that are trained again, since others start from weights that are not kept.
    again: tuple[PlannedRun, ...]
    #: Seconds that the missing runs of both steps will take on `slots` workers.
    seconds: float
    slots: int
    #: Pixel caches that are missing; None where the user's training reads its own data.
    caches: Caches | None
    #: What was made of the data, in sentences.
    data_notes: tuple[str, ...]

    @property
    def missing(self) -> list[PlannedRun]:
        """The first runs that are still to be trained."""
        return [run for run in self.runs if run.spec.key not in self.known]


def make_plan(
    definition: StudyDefinition,
    task: ProxyTask | None,
    database: Database | None,
    slots: int,
    folder: Path | None = None,
    fresh: bool = False,
) -> Plan:
    """Count, price and estimate. Raises InvalidInput where no cache can be written.

    folder: the study's, whose runs are taken over unless it is made afresh.
    """
    kind = kind_of(definition)
    with tallied(COUNTING):
        runs, most_runs, later_flops = kind.first_runs(), kind.most_runs(), kind.later_flops()
    wanted = {run.spec.key for run in runs}
    stored: dict[str, StoredRun] = {}
    if folder and not fresh:
        for name in (folder.name, *definition.settings.sweep.rests_on):
            brought = read_records(folder.parent / name).values()
            stored |= {run.key: run for run in brought if run.key in wanted}
    stored |= database.stored_runs(wanted) if database else {}
    images = definition.facts_of
    flops = {
        r.spec.key: r.member.cost.train_flops(r.spec.epochs * images(r.spec).epoch_images)
        for r in runs
    }
    speeds = sorted(flops[key] / max(run.seconds, 1e-3) for key, run in stored.items())
    typical = _TYPICAL_FLOPS[definition.platform.device]
    speed = speeds[len(speeds) // 2] if speeds else typical
    again: tuple[PlannedRun, ...] = ()
    if folder:
        place = (folder.parent, definition.settings.sweep.rests_on)
        starts = known_starts(runs, stored)
        again = tuple(run for run in starts if kept_weights(run, *place) is None)
    missing: float = sum(value for key, value in flops.items() if key not in stored)
    missing += sum(flops[run.spec.key] for run in again)
    most = max(len(runs), most_runs)
    missing += (most - len(runs)) * max(flops.values()) + later_flops
    caches = None if task is None else _all_caches(definition, task, runs, stored)
    return Plan(
        definition=definition,
        runs=runs,
        most_runs=most,
        known=frozenset(stored),
        again=again,
        seconds=missing / speed / slots,
        slots=slots,
        caches=caches,
        data_notes=task.image_set.notes if task else (),
    )


def _all_caches(
    definition: StudyDefinition, task: ProxyTask, runs: Iterable[PlannedRun], known: Container[str]
) -> Caches:
    """Of the task, and of those on which sources of its runs are trained."""
    other = definition.settings.other_data
    missing = [run.spec for run in runs if run.spec.key not in known]
    found = []
    for one in (task, *map(proxy_task, other.values())):
        found.append(_caches(one, {s.resolution for s in missing if s.task == one.identity}))
    decoded = {resolution for caches in found for resolution in caches.decoded}
    return Caches(sum(c.bytes for c in found), found[0].folder, tuple(sorted(decoded)))


def _caches(task: ProxyTask, resolutions: set[int]) -> Caches:
    if task.image_set.drawn:
        resolutions.add(task.image_set.native_resolution)
    folder = task.settings.cache_folder()
    if not task.caches:
        return Caches(0, str(folder), tuple(sorted(resolutions)))
    kept, decoded = 0, []
    missing = [r for r in sorted(resolutions) if not task.is_cached(r)]
    free = free_bytes(folder) if missing else 0
    for resolution in missing:
        size = math.prod(task.cache_shape(resolution))
        if has_room(size, free - kept):
            kept += size
        else:
            decoded.append(resolution)
    return Caches(kept, str(folder), tuple(decoded))


def print_plan(plan: Plan, write: Callable[[str], None], remarks: Sequence[str] = ()) -> None:
    """The plan as lines of text, with remarks on the networks."""
    definition = plan.definition
    facts = definition.facts
    if plan.caches:
        write(
            f"Task: {facts.name}, {facts.num_classes} classes, {facts.train_images:,} train, "
            f"{facts.val_images:,} val and {facts.test_images:,} test images of "
            f"{facts.native_resolution} px"
        )
    else:
        write(f"Task: {facts.name}, which your own training reads")
    for line in definition.trainer.plan_lines():
        write(line)
    print_notes(plan.data_notes, write)
    kind_of(definition).print_plan(plan, write)
    if plan.again:
        write(
            f"Again: {len(plan.again)} runs are known, but not the weights from which others "
            "start (family.save_weights=true keeps those of a family): they are trained again"
        )
    for remark in remarks:
        write(f"Note: {remark}")
    known = f"measured on {len(plan.known)} finished runs" if plan.known else ""
    source = known or "a guess until the first runs have ended"
    time = f"about {duration(plan.seconds)}"
    if definition.settings.trainer.own and not known:
        time, source = "not known", "until the first of your trainings have ended"
    write(f"Time: {time} with {plan.slots} workers on {definition.platform.device} ({source})")
    if plan.caches:
        write(f"Disk: {plan.caches.bytes / 1e6:,.0f} MB of pixels in {plan.caches.folder}")
        if plan.caches.decoded:
            decoded = ", ".join(map(str, plan.caches.decoded))
            write(f"Images of {decoded} px are decoded as they are needed")
