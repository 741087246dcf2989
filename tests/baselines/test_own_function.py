"""Importing a module of the user's: what it does besides leaves no trace, how it fails is said."""

from __future__ import annotations

import itertools
import os
import random
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from scaling_search.baselines import OwnNetwork
from scaling_search.baselines.own_function import import_function
from scaling_search.errors import InvalidInput

Write = Callable[[str], str]

NET = """
from torch import nn

def net(depth_mult, width_mult, resolution, num_classes, in_channels):
    return nn.Sequential(nn.Flatten(), nn.Linear(in_channels * resolution**2, num_classes))
"""
EFFECTS = """
import os, random, tempfile, warnings
import numpy as np
import torch
torch.manual_seed(42)
np.random.seed(42)
random.seed(42)
torch.set_default_dtype(torch.float64)
torch.set_default_device("meta")
torch.set_grad_enabled(False)
torch.set_num_threads(3)
torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True)
torch.backends.cudnn.benchmark = True
torch.backends.cuda.matmul.fp32_precision = "tf32"
np.seterr(all="raise")
warnings.simplefilter("error")
os.chdir(tempfile.gettempdir())
"""
_numbers = itertools.count()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def write(text: str) -> str:
        name = f"imported_net_{next(_numbers)}"
        (tmp_path / f"{name}.py").write_text(text)
        return name

    return write


def shared() -> list[object]:
    """What all of a process shares."""
    return [
        torch.get_rng_state().tolist(),
        str(np.random.get_state()),  # noqa: NPY002
        random.getstate(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_anomaly_enabled(),
        torch.backends.cudnn.benchmark,
        torch.backends.cuda.matmul.fp32_precision,
        np.geterr(),
        len(warnings.filters),
        os.getcwd(),
    ]


def test_an_import_changes_nothing_for_others(write: Write) -> None:
    before = shared()
    target = f"{write(EFFECTS + NET)}.net"
    import_function(target)
    assert shared() == before
    network = OwnNetwork(target, 1.0, 1.0, 5, 1).build(4)
    assert next(network.parameters()).dtype is torch.float32
    assert next(network.parameters()).device.type == "cpu"


def test_a_build_changes_nothing_but_what_it_draws(write: Write) -> None:
    inside = "".join(f"    {line}\n" for line in EFFECTS.splitlines() if "seed" not in line)
    name = write(NET.replace("    return", inside + "    return"))
    before = shared()
    OwnNetwork(f"{name}.net", 1.0, 1.0, 5, 1).build(4)
    assert shared() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import sys\nsys.exit('no GPU found')\n", "line 2, SystemExit: no GPU found"),
        (
            "import argparse\nparser = argparse.ArgumentParser()\n"
            "parser.add_argument('--lr', required=True)\nparser.parse_args()\n",
            "line 4, SystemExit: 2",
        ),
        ("class Quit(BaseException): ...\nraise Quit('enough')\n", "line 2, Quit: enough"),
    ],
)
def test_a_module_that_ends_the_program_is_named(write: Write, text: str, said: str) -> None:
    name = write(text + NET)
    with pytest.raises(InvalidInput) as refusal:
        import_function(f"{name}.net")
    assert f"{name}.py {said}" in str(refusal.value)
    assert 'below `if __name__ == "__main__":`' in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n\n1 / 0\n", "line 3 (ZeroDivisionError"),
        ("import no_such_library\n", "line 1 (ModuleNotFoundError: No module named 'no_such"),
        ("def net(:\n", "line 1 (SyntaxError"),
    ],
)
def test_what_fails_is_named_with_its_line(write: Write, text: str, said: str) -> None:
    name = write(text)
    with pytest.raises(InvalidInput, match="importing") as refusal:
        import_function(f"{name}.net")
    assert f"{name}.py {said}" in str(refusal.value)


def test_a_module_that_hides_a_library_is_named(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wave.py").write_text("")
    monkeypatch.delitem(sys.modules, "wave", raising=False)
    with pytest.raises(InvalidInput, match=r"wave\.py in .* hides the library of that name"):
        import_function(f"{write('from wave import Wave_read' + NET)}.net")
    monkeypatch.delitem(sys.modules, "wave", raising=False)


def test_an_interrupt_is_one(write: Write) -> None:
    with pytest.raises(KeyboardInterrupt):
        import_function(f"{write('raise KeyboardInterrupt' + NET)}.net")
