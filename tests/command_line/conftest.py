"""A command typed in an empty folder."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import Call, Refuse, type_words
from folders import written


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


@pytest.fixture
def refuse(call: Call, tmp_path: Path) -> Refuse:
    """Type words that must be refused in one clear line, with nothing written."""

    def require(words: Sequence[str], said: Sequence[str]) -> None:
        ended = call(*words)
        assert "Traceback" not in ended.err
        assert ended.code == 2, ended.err
        assert ended.err.startswith("error: ")
        assert ended.err.count("\n") == 1
        for word in said:
            assert word in ended.err
        assert written(tmp_path) == []

    return require
