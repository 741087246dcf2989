"""A command typed in an empty folder."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import Call, type_words


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Type a command in an empty folder; gives code, out and err."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Libraries log to the stderr of the first test that loads them, which is closed by now.
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def run(*words: str) -> SimpleNamespace:
        return type_words(monkeypatch, capsys, *words)

    return run
