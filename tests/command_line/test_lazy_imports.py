"""Help, a plan and a status import nothing that takes seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import scaling_search

HEAVY = {"torch", "ray", "optuna", "matplotlib", "pandas", "datasets", "timm", "scipy.stats"}
SCRIPT = """
import runpy, sys
module, *sys.argv[1:] = sys.argv[1:]
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
except SystemExit as ended:
    assert not ended.code, ended
print("LOADED", *sorted(sys.modules))
"""


@pytest.mark.parametrize(
    "words",
    [
        ("scaling_search", "--help"),
        ("scaling_search", "dry_run=true"),
        ("scaling_search", "+sweep=grid", "dry_run=true"),
        ("scaling_search", "+sweep=race", "dry_run=true"),
        ("scaling_search.status", "experiments/st"),
        ("scaling_search.export", "--help"),
    ],
)
def test_nothing_heavy_is_loaded(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "experiments" / "st").mkdir(parents=True)
    (tmp_path / "experiments" / "st" / "study.yaml").touch()
    root = Path(scaling_search.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()[-1].split()
    assert loaded[0] == "LOADED"
    assert "scaling_search" in loaded
    assert not HEAVY.intersection(loaded)
