"""Words of the command line that the shell has split, or taken braces from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from scaling_search.errors import InvalidInput

_OPEN, _CLOSED = "[{(", "]})"


def refuse_what_the_shell_took(words: Sequence[str]) -> None:
    """Raises InvalidInput, which shows how to type it, where a value can only have lost a part."""
    values: dict[str, list[str]] = {}
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        following = words[place + 1 :]
        # What stands behind `store=` may hold a password.
        if not equals or not name or name.lstrip("+") == "store":
            continue
        values.setdefault(name, []).append(value)
        if not value and following and "=" not in following[0] and following[0][0:1] != "-":
            raise InvalidInput(
                f"{word} has no value, since a space follows: type {_quoted(word + following[0])}"
            )
        if (whole := _closed(word, following)) is not None:
            raise InvalidInput(
                f"{word!r} is only the beginning of a value, since the shell splits at spaces: put "
                f"it into quotes, {_quoted(whole)}"
            )
    if "=" in words:
        place = words.index("=")
        around = words[max(0, place - 1) : place + 2]
        raise InvalidInput(f"there are spaces around =: type {_quoted(''.join(around))}")
    for name, given in values.items():
        if len(given) > 1 and all(re.match(r"\w+:", value) for value in given):
            whole = f"{name}={{{', '.join(given)}}}"
            raise InvalidInput(
                f"{name}= is given {len(given)} times, as where a shell takes the braces of a "
                f"value for its own: put it into quotes, {_quoted(whole)}"
            )


def _closed(word: str, following: Sequence[str]) -> str | None:
    """The word with those that close its brackets; None where it is whole, or stays open."""
    if _depth(word) <= 0:
        return None
    for count in range(1, len(following) + 1):
        whole = " ".join([word, *following[:count]])
        if _depth(whole) == 0:
            return whole
    return None


def _depth(text: str) -> int:
    return sum(text.count(c) for c in _OPEN) - sum(text.count(c) for c in _CLOSED)


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
