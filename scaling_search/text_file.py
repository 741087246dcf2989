"""A file at the door: read whole as text or JSON, or refused in one line; written whole or not."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.whole_files import write_whole

#: What mends a file that a study's command writes.
RESTORE = "restore it from its source, or repeat the study's command, which makes it anew"
#: Bytes: many times what any study needs, and little enough to read.
_LARGEST = 2**28
_LARGEST_JSON = 2**24

_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def expanded(path: str | Path, name: str = "") -> Path:
    """A path as it is typed, where ~ is a home folder. name: of the setting that holds it.

    Raises InvalidInput where there is no such home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        of = f"{name} is {str(path)!r}, but" if name else f"{path} cannot be found, since"
        raise InvalidInput(f"{of} there is no such home folder: give the whole path") from error


def damaged(path: Path, what: object, remedy: str = RESTORE) -> InvalidInput:
    """The error for a file that cannot be used: its path, what is wrong with it, what to do."""
    return InvalidInput(f"{path} is damaged ({one_line(what)}): {remedy}")


def missing(path: Path, remedy: str = RESTORE) -> InvalidInput:
    """The error for a file that is not there."""
    return InvalidInput(f"{path} is missing: {remedy}")


def one_line(what: object) -> str:
    """Text for a message: printable, in one line, and no longer than a few lines of a screen."""
    text = "".join(c if c.isprintable() else " " for c in str(what))
    text = " ".join(text.split())
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"


def shown(value: object) -> str:
    """A value of a file for a message, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:45]}...{text[-10:]}"


def is_text(value: str) -> bool:
    """Whether it can be printed and written: no control characters but tab and newline."""
    return _NO_TEXT.search(value) is None


def read_text(path: Path, remedy: str = RESTORE, largest: int = _LARGEST) -> str | None:
    """A UTF-8 text; None where there is no such file.

    Raises InvalidInput where it is no ordinary file, too large (bytes), not readable or no text.
    """
    try:
        found = os.stat(path)
        is_file, size = stat.S_ISREG(found.st_mode), found.st_size
        if is_file and size <= largest:
            with path.open("rb") as file:
                content = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise damaged(path, f"it cannot be read: {cause}", remedy) from error
    if not is_file:
        what = "folder" if stat.S_ISDIR(found.st_mode) else "device"
        raise damaged(path, f"a {what}, no file", remedy)
    if size > largest or len(content) > largest:
        raise damaged(path, f"it has more than {largest:,} bytes", remedy)
    try:
        # Some editors begin a file with a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise damaged(path, f"byte {error.start} is no UTF-8 text", remedy) from error
    if "\0" in text:
        raise damaged(path, "it holds NUL bytes", remedy)
    return text


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 text whole or not at all."""
    write_whole(path, content.encode())


def read_json(path: Path, remedy: str = RESTORE) -> dict[str, Any] | None:
    """The object that a file holds; None where there is no file. Raises InvalidInput."""
    text = read_text(path, remedy, _LARGEST_JSON)
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
    """Write a JSON file, with sorted keys."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
