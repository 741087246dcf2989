"""The command of `trainer=command`: words with places for what a run is told."""

from __future__ import annotations

import shlex
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scaling_search.errors import InvalidInput

#: What a command may be told, with an example that shows its type.
PLACEHOLDERS: dict[str, object] = {
    "depth_mult": 1.5,
    "width_mult": 1.5,
    "resolution": 32,
    "phi": 1.0,
    "seed": 0,
    "epochs": 10,
    "whole_epochs": 10,
    "model": "resnet50",
    "folder": "/experiments/runs/0",
    "device": "cpu",
}
#: What makes one network of a family another.
SCALES = ("depth_mult", "width_mult", "resolution")
#: Words that only a shell understands.
_OF_A_SHELL = {"|", "||", "&", "&&", ";", "<", "<<", ">", ">>", "2>", "2>&1", "&>"}


@dataclass(frozen=True)
class Template:
    """A command before its places are filled."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Split the words as a shell does. Raises InvalidInput."""
        try:
            template = cls(tuple(shlex.split(text)))
        except ValueError as error:
            raise _refused(text, f"its quotes do not close ({error})") from error
        if not template.words:
            raise _refused(text, "it is empty")
        for word in template.words:
            if word in _OF_A_SHELL:
                raise _refused(
                    text, f"no shell runs, to which {word!r} would mean something: call one, sh -c"
                )
            if "\0" in word:
                raise _refused(text, "a word cannot hold a zero byte")
            template._require_fillable(text, word)
        if not any(name in template.names for name in SCALES):
            raise _refused(
                text, f"it has none of {_list(SCALES)}: all networks would be trained alike"
            )
        return template

    def _require_fillable(self, text: str, word: str) -> None:
        try:
            names = set(_names(word))
        except ValueError as error:
            raise _refused(
                text, f"{word!r} has braces that are no placeholder ({error}): write {{{{ and }}}}"
            ) from error
        for name in sorted(names - set(PLACEHOLDERS)):
            raise _refused(
                text,
                f"there is no {{{name}}}: take of {_list(PLACEHOLDERS)}, and write {{{{ "
                "and }} for braces",
            )
        try:
            word.format_map(PLACEHOLDERS)
        except (ValueError, LookupError, AttributeError) as error:
            raise _refused(text, f"{word!r} cannot be filled ({error})") from error

    @property
    def names(self) -> frozenset[str]:
        """The placeholders that it has."""
        return frozenset(name for word in self.words for name in _names(word))

    def filled(self, values: dict[str, object]) -> list[str]:
        """The words of one run; what a value holds stays within its word."""
        return [word.format_map(values) for word in self.words]

    def files(self, folder: str) -> list[str]:
        """What a word names, or its part behind =, of files below the working folder: a script."""
        root = Path(folder or ".").resolve()
        found = []
        for word in self.words:
            for name in (word, word.partition("=")[2]):
                path = (root / name).resolve()
                if path.is_file() and path.is_relative_to(root):
                    found.append(str(path.relative_to(root)))
        return list(dict.fromkeys(found))


def _names(word: str) -> Iterator[str]:
    """The placeholders of a word. Raises ValueError."""
    for _, name, form, _ in string.Formatter().parse(word):
        if name is not None:
            yield name
            yield from _names(form or "")


def _list(names: object) -> str:
    return ", ".join(f"{{{name}}}" for name in names)  # type: ignore[attr-defined]


def _refused(text: str, why: str) -> InvalidInput:
    return InvalidInput(f"trainer.command is {text!r}, but {why}")
