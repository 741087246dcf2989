"""Installs this checkout into the Python that runs it: `.venv/bin/python install.py`.

On Linux the torch of PyPI is CUDA's, with several GB of libraries. Where nvidia-smi shows no GPU,
the CPU build is installed instead, from a folder of wheels that pip is told of (PIP_FIND_LINKS) or
from PyTorch's index. Everything else comes from PyPI, in the versions of constraints.txt.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"


def shows_gpu() -> bool:
    """Whether an NVIDIA driver is here and shows a GPU."""
    try:
        shown = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return shown.returncode == 0 and "GPU" in shown.stdout


def install(*words: str, quiet: bool = False) -> bool:
    """Run pip, and say whether it could do what was asked."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *words]
    return subprocess.run(command, capture_output=quiet, check=False).returncode == 0


def main() -> None:
    """Exit code 1 where pip failed, which has said why."""
    constraints = CHECKOUT / "constraints.txt"
    if sys.platform == "linux" and not shows_gpu():
        found = re.search(r"^torch==(\S+)", constraints.read_text(), re.MULTILINE)
        assert found is not None
        torch = ("--no-deps", f"torch=={found[1]}+cpu")
        if not install("--no-index", *torch, quiet=True):
            print(f"No GPU here: the CPU build of torch, from {CPU_BUILDS}", flush=True)
            if not install("--index-url", CPU_BUILDS, *torch):
                print("It cannot be had: PyPI's needs no GPU either, but may take several GB")
    if not install("-c", str(constraints), "-e", str(CHECKOUT)):
        sys.exit(1)


if __name__ == "__main__":
    main()
