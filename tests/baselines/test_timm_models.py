"""Networks of timm: what is built, which weights it begins with, and what is refused."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from timm_here import import_timm
from torch import nn

from scaling_search.baselines import (
    BaselineSettings,
    FamilyMember,
    OwnBaseline,
    load_baseline,
    plain_network,
    scale_by,
    solve_phi,
)
from scaling_search.baselines.timm_weights import share_pretrained
from scaling_search.errors import InvalidInput
from scaling_search.scaling import PAPER

timm = import_timm()
Shapes = dict[str, torch.Size]


def shapes(network: nn.Module) -> Shapes:
    return {name: tensor.shape for name, tensor in network.state_dict().items()}


def built(model: str, depth: float, width: float, resolution: int = 32, classes: int = 7) -> Shapes:
    baseline = load_baseline(f"timm.{model}", classes, 3, resolution=resolution)
    with torch.device("meta"):
        return shapes(baseline.network(depth, width).build(resolution))  # type: ignore[union-attr]


def member(model: str, depth: float, width: float, pretrained: str = "") -> FamilyMember:
    baseline = load_baseline(f"timm.{model}", 7, 3, resolution=32, pretrained=pretrained)
    return scale_by(baseline, depth_mult=depth, width_mult=width, resolution=32)


@pytest.mark.parametrize(
    "model",
    [
        *("test_efficientnet", "mobilenetv3_small_050", "mobilenetv4_conv_small", "tinynet_e"),
        *(
            "test_resnet",
            "skresnet18",
            "resnetv2_18",
            "regnety_002",
            "test_byobnet",
            "mobileone_s0",
        ),
        *("test_convnext", "test_mambaout", "poolformer_s12", "edgenext_xx_small", "test_nfnet"),
        *("densenet121", "fasternet_t0", "starnet_s050", "repvit_m0_9", "swiftformer_xs"),
        *("test_vit", "inception_next_atto"),
    ],
)
def test_without_scaling_it_is_timm_s_own(model: str) -> None:
    size = {"img_size": 32} if "vit" in model and "rep" not in model else {}
    with torch.device("meta"):
        own = shapes(timm.create_model(model, num_classes=7, **size))
    assert built(model, 1, 1) == own
    for depth, width in ((1.7, 1), (1, 1.7)):
        larger = built(model, depth, width)
        assert sum(map(torch.Size.numel, larger.values())) > 1.1 * sum(
            map(torch.Size.numel, own.values())
        )


@pytest.mark.parametrize(
    ("model", "depth", "width", "published"),
    [
        ("efficientnet_b0", 1.1, 1.0, "efficientnet_b1"),
        ("efficientnet_b0", 1.4, 1.2, "efficientnet_b3"),
        ("efficientnet_b0", 3.1, 2.0, "efficientnet_b7"),
        ("mobilenetv2_100", 1.0, 1.4, "mobilenetv2_140"),
        ("mobilenetv3_large_100", 1.0, 0.75, "mobilenetv3_large_075"),
        ("mobilenetv4_conv_small", 1.0, 0.5, "mobilenetv4_conv_small_050"),
        ("lcnet_050", 1.0, 2.0, "lcnet_100"),
        ("convnext_tiny", 1.0, 4 / 3, "convnext_base_of_9"),
        ("vit_tiny_patch16_224", 1.0, 2.0, "vit_small_patch16_224"),
    ],
)
def test_published_sizes_are_met(model: str, depth: float, width: float, published: str) -> None:
    size = {"img_size": 32} if "vit" in model else {}
    with torch.device("meta"):
        if published == "convnext_base_of_9":
            wanted = timm.create_model("convnext_base", depths=(3, 3, 9, 3), num_classes=7)
        else:
            wanted = timm.create_model(published, num_classes=7, **size)
    assert built(model, depth, width) == shapes(wanted)


def test_timm_itself_stays_as_it_is() -> None:
    before = dict(vars(timm.models.efficientnet))
    built("efficientnet_b0", 1.5, 1.5)
    assert dict(vars(timm.models.efficientnet)) == before


def test_a_transformer_is_built_for_its_images() -> None:
    baseline = load_baseline("timm.test_vit", 7, 1, resolution=48)
    network = scale_by(baseline, depth_mult=1.5, width_mult=1.5, resolution=64).build()
    assert network(torch.zeros(2, 1, 64, 64)).shape == (2, 7)


def test_rates_of_a_recipe_are_timm_s() -> None:
    from scaling_search.baselines import build_network

    network = build_network(member("test_efficientnet", 2, 1).network, 32, 0.3, 0.2)
    assert network.drop_rate == 0.3
    paths = [m.drop_prob for m in network.modules() if type(m).__name__ == "DropPath"]
    assert paths
    assert 0 < max(paths) < 0.2


@pytest.fixture
def weights(tmp_path: Path) -> str:
    torch.manual_seed(5)
    path = tmp_path / "weights.pth"
    torch.save(timm.create_model("test_resnet", num_classes=12).state_dict(), path)
    return str(path)


def test_pretrained_weights_are_kept_where_shapes_agree(weights: str) -> None:
    stored = torch.load(weights)
    deeper, wider = member("test_resnet", 2, 1, weights), member("test_resnet", 1, 1.5, weights)
    network = deeper.build()
    now = network.state_dict()
    assert set(stored) < set(now)
    for name, tensor in stored.items():
        # The classifier has other classes.
        assert torch.equal(now[name], tensor) == (not name.startswith("fc.")), name
    call = {"resolution": 32, "in_channels": 3, "pretrained": weights}
    assert 0.2 < share_pretrained("timm.test_resnet", network, **call) < 1
    same = {n for n, t in wider.build().state_dict().items() if torch.equal(t, stored.get(n, t))}
    assert "conv1.0.weight" not in same
    assert deeper.cost == member("test_resnet", 2, 1).cost


def test_pretrained_weights_are_adapted_to_gray_images(weights: str) -> None:
    baseline = load_baseline("timm.test_resnet", 12, 1, resolution=32, pretrained=weights)
    now = baseline.network(1, 1).build(32).state_dict()  # type: ignore[union-attr]
    stored = torch.load(weights)
    torch.testing.assert_close(now["conv1.0.weight"], stored["conv1.0.weight"].sum(1, True))
    assert torch.equal(now["fc.weight"], stored["fc.weight"])


def test_what_a_network_is_takes_in_timm_and_the_weights(weights: str, tmp_path: Path) -> None:
    plain, begun = member("test_resnet", 1, 1), member("test_resnet", 1, 1, weights)
    assert plain_network(plain.network)["code"] == f"timm {timm.__version__}"
    assert plain_network(plain.network)["target"] == "timm.test_resnet"
    assert plain_network(begun.network) != plain_network(plain.network)
    moved = tmp_path / "moved.pth"
    moved.write_bytes(Path(weights).read_bytes())
    elsewhere = member("test_resnet", 1, 1, str(moved))
    assert plain_network(elsewhere.network) == plain_network(begun.network)
    assert replace(begun.network, code="timm 0.1, weights ab") != begun.network  # type: ignore[arg-type]
    other = replace(begun.network, code="timm 0.1, weights ab")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"the code of timm\.test_resnet is not that"):
        other.build(32)  # type: ignore[union-attr]


def test_weights_that_cannot_be_had(weights: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file can be read"):
        member("test_resnet", 1, 1, str(tmp_path / "none.pth"))
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    with pytest.raises(InvalidInput, match=r"bad\.pth.* timm cannot load it into test_resnet"):
        member("test_resnet", 1, 1, str(tmp_path / "bad.pth")).build()
    with pytest.raises(InvalidInput, match="timm cannot load it into test_efficientnet"):
        member("test_efficientnet", 1, 1, weights).build()
    with pytest.raises(InvalidInput, match="timm has no weights of"):
        member("efficientnet_x_b3", 1, 1, "timm")
    with pytest.raises(InvalidInput, match="has no use for it"):
        load_baseline("efficientnet_micro", pretrained=weights)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("efficientnet_bo", r"no such model: did you mean efficientnet_b"),
        ("test_resnet.nope", r"only these weights of it: test_resnet\.r160_in1k"),
        ("vgg11", r"a VGG of timm, .* These can be scaled: EfficientNet, .*baseline=own"),
        ("swin_tiny_patch4_window7_224", "no argument is known that makes it deeper or wider"),
        ("hardcorenas_a", "takes no multiplier of its channels"),
    ],
)
def test_models_that_are_refused(model: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_baseline(f"timm.{model}", 7, 3, resolution=32)


def test_timm_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InvalidInput, match=r'pip install "scaling-search\[timm\]"'):
        load_baseline("timm.test_resnet", 7, 3, resolution=32)


def test_settings() -> None:
    settings = BaselineSettings(name="timm", model="test_resnet").resolved()
    assert settings.resolution == 160
    assert settings.target == "timm.test_resnet"
    assert settings.load(7, 3) == load_baseline("timm.test_resnet", 7, 3)
    with pytest.raises(InvalidInput, match=r"give baseline=timm baseline\.model=NAME"):
        BaselineSettings(name="efficientnet_b0", model="test_resnet").load(7, 3)
    with pytest.raises(InvalidInput, match=r"must be a multiple of baseline\.resolution_divisor"):
        BaselineSettings("timm", model="test_vit", resolution=40, resolution_divisor=16).load(7, 3)
    steps = BaselineSettings("timm", model="test_vit", resolution=32).resolved()
    assert steps.resolution_divisor == 16
    baseline = steps.load(7, 3)
    assert [baseline.round_resolution(m) for m in (1, 1.2, 1.3, 2)] == [32, 32, 48, 64]


@pytest.mark.parametrize(
    "model", ["test_efficientnet", "mobilenetv3_small_050", "test_resnet", "regnetx_002"]
)
def test_what_is_known_of_a_network_is_what_counting_it_gives(model: str) -> None:
    """Multipliers that timm rounds to the same network are counted once."""
    baseline = load_baseline(f"timm.{model}", 7, 1, resolution=32)
    assert isinstance(baseline, OwnBaseline)
    priced: dict[str, set[tuple[int, int]]] = {}
    for width in (1.0, 1.003, 1.02, 1.2):
        network = baseline.network(1.3, width)
        found = baseline.priced(network, 32)
        with torch.device("meta"):
            params = sum(p.numel() for p in network.build(32).parameters())
        assert found.cost.params == params
        priced.setdefault(found.id, set()).add(found.cost)
    assert 2 <= len(priced) < 5
    assert all(len(costs) == 1 for costs in priced.values())


def test_small_members_of_a_family_that_has_none_at_next_to_nothing() -> None:
    """A transformer needs a patch."""
    settings = BaselineSettings("timm", model="test_vit", resolution=32).resolved()
    baseline = settings.load(7, 1)
    base = scale_by(baseline, depth_mult=1, width_mult=1, resolution=32).cost.macs
    found = solve_phi(baseline, PAPER, base / 2)
    assert 0.2 * base < found.cost.macs <= base / 2


def test_what_timm_cannot_build_is_kept_with_its_reason() -> None:
    """Group norm has 32 groups, which do not divide every number of channels."""
    baseline = load_baseline("timm.resnetv2_50x1_bit", 7, 1, resolution=16)
    assert isinstance(baseline, OwnBaseline)
    with pytest.raises(InvalidInput, match=r"num_groups \(32\)"):
        _ = scale_by(baseline, depth_mult=1, width_mult=1.25, resolution=16).cost
    (priced,) = baseline.counted.values()
    assert priced.fault.startswith("timm builds no resnetv2_50x1_bit at depth x1, width x1.25")
