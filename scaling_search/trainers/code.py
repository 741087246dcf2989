"""What stands for the files that a training is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from scaling_search.baselines.own_code import code_of_script
from scaling_search.errors import InvalidInput


def code_of_files(names: Iterable[str], folder: str) -> dict[str, str]:
    """Sixteen hexadecimal digits for each file, by the name under which it was given.

    names: below the folder; with * all that fit. A Python file stands for what it imports from the
    user's folders too. Raises InvalidInput where there is none.
    """
    found: dict[str, str] = {}
    for name in names:
        try:
            paths = [p for p in sorted(Path(folder).glob(name)) if p.is_file()]
        except (ValueError, NotImplementedError) as error:
            raise InvalidInput(
                f"trainer.files has {name!r}, but must hold files below the working directory "
                f"({error})"
            ) from error
        if not paths:
            raise InvalidInput(
                f"trainer.files has {name!r}, but there is no such file below "
                f"{Path(folder).resolve()}: name those whose edits should make other runs"
            )
        found.update((str(path.relative_to(folder)), code_of_file(path)) for path in paths)
    return found


def code_of_file(path: Path) -> str:
    """Sixteen hexadecimal digits for one file."""
    if path.suffix == ".py":
        return code_of_script(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def joined(code: Mapping[str, str]) -> str:
    """What stands for all of them; empty where there are none."""
    if not code:
        return ""
    return hashlib.sha256(json.dumps(sorted(code.items())).encode()).hexdigest()[:16]


def require_code(known: str, here: Mapping[str, str]) -> None:
    """Raise InvalidInput where the code is not that of the study any more."""
    if joined(here) != known:
        raise InvalidInput(
            f"the code of {', '.join(here)} is not that of the study (it, or what it imports from "
            "your folders, has been edited since): undo the edit, or make another study with "
            "fresh=true or another name="
        )
