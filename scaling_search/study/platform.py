"""What the runs of a study compute with."""

from __future__ import annotations

from dataclasses import dataclass

from scaling_search.execution import resolve_device, torch_version
from scaling_search.proxy.run import TRAINER_VERSION


@dataclass(frozen=True)
class Platform:
    """What a run computes with, as far as its result depends on it."""

    device: str
    torch_version: str
    trainer_version: int

    @classmethod
    def here(cls, asked: str = "auto") -> Platform:
        """This machine with the device asked for: auto, cpu or cuda. Raises InvalidInput."""
        return cls(resolve_device(asked), torch_version(), TRAINER_VERSION)
