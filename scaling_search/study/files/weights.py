"""weights/: what `family.save_weights=true` keeps of the trained members."""

from __future__ import annotations

from pathlib import Path


def weights_path(folder: Path, member: str, seed: int) -> Path:
    """The file of a member, by its id, trained with a seed. folder: the study's."""
    return folder / "weights" / f"{member}-seed{seed}.safetensors"
