"""The reference pages of the site, made of the code: settings, columns, Python names.

A setting is a field of a frozen dataclass and a column is a field of a row; the comment that begins
with `#:` above it says what it is. None of these pages is committed.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_type_hints

import scaling_search as ss
from scaling_search.config import Configuration
from scaling_search.errors import InvalidInput
from scaling_search.study.files.csv_file import CsvFile
from scaling_search.study.files.failures_csv import FAILURES_CSV
from scaling_search.study.files.latency_csv import LATENCY_CSV
from scaling_search.study.files.networks_csv import NETWORKS_CSV
from scaling_search.study.files.proposals_csv import PROPOSALS_CSV
from scaling_search.study.files.runs_csv import CURVES_CSV, RUNS_CSV, TIMINGS_CSV
from scaling_search.study.settings import SWEEPS

FILES: tuple[CsvFile[Any], ...] = (
    *(RUNS_CSV, CURVES_CSV, TIMINGS_CSV, FAILURES_CSV),
    *(NETWORKS_CSV, PROPOSALS_CSV, LATENCY_CSV),
)


def sentences(kind: type) -> dict[str, str]:
    """What the comments of a dataclass, and of those that it extends, say of each field."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if not is_dataclass(base) or base.__module__ == "builtins":
            continue
        said: list[str] = []
        for line in inspect.getsource(base).splitlines():
            text = line.strip()
            named = re.match(r"(\w+): ", text)
            if text.startswith("#:"):
                said.append(text[2:].strip())
            elif text.startswith("#"):
                continue
            elif named and line.startswith("    ") and not line.startswith("     "):
                if said:
                    found[named[1]] = " ".join(said)
                said = []
            else:
                said = []
    return found


def settings_of(kind: type, prefix: str = "") -> Iterator[tuple[str, Field[Any], Any, str]]:
    """(name as it is typed, field, type, sentence) of each setting of a dataclass, groups too."""
    hints, said = get_type_hints(kind), sentences(kind)
    for one in fields(kind):
        if is_dataclass(hints[one.name]):
            yield from settings_of(hints[one.name], f"{prefix}{one.name}.")
        else:
            name = f"{prefix}{one.name}".replace("from_", "from")
            yield name, one, hints[one.name], said.get(one.name, "")


def settings_page() -> str:
    """Every setting that can be typed, by its group."""
    parts = [
        "# Every setting",
        "Type `NAME=VALUE` behind `python -m scaling_search`. `--help` shows the ones that are "
        "used most. `--cfg job` shows what all of them are for a command.",
    ]
    groups: dict[str, list[tuple[str, Field[Any], Any, str]]] = {}
    for entry in settings_of(Configuration):
        if entry[0] != "sweep":
            group = entry[0].split(".")[0] if "." in entry[0] else "The study"
            groups.setdefault(group, []).append(entry)
    for group, entries in groups.items():
        parts += [f"## {group}", _settings_table(entries)]
    for kind, settings in SWEEPS.items():
        about = inspect.getdoc(settings) or ""
        entries = list(settings_of(settings, "sweep."))
        parts += [f"## +sweep={kind}", about, _settings_table(entries)]
    return "\n\n".join(parts) + "\n"


def _settings_table(entries: list[tuple[str, Field[Any], Any, str]]) -> str:
    rows = ["| setting | default | what |", "| --- | --- | --- |"]
    rows += [f"| `{n}=` | {_default(f)} | {_cell(said)} |" for n, f, _, said in entries]
    return "\n".join(rows)


def _default(one: Field[Any]) -> str:
    value = one.default if one.default_factory is MISSING else one.default_factory()
    words: Mapping[Any, str] = {None: "null", True: "true", False: "false", "": "empty"}
    known = isinstance(value, (str, bool)) or value is None
    text = words.get(value, str(value)) if known else repr(value)
    return f"`{text}`" if text != "empty" else text


def columns_page() -> str:
    """Every column of the files that hold what was measured."""
    parts = [
        "# Every column",
        "These files hold what a study has measured. The tables that follow from them "
        "(`trials.csv`, `family.csv`, `points.csv`) are explained in "
        "[the study folder](../study_folder.md).",
    ]
    for file in FILES:
        said, hints = sentences(file.row), get_type_hints(file.row)
        rows = ["| column | holds | what |", "| --- | --- | --- |"]
        for name in file.columns + file.rare:
            one = next(f for f in fields(file.row) if f.name == name)
            rows.append(f"| `{name}` | {_holds(one, hints[name])} | {_cell(said.get(name, ''))} |")
        parts += [f"## {file.name}", _about(file.row), "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _about(row: type) -> str:
    """The first paragraph of a row's docstring without its first words."""
    text = " ".join((inspect.getdoc(row) or "").split("\n\n")[0].split())
    return re.sub(r"; docs/study_folder\.md says.*$", ".", text)


def _holds(one: Field[Any], hint: Any) -> str:
    text = hint.__name__ if isinstance(hint, type) else str(hint)
    words = {"str": "text", "int": "a whole number", "float": "a number"}
    plain = re.sub(r"[\w.]*\.", "", text.replace(" | None", ""))
    empty = "None" in text or one.default == ""
    options = "" if not hasattr(hint, "__members__") else ", ".join(f"`{v}`" for v in hint)
    return (options or words.get(plain, plain)) + (", or empty" if empty else "")


def python_page() -> str:
    """The public names, with their signatures and docstrings."""
    parts = ["# Python names", "`import scaling_search as ss` gives these names."]
    for name in ss.__all__:
        thing = getattr(ss, name)
        parts.append(f"## {name}")
        if inspect.isclass(thing):
            if thing is not InvalidInput and name != "Study":
                parts.append(_signature(name, thing))
            parts.append(_doc(thing))
            for member, value in vars(thing).items():
                what = value.func if hasattr(value, "func") else getattr(value, "fget", value)
                if member.startswith("_") or not inspect.getdoc(what) or is_dataclass(what):
                    continue
                if inspect.isfunction(what):
                    called = what is value
                    head = _signature(member, what) if called else f"```python\n{member}\n```"
                    parts += [f"### {name}.{member}", head, _doc(what)]
        else:
            parts += [_signature(name, thing), _doc(thing)]
    return "\n\n".join(parts) + "\n"


def _signature(name: str, thing: Any) -> str:
    text = re.sub(r"<factory>", "...", str(inspect.signature(thing)))
    return (
        f"```python\n{name}{text}\n```".replace("'", "")
        .replace("(self, ", "(")
        .replace("(self)", "()")
    )


def _doc(thing: Any) -> str:
    return inspect.getdoc(thing) or ""


def _cell(text: str) -> str:
    """Text in a cell of a table: names of settings stand as they are typed."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


PAGES = {
    "settings.md": settings_page,
    "columns.md": columns_page,
    "python.md": python_page,
}
