"""The rules of the house, read from the imports of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import scaling_search

PACKAGE = Path(scaling_search.__file__).parent
#: Short modules that every room may import; they import only each other.
SHARED = {
    *("command_options", "errors", "long_work", "metric", "shadowing"),
    *("text_file", "whole_files", "wording"),
}
#: Room -> the rooms that it imports from, besides itself: all of these arrows are used.
ARROWS = {
    "scaling": set(),
    "findings": {"scaling"},
    "baselines": {"scaling", "findings"},
    "proxy": {"scaling", "baselines"},
    "trainers": {"baselines", "proxy"},
    "execution": set(),
    "forecast": set(),
    "search": {"scaling", "baselines", "findings"},
    "tracking": set(),
    "series": {"scaling", "baselines", "findings", "search"},
    "study": {
        "scaling",
        "baselines",
        "proxy",
        "trainers",
        "execution",
        "tracking",
        "search",
        "series",
        "forecast",
    },
    "report": {
        "scaling",
        "baselines",
        "proxy",
        "findings",
        "forecast",
        "search",
        "series",
        "study",
    },
    "export": {"scaling", "baselines", "proxy", "findings", "study", "report"},
}
#: Modules beside the rooms: the command line may import everything.
TOP = {
    *("__init__", "__main__", "config", "console", "quoting", "refused_settings"),
    *("single", "sweep", "reproduce", "status", "measure", "from_python"),
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple(found_imports(path))


def found_imports(path: Path) -> Iterator[tuple[int, str]]:
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


def arrows() -> dict[tuple[str, str], str]:
    """(room, room that it imports from) -> a line that does."""
    found = {}
    for path in modules():
        where, room = path.relative_to(PACKAGE), room_of(path)
        for line, name in imports(path):
            parts = name.split(".")
            if room in TOP or parts[0] != "scaling_search" or parts[1:2] in ([], [room]):
                continue
            if parts[1] not in SHARED:
                found[room, parts[1]] = f"{where}:{line} imports {name}"
    return found


def test_every_module_stands_in_a_known_room() -> None:
    unknown = {room_of(path) for path in modules()} - set(ARROWS) - SHARED - TOP
    assert not unknown, f"say in this file what these may import: {sorted(unknown)}"


def test_imports_point_one_way() -> None:
    found = arrows()
    wrong = [line for (room, other), line in found.items() if other not in ARROWS.get(room, ())]
    assert not wrong, "\n".join(wrong)
    order = list(ARROWS)
    for room, others in ARROWS.items():
        assert all(order.index(other) < order.index(room) for other in others), room


def test_all_arrows_are_used() -> None:
    unused = {(room, other) for room, others in ARROWS.items() for other in others} - set(arrows())
    assert not unused, f"take these out of ARROWS: {sorted(unused)}"


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("hydra", {"config.py"}),
        ("omegaconf", {"config.py"}),
        (
            "sqlalchemy",
            {f"study/{name}.py" for name in ("database", "engine", "schema", "transactions")},
        ),
        ("matplotlib", {"report/figures/"}),
        ("mpltern", {"report/figures/"}),
        ("jinja2", {"report/page.py"}),
        ("timm", {"baselines/timm_"}),
        ("ray", {"execution/ray_"}),
        ("tensorboard", {"tracking/tensorboard_"}),
        ("mlflow", {"tracking/mlflow_"}),
        ("wandb", {"tracking/wandb_"}),
        ("onnxruntime", {"export/onnx_file.py"}),
    ],
)
def test_a_library_stays_in_its_place(library: str, places: set[str]) -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in modules()
        if not path.relative_to(PACKAGE).as_posix().startswith(tuple(places))
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
