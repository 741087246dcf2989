"""One network, trained and printed: what the command does without a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaling_search.baselines import scale
from scaling_search.errors import InvalidInput, require_seed
from scaling_search.execution import core_count
from scaling_search.metric import ERROR, Metric
from scaling_search.proxy import own_facts
from scaling_search.scaling import Coefficients
from scaling_search.study.away import away_from_here
from scaling_search.study.conduct import open_database, open_task, require_places
from scaling_search.study.found import looked_up
from scaling_search.study.limits import require_describable, require_native
from scaling_search.study.loop import complete
from scaling_search.study.plan_text import print_notes
from scaling_search.study.platform import Platform
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.records import StoredRun
from scaling_search.study.rehearsal import rehearsed
from scaling_search.text_file import expanded
from scaling_search.trainers import carry_out, code_of_training, make_trainer
from scaling_search.trainers.settings import require_together

if TYPE_CHECKING:
    from scaling_search.config import Configuration


@dataclass(frozen=True)
class CoefficientsSettings:
    """The network that is trained where no sweep is given; 1, 1, 1 is the baseline."""

    #: Base of the depth multiplier.
    alpha: float = 1.0
    #: Base of the width multiplier.
    beta: float = 1.0
    #: Base of the resolution multiplier.
    gamma: float = 1.0


def train_one(configuration: Configuration) -> bool:
    """Train the baseline scaled by coefficients.* at phi with one seed, and print what came out.

    Says whether the run has ended. Raises InvalidInput.
    """
    conduct, recipe = configuration.conduct, configuration.recipe
    require_seed("seed", configuration.seed)
    if recipe.start:
        raise InvalidInput(
            f"recipe.start is {recipe.start!r}, but without a sweep there is nothing to start "
            "from: add +sweep=grid or another, or leave it out"
        )
    require_places(conduct)
    require_together(configuration.trainer, configuration.baseline, configuration.data, recipe)
    task = open_task(configuration.data, recipe)
    facts = task.facts if task else own_facts(configuration.data)
    if task:
        print_notes([f"Data: {note}" for note in task.image_set.notes], print)
    baseline = looked_up(configuration.baseline).load(facts.num_classes, facts.in_channels)
    given = configuration.coefficients
    coefficients = Coefficients(given.alpha, given.beta, given.gamma)
    member = scale(baseline, coefficients, configuration.phi)
    require_native(member.resolution, facts)
    require_describable(member, "take smaller coefficients, or a smaller phi")
    trainer = make_trainer(
        configuration.trainer,
        data=configuration.data.shared(core_count(), 1),
        task=facts.identity,
        code=code_of_training(configuration.trainer),
        **vars(Platform.here(conduct.executor.resolved_device())),
    )
    spec = trainer.spec(member, configuration.phi, configuration.seed, recipe, None)
    known = open_database(conduct, create=False)
    is_known = known is not None and bool(known.known_keys([spec.key]))
    remarks = [] if is_known or task is None else rehearsed([member], recipe)
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
    if task and not task.image_set.drawn and not is_known:
        task.prepare(spec.resolution)
    own = configuration.trainer.own or "." in configuration.baseline.target
    away, device = away_from_here(own, configuration.data, conduct), trainer.device
    with (
        conduct.executor.start(carry_out, device, away, most=1) as executor,
        show_progress() as progress,
    ):
        reported = progress("single", 1)
        complete(
            AllAtOnce([spec]),
            database,
            executor,
            lambda wanted: trainer.job(
                wanted, expanded(conduct.experiments_dir, "experiments_dir")
            ),
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
            print(f"seed {spec.seed}: {_result(run, trainer.metric)}, {run.seconds:.0f} s")
    return not reported.failures


def _result(run: StoredRun, metric: Metric) -> str:
    assert run.val_error is not None
    assert run.test_error is not None
    if metric == ERROR:
        return f"val error {run.val_error:.4f}, test error {run.test_error:.4f}"
    also = "".join(f", {name} {value:.6g}" for name, value in run.also.items())
    return f"{metric.name} {metric.value(run.val_error):.6g}{also}"
