"""All files of a report, or none: what stands in the way is found before the first is written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scaling_search.errors import InvalidInput
from scaling_search.text_file import write_text


def as_json(content: Any) -> str:
    """The text of a JSON file, with sorted keys; what is not finite, which JSON lacks, is null."""
    text = json.dumps(_plain(content), indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n"


def _plain(value: Any) -> Any:
    """Numbers and arrays of NumPy as Python's, named tuples as dictionaries."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: _plain(content) for key, content in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(content) for content in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def as_csv(table: pd.DataFrame) -> str:
    """The text of a CSV file, without the index."""
    return str(table.to_csv(index=False, lineterminator="\n"))


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files (name below the folder -> text).

    Raises InvalidInput where a file's place is a folder, a folder's is a file, and where either is
    a link: what it points to may be another study's, or somebody else's.
    """
    for name in files:
        path = folder / name
        for place in (path.parent, path) if path.parent != folder else (path,):
            if place.is_symlink() or (place.exists() and place.is_dir() == (place == path)):
                kind = (
                    "a link" if place.is_symlink() else "a folder" if place.is_dir() else "a file"
                )
                raise InvalidInput(f"{place} is {kind}, where the report is written: move it away")
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_text(folder / name, text)
