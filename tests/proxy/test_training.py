"""One training: the same bits from the same specification, and every setting does something."""

import os
import socket
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import torch

from scaling_search.baselines import build_network, load_baseline, scale_by
from scaling_search.proxy import (
    DataSettings,
    Job,
    Outcome,
    ProxyTask,
    Recipe,
    RunSpec,
    RunStatus,
    carry_out,
)
from scaling_search.proxy.augmentation import Augmentation
from scaling_search.proxy.result import RunResult
from scaling_search.proxy.task import Split
from scaling_search.proxy.training import train

RECIPE = Recipe(epochs=2, batch_size=36, optimizer="sgd", learning_rate=0.2, ema_horizon=0.0)
BASELINE = load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=10)
MEMBER = scale_by(BASELINE, depth_mult=0.5, width_mult=0.5, resolution=10)


def job(data: DataSettings, recipe: Recipe = RECIPE, seed: int = 0, **change: float) -> Job:
    spec = RunSpec(
        network=MEMBER.network,
        resolution=10,
        task=ProxyTask(data).identity,
        recipe=recipe,
        dropout=change.get("dropout", 0.0),
        stochastic_depth=change.get("stochastic_depth", 0.0),
        seed=seed,
        device="cpu",
        torch_version=str(torch.__version__),
    )
    return Job(spec=spec, data=data)


def train_on(
    parts: tuple[Split, Split, Split],
    recipe: Recipe,
    make_network: Callable[[], torch.nn.Module] = MEMBER.build,
) -> tuple[RunResult, torch.nn.Module]:
    """Trained on these parts without augmentation."""
    return train(
        make_network=make_network,
        splits=parts,
        recipe=recipe,
        augmentation=Augmentation(),
        seed=0,
        device_type="cpu",
    )


@pytest.fixture(scope="module")
def result(glyph_data: DataSettings) -> RunResult:
    return carry_out(job(glyph_data)).result


def test_result_is_complete(result: RunResult, glyph_task: ProxyTask) -> None:
    assert result.status is RunStatus.FINISHED
    assert [point.epoch for point in result.curve] == [1, 2]
    assert result.curve[-1].val_error == result.val_error
    assert 0 <= result.val_error <= 1
    assert 0 <= result.test_error <= 1
    # One bit for each val image, filled up to whole bytes with zeros.
    bits = np.unpackbits(np.frombuffer(result.val_correct, np.uint8))
    count = glyph_task.sizes[1]
    assert len(bits) == 8 * -(-count // 8)
    assert 1 - bits[:count].mean() == result.val_error
    assert not bits[count:].any()


def test_first_loss_is_that_of_guessing(result: RunResult) -> None:
    # The classifier starts small, so the loss begins near log 36 = 3.58.
    assert result.curve[0].train_loss == pytest.approx(np.log(36), abs=0.7)


def test_training_learns_what_it_is_shown(glyph_task: ProxyTask) -> None:
    # Validated on the training images themselves: they must be learnt by heart.
    shown, _, test = glyph_task.load(10)
    recipe = replace(RECIPE, epochs=25, optimizer="adamw", learning_rate=0.02, weight_decay=0.0)
    recipe = replace(recipe, label_smoothing=0.0)
    learnt, _ = train_on((shown, shown, test), recipe)
    assert learnt.val_error < 0.3
    assert learnt.curve[-1].train_loss < 0.7 * learnt.curve[0].train_loss


def test_same_run_gives_the_same_bits(glyph_data: DataSettings, result: RunResult) -> None:
    # What was drawn before must not matter.
    torch.manual_seed(123)
    torch.rand(7)
    assert carry_out(job(glyph_data)).result == result


def test_regularised_and_augmented_run_gives_the_same_bits(glyph_data: DataSettings) -> None:
    data = replace(glyph_data, augmentation=Augmentation(shift=0.1, rotate=5, flip=True))
    recipe = replace(RECIPE, ema_horizon=0.3)
    noisy = job(data, recipe, dropout=0.2, stochastic_depth=0.3)
    assert carry_out(noisy).result == carry_out(noisy).result


@pytest.mark.long
def test_run_beside_another_gives_the_same_bits(
    glyph_data: DataSettings, result: RunResult
) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        outcomes: list[Outcome] = list(
            pool.map(carry_out, [job(glyph_data), job(glyph_data, seed=1)])
        )
    assert outcomes[0].result == result
    assert outcomes[1].result != result
    # A worker names itself.
    host, process = outcomes[0].worker.rsplit(":", 1)
    assert host == socket.gethostname()
    assert int(process) != os.getpid()


def test_threads_and_settings_of_the_caller_are_given_back(glyph_data: DataSettings) -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    carry_out(job(glyph_data, replace(RECIPE, epochs=1)))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_another_seed_gives_another_run(glyph_data: DataSettings, result: RunResult) -> None:
    assert carry_out(job(glyph_data, seed=1)).result.curve != result.curve


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": "rmsprop", "learning_rate": 0.01},
        {"optimizer": "adamw", "learning_rate": 0.01},
        {"optimizer": "muon", "learning_rate": 0.01},
        {"momentum": 0.5},
        {"schedule": "linear"},
        {"warmup": 0.5},
        {"weight_decay": 1.0},
        {"label_smoothing": 0.3},
        {"batch_size": 18},
        {"batch_norm_momentum": 0.9, "ema_horizon": 0.0},
    ],
)
def test_every_setting_reaches_the_training(
    glyph_data: DataSettings, result: RunResult, change: dict[str, float | str]
) -> None:
    changed = carry_out(job(glyph_data, replace(RECIPE, **change))).result
    assert changed.status is RunStatus.FINISHED
    assert (changed.curve, changed.val_correct) != (result.curve, result.val_correct)


@pytest.mark.parametrize("change", [{"dropout": 0.5}, {"stochastic_depth": 0.8}])
def test_regularisation_reaches_the_training(
    glyph_data: DataSettings, result: RunResult, change: dict[str, float]
) -> None:
    regularised = carry_out(job(glyph_data, **change)).result
    assert regularised.curve[0].train_loss != result.curve[0].train_loss


@pytest.mark.parametrize(("dropout", "stochastic_depth"), [(0.5, 0.0), (0.0, 0.9)])
def test_regularisation_is_for_training_only(dropout: float, stochastic_depth: float) -> None:
    torch.manual_seed(0)
    # Without the identity start, skipping a block of a new network changes what it says.
    architecture = replace(MEMBER.architecture, identity_start=False)
    network = build_network(architecture, 10, dropout, stochastic_depth)
    x_BCHW = torch.rand(8, 1, 10, 10)
    network.train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    assert not torch.equal(network(x_BCHW), network(x_BCHW))
    network.eval()
    assert torch.equal(network(x_BCHW), network(x_BCHW))


def test_augmentation_reaches_the_training(glyph_data: DataSettings, result: RunResult) -> None:
    data = replace(glyph_data, augmentation=Augmentation(shift=0.2))
    assert carry_out(job(data)).result.curve != result.curve
    weak = replace(RECIPE, augmentation=0.0)
    assert carry_out(job(data, weak)).result.curve == result.curve


def test_average_is_evaluated_and_does_not_disturb_the_training(glyph_task: ProxyTask) -> None:
    parts = glyph_task.load(10)
    runs = [train_on(parts, replace(RECIPE, ema_horizon=e)) for e in (0.0, 1.0)]
    (plain, last), (averaged, mean) = runs
    assert [p.train_loss for p in averaged.curve] == [p.train_loss for p in plain.curve]
    torch.manual_seed(0)
    start = MEMBER.build().state_dict()["classifier.weight"]
    moved, lagging = (
        float((network.state_dict()["classifier.weight"] - start).norm())
        for network in (last, mean)
    )
    # The average lags behind, so it lies nearer to the weights of the start.
    assert 0 < lagging < moved


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_diverged_run_is_a_result(glyph_data: DataSettings, optimizer: str) -> None:
    recipe = replace(
        RECIPE, optimizer=optimizer, learning_rate=100.0, warmup=0.0, weight_decay=10.0, epochs=12
    )
    diverged = carry_out(job(glyph_data, recipe)).result
    assert diverged.status is RunStatus.DIVERGED
    assert diverged.val_error is None
    assert diverged.test_error is None
    assert len(diverged.curve) < 12
    assert all(np.isfinite(point.train_loss) for point in diverged.curve)


def test_weights_that_became_infinite_in_the_last_step_are_divergence(
    glyph_task: ProxyTask,
) -> None:
    class Bursting(torch.nn.Module):
        """Its loss is finite, and one step takes its weights to infinity."""

        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.full((1, 36), 1.0))

        def forward(self, x_BCHW: torch.Tensor) -> torch.Tensor:
            logits = x_BCHW.mean((1, 2, 3))[:, None] * self.scale * torch.arange(36)
            return logits + (self.scale - self.scale.detach()) * 1e38

    shown, val, test = glyph_task.load(10)
    recipe = replace(RECIPE, epochs=1, batch_size=108, warmup=0.0, learning_rate=100.0)
    burst, network = train_on((shown, val, test), recipe, Bursting)
    assert not torch.isfinite(network.scale).all()
    assert burst.status is RunStatus.DIVERGED


def _at_rung(job: Job, rung: int | None, checkpoints: Path | None) -> Job:
    return replace(job, spec=replace(job.spec, rung=rung), checkpoints=checkpoints)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "rmsprop", "muon"])
def test_continued_run_equals_an_uninterrupted_one(
    glyph_data: DataSettings, tmp_path: Path, optimizer: str
) -> None:
    """Augmentation, dropout, averaged weights and the schedule all go on where they were."""
    data = replace(glyph_data, augmentation=Augmentation(shift=0.1, rotate=5))
    recipe = replace(
        RECIPE, epochs=4, optimizer=optimizer, learning_rate=0.01, ema_horizon=0.3, dropout=0.2
    )
    whole = job(data, recipe, dropout=0.2, stochastic_depth=0.2)
    uninterrupted = carry_out(whole).result
    first = carry_out(_at_rung(whole, 1, tmp_path)).result
    second = carry_out(_at_rung(whole, 3, tmp_path)).result
    assert [len(r.curve) for r in (first, second)] == [1, 3]
    assert first.test_error is None
    assert second.curve[:1] == first.curve
    checkpoint = tmp_path / f"{whole.spec.key}.pt"
    assert checkpoint.exists()
    assert carry_out(_at_rung(whole, None, tmp_path)).result == uninterrupted
    assert second.curve == uninterrupted.curve[:3]
    assert not checkpoint.exists()


@pytest.mark.parametrize("damage", ["missing", "torn", "later", "foreign"])
def test_run_without_a_usable_checkpoint_starts_anew(
    glyph_data: DataSettings, tmp_path: Path, damage: str
) -> None:
    whole = job(glyph_data, replace(RECIPE, epochs=3))
    checkpoint = tmp_path / f"{whole.spec.key}.pt"
    expected = carry_out(_at_rung(whole, 1, None)).result
    if damage == "later":
        carry_out(_at_rung(whole, 2, tmp_path))
    elif damage == "torn":
        carry_out(_at_rung(whole, 2, tmp_path))
        checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    elif damage == "foreign":
        checkpoint.write_text("not a checkpoint")
    assert carry_out(_at_rung(whole, 1, tmp_path)).result == expected


def test_rung_is_part_of_the_key_and_its_absence_is_not() -> None:
    whole = job(DataSettings()).spec
    assert replace(whole, rung=1).key != whole.key
    assert "rung" not in whole.content
    assert replace(whole, rung=1).whole == whole
