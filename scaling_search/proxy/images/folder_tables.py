"""The tables of labels that lie beside the images of a folder, and which of them are used."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from scaling_search.errors import InvalidInput
from scaling_search.proxy.images.image_tree import ImageTree, join
from scaling_search.proxy.images.label_table import TableLabels, labels_of
from scaling_search.proxy.images.left_out import shown_name


class Tables:
    """The tables of labels that lie beside the images."""

    def __init__(
        self,
        folder: ImageTree,
        read_table: Callable[[str], dict[str, list[str]]],
        label_column: str,
    ) -> None:
        self._folder, self._read, self._column = folder, read_table, label_column
        self._known: dict[str, dict[str, list[str]]] = {}
        #: Path -> why a table was not used.
        self.unused: dict[str, str] = {}
        self.used: set[str] = set()
        #: Path -> its columns that seem to tell parts and do not.
        self._untold: dict[str, list[str]] = {}
        #: Path -> what it names and what no part has.
        self._strangers: dict[str, frozenset[str]] = {}

    def find(
        self, places: Iterable[str], paths: list[str], needed: bool
    ) -> tuple[str, TableLabels] | None:
        """The first table of these folders that names the images, with what it says.

        needed: there is no other way to know the labels, so a table without a clear column of
        labels is refused.
        """
        for place in dict.fromkeys(places):
            start = len(place) + 1 if place else 0
            inside = [path[start:] for path in paths]
            for name in self._folder.tables.get(place, ()):
                path = join(place, name)
                if "submission" in name.lower():
                    # Its labels are placeholders.
                    self.unused[path] = "it is a form to be filled in"
                    continue
                if path not in self._known:
                    self._known[path] = self._read(path)
                try:
                    found = labels_of(self._known[path], inside, self._column)
                except InvalidInput as error:
                    if needed:
                        raise InvalidInput(f"{self._folder.root}/{path}: {error}") from error
                    self.unused[path] = str(error)
                    continue
                if found is not None:
                    self.used.add(path)
                    self._untold[path] = [n for n in found.parts.untold if n != found.label_column]
                    self.unused.pop(path, None)
                    others = self._strangers.get(path, found.strangers)
                    self._strangers[path] = others & found.strangers
                    return path, found
                if path not in self.used:
                    self.unused.setdefault(path, "it does not name half of the images")
        return None

    @property
    def notes(self) -> list[str]:
        """Sentences about tables that are not used, and rows that are not."""
        said = [f"{path} is not used: {why}" for path, why in self.unused.items()]
        for path, columns in self._untold.items():
            said += [f"column {shown_name(column)} of {path} tells no parts" for column in columns]
        for path, names in self._strangers.items():
            if names:
                said.append(
                    f"{path} names {len(names):,} images that are not there, such as "
                    f"{shown_name(min(names))}"
                )
        return said
