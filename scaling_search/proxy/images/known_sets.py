"""What was found out of a set of images, kept beside the pixel caches.

So a known set is neither decoded nor hashed again by the next command, nor listed by its workers.
Nothing that is read here runs anything, and what is damaged counts as not there.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_search.proxy.image_set import Labels
from scaling_search.proxy.images.pixel_values import PixelRule
from scaling_search.whole_files import write_whole

#: Changes whenever the same files would give other images, labels or an other order of them.
READING_VERSION = 1


@dataclass(frozen=True)
class Paths:
    """Many paths as one text: a million take a tenth of the memory that strings would."""

    text: bytes

    @staticmethod
    def of(paths: list[str]) -> Paths:
        """The same paths."""
        return Paths("\0".join(paths).encode("utf-8", "surrogateescape"))

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.flatnonzero(np.frombuffer(self.text + b"\0", np.uint8) == 0)

    def __getitem__(self, index: int) -> str:
        start = int(self._ends[index - 1]) + 1 if index else 0
        return self.text[start : int(self._ends[index])].decode("utf-8", "surrogateescape")

    def __iter__(self) -> Iterator[str]:
        return iter(self.text.decode("utf-8", "surrogateescape").split("\0"))


@dataclass(frozen=True, kw_only=True)
class KnownSet:
    """A set of images as it was found, but for the images themselves."""

    identity: str
    classes: tuple[str, ...]
    rule: PixelRule
    native_resolution: int
    train_labels: Labels
    test_labels: Labels
    #: Relative to the root of an image folder; empty for other sets.
    train_paths: Paths = Paths(b"")
    test_paths: Paths = Paths(b"")


def save_known(folder: Path, known: KnownSet) -> None:
    """Keep a set under its identity; raises OSError where the disk refuses."""
    facts = {
        "version": READING_VERSION,
        "classes": known.classes,
        "rule": asdict(known.rule),
        "native_resolution": known.native_resolution,
    }
    columns: dict[str, NDArray[Any]] = {
        "train_labels": known.train_labels,
        "test_labels": known.test_labels,
        "train_paths": np.frombuffer(known.train_paths.text, np.uint8),
        "test_paths": np.frombuffer(known.test_paths.text, np.uint8),
    }
    write_columns(_path(folder, known.identity), facts, columns)


def load_known(folder: Path, identity: str) -> KnownSet | None:
    """The set with this identity; None where it is not kept, or not as it was written."""
    read = read_columns(_path(folder, identity))
    if read is None or read[0].get("version") != READING_VERSION:
        return None
    facts, columns = read
    rule = facts["rule"]
    span = rule["span"] and (float(rule["span"][0]), float(rule["span"][1]))
    return KnownSet(
        identity=identity,
        classes=tuple(facts["classes"]),
        rule=PixelRule(**{**rule, "span": span}),
        native_resolution=facts["native_resolution"],
        train_labels=columns["train_labels"],
        test_labels=columns["test_labels"],
        train_paths=Paths(columns["train_paths"].tobytes()),
        test_paths=Paths(columns["test_paths"].tobytes()),
    )


def known_identities(folder: Path) -> list[str]:
    """Of all sets that are kept."""
    return sorted(path.stem for path in (folder / "sets").glob("*.columns"))


def _path(folder: Path, identity: str) -> Path:
    return folder / "sets" / f"{identity}.columns"


def write_columns(path: Path, facts: dict[str, Any], columns: Mapping[str, NDArray[Any]]) -> None:
    """Facts as JSON and columns of numbers as one file, with its digest before them."""
    stream = io.BytesIO()
    np.savez(stream, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **columns)  # type: ignore[arg-type]
    content = stream.getvalue()
    write_whole(path, hashlib.blake2b(content, digest_size=32).digest() + content)


def read_columns(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """What `write_columns` wrote; None where that is not there any more."""
    try:
        content = memoryview(path.read_bytes())
    except OSError:
        return None
    if hashlib.blake2b(content[32:], digest_size=32).digest() != content[:32]:
        return None
    with np.load(io.BytesIO(content[32:]), allow_pickle=False) as file:
        columns = {name: file[name] for name in file.files}
    return json.loads(columns.pop("facts").tobytes()), columns
