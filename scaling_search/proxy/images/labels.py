"""Labels as people have them made classes 0 to K-1, or refused with what to do."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from scaling_search.errors import InvalidInput
from scaling_search.proxy.image_set import Labels
from scaling_search.proxy.images.left_out import shown_name

_MEND = "or name another column with data.label_column="


@dataclass(frozen=True)
class Numbered:
    """Labels of the images of both parts, and the names of the classes in order."""

    train: Labels
    #: None where the test images turn out to have no labels.
    test: Labels | None
    classes: tuple[str, ...]
    #: Why the test part is left out; empty otherwise.
    note: str = ""


def number_labels(
    train: Sequence[Any],
    test: Sequence[Any] | None,
    where: str,
    names: Sequence[str] | None = None,
) -> Numbered:
    """One class for each image, the classes in the order of their values.

    where: what is labelled, for messages, such as "column label of SET". names: of the classes
    where the labels are numbers of them; -1 then stands for no label. Raises InvalidInput where
    the labels are none, or where a class could not be learnt or tested.
    """
    if not len(train):
        raise InvalidInput(f"{where} holds no images")
    _require_named(train, "train", where, names)
    values = [_plain(value, index, "train", where) for index, value in enumerate(train)]
    counts = Counter(values)
    ordered = sorted(counts)
    if len(ordered) < 2:
        raise InvalidInput(
            f"{where} has one class only ({_name(ordered[0], names)}), but at least two are needed"
        )
    alone = sum(1 for count in counts.values() if count == 1)
    if 2 * alone > len(ordered) and len(ordered) > 2 and 2 * alone >= 0.5 * len(values):
        raise InvalidInput(
            f"{where} has {len(ordered):,} values for {len(values):,} images, such as "
            f"{', '.join(_name(v, names) for v in ordered[:3])}: it tells images apart, not "
            f"classes: give each image the name of its class, {_MEND}"
        )
    number = {value: index for index, value in enumerate(ordered)}
    train_labels = np.fromiter((number[v] for v in values), np.int64, len(values))
    classes = tuple(_name(value, names) for value in ordered)
    if test is None:
        return Numbered(train_labels, None, classes)
    if note := _without_labels(test, number):
        return Numbered(train_labels, None, classes, note)
    _require_named(test, "test", where, names)
    tested = [_plain(value, index, "test", where) for index, value in enumerate(test)]
    unknown = sorted(set(tested) - set(number), key=str)
    if unknown:
        raise InvalidInput(
            f"{where}: the test part has classes that the train part lacks: "
            f"{', '.join(_name(v, names) for v in unknown[:5])}: give train images of them, or "
            "leave them out of the test part"
        )
    return Numbered(
        train_labels, np.fromiter((number[v] for v in tested), np.int64, len(tested)), classes
    )


def _without_labels(test: Sequence[Any], number: dict[Any, int]) -> str:
    """Why test images have no labels, as of competitions that keep them to themselves."""
    first = test[0] if len(test) else None
    hidden = first is None or first == "" or (isinstance(first, float) and math.isnan(first))
    placeholder = isinstance(first, int) and first < 0 and first not in number
    if len(test) and not (hidden or placeholder):
        return ""
    if all(value == first or value != value for value in test):
        return f"its {len(test):,} images have no labels ({first!r} for all)"
    return ""


def _require_named(
    values: Sequence[Any], part: str, where: str, names: Sequence[str] | None
) -> None:
    """Refuse numbers that are of none of the classes that have names."""
    if not names:
        return
    for index, value in enumerate(values):
        if isinstance(value, int) and not 0 <= value < len(names):
            raise InvalidInput(
                f"{where} is {value} for image {index} of the {part} part, but its classes are 0 "
                f"to {len(names) - 1}: give every image a label, {_MEND}"
            )


def _plain(value: Any, index: int, part: str, where: str) -> Any:
    """A label as a number or a name."""
    if isinstance(value, str):
        text = value.strip()
        value = text if text.isascii() else unicodedata.normalize("NFC", text)
    elif isinstance(value, bytes):
        return _plain(value.decode("utf-8", "backslashreplace"), index, part, where)
    elif isinstance(value, np.generic):
        return _plain(value.item(), index, part, where)
    elif isinstance(value, Decimal):
        is_whole = value.is_finite() and value == value.to_integral_value()
        return _plain(int(value) if is_whole else float(value), index, part, where)
    # A text may have been a number that is none.
    is_nan = str(value).lower() == "nan" if isinstance(value, str | float) else False
    if value is None or value == "" or is_nan:
        nothing = f"says {value!r}" if value and isinstance(value, str) else "has no value"
        raise InvalidInput(
            f"{where} {nothing} for image {index} of the {part} part: give every image a label, "
            f"{_MEND}"
        )
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    remedy = f"write one name or number of its class for each image, {_MEND}"
    if isinstance(value, float):
        raise InvalidInput(
            f"{where} holds numbers with fractions, such as {value!r}, which are no classes: "
            f"{remedy}"
        )
    kind = "values"
    if isinstance(value, list | tuple | np.ndarray):
        kind = "lists"
        if len(value) > 1 and all(v in (0, 1) for v in value) and sum(value) == 1:
            remedy = f"where they are one-hot, write the place of the 1 instead, {_MEND}"
    elif isinstance(value, dict):
        kind = "records"
        remedy = f"make a column of one of their fields ({', '.join(map(str, value))}), {_MEND}"
    elif isinstance(value, date | time | timedelta):
        kind = "dates and times"
    shown = str(value)
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    raise InvalidInput(
        f"{where} holds {kind}, such as {shown}, but an image has one class here: {remedy}"
    )


def _name(value: Any, names: Sequence[str] | None) -> str:
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        return shown_name(names[value])
    return shown_name(value)
