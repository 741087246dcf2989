"""The weights of a folder of scaling_search.export, as what trainings start from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaling_search.baselines.table import plain_layers, read_layers
from scaling_search.errors import InvalidInput, whole_number
from scaling_search.scaling import Architecture
from scaling_search.text_file import damaged, read_json

#: Stands in the config.json of every exported folder.
MADE_BY = "scaling_search.export"
_REMEDY = "export it again"
#: In front of the key, in recipe.start of study.yaml.
PREFIX = "export:"


@dataclass(frozen=True)
class Exported:
    """Exported weights, in place of a run from which others start."""

    #: Stands for all that the folder says of them.
    key: str


@dataclass(frozen=True, kw_only=True)
class ExportedJob:
    """Where they are on this machine, in place of the job of such a run."""

    spec: Exported
    weights: Path

    def moved(self, folder: Path, home: Path) -> ExportedJob:
        """The same on another machine; as Job.moved."""
        return replace(self, weights=folder / "weights" / self.weights.name)


@dataclass(frozen=True)
class ExportedFolder:
    """An exported folder that has weights."""

    path: Path
    architecture: Architecture
    #: Identity of the data on which they were trained.
    task: str
    key: str

    def keep(self, to: Path) -> None:
        """Write the weights by our own names, as runs find what they start from.

        Raises InvalidInput where they are not those of the architecture.
        """
        import torch

        from scaling_search.baselines.network import ConvNet
        from scaling_search.proxy.weights_file import digest_of, read_weights, write_weights

        path = self.path / "weights.safetensors"
        with torch.device("meta"):
            ours = ConvNet(self.architecture).state_dict()
        # As they stand in the file, which has larger elements first.
        names = sorted(ours, key=lambda name: -ours[name].element_size())
        try:
            theirs = read_weights(path)
            tensors = dict(zip(names, theirs.values(), strict=True))
            if any(ours[name].shape != tensor.shape for name, tensor in tensors.items()):
                raise ValueError("shapes are not those of config.json's architecture")
            if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
                raise ValueError("not all of its numbers are finite")
        except Exception as error:  # damage has many forms and one remedy
            raise damaged(path, error, _REMEDY) from error
        notes = {"run": self.key, "sha256": digest_of(tensors), **self._notes}
        write_weights(to, tensors, notes)

    @property
    def _notes(self) -> dict[str, str]:
        of_data = {"num_classes": self.architecture.num_classes}
        of_data["in_channels"] = self.architecture.in_channels
        layers = plain_layers(self.architecture)
        return {"layers": json.dumps(layers), "of_data": json.dumps(of_data), "task": self.task}


def network_of(notes: Mapping[str, str]) -> tuple[Architecture, str]:
    """Whose weights a kept file holds, and the identity of the data they were trained on."""
    layers, of_data = json.loads(notes["layers"]), json.loads(notes["of_data"])
    return read_layers(layers, **of_data), notes["task"]


def read_exported(folder: Path) -> ExportedFolder:
    """The folder, of which nothing is run or unpickled. Raises InvalidInput in one message."""
    path = folder / "config.json"
    config = read_json(path, _REMEDY) if folder.is_dir() else None
    if config is None or config.get("made_by") != MADE_BY:
        raise InvalidInput(
            f"recipe.start is {str(folder)!r}, but must be baseline, before, or a folder of "
            "python -m scaling_search.export"
        )
    weights = folder / "weights.safetensors"
    if config.get("weights") is None or not weights.is_file():
        raise InvalidInput(
            f"recipe.start is {str(folder)!r}, but that folder has no weights: export a member "
            "that was trained, with --train where its study kept none"
        )
    try:
        layers: dict[str, Any] = dict(config["architecture"])
        classes, channels = (layers.pop(name) for name in ("num_classes", "in_channels"))
        architecture = read_layers(
            layers, whole_number("num_classes", classes), whole_number("in_channels", channels)
        )
        task = str(config["study"]["data_identity"])
        digest = hashlib.sha256(path.read_bytes() + weights.read_bytes())
    except (InvalidInput, LookupError, TypeError, ValueError) as error:
        raise damaged(path, error, _REMEDY) from error
    except OSError as error:
        raise damaged(folder, f"it cannot be read: {error.strerror}", _REMEDY) from error
    return ExportedFolder(folder, architecture, task, digest.hexdigest()[:16])
