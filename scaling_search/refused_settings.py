"""What is wrong with a typed setting, where the library that composes settings refuses it.

Its own words are about its classes; ours give name, value, requirement and remedy.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from difflib import get_close_matches

#: Words of the library -> what one value must be, and several.
_REQUIRED = (
    (r"to Integer|'int'", "a whole number", "whole numbers"),
    (r"to Float|'float'", "a number", "numbers"),
    (r"valid bool", "true or false", "true or false"),
    (r"to string|'str'", "one text, without brackets", "texts, without brackets"),
    (r"a subclass of|to Dict", "settings in braces, such as {NAME: VALUE}", "such settings"),
)
#: What it adds for programmers.
_NOISE = re.compile(r"full_key:|object_type=|reference_type=|To append to your")


def in_plain_words(error: Exception) -> str:
    """What an error of the library and its cause say, in a line.

    error: as it comes from composing, with a cause that has the full name of the setting.
    """
    if (known := _known(error)) is not None:
        return known
    text = f"{error}\n{error.__cause__ or ''}"
    lines = [line.strip() for line in text.splitlines()]
    said = "; ".join(dict.fromkeys(line for line in lines if line and not _NOISE.match(line)))
    key = re.search(r"full_key: (\S+)", text)
    return f"{key[1]}: {said}" if key and key[1] not in said else said or repr(error)


def _known(error: Exception) -> str | None:
    """Name, value, requirement and remedy; None where the error is of another kind."""
    cause = error.__cause__
    key = getattr(cause, "full_key", None)
    if not isinstance(key, str):
        return None
    if str(error).startswith("Could not override"):
        return _unknown(key, getattr(cause, "object_type", None))
    typed = re.match(r"(?s)Error merging override \+*([\w.]+)=(.*)", str(error))
    if typed is None:
        return None
    name, value = typed[1], " ".join(typed[2].split())
    if name.startswith(f"{key}."):
        return f"there is no setting {name}: did you mean {key}?"
    return _unfit(name, value, str(cause), "[" in key)


def _unfit(name: str, value: str, said: str, in_list: bool) -> str | None:
    shown = f"{name} is {value or 'empty'}"
    if "ListConfig" in said:
        form = "VALUE, ..." if value.startswith("{") else value
        return f"{shown}, but must be a list: give {name}=[{form}]"
    if in_list and "NoneType" in said:
        return f"{shown}, but each value of the list must be given: leave null out"
    if "not Optional" in said:
        return f"{shown}, but must have a value: leave it out, or give another"
    for words, one, several in _REQUIRED:
        if re.search(words, said):
            required = f"hold {several}" if in_list else f"be {one}"
            return f"{shown}, but must {required}: give that, or leave {name} out"
    return None


def _unknown(key: str, schema: object) -> str:
    place, _, name = key.rpartition(".")
    path = f"{place}." if place else ""
    if not (isinstance(schema, type) and is_dataclass(schema)):
        return f"{key} is given, but {place} is not: put +{place}=NAME in front, or leave it out"
    known = [field.name.rstrip("_") for field in fields(schema)]
    if near := get_close_matches(name, known, 1):
        return f"there is no setting {key}: did you mean {path}{near[0]}?"
    listed = f"{place} has {', '.join(known)}" if place else "--help lists those there are"
    return f"there is no setting {key}: {listed}"
