"""Damaged files, unwritable places and wrong words: named in a line, nothing written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import content

from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.report.__main__ import main


def refuse(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["report", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("study.yaml", None),
        ("study.yaml", b"\x00\xff\xfe"),
        ("study.yaml", b"sweep: ["),
        ("study.yaml", b""),
        ("runs.csv", None),
        ("runs.csv", b""),
        ("runs.csv", b"\x00\xff\xfe,\n"),
        ("runs.csv", b"run,step\na,search\n"),
        ("environment.json", b"{"),
        ("environment.json", b"{}"),
        ("timings.csv", b""),
        ("timings.csv", b"a,b\n1,2\n"),
        ("runs.csv", Path.mkdir),
        ("environment.json", Path.mkdir),
        ("timings.csv", Path.mkdir),
    ],
)
def test_a_damaged_file_is_named(
    study: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    damage: bytes | Callable[[Path], None] | None,
) -> None:
    (study / name).unlink()
    if isinstance(damage, bytes):
        (study / name).write_bytes(damage)
    elif damage is not None:
        damage(study / name)
    before = content(study)
    assert refuse(monkeypatch, str(study)) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert name in err
    assert content(study) == before


@pytest.mark.usefixtures("undrawn")
def test_a_value_that_is_no_number_is_named(study: Path) -> None:
    text = (study / "runs.csv").read_text().splitlines()
    text[1] = text[1].replace("finished,0.", "finished,zero.", 1)
    (study / "runs.csv").write_text("\n".join(text) + "\n")
    with pytest.raises(InvalidInput, match=r"runs\.csv"):
        build_report(study)


@pytest.mark.usefixtures("undrawn")
def test_what_cannot_be_written_is_named(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (study / "report.html").mkdir()
    before = content(study)
    assert refuse(monkeypatch, str(study)) == 2
    assert "report.html is a folder" in capsys.readouterr().err
    assert content(study) == before


def test_a_folder_that_is_no_study_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert refuse(monkeypatch, str(tmp_path / "absent")) == 2
    assert "absent holds no study.yaml" in capsys.readouterr().err
