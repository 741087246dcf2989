"""Modules that hide a library, and terminals that cannot show a character."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import SMALL

import scaling_search

CHECKOUT = Path(scaling_search.__file__).parents[1]


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "scaling_search", *words],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "XDG_CACHE_HOME": str(folder / "cache"),
            **environment,
        },
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("random.py", "CHOICES = 3\n"), ("yaml.py", "raise RuntimeError('mine')\n")],
)
def test_a_module_that_hides_a_library_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    ended = run(tmp_path, *SMALL, "dry_run=true")
    assert ended.returncode == 2
    assert (
        f"{name} in {tmp_path} hides the library of that name: rename it" in ended.stderr.decode()
    )


@pytest.mark.long
def test_what_the_terminal_cannot_show_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def net(depth_mult, width_mult, resolution, num_classes, in_channels):\n"
        "    print('width \\u2192', width_mult)\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(in_channels * resolution**2, 36))\n"
    )
    own = ["baseline=own", "baseline._target_=nets.net", "dry_run=true"]
    ended = run(tmp_path, *SMALL[1:], *own, PYTHONIOENCODING="ascii")
    assert ended.returncode == 0, ended.stderr
    code = (
        "from scaling_search.wording import replace_what_cannot_be_shown as r; r(); print('\u03b1')"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=True,
    )
    assert shown.stdout.strip() == b"?"
