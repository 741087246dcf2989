"""Which of the folders, or files, beside each other are parts of a set: train, test and so on.

A part word counts where the rest of the name says nothing else (Train, training_set, test set,
train-00000-of-00001), or the same for all parts (seg_train beside seg_test). `train` beside `bus`
and `car` is a class, as are `train_station` and `crash_test`: without a train part beside another
one, names that say more than a part word are names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: Part -> the words for it; each may be in the plural.
_WORDS = {
    "train": ("train", "training"),
    "test": ("test", "testing"),
    "validation": ("val", "valid", "validation", "dev"),
    "eval": ("eval", "evaluation"),
}
_PART_OF = {
    f"{word}{s}": part for part, words in _WORDS.items() for word in words for s in ("", "s")
}
#: Words that say nothing about what is in a folder of images.
_FILLERS = {
    *("set", "sets", "data", "dataset", "datasets", "split", "splits", "part", "parts", "subset"),
    *("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "pics"),
    *("file", "files", "folder", "the", "of", "all", "default"),
}
_ENDINGS = "|".join(sorted(_FILLERS, key=len, reverse=True))
_TOKEN = re.compile(f"({'|'.join(sorted(_PART_OF, key=len, reverse=True))})(?:{_ENDINGS})?\\d*")
_SEPARATORS = re.compile(r"[\s_\-.,;+()\[\]]+")


def _words(name: str) -> list[str]:
    # TrainSet, testData
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFC", name))
    return [word for word in _SEPARATORS.split(parted.casefold()) if word]


def part_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """The part that a name has a word for, and the other words; None without one, or with two."""
    parts, others = set(), []
    for word in _words(name):
        if found := _TOKEN.fullmatch(word):
            parts.add(_PART_OF[found[1]])
        elif word not in _FILLERS and not word.isdigit():
            others.append(word)
    return (parts.pop(), tuple(others)) if len(parts) == 1 else None


def says_nothing(name: str) -> bool:
    """Whether the name of a folder could stand above any images: images, data, test set."""
    words = _words(name)
    return all(w in _FILLERS or w.isdigit() or _TOKEN.fullmatch(w) for w in words)


def find_parts(names: Sequence[str]) -> dict[str, str]:
    """The parts among names beside each other, name -> part; empty where they are no split.

    All names are parts where they can be, else those whose other words are the same. There is a
    train part among them, and another one unless `train` is all there is.
    """
    groups: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        if found := part_of(name):
            groups.setdefault(found[1], {})[name] = found[0]
    split = {
        others: group
        for others, group in sorted(groups.items())
        if "train" in group.values() and len(set(group.values())) > 1
    }
    together = {name: part for group in split.values() for name, part in group.items()}
    if len(together) == len(names):
        return together
    alone = groups.get((), {})
    if len(alone) == len(names) and set(alone.values()) == {"train"}:
        return alone
    return next(iter(split.values()), {}) if () in split or len(split) == 1 else {}
