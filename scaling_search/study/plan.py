"""What a study would do, before it does it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_search.proxy import ProxyTask
from scaling_search.proxy.pixel_cache import require_disk
from scaling_search.search import Asked
from scaling_search.study.definition import PlannedRun, StudyDefinition
from scaling_search.study.folder import read_records

if TYPE_CHECKING:
    from scaling_search.study.database import Database

#: Lines of a table, and points of a list, that a screen has room for.
_LINES, _POINTS = 40, 5
#: Training arithmetic of one slot, in floating-point operations a second, while nothing is
#: measured yet: a CPU core on networks of a million multiply-adds, a GPU on the same.
_TYPICAL_FLOPS = {"cpu": 6e9, "cuda": 3e11}


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
    #: Seconds that the missing runs of both steps will take on `slots` workers.
    seconds: float
    slots: int
    #: Bytes that pixel caches will add to `cache_folder`.
    cache_bytes: int
    cache_folder: str


def make_plan(
    definition: StudyDefinition,
    task: ProxyTask,
    database: Database | None,
    slots: int,
    folder: Path | None = None,
) -> Plan:
    """Count, price and estimate. Raises InvalidInput where the disk cannot hold the caches.

    folder: the study's, whose runs are taken over; None where they are not.
    """
    runs = definition.first_runs
    wanted = {run.spec.key for run in runs}
    brought = read_records(folder).values() if folder else ()
    stored = {run.key: run for run in brought if run.key in wanted}
    stored |= database.stored_runs(wanted) if database else {}
    images = definition.facts.train_images
    flops = {r.spec.key: r.member.cost.train_flops(r.spec.epochs * images) for r in runs}
    speeds = sorted(flops[key] / max(run.seconds, 1e-3) for key, run in stored.items())
    typical = _TYPICAL_FLOPS[definition.platform.device]
    speed = speeds[len(speeds) // 2] if speeds else typical
    missing: float = sum(value for key, value in flops.items() if key not in stored)
    budget = len(runs)
    if definition.settings.series is None:
        budget = definition.search().budget.runs or len(runs)
        missing += max(0, budget - len(runs)) * max(flops.values()) + _family_flops(definition)
    resolutions = {run.spec.resolution for run in runs if run.spec.key not in stored}
    if task.image_set.drawn:
        resolutions.add(task.image_set.native_resolution)
    size = sum(math.prod(task.cache_shape(r)) for r in resolutions if not task.is_cached(r))
    caches = task.settings.cache_folder()
    require_disk(caches, size)
    return Plan(
        definition=definition,
        runs=runs,
        most_runs=max(len(runs), budget),
        known=frozenset(stored),
        seconds=missing / speed / slots,
        slots=slots,
        cache_bytes=size,
        cache_folder=str(caches),
    )


def _family_flops(definition: StudyDefinition) -> float:
    """STEP 2's training, whoever wins: the sizes are spaced evenly below the largest."""
    family, settings = definition.settings.family, definition.settings
    largest = settings.constraint.cost_ratio**family.train_up_to
    steps = max(1, family.sizes - 1)
    ratios: float = sum(largest / family.span ** (index / steps) for index in range(family.sizes))
    macs = definition.search_runs[0].member.cost.macs / definition.search_runs[0].member.cost_ratio
    examples = settings.recipe.epochs * definition.facts.train_images
    return 6 * macs * ratios * examples * len(definition.family_seeds)


def print_plan(plan: Plan, write: Callable[[str], None]) -> None:
    """The plan as lines of text."""
    definition = plan.definition
    facts = definition.facts
    write(
        f"Task: {facts.name}, {facts.num_classes} classes, {facts.train_images:,} train, "
        f"{facts.val_images:,} val and {facts.test_images:,} test images of "
        f"{facts.native_resolution} px"
    )
    if definition.settings.series is None:
        _print_search(plan, write)
    else:
        _print_series(plan, write)
    known = f"measured on {len(plan.known)} finished runs" if plan.known else ""
    source = known or "a guess until the first runs have ended"
    write(
        f"Time: about {duration(plan.seconds)} with {plan.slots} workers on "
        f"{definition.platform.device} ({source})"
    )
    write(f"Disk: {plan.cache_bytes / 1e6:,.0f} MB of pixels in {plan.cache_folder}")


def _print_search(plan: Plan, write: Callable[[str], None]) -> None:
    definition = plan.definition
    settings, candidates = definition.settings, definition.candidates
    constraint = settings.constraint
    base = plan.runs[0].member.baseline
    macs = plan.runs[0].member.cost.macs / plan.runs[0].member.cost_ratio
    write(f"Baseline: {base.name} at {base.resolution} px, {round(macs):,} multiply-adds")
    ratio, tolerance = constraint.cost_ratio, constraint.tolerance
    within = f"within {100 * tolerance:g} % of {ratio:g} times the baseline's multiply-adds"
    if constraint.on != "realised":
        within = f"|alpha*beta^2*gamma^2 - {ratio:g}| <= {tolerance:g}"
    asks = settings.search.asks_text(candidates)
    write(f"STEP 1: {asks} {len(candidates.kept)} distinct networks, {within}")
    write("  trial     alpha  beta   gamma  cost   px  multiply-adds     params  asked by")
    # The marked points are always shown.
    marked = {c.id for c in candidates.kept if c.marks}
    others = [c.id for c in candidates.kept if not c.marks][: _LINES - len(marked)]
    shown = [c for c in candidates.kept if c.id in marked.union(others)]
    for candidate in shown:
        c, cost = candidate.coefficients, candidate.member.cost
        who = ", ".join(candidate.marks) or "grid"
        outside = "" if candidate.within else "  (outside the tolerance: compared, cannot win)"
        write(
            f"  {candidate.id}  {c.alpha:<6.3f} {c.beta:<6.3f} {c.gamma:<6.3f} "
            f"{candidate.member.cost_ratio:<5.3f} {candidate.member.resolution:>4} "
            f"{cost.macs:>14,} {cost.params:>10,}  {who}{outside}"
        )
    if len(shown) < len(candidates.kept):
        write(f"  and {len(candidates.kept) - len(shown)} more")
    _print_left_out("dropped", ((_named(d.asked), d.reason) for d in candidates.dropped), write)
    family = settings.family
    write(
        f"STEP 2: up to {family.sizes} sizes of the winner's family up to phi = "
        f"{family.train_up_to:g}, {len(definition.family_seeds)} seeds each"
    )
    runs = f"Runs: {len(plan.runs)} in STEP 1"
    if "budget" in settings.sweep.READS:
        runs = f"Runs: {len(plan.runs)} to start STEP 1 with, at most {plan.most_runs} in all"
    write(f"{runs}; {len(plan.known)} of the first ones are already trained")


def _print_series(plan: Plan, write: Callable[[str], None]) -> None:
    networks = plan.definition.networks
    write(f"Series: {len(networks.points)} points, {len(networks.members)} distinct networks")
    write("  network   depth  width  px   price  cost    multiply-adds     params  series")
    for point in networks.points:
        member, cost = point.member, point.member.cost
        outside = "" if point.within else "  (outside the tolerance: compared, and said so)"
        write(
            f"  {member.id}  {member.depth_mult:<6.3f} {member.width_mult:<6.3f} "
            f"{member.resolution:<4} {networks.pixel_price[member.id]:<6.3f} "
            f"{member.cost_ratio:<6.3f} {cost.macs:>14,} "
            f"{cost.params:>10,}  {point.baseline}, {point.series}{outside}"
        )
    left_out = ((network.what, network.reason) for network in networks.left_out)
    _print_left_out("left out", left_out, write)
    series = plan.definition.settings.series
    for remark in series.plan_remarks(networks) if series else ():
        write(f"  {remark}")
    write(f"Runs: {len(plan.runs)}; {len(plan.known)} of them are already trained")


def _named(asked: Asked) -> str:
    c, mark = asked.coefficients, f" ({asked.mark})" if asked.mark else ""
    return f"({c.alpha:.3g}, {c.beta:.3g}, {c.gamma:.3g}){mark}"


def _print_left_out(
    what: str, left_out: Iterable[tuple[str, str]], write: Callable[[str], None]
) -> None:
    """A line for each reason, with the first of those that it holds for."""
    reasons: dict[str, list[str]] = {}
    for name, reason in left_out:
        reasons.setdefault(reason, []).append(name)
    for reason, names in list(reasons.items())[:_LINES]:
        more = f" and {len(names) - _POINTS} more" if len(names) > _POINTS else ""
        write(f"  {what} {'; '.join(names[:_POINTS])}{more}: {reason}")
    if len(reasons) > _LINES:
        rest = sum(len(names) for names in list(reasons.values())[_LINES:])
        write(f"  {what} {rest} more for other reasons")


def duration(seconds: float) -> str:
    """About how long, in words."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
