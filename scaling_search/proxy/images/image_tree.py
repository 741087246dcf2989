"""The images of a folder, by the folders that they lie in, and what lies beside them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from scaling_search.proxy.images.file_kinds import FileKind, kind_of_file
from scaling_search.proxy.images.folder_scan import Scan
from scaling_search.proxy.images.left_out import CLOSED, LeftOut
from scaling_search.proxy.images.parts import find_parts, says_nothing


class ImageTree:
    """The images in a scan, folder by folder."""

    def __init__(self, scan: Scan) -> None:
        self.root = scan.root
        self.left_out = LeftOut()
        #: Folder -> (name, place in the scan) of its images; folders without any are left away.
        self.images: dict[str, list[tuple[str, int]]] = {}
        self.tables: dict[str, list[str]] = {}
        self.left_out.add("in hidden folders", (f"{name}/" for name in scan.hidden), False)
        self.left_out.add(CLOSED, scan.closed, True)
        index, sizes = 0, scan.status[:, 0]
        for folder, names in zip(scan.folders, scan.names):
            before = f"{folder}/" if folder else ""
            found: list[tuple[str, int]] = []
            for name in names:
                kind = kind_of_file(name)
                if kind is FileKind.IMAGE and sizes[index] > 0:
                    found.append((name, index))
                elif kind in (FileKind.IMAGE, FileKind.TABLE) and sizes[index] < 0:
                    why = (
                        "that link to nothing" if sizes[index] == -1 else "that are no plain files"
                    )
                    self.left_out.add(why, [before + name], kind is FileKind.IMAGE)
                elif kind is FileKind.IMAGE:
                    self.left_out.add("that are empty", [before + name], True)
                elif kind is FileKind.TABLE:
                    self.tables.setdefault(folder, []).append(name)
                else:
                    self.left_out.add(kind.value, [before + name], kind is FileKind.UNKNOWN)
                index += 1
            if found:
                self.images[folder] = sorted(found, key=lambda f: nfc(f[0]))
        self.images = dict(sorted(self.images.items(), key=lambda f: nfc(f[0]).split("/")))

    def children(self, base: str) -> list[str]:
        """Names of the folders below `base` that hold images, at any depth."""
        start = f"{base}/" if base else ""
        inner = (f[len(start) :] for f in self.images if f.startswith(start) and f != base)
        return list(dict.fromkeys(name.split("/", 1)[0] for name in inner))

    def inner(self, base: str) -> dict[str, list[str]]:
        """What the folders below `base` hold in turn, where they hold folders with images."""
        start = f"{base}/" if base else ""
        found: dict[str, dict[str, None]] = {}
        for folder in self.images:
            if folder.startswith(start) and folder.count("/", len(start)):
                name, below = folder[len(start) :].split("/")[:2]
                found.setdefault(name, {})[below] = None
        return {name: list(names) for name, names in found.items()}

    def is_flat(self, base: str) -> bool:
        """Whether images lie directly in `base`, and none below it."""
        return base in self.images and not self.children(base)

    def top(self, base: str) -> str:
        """`base`, or the folder in it that holds everything and whose name says nothing."""
        while base not in self.images and len(inner := self.children(base)) == 1:
            name, below = inner[0], f"{base}/{inner[0]}" if base else inner[0]
            doubled = base.rpartition("/")[2].casefold() == name.casefold()
            if self.is_flat(below) or not (
                doubled or says_nothing(name) or find_parts(self.children(below))
            ):
                break
            base = below
        return base

    def below(self, base: str) -> Iterable[tuple[str, str, int, str]]:
        """Path, name of the class folder ("" without one), place and class of all images below."""
        start = f"{base}/" if base else ""
        for folder, images in self.images.items():
            if folder == base or folder.startswith(start):
                inner = "" if folder == base else folder[len(start) :].split("/", 1)[0]
                name = nfc(inner).strip()
                before = f"{folder}/" if folder else ""
                for file, index in images:
                    yield before + file, inner, index, name


def nfc(text: str) -> str:
    """The one form of a name with accents."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def join(folder: str, name: str) -> str:
    """A path below a folder, which may be the root."""
    return f"{folder}/{name}" if folder else name
