"""A password in the store that was typed is recorded nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import Call

from scaling_search.sweep import command_line


@pytest.mark.filterwarnings("ignore:Query string")
@pytest.mark.parametrize(
    "typed",
    [
        "store=sqlite:///{}?password\\=s3cret",
        "store='sqlite:///{}?password=s3cret&x=1'",
        'store="sqlite:///{}?sslpassword=s3cret"',
        "++store='sqlite:///{}?user=me&token=s3cret/and@more'",
    ],
)
def test_a_password_in_the_store_is_recorded_nowhere(
    call: Call, tmp_path: Path, typed: str
) -> None:
    ended = call("name=a", typed.format("elsewhere.db"))
    assert ended.code == 0, ended.err
    assert "s3cret" not in ended.out + ended.err
    assert (tmp_path / "elsewhere.db").exists()
    assert not (tmp_path / "experiments" / "store.db").exists()
    found = [f.name for f in tmp_path.rglob("*") if f.is_file() and b"s3cret" in f.read_bytes()]
    assert found == []
    command = json.loads((tmp_path / "experiments/a/environment.json").read_text())["command"]
    assert "store=sqlite:///elsewhere.db?" in command
    assert "***" in command


def test_a_password_before_the_host_is_recorded_nowhere() -> None:
    """No server is at hand, so only what would be recorded is looked at."""
    for url in ("postgresql://me:s3cret@host/name", "postgresql://me:s3/cr@e t@host/name"):
        command = command_line(["+sweep=grid", f"store='{url}'", "name=a"], url)
        assert "s3" not in command
        assert "me:***@host/name" in command
