"""The folder that export writes, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.export.card import card, config
from scaling_search.export.member import Chosen
from scaling_search.export.model_source import model_source, network_name
from scaling_search.export.timm_source import timm_source
from scaling_search.export.weights import Weights
from scaling_search.proxy.exported import MADE_BY
from scaling_search.text_file import read_json, write_text
from scaling_search.whole_files import whole_folder

#: All that an exported folder may hold.
_FILES = (
    *("model.py", "timm_entry.py", "config.json", "README.md", "weights.safetensors"),
    *("model.onnx", "model.onnx.data", "__pycache__"),
)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a member is written."""

    onnx: bool = False
    #: Of the data, as the user gives it.
    data_license: str = ""
    #: Replace an earlier export.
    force: bool = False


def require_free(target: Path, force: bool) -> None:
    """Raise InvalidInput where something is in the way that is not to be replaced."""
    try:
        if not (target.exists() or target.is_symlink()):
            return
        held = sorted(path.name for path in target.iterdir())
    except OSError as error:
        raise InvalidInput(
            f"--to is {target}, which cannot be a folder ({error.strerror}): give another"
        ) from error
    if not held:
        return
    if not force:
        raise InvalidInput(
            f"--to is {target}, which is not empty: give another folder, or --force to replace an "
            "earlier export"
        )
    known = read_json(target / "config.json") if (target / "config.json").is_file() else None
    others = [name for name in held if name not in _FILES]
    if others or (known or {}).get("made_by") != MADE_BY:
        what = f"it holds {others[0]!r}" if others else "it is no earlier export"
        raise InvalidInput(
            f"--to is {target}, which --force does not replace, since {what}: give another folder"
        )


def write_export(
    chosen: Chosen, weights: Weights | str, target: Path, wishes: Wishes
) -> Sequence[str]:
    """Write the folder; gives the names of its files.

    Before it appears, model.py is run, and must give the logits of the member's own network to the
    last bit. Raises InvalidInput, and OSError where the disk refuses.
    """
    from scaling_search.export.rebuilt import fresh_tensors, renamed, run_model, same_logits
    from scaling_search.proxy.weights_file import write_weights

    require_free(target, wishes.force)
    member, architecture = chosen.member, chosen.architecture
    baseline = member.baseline.name
    with whole_folder(target.resolve()) as folder:
        source = model_source(architecture, baseline, member.resolution)
        write_text(folder / "model.py", source)
        defined: dict[str, Any] = run_model(folder / "model.py")
        network = defined[network_name(baseline)]()
        tensors = fresh_tensors(member) if isinstance(weights, str) else weights.tensors
        ours = renamed(member, network, tensors)
        if not isinstance(weights, str):
            path = folder / "weights.safetensors"
            write_weights(path, ours, {"run": weights.trained.row.run, "format": "pt"})
            network = defined["load"](path)
        network.load_state_dict(ours)
        if not same_logits(member, tensors, network, defined["normalise"]):
            raise AssertionError(f"model.py of {chosen.name} gives other logits than the member")
        timm = timm_source(architecture, baseline, member.resolution, chosen.name)
        write_text(folder / "timm_entry.py", timm)
        difference = None
        if wishes.onnx:
            from scaling_search.export.onnx_file import write_onnx

            size = (architecture.in_channels, member.resolution)
            difference = write_onnx(folder / "model.onnx", network, *size)
        told = config(chosen, weights, wishes.data_license)
        write_text(folder / "config.json", json.dumps(told, indent=2, ensure_ascii=False) + "\n")
        text = card(chosen, weights, wishes.data_license, difference)
        write_text(folder / "README.md", text)
        return sorted(path.name for path in folder.iterdir())
