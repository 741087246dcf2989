"""What the files of the package say of each other."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = (REPOSITORY / "pyproject.toml").read_text()


def test_the_lowest_versions_are_those_that_are_stated() -> None:
    lines = [line for line in PROJECT.splitlines() if line.startswith(("    ", "data =", "test ="))]
    stated = dict(re.findall(r'"([a-z-]+)>=([\d.]+)"', "\n".join(lines)))
    assert {"torch", "scipy", "datasets", "nbclient"} <= set(stated)
    text = (REPOSITORY / "constraints-lowest.txt").read_text()
    tested = dict(re.findall(r"^([a-z-]+)==([\d.]+)$", text, re.MULTILINE))
    assert set(tested) == set(stated)
    for name, version in tested.items():
        # 9 stands for 9.0.0.
        assert (version + ".0.0").startswith(stated[name] + "."), name
        assert set(version.removeprefix(stated[name])) <= {".", "0"}, name


def test_the_citation_is_of_this_version() -> None:
    version = re.search(r'^version = "(.+)"', PROJECT, re.MULTILINE)
    assert version is not None
    assert f"\nversion: {version[1]}\n" in (REPOSITORY / "CITATION.cff").read_text()


def test_links_and_files_of_contributing_exist() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    files = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text)
    assert len(links) + len(files) > 3
    for target in (*links, *files):
        if "NAME" in target:
            continue
        known = [REPOSITORY / target, REPOSITORY / "scaling_search" / target]
        assert any(path.exists() for path in known), target
