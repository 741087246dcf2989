"""model.py: an architecture written out as plain torch, as a person would have written it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from scaling_search import export, proxy
from scaling_search.scaling import Architecture, Stage
from scaling_search.scaling.architecture import BlockKind
from scaling_search.scaling.layers import network_layers

#: The class of each kind of block in plain_blocks.py, and its last batch norm. An inverted residual
#: that expands nothing is a class of its own.
_CLASSES: dict[BlockKind, tuple[str, str]] = {
    "mbconv": ("InvertedResidual", "bn3"),
    "fused_mbconv": ("FusedInvertedResidual", "bn2"),
    "separable": ("Separable", "bn2"),
    "basic": ("BasicBlock", "bn2"),
    "bottleneck": ("Bottleneck", "bn3"),
}
_ACTIVATIONS = {"silu": "nn.SiLU", "relu": "nn.ReLU", "relu6": "nn.ReLU6"}
_RESIDUAL_STAGES = ("basic", "bottleneck")
#: What a network is called by the beginning of its baseline's name.
_NAMES = {
    "efficientnet": "EfficientNet",
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "resnet": "ResNet",
}


def model_source(architecture: Architecture, baseline: str, resolution: int) -> str:
    """The text of model.py. baseline: its name; resolution: in pixels, for which it was made."""
    name = network_name(baseline)
    used = ["stage", "initialise", "normalise", "read_weights"]
    used += [_class_of(stage)[0] for stage in architecture.stages]
    parts = _parts_for(used)
    blocks = sum(architecture.repeats)
    head = f'''"""{name} of {blocks} blocks for images of {resolution} px, plain torch.

network = load()  # with the weights beside this file, in evaluation mode
logits = network(normalise(images))  # (B, {architecture.in_channels}, H, W) bytes
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
'''
    if any("F." in part for part in parts):
        head += "from torch.nn import functional as F\n"
    weights = 'WEIGHTS = Path(__file__).with_name("weights.safetensors")'
    activation = f"Activation = {_ACTIVATIONS[architecture.activation]}"
    (table,) = (part for part in parts if part.startswith("DTYPES"))
    head += f"\n{weights}\n{activation}\n\n{table}"
    code = [part for part in parts if not part.startswith(("Activation", "DTYPES"))]
    code += [_network(architecture, name, resolution), _load(architecture, name)]
    return "\n\n\n".join([head, *code]) + "\n"


def network_name(baseline: str) -> str:
    """The name of its class."""
    return next((name for begin, name in _NAMES.items() if baseline.startswith(begin)), "ConvNet")


def stem_name(architecture: Architecture) -> str:
    """The name of its first convolution."""
    return "conv1" if _is_resnet(architecture) else "conv_stem"


def classifier_name(architecture: Architecture) -> str:
    """The name of its last layer."""
    return "fc" if _is_resnet(architecture) else "classifier"


def _is_resnet(architecture: Architecture) -> bool:
    """Whether it has the form of a ResNet, and so its names: all stages residual, no head."""
    kinds = {stage.block for stage in architecture.stages}
    return kinds <= set(_RESIDUAL_STAGES) and not architecture.head_channels


def _class_of(stage: Stage) -> tuple[str, str]:
    if stage.block == "mbconv" and stage.expansion == 1:
        return "DepthwiseSeparable", "bn2"
    return _CLASSES[stage.block]


def _network(architecture: Architecture, name: str, resolution: int) -> str:
    """The class of the network."""
    resnet, features = _is_resnet(architecture), network_layers(architecture, architecture.channels)
    stem, classifier = stem_name(architecture), classifier_name(architecture)
    classes, channels = architecture.num_classes, architecture.in_channels
    paths = any(stage.block != "separable" for stage in architecture.stages)
    rates = ["drop_rate: float = 0.0", *["drop_path_rate: float = 0.0"] * paths]
    arguments = [f"num_classes: int = {classes}", f"in_channels: int = {channels}", *rates]
    lines = [
        f"class {name}(nn.Module):",
        f'    """(B, {channels}, H, W) -> (B, {classes}) logits; made for {resolution} px."""',
        "",
        "    def __init__(",
        "        self,",
        *(f"        {argument}," for argument in arguments),
        "    ) -> None:",
        "        super().__init__()",
        f"        self.{stem} = conv(in_channels, {architecture.stem_channels}, "
        f"kernel={architecture.stem_kernel}, stride={architecture.stem_stride})",
        f"        self.bn1 = nn.BatchNorm2d({architecture.stem_channels})",
        "        self.act = Activation()",
    ]
    forward = [f"        x = self.act(self.bn1(self.{stem}(x)))"]
    if architecture.stem_pool:
        lines.append("        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)")
        forward.append("        x = self.maxpool(x)")
    stages = list(_stages(architecture))
    if resnet:
        lines += [f"        self.layer{n} = {stage}" for n, stage in enumerate(stages, 1)]
        forward += [f"        x = self.layer{n}(x)" for n in range(1, len(stages) + 1)]
        all_blocks = ", ".join(f"*self.layer{n}" for n in range(1, len(stages) + 1))
        every = f"[{all_blocks}]"
    else:
        lines += ["        self.blocks = nn.Sequential("]
        lines += [f"            {stage}," for stage in stages]
        lines += ["        )"]
        forward.append("        x = self.blocks(x)")
        every = "[block for row in self.blocks for block in row]"
    if architecture.head_channels:
        last = int(features.stages[-1][1].layers[-1].out_channels)  # type: ignore[union-attr]
        head = architecture.head_channels
        lines += [
            f"        self.conv_head = conv({last}, {head}, kernel=1)",
            f"        self.bn2 = nn.BatchNorm2d({head})",
        ]
        forward.append("        x = self.act(self.bn2(self.conv_head(x)))")
    lines += [
        "        self.drop = nn.Dropout(drop_rate)",
        f"        self.{classifier} = nn.Linear({int(features.features)}, num_classes)",
        "        initialise(self)",
        *_loop(architecture, every, paths),
        "",
        "    def forward_features(self, x: Tensor) -> Tensor:",
        f'        """(B, {channels}, H, W) -> (B, {int(features.features)}, h, w)"""',
        *forward[:-1],
        forward[-1].replace("x = ", "return ", 1),
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        "        pooled = self.forward_features(x).mean((2, 3))",
        f"        return self.{classifier}(self.drop(pooled))",
    ]
    return "\n".join(lines)


def _stages(architecture: Architecture) -> Iterable[str]:
    """A call for each stage."""
    before = architecture.stem_channels
    for stage in architecture.stages:
        block, _ = _class_of(stage)
        options = [f"stride={stage.stride}", f"kernel={stage.kernel}"]
        if block in ("InvertedResidual", "FusedInvertedResidual", "Bottleneck"):
            options.append(f"expansion={stage.expansion}")
        if stage.se_ratio:
            options.append(f"se_ratio={float(stage.se_ratio)!r}")
        sizes = f"{stage.repeats}, {before}, {stage.channels}"
        yield f"stage({block}, {sizes}, {', '.join(options)})"
        before = stage.channels * (stage.expansion if stage.block == "bottleneck" else 1)


def _loop(architecture: Architecture, every: str, paths: bool) -> list[str]:
    """What is set in all blocks, once they are there."""
    lines = []
    if paths:
        lines = [
            "            # The rate grows from 0 at the first block.",
            "            block.drop_path = drop_path_rate * index / len(blocks)",
        ]
    if architecture.identity_start:
        kinds = {_class_of(stage): stage.block for stage in architecture.stages}
        for (name, norm), kind in kinds.items():
            if kind == "separable":
                continue
            plain = "block.downsample is None" if kind in _RESIDUAL_STAGES else "block.residual"
            lines += [
                f"            if isinstance(block, {name}) and {plain}:",
                "                # Each residual begins as the identity.",
                f"                nn.init.zeros_(block.{norm}.weight)",
            ]
    head = [f"        blocks = {every}", "        for index, block in enumerate(blocks):"]
    return head + lines if lines else []


def _load(architecture: Architecture, name: str) -> str:
    classifier = classifier_name(architecture)
    return f'''def load(weights: str | Path = WEIGHTS, **settings: Any) -> {name}:
    """The network with these weights, in evaluation mode.

    settings: those of {name}. For other classes the classifier stays as it was drawn.
    """
    network = {name}(**settings)
    known = read_weights(weights)
    if known["{classifier}.bias"].shape != network.{classifier}.bias.shape:
        known["{classifier}.weight"] = network.{classifier}.weight
        known["{classifier}.bias"] = network.{classifier}.bias
    network.load_state_dict(known)
    return network.eval()'''


@lru_cache(maxsize=1)
def _parts() -> dict[str, tuple[str, frozenset[str]]]:
    """Name -> (its code, all names that stand in it), in the order in which they are written."""
    found = {}
    for path in (
        Path(export.__path__[0]) / "plain_blocks.py",
        Path(export.__path__[0]) / "plain_network.py",
        Path(proxy.__path__[0]) / "weights_file.py",
    ):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                name = node.name
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name = node.target.id
            else:
                continue
            inside = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            found[name] = (ast.get_source_segment(text, node) or "", frozenset(inside))
    return found


def _parts_for(names: Iterable[str]) -> list[str]:
    """The code of these parts and of all that stands in them, blocks first."""
    parts, wanted, new = _parts(), set[str](), set(names)
    while new:
        wanted |= new
        new = {n for name in new for n in parts[name][1] if n in parts} - wanted
    order = list(parts)
    return [parts[name][0] for name in sorted(wanted, key=order.index)]
