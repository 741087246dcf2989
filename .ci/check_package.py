"""Builds wheel and sdist, installs the wheel outside the checkout and works in an empty folder.

The Python that runs this has the dependencies and hatchling. The new environment sees those through
a path file, which takes no part in an editable install: scaling_search comes from the wheel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
#: A whole study, of both steps, in seconds.
SEARCH = [
    *("+sweep=grid", "recipe=smoke", "name=wheel", "sweep.seeds=[0]", "baseline.resolution=12"),
    *("data.train_images=150", "data.test_images=80", "recipe.batch_size=16"),
]


def run(*words: str | Path, folder: Path = CHECKOUT) -> str:
    """What a command prints; it must succeed."""
    command = [str(word) for word in words]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def require(holds: bool, otherwise: str) -> None:
    """End with a line where something does not hold."""
    if not holds:
        sys.exit(f"error: {otherwise}")


def build(folder: Path) -> Path:
    """The wheel: it holds the package and its configuration, and the sdist builds the same."""
    run(sys.executable, "-m", "hatchling", "build", "-d", folder)
    [wheel], [sdist] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    alone = ("--no-deps", "--no-build-isolation", "--no-cache-dir")
    run(sys.executable, "-m", "pip", "wheel", *alone, "-w", folder / "again", sdist)
    again = folder / "again" / wheel.name
    require(again.read_bytes() == wheel.read_bytes(), "the sdist builds another wheel")
    files = [path for part in ("scaling_search", "conf") for path in (CHECKOUT / part).rglob("*.*")]
    paths = {str(path.relative_to(CHECKOUT)) for path in files if path.suffix != ".pyc"}
    wanted = {f"scaling_search/{path.removeprefix('scaling_search/')}" for path in paths}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    require(wanted == held, f"wheel and checkout differ in {sorted(wanted ^ held)}")
    return wheel


def install(wheel: Path, folder: Path) -> Path:
    """The folder of commands of an environment with this wheel."""
    venv.create(folder, with_pip=False)
    commands = folder / "bin"
    pip = (sys.executable, "-m", "pip", "--python", commands / "python")
    run(*pip, "install", "--no-deps", "--no-index", wheel)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return commands


def work(commands: Path, folder: Path) -> None:
    """Help, a study, its report again and its decisive runs again, in an empty folder."""
    python, study = commands / "python", folder / "experiments" / "wheel"
    place = run(python, "-c", "print(__import__('scaling_search').__file__)", folder=folder)
    require(Path(place).is_relative_to(commands.parent), f"{place.strip()} is not the wheel's")
    told = run(commands / "scaling-search", "--help", folder=folder)
    require("\nscaling-search +sweep=grid" in told, "help of scaling-search names another command")
    run(commands / "scaling-search", *SEARCH, folder=folder)
    files = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    run(python, "-m", "scaling_search.report", study, folder=folder)
    changed = [str(path) for path, before in files.items() if path.read_bytes() != before]
    require(not changed, f"the report made anew differs in {changed}")
    said = run(python, "-m", "scaling_search.reproduce", study, folder=folder)
    print(f"package: {len(files)} files of a study, the same again; {said.splitlines()[-1]}")


def main() -> None:
    """Exit code 1 where something does not hold."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary).resolve()
        commands = install(build(root / "dist"), root / "venv")
        (root / "empty").mkdir()
        work(commands, root / "empty")


if __name__ == "__main__":
    main()
