"""The key of a run: all that determines its result, and nothing else."""

import csv
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from scaling_search.baselines import OwnNetwork, load_baseline, scale_by
from scaling_search.proxy import (
    DataSettings,
    Job,
    Outcome,
    ProxyTask,
    Recipe,
    RunSpec,
    RunStatus,
    TaskFacts,
    carry_out,
)
from scaling_search.proxy.image_set import ImageSet
from scaling_search.proxy.run import TRAINER_VERSION, key_of
from scaling_search.scaling.architecture import Architecture, Stage

BASELINE = load_baseline("efficientnet_micro", num_classes=36, in_channels=1, resolution=12)
MEMBER = scale_by(BASELINE, depth_mult=0.5, width_mult=0.5, resolution=12)
SPEC = RunSpec(
    network=MEMBER.network,
    resolution=12,
    task="0123456789abcdef",
    recipe=Recipe(name="tiny", epochs=1, batch_size=32),
    dropout=0.0,
    stochastic_depth=0.0,
    seed=0,
    device="cpu",
    torch_version="2.13.0+cpu",
)


@pytest.mark.parametrize(
    "change",
    [
        {"network": scale_by(BASELINE, depth_mult=1, width_mult=0.5, resolution=12).network},
        {"network": scale_by(BASELINE, depth_mult=0.5, width_mult=0.6, resolution=12).network},
        {"network": replace(MEMBER.architecture, num_classes=35)},
        {"network": replace(MEMBER.architecture, identity_start=False)},
        {"network": replace(MEMBER.architecture, activation="relu")},
        {"resolution": 13},
        {"task": "fedcba9876543210"},
        {"dropout": 0.1},
        {"stochastic_depth": 0.1},
        {"seed": 1},
        {"device": "cuda"},
        {"torch_version": "2.13.1+cpu"},
        {"trainer_version": TRAINER_VERSION + 1},
    ],
)
def test_key_follows_what_determines_the_result(change: dict[str, object]) -> None:
    assert replace(SPEC, **change).key != SPEC.key


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 2},
        {"batch_size": 31},
        {"optimizer": "sgd"},
        {"learning_rate": 0.004},
        {"momentum": 0.8},
        {"warmup": 0.2},
        {"schedule": "linear"},
        {"weight_decay": 0.01},
        {"label_smoothing": 0.0},
        {"ema_horizon": 0.0},
        {"augmentation": 0.5},
        {"batch_norm_momentum": 0.2},
    ],
)
def test_key_follows_the_recipe(change: dict[str, object]) -> None:
    assert replace(SPEC, recipe=replace(SPEC.recipe, **change)).key != SPEC.key


def test_key_ignores_the_name_of_the_recipe() -> None:
    assert replace(SPEC, recipe=replace(SPEC.recipe, name="other")).key == SPEC.key


def test_key_is_the_same_in_every_process() -> None:
    again = RunSpec(
        **{name: getattr(SPEC, name) for name in RunSpec.__dataclass_fields__}  # type: ignore[arg-type]
    )
    assert again.key == SPEC.key
    # Written down: stored runs are found again only while this stays the same.
    own = replace(SPEC, network=OwnNetwork("nets.tiny", 1.0, 1.5, 10, 3), recipe=Recipe())
    assert len({own.key, replace(own, network=OwnNetwork("nets.tiny", 1.0, 1.6, 10, 3)).key}) == 2


CHECKOUT = Path(__file__).resolve().parents[2]


def committed_specs() -> Iterator[tuple[str, str]]:
    """(key, specification) of every run of the committed studies."""
    listed = subprocess.run(
        ["git", "ls-files", "experiments/*/runs.csv"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    for name in listed.stdout.split():
        with (CHECKOUT / name).open(newline="", encoding="utf-8") as file:
            yield from ((row["run"], row["spec"]) for row in csv.DictReader(file))


def spec_of(plain: dict[str, Any]) -> RunSpec:
    """The specification that was written down as `plain`."""
    network, recipe = plain.pop("network"), Recipe(**plain.pop("recipe"))
    stages = tuple(Stage(**stage) for stage in network.pop("stages"))
    if "start" in plain:
        # The key is all that is told of a source.
        plain["start"] = SimpleNamespace(key=plain["start"])
    return RunSpec(network=Architecture(stages=stages, **network), recipe=recipe, **plain)


def test_committed_runs_keep_their_keys() -> None:
    """Stored runs are found again only while specifications are written to the same bytes."""
    specs = list(committed_specs())
    if not specs:
        pytest.skip("this is no checkout with committed studies")
    for key, content in specs:
        assert key_of(content) == key
        if "stages" not in json.loads(content).get("network", {}):
            continue  # a call of a function, or of timm, or a training of one's own
        assert spec_of(json.loads(content)).content == content
        assert spec_of(json.loads(content)).key == key


def test_status_is_written_as_its_value() -> None:
    assert (f"{RunStatus.FINISHED}", str(RunStatus.DIVERGED)) == ("finished", "diverged")
    assert json.dumps([RunStatus.FINISHED]) == '["finished"]'
    assert RunStatus("diverged") is RunStatus.DIVERGED


@pytest.mark.parametrize("record", [RunSpec, Job, Outcome, TaskFacts, ImageSet])
def test_records_take_no_positional_arguments(record: type) -> None:
    with pytest.raises(TypeError, match="positional"):
        record("x")


def test_carried_out_weights_fit_the_built_member(
    glyph_data: DataSettings, glyph_task: ProxyTask, tmp_path: Path
) -> None:
    from scaling_search.proxy.loading import open_images
    from scaling_search.proxy.training import evaluate, evaluation_batches
    from scaling_search.proxy.weights_file import read_weights

    recipe = Recipe(epochs=2, batch_size=32, optimizer="sgd", learning_rate=0.2, ema_horizon=0.2)
    spec = replace(SPEC, task=glyph_task.identity, recipe=recipe, dropout=0.1, stochastic_depth=0.1)
    path = tmp_path / "deep" / "weights.safetensors"
    outcome = carry_out(Job(spec=spec, data=glyph_data, weights=path))
    assert outcome.seconds > 0
    assert [p.name for p in path.parent.iterdir()] == ["weights.safetensors"]

    network = MEMBER.build()
    network.load_state_dict(read_weights(path))
    _, val, test = glyph_task.load(12)
    for split, error in ((val, outcome.result.val_error), (test, outcome.result.test_error)):
        device = torch.device("cpu")
        with open_images(split.images, device) as read_batches:
            correct = evaluate(network, split, read_batches(evaluation_batches(split)), device)
        assert 1 - correct.mean() == error
