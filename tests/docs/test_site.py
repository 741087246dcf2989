"""The pages of docs/ and the site that is made of them."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import build_site
import pytest
import reference_pages as reference
import yaml

import scaling_search as ss
from scaling_search.config import Configuration, configuration_of
from scaling_search.study.files.csv_file import CsvFile
from scaling_search.study.settings import SWEEPS

CHECKOUT = build_site.CHECKOUT
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


def in_nav(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [page for part in parts for page in in_nav(part)]


def test_every_page_stands_in_the_navigation_once() -> None:
    found = in_nav(yaml.safe_load((CHECKOUT / "mkdocs.yml").read_text())["nav"])
    made = [f"docs/reference/{name}" for name in reference.PAGES]
    pages = [path.relative_to(CHECKOUT).as_posix() for path in PAGES]
    others = {"CONTRIBUTING.md", "CHANGELOG.md", "experiments/README.md"}
    assert len(found) == len(set(found))
    lacking, unknown = {*pages, *made, *others} - {*found}, {*found} - {*pages, *made, *others}
    assert not lacking, f"add these to the nav of mkdocs.yml: {sorted(lacking)}"
    assert not unknown, f"take these out of the nav of mkdocs.yml: {sorted(unknown)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    assert all(target.is_file() for target in build_site.links(page))


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(build_site, "CHECKOUT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("[a](https://a.b/c) [b](#here)\n```\n[c](none.md)\n```\n[d](lost.md#x)\n")
    with pytest.raises(FileNotFoundError, match=r"page\.md links to lost\.md#x"):
        list(build_site.links(page))
    (tmp_path / "a.html").write_text('<a href="b.html#two">x</a><a href="b.html#one">y</a>')
    (tmp_path / "b.html").write_text('<h1 id="one">z</h1><img src="c.svg">')
    assert sorted(build_site.broken_links(tmp_path)) == ["a.html: b.html#two", "b.html: c.svg"]


def test_every_setting_has_a_sentence() -> None:
    kinds = {"": Configuration, **{f"{kind}: ": settings for kind, settings in SWEEPS.items()}}
    listed = [
        (f"{where}{name}", said)
        for where, kind in kinds.items()
        for name, _, _, said in reference.settings_of(kind, "sweep." if where else "")
    ]
    assert [name for name, said in listed if not said] == []
    page = reference.settings_page()
    assert len(listed) > 150
    names = {name.split(": ")[-1] for name, _ in listed} - {"sweep"}
    assert [name for name in names if f"| `{name}=` |" not in page] == []
    assert "| `recipe.epochs=` | " in page
    assert "`baseline.from=`" in page


def test_every_column_has_a_sentence() -> None:
    lacking = [
        f"{file.name}: {one.name}"
        for file in reference.FILES
        for one in fields(file.row)
        if one.name not in reference.sentences(file.row)
    ]
    assert lacking == []
    page = reference.columns_page()
    assert all(f"## {file.name}" in page for file in reference.FILES)
    folder = Path(sys.modules[CsvFile.__module__].__file__ or "").parent
    known = {
        name
        for path in folder.glob("*_csv.py")
        for name in re.findall(r"CsvFile\(\s*\"(\w+\.csv)\"", path.read_text())
    }
    assert known == {file.name for file in reference.FILES}


def test_every_public_name_is_explained() -> None:
    page = reference.python_page()
    for name in ss.__all__:
        text = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert len(text.split()) > 5, name
    assert "### Study.to_dataset" in page
    assert "### ScalingLaw.predict" in page


def commands() -> list[str]:
    text = "".join((CHECKOUT / name).read_text() for name in ("README.md", "docs/tasks.md"))
    found = re.findall(r"python -m scaling_search (\+sweep=[^`\n]*)", text)
    return sorted(set(found))


@pytest.mark.parametrize("command", commands())
def test_a_command_of_readme_and_tasks_can_be_typed(command: str) -> None:
    words = shlex.split(command)
    assert configuration_of(words).study.sweep.kind == words[0].removeprefix("+sweep=")


def test_there_are_ten_tasks() -> None:
    text = (CHECKOUT / "docs" / "tasks.md").read_text()
    rows = re.findall(r"^\| (\d+)\. .*\]\((\w+\.md)\) \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 11))


@pytest.mark.long
def test_the_site_is_built(tmp_path: Path) -> None:
    if find_spec("zensical") is None:
        pytest.skip("zensical is not installed: pip install -e '.[docs]'")
    done = subprocess.run(
        [sys.executable, "docs/build_site.py"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    start = (CHECKOUT / "build" / "site" / "index.html").read_text()
    assert "docs/reference/settings.html" in start
    # Whoever reads it offline, or in a company, fetches nothing from elsewhere.
    fetched = re.findall(r"<(?:script|img|link)[^>]*(?:src|href)=\"((?:https?:)?//[^\"]*)", start)
    assert fetched == []
