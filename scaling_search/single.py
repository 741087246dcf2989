"""One network, trained and printed: what the command does without a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaling_search.baselines import scale
from scaling_search.errors import require_seed
from scaling_search.proxy import Job, RunSpec, carry_out, proxy_task
from scaling_search.scaling import Coefficients
from scaling_search.study.conduct import open_database, require_places
from scaling_search.study.definition import Platform
from scaling_search.study.found import looked_up
from scaling_search.study.limits import require_describable, require_native
from scaling_search.study.loop import AllAtOnce, complete
from scaling_search.study.plan_text import print_notes
from scaling_search.study.rehearsal import rehearsed

if TYPE_CHECKING:
    from scaling_search.config import Configuration


def train_one(configuration: Configuration) -> bool:
    """Train the baseline scaled by coefficients.* at phi with one seed, and print what came out.

    Says whether the run has ended. Raises InvalidInput.
    """
    conduct, recipe = configuration.conduct, configuration.recipe
    require_seed("seed", configuration.seed)
    require_places(conduct)
    task = proxy_task(configuration.data)
    task.require_batch(recipe.batch_size)
    facts = task.facts
    print_notes([f"Data: {note}" for note in task.image_set.notes], print)
    baseline = looked_up(configuration.baseline).load(facts.num_classes, facts.in_channels)
    given = configuration.coefficients
    coefficients = Coefficients(given.alpha, given.beta, given.gamma)
    member = scale(baseline, coefficients, configuration.phi)
    require_native(member.resolution, facts)
    require_describable(member)
    dropout, stochastic_depth = recipe.regularisation(configuration.phi)
    platform = Platform.here(conduct.executor.device)
    spec = RunSpec(
        network=member.network,
        resolution=member.resolution,
        built=member.built,
        task=facts.identity,
        recipe=recipe,
        dropout=dropout,
        stochastic_depth=stochastic_depth,
        seed=configuration.seed,
        **vars(platform),
    )
    known = open_database(conduct, create=False)
    remarks = [] if known and known.known_keys([spec.key]) else rehearsed([member], recipe)
    print(
        f"{baseline.name} at depth x{member.depth_mult:.3f}, width x{member.width_mult:.3f}, "
        f"{member.resolution} px: {member.cost.macs:,} multiply-adds "
        f"({member.cost_ratio:.3f} times the baseline's), {member.cost.params:,} parameters"
    )
    for remark in remarks:
        print(f"Note: {remark}")
    if conduct.dry_run:
        print("Nothing was trained: dry_run=true")
        return True
    from scaling_search.console import show_progress

    database = open_database(conduct)
    assert database is not None
    if not task.image_set.drawn and not database.stored_runs([spec.key]):
        task.prepare(spec.resolution)
    with conduct.executor.start(carry_out, 1) as executor, show_progress() as progress:
        reported = progress("single", 1)
        complete(
            AllAtOnce([spec]),
            database,
            executor,
            lambda wanted: Job(spec=wanted, data=configuration.data),
            attempts=conduct.executor.attempts,
            timeout=conduct.executor.timeout,
            progress=reported,
        )
    for failure in reported.failures:
        print(f"failed: {failure}")
    for run in database.stored_runs([spec.key]).values():
        if run.val_error is None or run.test_error is None:
            print(f"seed {spec.seed}: {run.status}")
        else:
            print(
                f"seed {spec.seed}: val error {run.val_error:.4f}, test error "
                f"{run.test_error:.4f}, {run.seconds:.0f} s"
            )
    return not reported.failures
