"""environment.json: where a study ran last, and how that went."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.study.plain import from_plain
from scaling_search.text_file import damaged, read_json, write_json

_PACKAGES = ("torch", "numpy", "scipy", "pandas", "pillow", "optuna", "matplotlib", "hydra-core")
#: What files of older versions, or of installed packages, do not have.
_OPTIONAL = ("search_ended", "git.commit", "git.dirty")


@dataclass(frozen=True, kw_only=True)
class Git:
    """The checkout that the package ran from; empty elsewhere."""

    commit: str = ""
    dirty: bool = False


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The machine, and how many workers it had."""

    cores: int | None
    machine: str
    memory_gib: float | None
    processor: str
    system: str
    workers: int


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What environment.json holds."""

    command: str
    #: One line for each run that was given up.
    failures: list[str]
    git: Git
    hardware: Hardware
    #: Of Python, of this package (or `checkout`) and of those that results depend on.
    python: str
    scaling_search: str
    versions: dict[str, str]
    #: Whether STEP 1 had all its runs; studies of old don't say.
    search_ended: bool = True


def read_environment(folder: Path) -> Environment | None:
    """environment.json; None where there is none. Raises InvalidInput where it is damaged."""
    path = folder / "environment.json"
    content = read_json(path)
    if content is None:
        return None
    try:
        return from_plain(Environment, content, optional=_OPTIONAL)
    except InvalidInput as error:
        raise damaged(path, error) from error


def write_environment(
    folder: Path, command: str, workers: int, failures: Sequence[str], search_ended: bool
) -> None:
    """environment.json of this machine, as it is now."""
    environment = Environment(
        command=command,
        failures=list(failures),
        git=_git(),
        hardware=Hardware(
            cores=os.cpu_count(),
            machine=platform.machine(),
            memory_gib=_memory_gib(),
            processor=_processor(),
            system=platform.system(),
            workers=workers,
        ),
        python=sys.version.split()[0],
        scaling_search=_own_version(),
        versions=dict(_versions()),
        search_ended=search_ended,
    )
    write_json(folder / "environment.json", asdict(environment))


@cache
def _versions() -> Mapping[str, str]:
    """They are searched for on the whole path, which takes longer than all else here."""
    return {name: metadata.version(name) for name in _PACKAGES}


def _own_version() -> str:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version("scaling-search")
    return "checkout"


def _git() -> Git:
    git = shutil.which("git")
    checkout = Path(__file__).resolve().parents[3]
    if git is None or not (checkout / ".git").exists():
        return Git()

    def ask(*words: str) -> str:
        return subprocess.run(
            [git, "-C", str(checkout), *words], capture_output=True, text=True, check=False
        ).stdout.strip()

    return Git(
        commit=ask("rev-parse", "HEAD"),
        dirty=bool(ask("status", "--porcelain", "--", "scaling_search", "conf")),
    )


def _memory_gib() -> float | None:
    with suppress(ValueError, OSError, AttributeError):
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    return None


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
