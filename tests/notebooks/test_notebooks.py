"""The notebooks run, and what they show is what they find."""

from __future__ import annotations

import ast
import html
import re
from itertools import zip_longest
from typing import Any

import nbformat
import pytest
from refresh import NOTEBOOKS, ROOT, execute

NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
#: What a notebook may import: it reads, and whatever else it needs belongs in the package.
ALLOWED = {"scaling_search", "pandas", "matplotlib", "IPython", "pathlib"}
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")

Shown = list[tuple[str, str]]


def read(name: str) -> Any:
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(value: str) -> str:
    """What a reader sees of plain text or HTML, whatever the markup of the pandas version."""
    value = re.sub(r"<style.*?</style>", "", value, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"</?[a-z][^>]*>", " ", value)).split())


def shown(notebook: Any) -> Shown:
    """(cell and kind, content) of every output; of an image, only that it is there."""
    found: Shown = []
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "stream":
                found.append((f"{cell.id} {output.name}", text_of(output.text)))
                continue
            for kind, value in sorted(output.get("data", {}).items()):
                # A frame as plain text repeats its HTML, broken at a width.
                if kind.startswith("image/"):
                    found.append((f"{cell.id} {kind}", "there" if value else ""))
                elif kind != "text/plain" or "text/html" not in output.data:
                    found.append((f"{cell.id} {kind}", text_of(value)))
    return found


def differences(kept: Shown, fresh: Shown) -> list[str]:
    """Words must be equal, and numbers up to 1 in the last digit shown: libraries round apart."""
    found = []
    for old, new in zip_longest(kept, fresh, fillvalue=("nothing", "")):
        if old[0] != new[0] or NUMBER.sub("#", old[1]) != NUMBER.sub("#", new[1]):
            found.append(f"{old[0]}: {old[1]!r}\n{new[0]}: {new[1]!r}")
            continue
        for a, b in zip(NUMBER.findall(old[1]), NUMBER.findall(new[1])):
            if a != b and not _nearly(a, b):
                found.append(f"{old[0]}: {a} is now {b}")
    return found


def _nearly(a: str, b: str) -> bool:
    digits = [len(number.partition(".")[2]) for number in (a, b)]
    if "e" in a + b or digits[0] != digits[1] or digits[0] == 0:
        return False
    apart = abs(float(a.replace(",", "")) - float(b.replace(",", "")))
    return apart < 1.5 * 10 ** -digits[0]


def test_there_are_notebooks() -> None:
    assert {"observation_1", "observation_2", "published_family", "read_a_study"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_kept_outputs_are_what_it_finds(name: str) -> None:
    # refresh.py runs it in notebooks/, as Jupyter does; from the root it must find the same.
    fresh = execute(NOTEBOOKS / f"{name}.ipynb", folder=ROOT)
    found = differences(shown(read(name)), shown(fresh))
    told = f"python notebooks/refresh.py {name} keeps the fresh outputs"
    assert not found, "\n".join([told, *found])


@pytest.mark.parametrize("name", NAMES)
def test_it_was_run_from_top_to_bottom(name: str) -> None:
    notebook = read(name)
    cells = code_cells(notebook)
    order = [cell.execution_count for cell in cells]
    assert order == list(range(1, len(cells) + 1)), f"python notebooks/refresh.py {name}"
    kinds = {kind for cell in cells for output in cell.outputs for kind in output.get("data", {})}
    assert kinds & {"image/png", "image/svg+xml"}, "a figure"
    assert "text/html" in kinds, "a table"
    streams = {output.name for cell in cells for output in cell.outputs if "name" in output}
    assert streams <= {"stdout"}, "warnings are no output to keep"


@pytest.mark.parametrize("name", NAMES)
def test_it_defines_nothing_and_only_reads(name: str) -> None:
    for cell in code_cells(read(name)):
        for node in ast.walk(ast.parse(cell.source)):
            defined = isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
            )
            assert not defined, f"{cell.id}: put it into the package"
            if isinstance(node, ast.Import):
                imported = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported = {(node.module or "").split(".")[0]}
            else:
                continue
            assert imported <= ALLOWED, f"{cell.id} imports {imported - ALLOWED}"


@pytest.mark.parametrize("name", NAMES)
def test_its_prose_states_no_results(name: str) -> None:
    prose = "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "markdown")
    for found in re.findall(r"\d+\.\d+ ?%|\d+\.\d+ (?:points|billion)|\d ?%", prose):
        pytest.fail(f"{found!r} is a result: show it from a code cell")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_small_and_without_traces(name: str) -> None:
    path = NOTEBOOKS / f"{name}.ipynb"
    text = path.read_text(encoding="utf-8")
    assert len(text) < 400_000
    assert str(ROOT) not in text
    assert not re.search(r"/(home|root|tmp|Users)/", text)
    notebook = read(name)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert all(cell.metadata == {} for cell in notebook.cells)


def test_a_changed_number_is_seen() -> None:
    kept = [("c text/html", "gain +1.2 (0.4 to 2.0), 12 runs, holds")]
    assert not differences(kept, [("c text/html", "gain +1.3 (0.4 to 2.0), 12 runs, holds")])
    assert differences(kept, [("c text/html", "gain +1.4 (0.4 to 2.0), 12 runs, holds")])
    assert differences(kept, [("c text/html", "gain -1.2 (0.4 to 2.0), 12 runs, holds")])
    assert differences(kept, [("c text/html", "gain +1.2 (0.4 to 2.0), 13 runs, holds")])
    assert differences(kept, [("c text/html", "gain +1.2 (0.4 to 2.0), 12 runs, open")])
    assert differences(kept, [])
