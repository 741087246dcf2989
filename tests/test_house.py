"""The rules of the house, read from the imports of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import scaling_search

PACKAGE = Path(scaling_search.__file__).parent
#: Room -> the rooms that it may import from, besides itself and errors.
ALLOWED = {
    "errors": set(),
    "scaling": set(),
    "baselines": {"scaling"},
    "proxy": {"scaling", "baselines"},
    "execution": {"scaling", "baselines", "proxy"},
    "search": {"scaling", "baselines", "proxy", "execution", "findings"},
    "findings": {"scaling"},
    "forecast": {"scaling"},
    "series": {"scaling", "baselines", "search"},
    "study": {
        "scaling",
        "baselines",
        "proxy",
        "execution",
        "search",
        "series",
        "findings",
        "forecast",
    },
}
ALLOWED["report"] = {*ALLOWED["study"], "study"}
#: Modules beside the rooms: the command line may import everything.
TOP = {"__init__", "__main__", "config", "console", "single", "sweep", "reproduce"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything that a module imports anywhere, relative names resolved."""
    here = ("scaling_search", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: -node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def offences() -> Iterator[str]:
    for path in modules():
        where, room = path.relative_to(PACKAGE), room_of(path)
        if room in TOP:
            continue
        for line, name in imports(path):
            parts = name.split(".")
            if parts[0] != "scaling_search" or len(parts) < 2:
                continue
            if parts[1] not in {room, "errors"} | ALLOWED.get(room, set()):
                yield f"{where}:{line} imports {name}"


def test_every_module_stands_in_a_known_room() -> None:
    unknown = {room_of(path) for path in modules()} - set(ALLOWED) - TOP
    assert not unknown, f"say in this file what these may import: {sorted(unknown)}"


def test_imports_point_one_way() -> None:
    found = list(offences())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("hydra", {"config.py"}),
        ("omegaconf", {"config.py"}),
        ("sqlalchemy", {"study/database.py", "study/claims.py"}),
        (
            "matplotlib",
            {
                "report/drawing.py",
                "report/figures.py",
                "report/latency_figure.py",
                "report/series/figures.py",
            },
        ),
        ("jinja2", {"report/page.py"}),
    ],
)
def test_a_library_stays_in_its_place(library: str, places: set[str]) -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in modules()
        if path.relative_to(PACKAGE).as_posix() not in places
        for line, name in imports(path)
        if name.split(".")[0] == library
    ]
    assert not found, "\n".join(found)


def test_modules_are_named_after_what_they_do() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "lib"}
    found = [
        str(path.relative_to(PACKAGE))
        for path in modules()
        if vague & {part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts}
    ]
    assert not found, found


def test_modules_fit_on_a_few_screens() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    found = [f"{p.relative_to(PACKAGE)}: {n} lines" for p, n in lengths.items() if n > 300]
    assert not found, found


def test_modules_and_public_names_are_documented() -> None:
    found = []
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if ast.get_docstring(tree) is None:
            found.append(str(path.relative_to(PACKAGE)))
        for node in tree.body:
            named = isinstance(node, (ast.FunctionDef, ast.ClassDef))
            if named and not node.name.startswith("_") and ast.get_docstring(node) is None:
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}")
    assert not found, "\n".join(found)
