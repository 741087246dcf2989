"""The connection to a Ray cluster, or to one started here, and what travels to its workers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.execution.device import core_count
from scaling_search.execution.travel import Away

_PACKAGE = Path(__file__).resolve().parents[1]
#: Seconds in which a cluster has to answer.
_PATIENCE = 10.0
#: What the folder of the user's modules may hold besides them.
_NO_CODE = ("/.git/", "/.venv/", "/venv/", "__pycache__/")


def import_ray() -> Any:
    """Ray, told to be quiet. Raises InvalidInput where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Otherwise Ray warns of what it will do in future.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise InvalidInput(
            "executor.kind is 'ray', but Ray is not installed: pip install 'scaling-search[ray]', "
            f"or take executor=local ({error})"
        ) from error
    return ray


def connect(address: str, runtime_env: Mapping[str, Any], cores: int | None) -> bool:
    """Connect to the cluster at an address, or start one here for as many cores or all.

    False where this process was connected already. Raises InvalidInput.
    """
    ray = import_ray()
    if ray.is_initialized():
        return False
    here: dict[str, Any] = {"address": address}
    if not address:
        cores = max(core_count(), cores or 0)
        here = {"address": "local", "num_cpus": cores, "include_dashboard": False}
    _require_answer(address)
    try:
        ray.init(**here, runtime_env=dict(runtime_env), log_to_driver=False, logging_level="error")
    except Exception as error:
        # Besides ConnectionError, ValueError and RuntimeError those of what it was called with.
        what = f"cannot be reached as executor.address={address}" if address else "does not start"
        why = " ".join(str(error).split())[:300] or type(error).__name__
        raise InvalidInput(
            f"the Ray cluster {what}: {why}. Is it up, with the same versions of Python and Ray as "
            "here (ray status)?"
        ) from error
    return True


def _require_answer(address: str) -> None:
    """Refuse a machine on which nobody listens: Ray would wait for minutes, with lines in its log.

    Raises InvalidInput.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"executor.address is {address!r}, but nobody answers there ({error}): give HOST:PORT "
            "of the first node, such as 10.0.0.1:6379, and see that the cluster is up (ray status)"
        ) from error


def runtime_env(
    given: Mapping[str, Any], threads: int, away: Away[Any] | None, elsewhere: bool
) -> dict[str, Any]:
    """Ray's description of what its workers need.

    given: the user's own part, which goes before ours. elsewhere: whether workers may have another
    disk, to which modules are to be brought.
    """
    ours: dict[str, Any] = {}
    if elsewhere and not {"site-packages", "dist-packages"}.intersection(_PACKAGE.parts):
        ours["py_modules"] = [str(_PACKAGE)]
    if elsewhere and away is not None and away.code is not None:
        ours["working_dir"] = str(away.code)
        ours["excludes"] = [*_NO_CODE, *_below(away.code, away.left_out)]
    variables = {"OMP_NUM_THREADS": str(threads), **given.get("env_vars", {})}
    return {**ours, **given, "env_vars": {name: str(value) for name, value in variables.items()}}


def _below(folder: Path, paths: Any) -> Iterator[str]:
    """Those of the paths that lie in the folder, as a .gitignore names them."""
    for path in paths:
        whole = Path(path).resolve()
        if whole.is_relative_to(folder.resolve()) and whole != folder.resolve():
            yield f"/{whole.relative_to(folder.resolve()).as_posix()}"
