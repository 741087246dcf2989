"""What would be installed where: each Python with and without a GPU, and here.

The Python that runs this was set up by install.py and has uv, which resolves for other Pythons.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PYTHONS = re.findall(r"Python :: (3\.\d+)", (CHECKOUT / "pyproject.toml").read_text())
#: The only dependency that PyPI has as sources alone; it is Hydra's.
WHEELS = ("--only-binary", ":all:", "--no-binary", "antlr4-python3-runtime")

sys.path.insert(0, str(CHECKOUT))
from install import shows_gpu  # noqa: E402


def resolved(python: str) -> dict[str, str]:
    """Package -> version, as PyPI gives them on Linux."""
    wanted = ["pyproject.toml", "--extra", "dev", "-c", "constraints.txt", *WHEELS]
    target = ["--python-version", python, "--python-platform", "x86_64-unknown-linux-gnu"]
    uv = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate"]
    done = subprocess.run(
        [*uv, *target, *wanted], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"error: nothing can be installed with Python {python}:\n{done.stderr}")
    return dict(re.findall(r"^(\S+)==(\S+)", done.stdout, re.MULTILINE))


def main() -> None:
    """Exit code 1 where something cannot be installed, or where torch is the wrong one."""
    for python in PYTHONS:
        found = resolved(python)
        if not any(name.startswith("nvidia-") for name in found):
            sys.exit(f"error: a machine with a GPU would get the CPU build with Python {python}")
        print(f"Python {python}: {len(found)} packages, torch {found['torch']} with CUDA for a GPU")
    here = {each.metadata["Name"].lower(): each.version for each in distributions()}
    cuda = any(name.startswith("nvidia-") for name in here)
    if sys.platform == "linux" and cuda != shows_gpu():
        sys.exit(f"error: torch {here['torch']} is the wrong build here; CUDA is there: {cuda}")
    print(f"here: torch {here['torch']}, {'with' if cuda else 'without'} CUDA")


if __name__ == "__main__":
    main()
