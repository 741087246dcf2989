"""Random damage to a tree of dicts and lists, as study.yaml and environment.json hold one.

A change is made in the tree, or in its text where no tree can say it: a placeholder is put into the
tree and replaced once the tree has been written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

#: Stands in the written tree for what only text can say.
PLACEHOLDER = "PLACEHOLDER-OF-THE-ATTACK"

STRANGE: list[Any] = [
    None, True, False, 0, 1, -1, 3.5, "text", "", " ", "null", "1", "nan", "../..", "a\nb",
    "\x1b[2J", "é" * 50, "x" * 10_000, [], [[]], [1, 2], ["a"], [None], [0, 1] * 300, {}, {"a": 1},
    {"kind": "grid"}, {"_target_": "os.getcwd"}, [{}],
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 2, 7, 0.5, -0.5, 1e-300, 1e-9, 100, 1e5, 10**9, 2**31, 2**53, 2**63, 10**30, 1e300,
    math.nan, math.inf, -math.inf,
]  # fmt: skip
TEXTS = ["twelve", "12", "1e3", "", "-", "1,5", "0x10", "½", "1 2"]


@dataclass
class Place:
    """An entry of a dict or a list, and where it is."""

    holder: Any
    key: Any
    path: str

    @property
    def value(self) -> Any:
        return self.holder[self.key]

    @value.setter
    def value(self, value: Any) -> None:
        self.holder[self.key] = value


class Unfit(Exception):
    """This damage cannot be done to this file: choose another."""


def places(tree: Any, path: str = "") -> Iterator[Place]:
    """Every entry of a tree, sections and leaves."""
    if isinstance(tree, dict):
        entries: Any = list(tree.items())
    elif isinstance(tree, list):
        entries = list(enumerate(tree))
    else:
        return
    for key, value in entries:
        here = f"{path}.{key}" if path else str(key)
        yield Place(tree, key, here)
        yield from places(value, here)


def choose(rng: Random, tree: Any, fits: Callable[[Any], bool] = lambda _: True) -> Place:
    """A random entry whose value fits; sections are as likely as all of their leaves together."""
    found = [place for place in places(tree) if fits(place.value)]
    sections = [place for place in found if isinstance(place.value, (dict, list))]
    if not found:
        raise Unfit
    return rng.choice(sections if sections and rng.random() < 0.4 else found)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def to_null(rng: Random, tree: Any) -> str:
    place = choose(rng, tree, lambda value: value is not None)
    place.value = None
    return f"{place.path} = null"


def to_other_type(rng: Random, tree: Any) -> str:
    place = choose(rng, tree)
    place.value = rng.choice([v for v in STRANGE if type(v) is not type(place.value)])
    return f"{place.path} = {short(place.value)}"


def to_number(rng: Random, tree: Any) -> str:
    place = choose(rng, tree, is_number)
    place.value = rng.choice([*NUMBERS, -place.value, place.value + 1, place.value * 1000])
    return f"{place.path} = {place.value}"


def to_text(rng: Random, tree: Any) -> str:
    place = choose(rng, tree, is_number)
    place.value = rng.choice([*TEXTS, str(place.value)])
    return f"{place.path} = {place.value!r}"


def without(rng: Random, tree: Any) -> str:
    place = choose(rng, tree)
    del place.holder[place.key]
    return f"{place.path} deleted"


def renamed(rng: Random, tree: Any) -> str:
    place = choose(rng, tree)
    if not isinstance(place.holder, dict):
        raise Unfit
    name = rng.choice([str(place.key).upper(), f"{place.key} ", f"{place.key}s", "", 0, None, True])
    place.holder[name] = place.holder.pop(place.key)
    return f"{place.path} renamed to {name!r}"


def with_unknown(rng: Random, tree: Any) -> str:
    holders = [tree, *(p.value for p in places(tree) if isinstance(p.value, dict))]
    holder = rng.choice([h for h in holders if isinstance(h, dict)])
    key = rng.choice(["surprise", "__class__", "_target_", "self", "e\u0301", 1, None, "rung"])
    holder[key] = rng.choice(STRANGE)
    return f"unknown key {key!r} = {short(holder[key])}"


def swapped(rng: Random, tree: Any) -> str:
    one, other = choose(rng, tree), choose(rng, tree)
    if one.path.startswith(other.path) or other.path.startswith(one.path):
        raise Unfit
    one.value, other.value = other.value, one.value
    return f"{one.path} and {other.path} swapped"


def list_changed(rng: Random, tree: Any) -> str:
    place = choose(rng, tree, lambda value: isinstance(value, list) and bool(value))
    old = place.value
    changes: list[list[Any]] = [
        [], old * 2, old * 500, old[1:], old[:1], old[::-1], [*old, None], [*old, "a"], [old],
        [*old, math.nan], [*old, -1], [*old, 10**9], [*old, {}], [str(v) for v in old],
        list(range(3000)),
    ]  # fmt: skip
    place.value = rng.choice(changes)
    return f"{place.path} = {short(place.value)}"


#: Name of a kind -> the damage: it changes the tree and says what it has changed.
TREES: dict[str, Callable[[Random, Any], str]] = {
    "null": to_null,
    "other type": to_other_type,
    "number": to_number,
    "text for a number": to_text,
    "entry deleted": without,
    "entry renamed": renamed,
    "unknown entry": with_unknown,
    "entries swapped": swapped,
    "list changed": list_changed,
}


def _bomb(mapping: bool) -> str:
    """Nine levels of nine: 400 million leaves in a thousand characters."""
    names = "abcdefghi"
    levels = []
    for level in range(9):
        leaves = [f"*l{level - 1}" if level else "x"] * 9
        if mapping:
            leaf = ", ".join(f"{name}: {leaf}" for name, leaf in zip(names, leaves))
            levels.append(f"{names[level]}: &l{level} {{{leaf}}}")
        else:
            levels.append(f"&l{level} [{', '.join(leaves)}]")
    text = ", ".join(levels)
    return f"{{{text}}}" if mapping else f"[{text}]"


#: What only the text of a YAML file can say, by name.
YAML_TEXT: dict[str, str] = {
    "alias bomb": _bomb(mapping=False),
    "alias bomb in mappings": _bomb(mapping=True),
    "list within itself": "&self [*self]",
    "mapping within itself": "&self {a: *self}",
    "10 brackets": "[" * 10 + "]" * 10,
    "300 brackets": "[" * 300 + "]" * 300,
    "20,000 brackets": "[" * 20_000 + "]" * 20_000,
    "20,000 open brackets": "[" * 20_000,
    "6,000 digits": "9" * 6_000,
    "a date": "2020-02-30",
    "another date": "2020-02-03",
    "minutes": "1:30:00",
    "bytes": "!!binary aGVsbG8=",
    "a set": "!!set {a, b}",
    "pairs": "!!pairs [a: 1, a: 2]",
    "python object": "!!python/object/apply:os.getcwd []",
    "python name": "!!python/name:os.getcwd",
    "unknown tag": "!surprise {a: 1}",
    "unknown alias": "*nothing",
    "lone surrogate": '"\\uD800"',
    "zero byte": '"\\0"',
    "other line ends": '"a\\Lb\\Nc"',
    "a mapping as key": "{? {a: 1} : 2}",
    "nan": ".nan",
    "infinity": "-.inf",
    "octal": "0o17",
    "equal keys": "{a: 1, a: 2}",
    "merge key": "{<<: {a: 1}, b: 2}",
    "merge of a number": "{<<: 5}",
    "no end of text": '"abc',
    "tab": "\t\ta: b",
}  # fmt: skip
#: The same of a JSON file.
JSON_TEXT: dict[str, str] = {
    "300 brackets": "[" * 300 + "]" * 300,
    "20,000 brackets": "[" * 20_000 + "]" * 20_000,
    "100,000 open objects": '{"a":' * 100_000,
    "6,000 digits": "9" * 6_000,
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "1e999": "1e999",
    "lone surrogate": '"\\ud800"',
    "zero byte": '"\\u0000"',
    "equal keys": '{"a": 1, "a": 2}',
    "no end of text": '"abc',
    "single quotes": "'a'",
    "comment": "1 // one",
    "nothing": "",
    "markup": '"</script><script>alert(1)</script>"',
    "terminal codes": '"\\u001b[2J\\u0007"',
}


def with_placeholder(rng: Random, tree: Any) -> str:
    """Put the placeholder at a random entry and say where."""
    place = choose(rng, tree)
    place.value = PLACEHOLDER
    return place.path


def short(value: Any) -> str:
    """The beginning of its representation."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}... ({len(text)} characters)"
