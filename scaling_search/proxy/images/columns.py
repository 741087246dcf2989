"""Which columns hold the images and the labels."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from scaling_search.errors import InvalidInput
from scaling_search.proxy.data_settings import DataSettings


def image_column(features: Mapping[str, Any], settings: DataSettings) -> str:
    """The column of images: the one asked for, `image`, or the only one of that type."""
    return _column("image", settings.image_column, features, "Image")


def label_column(features: Mapping[str, Any], settings: DataSettings) -> str:
    """The column of labels: the one asked for, `label`, or the only one of that type."""
    return _column("label", settings.label_column, features, "ClassLabel")


def as_images(part: Any, column: str, where: str) -> Any:
    """The column of images of a part, as `datasets` has it: the bytes of each, not decoded.

    where: what it is a part of, for messages. Raises InvalidInput where it holds no images.
    """
    import datasets

    try:
        chosen = part.select_columns([column])
        fault = _fault_of_numbers(chosen, column)
        if not fault:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of numbers that are narrowed
                return chosen.cast_column(column, datasets.Image(decode=False))
    except Exception as error:
        raise InvalidInput(
            f"data.image_column is {column!r}, but that column of {where} holds no images "
            f"({error}): {_ARRAYS}"
        ) from error
    raise InvalidInput(
        f"data.image_column is {column!r}, but that column of {where} holds {fault}: {_ARRAYS}"
    )


def _fault_of_numbers(rows: Any, column: str) -> str:
    """Why lists of numbers would become other images than they are; empty for anything else."""
    from pyarrow import compute, types

    for chunk in rows.data.column(column).chunks:
        inner, depth, last = getattr(chunk, "storage", chunk), 0, {3}
        while any(is_list(inner.type) for is_list in _lists(types)):
            last = set(compute.unique(inner.value_lengths()).to_pylist()) - {None}
            inner, depth = inner.flatten(), depth + 1
        fault = ""
        if depth == 1:
            fault = "lists of numbers without rows"
        elif depth > 3 or (depth == 3 and not last <= {3, 4}):
            fault = f"lists of numbers in {depth} dimensions, {min(last, default=0)} in the last"
        elif depth == 3 and not types.is_integer(inner.type):
            fault = f"colours that are no whole numbers ({inner.type})"
        elif depth == 3 and len(inner):
            lowest, highest = compute.min_max(inner).as_py().values()
            if lowest is not None and (lowest < 0 or highest > 255):
                fault = f"colours from {lowest} to {highest}"
        if fault:
            return fault
    return ""


#: What to do about a column of images that cannot be read.
_ARRAYS = (
    "name another column, or write the images encoded, such as PNG, or as whole numbers from 0 to "
    "255 of (height, width) or (height, width, 3)"
)


def label_values(part: Any, column: str, names: list[str] | None) -> list[Any]:
    """The labels of a part; none where it has no such column.

    names: of the classes of the train part, whose numbers these become where they are of others.
    """
    if column not in part.column_names:
        return [None] * len(part)
    values = list(part.with_format(None)[column][:])
    own = getattr(part.features[column], "names", None)
    if names is None or own == names:
        return values
    number = {name: index for index, name in enumerate(names)}
    said = [own[v] if own and isinstance(v, int) and 0 <= v < len(own) else v for v in values]
    return [number.get(v, v) if isinstance(v, str) else v for v in said]


def _lists(types: Any) -> tuple[Any, ...]:
    return types.is_list, types.is_large_list, types.is_fixed_size_list


def _column(what: str, asked: str, features: Mapping[str, Any], kind: str) -> str:
    typed = [name for name, feature in features.items() if type(feature).__name__ == kind]
    listed = ", ".join(features)
    if asked:
        if asked in features:
            return asked
        raise InvalidInput(f"data.{what}_column is {asked!r}, but the columns are {listed}")
    # An `image` that is a path beside another column of images is not meant.
    if what in features and (what in typed or not typed or what == "label"):
        return what
    if len(typed) == 1:
        return typed[0]
    if typed:
        raise InvalidInput(
            f"there are several {what} columns, {', '.join(typed)}: name one with "
            f"data.{what}_column="
        )
    raise InvalidInput(f"no {what} column among {listed}: name it with data.{what}_column=")
