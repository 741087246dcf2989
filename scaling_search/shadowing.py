"""A module in the working directory that hides a library of the same name, found after an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path


def hidden_libraries(error: BaseException) -> str:
    """Names the user's modules that took a library's place before this error; empty where none.

    Python looks for modules in the working directory first, for those of its own library too.
    """
    passed = {path for one in _chain(error) for path in _files(one)}
    passed |= {str(getattr(module, "__file__", None)) for module in list(sys.modules.values())}
    found = [path for path in _hiding() if str(path) in passed]
    return "; ".join(
        f"{path.parent.name if path.name == '__init__.py' else path.name} in {Path.cwd()} hides "
        f"the library of that name: rename it"
        for path in found
    )


def _hiding() -> Iterator[Path]:
    here = Path.cwd()
    elsewhere = [place for place in sys.path if place and Path(place).resolve() != here]
    for path in [*sorted(here.glob("*.py")), *sorted(here.glob("*/__init__.py"))]:
        name = path.parent.name if path.name == "__init__.py" else path.stem
        spec = PathFinder.find_spec(name, elsewhere) if name.isidentifier() else None
        if spec is not None and spec.origin:
            yield path


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _files(error: BaseException) -> Iterator[str]:
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename
        trace = trace.tb_next
