"""How a folder of images is understood: parts, classes, tables of labels, and what is left out.

Layouts: docs/data.md. Everything follows from the names of the files and the tables beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.folder_scan import Scan
from scaling_search.proxy.images.folder_tables import Tables
from scaling_search.proxy.images.image_tree import ImageTree, join, nfc
from scaling_search.proxy.images.left_out import LeftOut, shown_name
from scaling_search.proxy.images.parts import find_parts, part_of

#: What test_error is measured on: the first of these that is there.
TEST_PARTS = ("test", "eval", "validation")
ReadTable = Callable[[str], dict[str, list[str]]]


@dataclass
class Pool:
    """The images of a part, in the order of their paths."""

    part: str
    #: The folders that it was made of, relative to the root.
    folders: list[str] = field(default_factory=list)
    #: Paths relative to the root, and where each stands in the scan.
    paths: list[str] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    #: How the labels are known, such as "column label of metadata.csv".
    labelled_by: str = "the folders"


@dataclass(frozen=True)
class Layout:
    """A folder of images as it is used."""

    train: Pool
    test: Pool | None
    left_out: LeftOut
    #: Sentences about what was decided, for the plan.
    notes: tuple[str, ...]


def arrange(scan: Scan, read_table: ReadTable, test_split: str, label_column: str) -> Layout:
    """How the files of a scan are used.

    read_table: a path relative to the root -> the columns. Raises InvalidInput where there is no
    train part with labels.
    """
    folder = ImageTree(scan)
    base = folder.top("")
    named = folder.children(base)
    parts = _parts(folder, base, named)
    notes: list[str] = []
    if parts:
        outside = [n for n in named if n not in parts]
        for name in outside:
            paths = (path for path, *_ in folder.below(join(base, name)))
            folder.left_out.add(f"in {shown_name(name)}, which is no part", paths, True)
        if base in folder.images:
            paths = (join(base, name) for name, _ in folder.images[base])
            folder.left_out.add("beside the parts", paths, True)
    else:
        parts = {"": "train"}
        words = [name for name in named if part_of(name)]
        if words:
            notes.append(
                f"no parts: {', '.join(map(shown_name, words))} is taken for a class beside "
                "the others"
                if len(words) == 1
                else f"no parts: {', '.join(map(shown_name, words))} are taken for classes"
            )
        if shared := _shared(folder.inner(base), named):
            notes.append(
                f"all classes hold folders called {', '.join(map(shown_name, shared[:3]))}: if "
                f"these are the classes, name the folders above them after parts, train and test"
            )
    pools: dict[str, Pool] = {}
    tables = Tables(folder, read_table, label_column)
    undivided = set(parts.values()) == {"train"}
    for name, part in parts.items():
        _fill(pools, part, folder, join(base, name) if name else base, tables, base, undivided)
    train = pools.pop("train")
    if not train.paths:
        raise InvalidInput(_no_labels(folder, base, train, tables))
    if label_column and not tables.used:
        raise InvalidInput(
            f"data.label_column is {label_column!r}, but {folder.root} has no table of labels that "
            f"names its images{_tried(tables)}: leave it out, or lay such a table beside them"
        )
    _require_classes(folder, train, tables)
    test = _test_part(pools, train, test_split, notes, folder)
    notes += tables.notes
    return Layout(train, test, folder.left_out, tuple(notes))


def _parts(folder: ImageTree, base: str, named: list[str]) -> dict[str, str]:
    """Name -> part of the folders below `base`; empty where they are classes."""
    parts = find_parts(named)
    if not parts:
        strong = {name: found[0] for name in named if (found := part_of(name)) and not found[1]}
        if len(named) > 1 and len(strong) == len(named) and len(set(strong.values())) > 1:
            raise InvalidInput(
                f"{folder.root} has no train part, only {', '.join(named)}: name the folder of "
                "the training images train, or give data.path= the folder that holds the classes"
            )
        lone = [n for n in named if strong.get(n) == "train"]
        others = [n for n in named if n not in strong]
        inner_names = folder.inner(base)
        if lone and (shared := _shared(inner_names, named)):
            raise InvalidInput(
                f"{folder.root} holds {', '.join(map(repr, named[:4]))}, which all have folders "
                f"called {', '.join(map(repr, shared[:3]))}: if these are the classes, name the "
                "folders above them after parts (train, validation, test); else rename "
                f"{lone[0]!r}"
            )
        if lone and others and not any(n in inner_names for n in others):
            inner = join(base, lone[0])
            if inner not in folder.images and len(folder.children(folder.top(inner))) > 1:
                raise InvalidInput(
                    f"{folder.root} holds {lone[0]!r} with folders in it beside "
                    f"{', '.join(map(repr, others[:3]))} without: is {lone[0]!r} a part or a "
                    f"class? For a part give data.path={inner}, or move the others elsewhere; for "
                    "a class rename it"
                )
        return {}
    if len(parts) < len(named):
        # Classes that happen to be called train and test hold images, not class folders.
        trains = [join(base, name) for name, part in parts.items() if part == "train"]
        if all(folder.is_flat(name) for name in trains) and not folder.tables:
            return {}
    return parts


def _shared(inner: dict[str, list[str]], named: list[str]) -> list[str]:
    """The names that two and more folders have in common inside, if these are at least two."""
    if len(named) < 2 or len(inner) < len(named):
        return []
    first, *others = inner.values()
    shared = [name for name in first if all(name in names for names in others)]
    return shared if len(shared) > 1 else []


def _fill(
    pools: dict[str, Pool],
    part: str,
    folder: ImageTree,
    top: str,
    tables: Tables,
    base: str,
    undivided: bool,
) -> None:
    """Add the labelled images below a folder to the pool of a part.

    undivided: the folders name no parts but train, so a table may.
    """
    inner = folder.top(top)
    images = list(folder.below(inner))
    classes = {name for _, _, _, name in images if name}
    needed = part == "train" and len(classes) < 2
    table = tables.find((inner, top, base, ""), [path for path, *_ in images], needed)
    labelled_by, parts = "the folders", {part: [True] * len(images)}
    if table is not None:
        path, found = table
        labelled_by = f"column {found.label_column} of {path}"
        unnamed = (i[0] for i, label in zip(images, found.labels) if label is None)
        folder.left_out.add(f"that {path} does not name", unnamed, True)
        labels = [None if label is None else nfc(label).strip() for label in found.labels]
        if blank := next((i[0] for i, label in zip(images, labels) if label == ""), None):
            raise InvalidInput(
                f"{path} has no label for {blank} in column {found.label_column}: give every "
                "image a label, or name another column with data.label_column="
            )
        if undivided and found.parts.column:
            told = found.parts.of_images
            labelled_by += f", parts by column {found.parts.column}"
            parts = {name: [of == name for of in told] for name in sorted({*told})}
            nowhere = (i[0] for i, label, of in zip(images, labels, told) if label and not of)
            folder.left_out.add(f"of which {path} names no part", nowhere, True)
            parts.pop("", None)
    else:
        labels = [name if inside else None for _, inside, _, name in images]
        if any(labels):
            loose = (path for path, inside, *_ in images if not inside)
            folder.left_out.add("outside the class folders", loose, True)
    for name, belongs in parts.items():
        pool = pools.setdefault(name, Pool(name))
        pool.folders.append(inner)
        pool.labelled_by = labelled_by
        for (path, _, index, _), label, is_here in zip(images, labels, belongs):
            if label is not None and is_here:
                pool.paths.append(path)
                pool.files.append(index)
                pool.classes.append(label)


def _no_labels(folder: ImageTree, base: str, train: Pool, tables: Tables) -> str:
    left_out = folder.left_out
    if not folder.images:
        return (
            f"data.path is {folder.root!r}, but it holds no images that can be read: "
            + (f"{left_out.line(0, True)}: " if left_out.images or left_out.others else "")
            + "give a folder with one folder of images for each class; archives must be unpacked"
        )
    where = ", ".join(shown_name(f or folder.root) for f in train.folders)
    return (
        f"the images in {where} have no labels: there are neither class folders nor a table that "
        f"names them{_tried(tables)}: put the images of each class into a folder "
        "of its own, or lay a metadata.csv with the columns file_name and label beside them"
    )


def _tried(tables: Tables) -> str:
    tried = "; ".join(f"{path}: {why}" for path, why in tables.unused.items())
    return f" ({tried})" if tried else ""


def _require_classes(folder: ImageTree, train: Pool, tables: Tables) -> None:
    """Refuse a lone class folder, with what may have been meant."""
    names = set(train.classes)
    if train.labelled_by == "the folders" and len(names) == 1:
        top = train.folders[0]
        below = join(top, folder.children(top)[0])
        inner = folder.children(below)
        raise InvalidInput(
            f"{folder.root} has one class only ({next(iter(names))}), but at least two are needed: "
            f"there must be a folder for each class{_tried(tables)}"
            + (
                f"; if {', '.join(map(shown_name, inner[:3]))} are the classes, give data.path="
                f"{shown_name(join(folder.root, below))}"
                if inner
                else ""
            )
        )


def _test_part(
    pools: dict[str, Pool], train: Pool, asked: str, notes: list[str], folder: ImageTree
) -> Pool | None:
    """The part that is tested on; what becomes of the others goes into the notes."""
    if asked:
        found = part_of(asked)
        if found is None or found[0] not in pools:
            there = ", ".join(["train", *pools])
            raise InvalidInput(
                f"data.test_split is {asked!r}, but {folder.root} has only {there}: name one of "
                "these, or leave it out"
            )
        wanted = [found[0]]
    else:
        wanted = [part for part in TEST_PARTS if part in pools]
    chosen = None
    known = set(train.classes)
    for part in wanted:
        pool = pools[part]
        unlabelled = not pool.paths or (
            pool.labelled_by == "the folders"
            and not known & set(pool.classes)
            and len(set(pool.classes)) == 1
        )
        if unlabelled and asked:
            raise InvalidInput(
                f"data.test_split is {asked!r}, but its images have no labels: name another part"
            )
        if unlabelled:
            count = sum(1 for f in pool.folders for _ in folder.below(f))
            notes.append(
                f"{part} ({', '.join(pool.folders)}) is left out: its {count:,} images have no "
                "labels, neither class folders nor a table"
            )
            del pools[part]
        elif chosen is None:
            chosen = pools.pop(part)
    for part, pool in pools.items():
        notes.append(
            f"{part} ({', '.join(pool.folders)}) is not used: its {len(pool.paths):,} images are "
            f"neither trained nor tested on (val is split from train; data.test_split={part} "
            "tests on them)"
        )
    return chosen
