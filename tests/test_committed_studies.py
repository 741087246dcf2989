"""The committed studies are what the program makes of their records."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from committed import EXPERIMENTS, STUDIES, long_but

from scaling_search.report import build_report

RECORDS = ("study.yaml", "environment.json", "runs.csv", "curves.csv", "timings.csv")


def test_the_list_of_studies_is_what_git_tracks() -> None:
    if not (EXPERIMENTS.parent / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "*/study.yaml"],
        cwd=EXPERIMENTS,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert sorted(Path(line).parent.name for line in listed.splitlines()) == STUDIES


@pytest.mark.parametrize(
    "name", long_but(STUDIES, "glyphs-quick", "glyphs-step-0", "omniglot-small")
)
def test_report_follows_from_the_records(name: str, tmp_path: Path) -> None:
    study, copy = EXPERIMENTS / name, tmp_path / name
    versions = json.loads((study / "environment.json").read_text())["versions"]
    for package in ("matplotlib", "pandas", "numpy", "scipy"):
        if metadata.version(package) != versions[package]:
            pytest.skip(f"the study was reported with {package} {versions[package]}")
    copy.mkdir()
    for record in RECORDS:
        shutil.copy(study / record, copy / record)
    measured = [p.name for p in (EXPERIMENTS / name).glob("me*_*.json")]
    for record in ("latency.csv", "asks.csv", "proposals.csv", "networks.csv", *measured):
        if (study / record).exists():
            shutil.copy(study / record, copy / record)
    build_report(copy)
    by_hand = (".lock", "README.md")
    for path in sorted(p for p in study.rglob("*") if p.is_file() and p.name not in by_hand):
        assert (copy / path.relative_to(study)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", [n for n in STUDIES if (EXPERIMENTS / n / "README.md").exists()])
def test_a_readme_says_what_the_study_found(name: str) -> None:
    """The question, the command and the answer in the words of verdict.json."""
    text = " ".join((EXPERIMENTS / name / "README.md").read_text().split())
    verdict = json.loads((EXPERIMENTS / name / "verdict.json").read_text())
    command = json.loads((EXPERIMENTS / name / "environment.json").read_text())["command"]
    for sentence in verdict["answer"]:
        assert sentence in text
    assert command in text


@pytest.mark.parametrize("name", STUDIES)
def test_records_are_small(name: str) -> None:
    assert sum(p.stat().st_size for p in (EXPERIMENTS / name).rglob("*") if p.is_file()) < 1e6
