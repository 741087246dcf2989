"""What a command leaves: its results, read from a file of the run's folder or from its output."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scaling_search.trainers.own_run import MOST_EPOCHS, as_number
from scaling_search.trainers.places import EPOCH, Place
from scaling_search.trainers.trainer import TrainingFailed

#: Bytes of a result file, and of a line that is printed.
_LARGEST, _LONGEST = 1 << 28, 1 << 20
#: How a number or an object begins.
_BEGINNINGS = b"0123456789+-.nNiI{"
#: What shows, before and behind what a group has taken, that a number goes on there.
_GOES_BEFORE = re.compile(r"(?:\d\.?|(?<![\w.+-])[-+])$")
_GOES_ON = re.compile(r"\d|[eE][-+]?\d|\.\d")
#: In thousands.
_THOUSANDS, _FIRST_OF_THEM = re.compile(r"(?:,\d{3})+(?!\d)"), re.compile(r"[-+]?\d{1,3}")
#: What tells whether a file has been written since: (nanoseconds, bytes, inode).
Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@dataclass
class Output:
    """What a command prints, as far as a result may stand there; its length does not matter."""

    #: Patterns that are looked for, in all that is printed.
    patterns: tuple[str, ...]
    #: Of each pattern its match in each line that has one, the last in the line; the last lines.
    matches: dict[str, list[re.Match[str]]] = field(default_factory=dict)
    #: The last line of standard output that is a number or a JSON object.
    last: float | Mapping[str, Any] | None = None
    #: The last line that is not empty.
    end: str = ""
    #: Of each stream the line that has no end yet.
    _open: dict[str, bytearray] = field(default_factory=dict)

    def hear(self, stream: str, content: bytes) -> None:
        """Take more of stdout or stderr."""
        rest = self._open.setdefault(stream, bytearray())
        *lines, last = content.replace(b"\r", b"\n").split(b"\n")
        if lines:
            lines[0] = bytes(rest) + lines[0]
            rest.clear()
            self._look_at(stream, lines)
        rest += last
        del rest[:-_LONGEST]

    def close(self) -> None:
        """There comes no more: a last line may have no end."""
        for stream, line in self._open.items():
            self._look_at(stream, [bytes(line)])
        self._open.clear()

    def _look_at(self, stream: str, lines: list[bytes]) -> None:
        for pattern in self.patterns:
            found = self.matches.setdefault(pattern, [])
            for line in lines:
                matches = re.finditer(pattern, line.decode("utf-8", "replace"))
                # A pattern may fit where none of its groups does.
                found += [match for match in matches if any(_fitting(match))][-1:]
            del found[:-MOST_EPOCHS]
        end = next((line for line in reversed(lines) if line.strip()), b"")
        self.end = end.decode("utf-8", "replace").strip()[:200] or self.end
        if stream == "stdout":
            answers = (_number_or_object(line) for line in reversed(lines))
            self.last = next((answer for answer in answers if answer is not None), self.last)


def _group(match: re.Match[str]) -> str:
    """What stands in the first group that fits. Raises TrainingFailed for a part of a number."""
    return _whole(match, next(_fitting(match)))


def _fitting(match: re.Match[str]) -> Iterator[int]:
    """The groups that fit, but for that of the epoch."""
    epoch = match.re.groupindex.get(EPOCH)
    return (i for i, text in enumerate(match.groups(), 1) if text is not None and i != epoch)


def _whole(match: re.Match[str], group: int | str) -> str:
    text, line = match[group], match.string
    before, behind = line[: match.start(group)], line[match.end(group) :]
    is_cut = _GOES_BEFORE.search(before[-3:]) or _GOES_ON.match(behind)
    if _FIRST_OF_THEM.fullmatch(text):
        is_cut = is_cut or _THOUSANDS.match(behind)
    if is_cut and as_number(text) is not None:
        word = (before.split(" ")[-1] + text + behind.split(" ")[0])[:60]
        raise TrainingFailed(
            f"the pattern {match.re.pattern!r} takes {text!r} of {word!r}, which is a part of a "
            r"number: let it take all of it, as (\S+) does"
        )
    return text


def _number_or_object(line: bytes) -> float | Mapping[str, Any] | None:
    line = line.strip()
    if line[:1] not in _BEGINNINGS or not line:  # of so many lines few are worth a second look
        return None
    text = line.decode("utf-8", "replace")
    if text[0] != "{":
        return as_number(text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_values(
    place: Place, folder: Path, before: Stamp | None, output: Output, names: Mapping[str, str]
) -> dict[str, object]:
    """The results by their names in the settings; those that are not there are left out.

    before: the stamp of the file before the command ran. names: in the settings -> where the
    result stands. Raises TrainingFailed where there is no result at all.
    """
    if place.file:
        content = _read(place, folder, before)
    elif place.name:
        matches = output.matches.get(place.name)
        if not matches:
            raise TrainingFailed(f"it printed nothing that fits the pattern {place.name!r}")
        last = matches[-1]
        fit = [name for name, text in last.groupdict().items() if text is not None]
        content = {place.name: _group(last), **{name: _whole(last, name) for name in fit}}
    elif output.last is None:
        raise TrainingFailed(
            "it printed no line that is a number or a JSON object"
            + _said_last(output)
            + "; print the value alone, or say where it stands: trainer.result=FILE:NAME, or "
            "'trainer.result=output:PATTERN'"
        )
    else:
        content = output.last
    first_name = next(iter(names))
    if not isinstance(content, Mapping | list):
        return {first_name: content}
    found = {name: _at(content, where) for name, where in names.items()}
    if found[first_name] is _MISSING:
        have = "a list" if isinstance(content, list) else ", ".join(list(content)[:12])
        where = place.file or "the line that it printed"
        raise TrainingFailed(f"{where} has no {names[first_name]!r}, but {have or 'nothing'}")
    return {name: value for name, value in found.items() if value is not _MISSING}


def _said_last(output: Output) -> str:
    return f"; the last line was {output.end!r}" if output.end else "; it printed nothing"


_MISSING = object()


def _at(content: Any, path: str) -> Any:
    """What stands at a path of keys, val/mAP; a key may have slashes of its own."""
    if isinstance(content, Mapping):
        if path in content:
            return content[path]
        for cut in (at for at, c in enumerate(path) if c == "/"):
            if path[:cut] in content:
                found = _at(content[path[:cut]], path[cut + 1 :])
                if found is not _MISSING:
                    return found
    if isinstance(content, list):
        first, _, rest = path.partition("/")
        if re.fullmatch(r"-?\d{1,9}", first) and -len(content) <= int(first) < len(content):
            return _at(content[int(first)], rest) if rest else content[int(first)]
    return _MISSING


def _read(place: Place, folder: Path, before: Stamp | None) -> Any:
    path, now = folder / place.file, stamp_of(folder / place.file)
    if now is None:
        raise TrainingFailed(f"it wrote no {place.file} into its folder")
    if now == before:
        raise TrainingFailed(
            f"{place.file} is that of an earlier run, which is not taken: this one did not write it"
        )
    try:
        if place.kind == ".json":
            return json.loads(_text(path))
        last = None
        for row in _rows(place, path):
            last = row
    except (OSError, ValueError, RecursionError, csv.Error) as error:
        raise TrainingFailed(f"{place.file} cannot be read: {error}") from error
    if last is None:
        raise TrainingFailed(f"{place.file} has no row")
    return last


def _rows(place: Place, path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of a CSV or JSONL file. Raises OSError, ValueError, csv.Error."""
    text = _text(path)
    if place.kind == ".csv":
        for row in csv.DictReader(text.splitlines(), skipinitialspace=True):
            # Some programs align columns with spaces.
            yield {(name or "").strip(): value for name, value in row.items()}
        return
    for line in text.splitlines():
        found = json.loads(line) if line.strip() else None
        if isinstance(found, dict):
            yield found


def _text(path: Path) -> str:
    if not path.is_file():
        raise ValueError("it is no file")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"it has {path.stat().st_size:,} bytes")
    return path.read_text(encoding="utf-8-sig", errors="replace")


def read_curve(
    place: Place, folder: Path, output: Output, goes_on: bool = False
) -> list[tuple[int, float, None]]:
    """(epoch, value, no loss) of each row that has a number there. Raises TrainingFailed.

    goes_on: whether earlier epochs were those of an earlier call.
    """
    if place.file:
        try:
            values = [_at(row, place.name) for row in _rows(place, folder / place.file)]
        except (OSError, ValueError, RecursionError, csv.Error) as error:
            raise TrainingFailed(f"{place.file} cannot be read: {error}") from error
    else:
        matches = output.matches.get(place.name, [])
        values = [_group(match) for match in matches]
        if EPOCH in re.compile(place.name).groupindex:
            pairs = zip((as_number(match[EPOCH]) for match in matches), map(as_number, values))
            return [
                (int(epoch), value, None)
                for epoch, value in pairs
                if epoch is not None and epoch.is_integer() and value is not None
            ]
        if goes_on:
            raise TrainingFailed(
                "the run went on from an earlier call, and which epochs it prints is not known: "
                rf"add their number to the pattern, as (?P<{EPOCH}>\d+)"
            )
    numbers = [number for value in values if (number := as_number(value)) is not None]
    return [(epoch, number, None) for epoch, number in enumerate(numbers[:MOST_EPOCHS], 1)]
