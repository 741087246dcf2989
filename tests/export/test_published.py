"""EfficientNets in the layout of the published weights; timm finds what was exported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from export_studies import noise, typed
from timm_here import import_timm

from scaling_search.baselines import load_baseline
from scaling_search.export.member import choose
from scaling_search.export.model_source import model_source
from scaling_search.export.rebuilt import run_model
from scaling_search.proxy.weights_file import write_weights

timm = import_timm()


def written(baseline: str, folder: Path) -> dict[str, Any]:
    loaded = load_baseline(baseline, 1000, 3)
    text = model_source(loaded.network(1, 1), baseline, loaded.resolution)  # type: ignore[arg-type]
    (folder / "model.py").write_text(text)
    return run_model(folder / "model.py")


@pytest.mark.parametrize("index", range(8))
def test_names_and_shapes_of_the_published_weights(index: int, tmp_path: Path) -> None:
    defined = written(f"efficientnet_b{index}", tmp_path)
    with torch.device("meta"):
        ours = defined["EfficientNet"]().state_dict()
        theirs = timm.create_model(f"efficientnet_b{index}").state_dict()
    assert {n: t.shape for n, t in ours.items()} == {n: t.shape for n, t in theirs.items()}


@pytest.mark.parametrize(
    ("baseline", "model", "name"),
    [
        ("efficientnet_b0", "efficientnet_b0", "EfficientNet"),
        ("efficientnet_b1", "efficientnet_b1", "EfficientNet"),
        ("mobilenet_v2", "mobilenetv2_100", "MobileNetV2"),
        ("resnet50", "resnet50", "ResNet"),
    ],
)
def test_the_same_weights_give_the_same_logits(
    baseline: str, model: str, name: str, tmp_path: Path
) -> None:
    """As far as sums in another order allow: in double precision to twelve digits."""
    torch.manual_seed(0)
    theirs = timm.create_model(model)
    for module in theirs.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.7, 1.3)
            torch.nn.init.uniform_(module.weight, 0.7, 1.3)
    write_weights(tmp_path / "weights.safetensors", theirs.state_dict())
    ours = written(baseline, tmp_path)["load"](tmp_path / "weights.safetensors")
    assert type(ours).__name__ == name
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        a, b = ours(x), theirs.eval()(x)
        assert a.std() > 1e-3
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
        a, b = ours.double()(x.double()), theirs.double()(x.double())
    torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)


#: In a process of its own, since timm's list of models is one for all.
SCRIPT = """
import sys
folder, name, tests = sys.argv[1:]
sys.path[:0] = [tests]
import timm_here, timm, torch
sys.path.insert(0, folder)
assert not timm.is_model(name)
import timm_entry
import model
made = timm.create_model(name, pretrained=True)
other = timm.create_model(name, num_classes=5, in_chans=2, drop_path_rate=0.1)
assert other(torch.zeros(1, 2, 32, 32)).shape == (1, 5)
assert not other.training or other.blocks[-1][-1].drop_path > 0
tuned = timm.create_model(name, pretrained=True, num_classes=5)
assert torch.equal(tuned.conv_stem.weight, made.conv_stem.weight)
for a, b in zip(made.state_dict().values(), model.load().state_dict().values()):
    assert torch.equal(a, b)
config = timm.data.resolve_model_data_config(made)
assert config["input_size"] == tuple(made.pretrained_cfg["input_size"]), config
x = torch.randint(0, 256, (2, *config["input_size"]), dtype=torch.uint8)
mean, std = (torch.tensor(config[of])[:, None, None] for of in ("mean", "std"))
torch.testing.assert_close((x / 255 - mean) / std, model.normalise(x), rtol=1e-5, atol=1e-5)
try:
    timm.create_model(name, features_only=True)
except TypeError:
    print("well")
"""


def test_timm_finds_it_after_one_import(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = choose(trained, 0.5)
    assert chosen.runs
    ended = typed(capsys, trained, "--phi", 0.5, "--to", tmp_path / "out")
    assert "kept by the study" in ended.out
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "out", chosen.name, tests],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("well\n", 0), done.stderr


def test_as_a_package_it_is_found_too(
    untrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(capsys, untrained, "--phi", 2, "--to", tmp_path / "out")
    sys.path.insert(0, str(tmp_path))
    try:
        __import__("out.timm_entry")
        made = timm.create_model("searched_micro_phi2")
    finally:
        sys.path.remove(str(tmp_path))
    member = choose(untrained, 2.0).member
    assert made(noise(member).float()).shape == (2, member.architecture.num_classes)
