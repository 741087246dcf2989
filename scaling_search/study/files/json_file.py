"""JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scaling_search.study.files.text_file import RESTORE, damaged, read_text, write_text

#: Bytes, far beyond those of any study.
_LARGEST = 2**24


def read_json(path: Path, remedy: str = RESTORE) -> dict[str, Any] | None:
    """The object that a file holds; None where there is no file. Raises InvalidInput."""
    text = read_text(path, remedy, _LARGEST)
    if text is None:
        return None
    try:
        content = json.loads(text, object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise damaged(path, error, remedy) from error
    if not isinstance(content, dict):
        raise damaged(path, f"it holds a {type(content).__name__}, but must hold an object", remedy)
    return content


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it has {twin!r} twice")
    return content


def write_json(path: Path, content: Any) -> None:
    """With sorted keys."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
