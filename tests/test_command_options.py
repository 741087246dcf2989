"""Commands beside the main one: what is wrong with their options is said in a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from scaling_search.export.__main__ import main as export
from scaling_search.measure import main as measure
from scaling_search.report.__main__ import main as report
from scaling_search.reproduce import main as reproduce
from scaling_search.status import main as status

Main = Callable[[Sequence[str]], None]
COMMANDS: dict[str, Main] = {
    "export": export,
    "measure": measure,
    "report": report,
    "reproduce": reproduce,
    "status": status,
}
#: Command, what is typed, and what must be said of it: name, value, requirement or remedy.
WRONG = [
    ("export", "x --to o --phi abc", ["--phi", "'abc'", "must be a number"]),
    ("export", "x --to o --phi=", ["--phi", "''", "must be a number"]),
    ("export", "x --to o --phi 1,5", ["--phi", "'1,5'", "must be a number"]),
    ("export", "x --to o --phi", ["--phi has no value"]),
    ("export", "x --to o", ["--phi --macs --memory --latency", "give one"]),
    ("export", "x --to o --phi 1 --macs 5M", ["--macs is given beside --phi"]),
    ("export", "--phi 1", ["needed", "folder, --to"]),
    ("export", "x --to o --phi 1 --force=yes", ["--force is 'yes', but takes no value"]),
    ("export", "x --to o --m 1", ["--m may mean --macs, --memory", "write it out"]),
    ("measure", "--to f --count many", ["--count", "'many'", "must be a whole number"]),
    ("measure", "--to f --count 1.5", ["--count", "'1.5'", "must be a whole number"]),
    ("measure", "--to f --reach far", ["--reach", "'far'", "must be a number"]),
    ("measure", "baseline=efficientnet_micro", ["--to FILE", "--list FILE"]),
    ("export", "~no-such-user/x --to o --phi 1", ["~no-such-user/x", "no such home folder"]),
    ("report", "--compare x y --to=~no-such-user/x.html", ["no such home folder", "whole path"]),
    ("report", "", ["folder --compare", "give one"]),
    ("report", "x y", ["one too many: y"]),
    ("reproduce", "", ["needed", "folder"]),
    ("status", "", ["needed", "folder"]),
    ("status", "x --store", ["--store has no value"]),
    *((name, "x --misspelt 3", ["--misspelt 3"]) for name in COMMANDS if name != "export"),
    ("export", "x --to o --phi 1 --misspelt 3", ["--misspelt 3"]),
]


@pytest.mark.parametrize(("name", "typed", "said"), WRONG)
def test_a_wrong_option_is_said_in_a_line(
    name: str,
    typed: str,
    said: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        COMMANDS[name](typed.split())
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    for words in said:
        assert words in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        COMMANDS[name](["--help"])
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    assert out.startswith(f"usage: python -m scaling_search.{name} ")


def test_a_home_folder_is_found_behind_an_equals_sign(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    words = "baseline=searched_micro --num-classes 3 --in-channels 1 --count 3 --list=~/l.json"
    (tmp_path / "home").mkdir()
    measure(words.split())
    assert (tmp_path / "home" / "l.json").is_file()
    assert not (tmp_path / "~").exists()
