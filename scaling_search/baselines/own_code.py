"""What a network of one's own is made of: its module, and what that imports of the user's.

Two sources are equal where Python reads the same program in them: comments, blank lines, layout and
docstrings do not count.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from scaling_search.errors import InvalidInput

#: Calls that import what only a running program can name.
_BY_NAME = {
    *("import_module", "__import__", "walk_packages", "iter_modules", "spec_from_file_location"),
    *("run_path", "run_module", "exec"),
}
_PACKAGE = Path(__file__).resolve().parents[1]
#: What stands for the modules that were asked for, as they were then.
_CODE: dict[ModuleType, str] = {}


def code_of(module: ModuleType) -> str:
    """Sixteen hexadecimal digits, equal for equal programs.

    Read are the module and all that it imports, anywhere in it and in turn, from files that are
    neither Python's nor installed. Where a module imports by names that it computes, all modules
    beside it are taken. Later edits do not count: this process goes on with what it has imported.
    """
    if module not in _CODE:
        _CODE[module] = _digest_of_sources(module.__name__, _spec)
    return _CODE[module]


def require_unedited(name: str) -> None:
    """Raise InvalidInput where a module has been edited since this process imported it."""
    module = sys.modules.get(name)
    if module in _CODE and _digest_of_sources(name, _spec) != _CODE[module]:
        raise InvalidInput(
            f"{name}, or what it imports from your folders, has been edited since this process "
            "imported it, and would go on with what it was: restart the process, in a notebook the "
            "kernel"
        )


def code_of_script(path: Path) -> str:
    """The same of a script that Python is called with: it imports from its own folder first."""
    # Python remembers the place of a relative folder, and what lay in each folder a moment ago.
    path = path.resolve()
    PathFinder.invalidate_caches()
    script = ModuleSpec("__main__", None, origin=str(path))

    def find(name: str) -> ModuleSpec | None:
        return script if name == "__main__" else _found(name, (str(path.parent), *sys.path))

    return _digest_of_sources("__main__", find)


def _digest_of_sources(first: str, find: Callable[[str], ModuleSpec | None]) -> str:
    sources: dict[str, str] = {}
    wanted = [first]
    while wanted:
        name = wanted.pop()
        if name in sources:
            continue
        spec = find(name)
        # The module that is named counts wherever it lies.
        if spec is None or not (spec.origin and (name == first or is_users(spec.origin))):
            continue
        try:
            sources[name], imported = _parsed(
                spec.origin,
                Path(spec.origin).read_bytes(),
                spec.name,
                bool(spec.submodule_search_locations),
            )
        except (OSError, ValueError, SyntaxError):  # compiled, or gone
            sources[name] = _digest_of_file(spec.origin)
            continue
        wanted += imported
    content = repr(sorted(sources.items()))
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]


@lru_cache(maxsize=4096)
def _parsed(
    origin: str, content: bytes, name: str, is_package: bool
) -> tuple[str, tuple[str, ...]]:
    """What a source file says, and the names that it imports.

    Kept by its content: of two edits at one moment the times of the file tell nothing.
    """
    tree = ast.parse(content)
    return repr(_plain(tree)), tuple(_imported(tree, Path(origin), name, is_package))


def is_users(path: str) -> bool:
    """Whether a source file is neither Python's, nor installed, nor ours."""
    real = Path(path).resolve()
    installed = {"site-packages", "dist-packages"}.intersection(real.parts)
    library = [Path(sysconfig.get_paths()[name]).resolve() for name in ("stdlib", "platstdlib")]
    ours = (_PACKAGE, *library)
    return not installed and real.is_file() and not any(real.is_relative_to(p) for p in ours)


def _digest_of_file(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _spec(name: str) -> ModuleSpec | None:
    """Where a module lies; nothing is imported for that."""
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__spec__ is not None:
        return loaded.__spec__
    if name == "__main__" and getattr(loaded, "__file__", None):
        return ModuleSpec(name, None, origin=loaded.__file__)  # type: ignore[union-attr]
    parent, _, _ = name.rpartition(".")
    if not parent:
        return PathFinder.find_spec(name)
    above = _spec(parent)
    places = above.submodule_search_locations if above else None
    return PathFinder.find_spec(name, places) if places else None


def _found(name: str, places: Sequence[str]) -> ModuleSpec | None:
    """Where a module lies that a process would find in these places."""
    parent, _, _ = name.rpartition(".")
    if not parent:
        return PathFinder.find_spec(name, places)
    above = _found(parent, places)
    inside = above.submodule_search_locations if above else None
    return PathFinder.find_spec(name, inside) if inside else None


def _imported(tree: ast.AST, origin: Path, name: str, is_package: bool) -> Iterator[str]:
    """Full names of what may be modules among all that a module imports, packages above too."""
    package = name if is_package else name.rpartition(".")[0]
    yield from _upwards(package)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _upwards(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute("." * node.level + (node.module or ""), package)
            yield from _upwards(base)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            named = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                if named in ("import_module", "__import__"):
                    yield from _upwards(_absolute(first.value, package))
            elif named in _BY_NAME:
                yield from _beside(origin.parent, package, is_package)


def _upwards(name: str) -> Iterator[str]:
    """A module and the packages that it lies in."""
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1) if parts[0])


def _absolute(name: str, package: str) -> str:
    """`..name`, as it is written in a module of the package, as a full name."""
    bare = name.lstrip(".")
    level = len(name) - len(bare)
    if not level:
        return bare
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([bare] if bare else [])])


def _beside(folder: Path, package: str, is_package: bool) -> Iterator[str]:
    """The modules in the folder of a module; of a package those below it too."""
    pattern = "**/*.py" if is_package else "*.py"
    for path in folder.glob(pattern):
        parts = path.relative_to(folder).with_suffix("").parts
        names = [*([package] if package else []), *(p for p in parts if p != "__init__")]
        yield ".".join(names)


def _plain(node: Any) -> Any:
    """A syntax tree as tuples, without empty fields: newer versions of Python add such."""
    if isinstance(node, list):
        return [_plain(part) for part in node if not _says_nothing(part)]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
    return type(node).__name__, [(name, _plain(value)) for name, value in fields if name != "kind"]


def _says_nothing(node: Any) -> bool:
    """Whether it is a statement of a text alone, such as a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def place_of(error: BaseException) -> str:
    """`nets.py line 12`: the last line of the user's that an error went through; else empty."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{os.path.basename(error.filename)} line {error.lineno}"
    place, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if is_users(path):
            place = f"{os.path.basename(path)} line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
