"""timm_entry.py: what lets timm find an exported network by its name."""

from __future__ import annotations

from scaling_search.export.model_source import classifier_name, network_name, stem_name
from scaling_search.scaling import Architecture


def timm_source(architecture: Architecture, baseline: str, resolution: int, name: str) -> str:
    """The text of timm_entry.py. name: by which timm knows it."""
    network, channels = network_name(baseline), architecture.in_channels
    return f'''"""Import this where timm is installed: timm then knows the network as {name}.

    import timm, timm_entry
    network = timm.create_model("{name}", pretrained=True)
"""

from __future__ import annotations

from typing import Any

from timm.models import register_model

if __package__:
    from .model import {network}, load
else:
    from model import {network}, load

#: For timm's transforms, whose pixels lie between 0 and 1.
CONFIG = {{
    "architecture": "{name}",
    "num_classes": {architecture.num_classes},
    "input_size": ({channels}, {resolution}, {resolution}),
    "mean": (127.5 / 255,) * {channels},
    "std": (64 / 255,) * {channels},
    "crop_pct": 1.0,
    "first_conv": "{stem_name(architecture)}",
    "classifier": "{classifier_name(architecture)}",
}}


@register_model
def {name}(pretrained: bool = False, in_chans: int = {channels}, **settings: Any) -> {network}:
    """The network, with weights.safetensors where `pretrained`. settings: those of {network}."""
    for of_timm in ("pretrained_cfg", "pretrained_cfg_overlay", "cache_dir"):
        settings.pop(of_timm, None)
    make = load if pretrained else {network}
    network = make(in_channels=in_chans, **settings).train()
    network.pretrained_cfg = network.default_cfg = CONFIG
    return network
'''
