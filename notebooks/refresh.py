"""Execute the notebooks and keep their outputs: python notebooks/refresh.py [NAME ...]

Each runs in a fresh kernel of this Python. What differs from machine to machine or from time to
time is left out of the file, so that executing it again changes nothing but what was found.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent
ROOT = NOTEBOOKS.parent


def execute(path: Path, folder: Path = NOTEBOOKS) -> nbformat.NotebookNode:
    """The notebook with fresh outputs, run in `folder`. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    # Without folders to look in, "python3" is this Python, whatever kernels a user has installed.
    kernel = AsyncKernelManager(
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), transport_encryption="auto"
    )
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=120,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryDirectory() as nobody:
        # The checkout's package, and nobody's own settings of IPython.
        own = {"PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": nobody}
        client.execute(env={**os.environ, **own}, cleanup_kc=True)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    return notebook


def main(names: list[str]) -> None:
    """Refresh the named notebooks, or all."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not names or path.stem in {Path(name).stem for name in names}:
            nbformat.write(execute(path), path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
