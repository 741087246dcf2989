"""Weights that are kept, as torch reads them."""

from __future__ import annotations

from pathlib import Path

import torch
from checkpoint_files import Net

from scaling_search.proxy.training import save_weights


def test_weights_are_a_file_of_torch(tmp_path: Path) -> None:
    network = Net()
    save_weights(network, tmp_path / "weights.pt")
    other = Net()
    other.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    assert torch.equal(other.used.weight, network.used.weight)
