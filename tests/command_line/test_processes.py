"""Commands in processes of their own: what they import, Ctrl-C meanwhile, exit code and streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import GRID
from folders import written

import scaling_search

CHECKOUT = Path(scaling_search.__file__).parents[1]


def run_process(
    folder: Path, *words: str, module: str = "scaling_search", timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Type a command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        env={**environment, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("loaded", ["omegaconf", "numpy", "scaling_search.study", "hydra.core"])
def test_ctrl_c_among_the_imports(tmp_path: Path, loaded: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "scaling_search", GRID, "dry_run=true"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background is started with interrupts ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.split("|")[-1].strip().startswith(loaded):
            break
    process.send_signal(signal.SIGINT)
    said = [line for line in process.stderr if not line.startswith("import time:")]
    assert process.wait() == 130
    assert [line for line in said if line.strip()] == [
        "Stopped. Finished runs are kept in the database; repeat the same command to train only "
        "what is missing.\n"
    ]


@pytest.mark.slow
def test_a_process_that_is_refused(tmp_path: Path) -> None:
    ended = run_process(tmp_path, GRID, "sweep.alpha=[0.9]")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: sweep.alpha")
    assert written(tmp_path) == []
