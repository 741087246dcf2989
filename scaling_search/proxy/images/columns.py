"""Which columns hold the images and the labels."""

from __future__ import annotations

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
