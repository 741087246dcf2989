"""Settings and records made of nested dicts and lists, of YAML and JSON, and type-checked."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from scaling_search.errors import InvalidInput
from scaling_search.text_file import is_text, shown

T = TypeVar("T")
#: No setting is larger, and what is computed with fits into 64 bits.
_LARGEST = 2**63


def from_plain(
    kind: type[T],
    plain: Any,
    place: str = "",
    *,
    optional: Collection[str] = (),
    kinds: Mapping[type, Mapping[str, type]] | None = None,
) -> T:
    """The dataclass whose `asdict` this is; every value is checked against its annotation.

    place: what `plain` is called in messages, such as recipe. optional: paths, such as
    recipe.epochs, that may be missing and then take their default; elsewhere all fields must be
    there. kinds: of a base class its subclasses, by what their field `kind` holds. Raises
    InvalidInput, which names the path of the value.
    """
    checked: T = _Check(optional, kinds or {}).value(kind, plain, place)
    return checked


class _Check:
    def __init__(self, optional: Collection[str], kinds: Mapping[type, Mapping[str, type]]) -> None:
        self.optional = optional
        self.kinds = kinds

    def value(self, hint: Any, value: Any, place: str) -> Any:
        """A value of this type, made of plain data."""
        origin, options = get_origin(hint), get_args(hint)
        if origin in (Union, types.UnionType):
            if value is None and NoneType in options:
                return None
            (hint,) = (option for option in options if option is not NoneType)
            return self.value(hint, value, place)
        if hint in self.kinds:
            self._require_names(value, place)
            kind, names = value.get("kind"), list(self.kinds[hint])
            _require(kind in names, kind, f"{place}.kind", f"one of {', '.join(names)}")
            return self._fields(self.kinds[hint][kind], value, place)
        if hint is Any:
            if isinstance(value, list | dict):
                parts = list[Any] if isinstance(value, list) else dict[str, Any]
                return self.value(parts, value, place)
            known = value is None or any(fits(value) for _, fits in _SIMPLE.values())
            _require(known, value, place, "text, a finite number, true, false, a list or a section")
            return value
        if is_dataclass(hint):
            return self._fields(hint, value, place)
        if origin is list:
            _require(isinstance(value, list), value, place, "a list")
            return [self.value(options[0], v, f"{place}[{i}]") for i, v in enumerate(value)]
        if origin is dict:
            self._require_names(value, place)
            return {name: self.value(options[1], v, f"{place}.{name}") for name, v in value.items()}
        if isinstance(hint, type) and issubclass(hint, Enum):
            values = [member.value for member in hint]
            _require(value in values, value, place, f"one of {', '.join(map(str, values))}")
            return hint(value)
        what, fits = _SIMPLE[hint]
        _require(fits(value), value, place, what)
        return value

    def _fields(self, kind: Any, value: Any, place: str) -> Any:
        self._require_names(value, place)
        hints = get_type_hints(kind)
        known = {f.name: f for f in fields(kind)}
        before = f"{place}." if place else ""
        for name in value:
            if name not in known:
                raise InvalidInput(f"there is no {before}{name}: remove it")
        for name, one in known.items():
            has_default = one.default is not MISSING or one.default_factory is not MISSING
            if name not in value and not (has_default and before + name in self.optional):
                raise InvalidInput(f"{before}{name} is missing")
        return kind(**{n: self.value(hints[n], v, before + n) for n, v in value.items()})

    def _require_names(self, value: Any, place: str) -> None:
        fits = isinstance(value, dict) and all(map(_is_text, value))
        _require(fits, value, place or "the whole", "a section of names and values")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and is_text(value)


_SIMPLE: dict[type, tuple[str, Callable[[Any], bool]]] = {
    bool: ("true or false", lambda value: isinstance(value, bool)),
    int: ("a whole number", _is_whole),
    float: (
        "a finite number",
        lambda value: _is_whole(value) or (isinstance(value, float) and math.isfinite(value)),
    ),
    str: ("text", _is_text),
}


def _require(fits: bool, value: Any, place: str, what: str) -> None:
    if not fits:
        raise InvalidInput(f"{place} is {shown(value)}, but must be {what}")


def differences(before: dict[str, Any], after: dict[str, Any], path: str = "") -> list[str]:
    """The settings that differ, each as `recipe.epochs: 4 before, 8 now`."""
    found = []
    for key in sorted(set(before) | set(after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{path}{key}.")
        elif old != new:
            found.append(f"{path}{key}: {old!r} before, {new!r} now")
    return found
