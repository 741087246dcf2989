"""Where results stand: files of several forms, and what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.trainers import TrainingFailed
from scaling_search.trainers.places import Place, require_place
from scaling_search.trainers.results import Output, read_curve, read_values

YOLO = """  epoch,   train/loss,  metrics/mAP50(B)
      1,          0.9,              0.10
      2,          0.7,              0.25
"""


def value(text: str, folder: Path, printed: bytes = b"", pattern: str = "") -> object:
    """The result at the place that `text` names."""
    place = require_place("trainer.result", text)
    output = Output((place.name,) if not place.file and place.name else ())
    output.hear("stdout", printed)
    output.close()
    return read_values(place, folder, None, output, {"mAP": place.name or "mAP"})["mAP"]


@pytest.mark.parametrize(
    ("name", "content", "place", "found"),
    [
        ("m.json", '{"val": {"mAP": 0.5}}', "m.json:val/mAP", 0.5),
        ("m.json", '{"val/mAP": 0.5, "val": {"mAP": 0.1}}', "m.json:val/mAP", 0.5),
        ("m.json", '{"a": {"b/c": {"d": 3}}}', "m.json:a/b/c/d", 3),
        ("m.json", '[{"mAP": 0.1}, {"mAP": 0.5}]', "m.json:-1/mAP", 0.5),
        ("m.json", '{"mAP": 0.5}', "m.json", 0.5),
        ("m.json", "0.5", "m.json", 0.5),
        ("r.csv", YOLO, "r.csv:metrics/mAP50(B)", "0.25"),
        ("a/r.csv", "mAP\n.1\n.5\n", "a/r.csv", ".5"),
        ("r.csv", "\ufeffmAP,x\n.5,1\n", "r.csv:mAP", ".5"),
        ("m.json", '\ufeff{"mAP": 0.5}', "m.json:mAP", 0.5),
        ("l.jsonl", '{"mAP": 0.1}\n\n{"mAP": 0.5, "x": 1}\n', "l.jsonl:mAP", 0.5),
    ],
)
def test_files(tmp_path: Path, name: str, content: str, place: str, found: object) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(content, "utf-8")
    assert value(place, tmp_path) == found


@pytest.mark.parametrize(
    ("printed", "place", "found"),
    [
        (b"begin\n0.1\n0.5\ndone in 3 s\n", "", 0.5),
        (b'0.1\n{"mAP": 0.5}', "", 0.5),
        (b"10%\r20%\r0.5\r\n", "", 0.5),
        (b"Test: Acc@1 1.0\nTest: Acc@1 50.25 Acc@5 9\n", r"output:Acc@1 ([0-9.]+)", "50.25"),
        (b"x\xff\n5e-1\n", "", 0.5),
        (b"acc 1\ntop 2\nend\n", r"output:(?:acc (\d)|top (\d))?", "2"),
        (b"epoch 1 acc 31.2 epoch 2 acc 62.4\n", r"output:acc ([0-9.]+)", "62.4"),
        (b"epoch 2 acc 62.4\n", r"output:epoch (?P<epoch>\d+) acc (\S+)", "62.4"),
        (b"acc,0.5,0.25\nacc.....0.5,\n", r"output:acc\W+([0-9.]+),", "0.5"),
        (b"acc-0.5 87%\n", r"output:acc-([0-9.]+)", "0.5"),
        (b"loss 3.76e-07, end\n", r"output:loss ([-+.0-9e]+)", "3.76e-07"),
    ],
)
def test_what_is_printed(tmp_path: Path, printed: bytes, place: str, found: object) -> None:
    assert value(place, tmp_path, printed) == found


@pytest.mark.parametrize(
    ("printed", "pattern", "word"),
    [
        ("loss 3.76e-07", r"loss ([0-9.]+)", "3.76e-07"),
        ("loss -0.5", r"loss .([0-9.]+)", "-0.5"),
        ("acc 0.87", r"acc.*([0-9.]+)", "0.87"),
        ("acc 0.87", r"acc (\d+)", "0.87"),
        ("acc 0.87", r"acc \d+\.(\d+)", "0.87"),
        ("count 1,234 of", r"count ([0-9.]+)", "1,234"),
        ("acc 0.87", r"acc (?P<mAP>\d)", "0.87"),
    ],
)
def test_a_part_of_a_number_is_no_result(
    tmp_path: Path, printed: str, pattern: str, word: str
) -> None:
    with pytest.raises(TrainingFailed, match=f"of '{word}', which is a part of a number"):
        value(f"output:{pattern}", tmp_path, printed.encode() + b"\n")


def test_a_curve_has_its_own_epochs_or_none_where_a_run_goes_on(tmp_path: Path) -> None:
    def curve(pattern: str, goes_on: bool) -> list[tuple[int, float, None]]:
        place = require_place("trainer.curve", f"output:{pattern}", rows=True)
        output = Output((place.name,))
        output.hear("stdout", b"epoch 3 acc 0.5\nepoch 4 acc 0.75\nepoch x acc 1\n")
        return read_curve(place, tmp_path, output, goes_on)

    points = [(3, 0.5, None), (4, 0.75, None)]
    for goes_on in (False, True):
        assert curve(r"epoch (?P<epoch>\S+) acc (\S+)", goes_on) == points
    assert curve(r"\d acc (\S+)", False) == [(1, 0.5, None), (2, 0.75, None)]
    with pytest.raises(TrainingFailed, match="which epochs it prints is not known"):
        curve(r"acc (\S+)", True)
    with pytest.raises(InvalidInput, match="the pattern has no group"):
        curve(r"epoch (?P<epoch>\S+)", False)


def test_a_line_may_come_in_pieces_and_standard_error_is_no_result(tmp_path: Path) -> None:
    output = Output(())
    for piece in (b"0.", b"5\n", b"the end"):
        output.hear("stdout", piece)
    output.hear("stderr", b"0.9\n")
    output.close()
    assert output.last == 0.5
    assert output.end == "the end"


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "has no row"), ("a,b\n", "has no row"), ("a,b\n1,2\n", "has no 'mAP', but a, b")],
)
def test_a_table_without_the_result(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "r.csv").write_text(content)
    with pytest.raises(TrainingFailed, match=said):
        value("r.csv:mAP", tmp_path)


def test_a_curve_has_a_point_for_each_row_with_a_number(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(YOLO + "3, 0.6,\n")
    found = read_curve(Place("r.csv", "metrics/mAP50(B)"), tmp_path, Output(()))
    assert found == [(1, 0.1, None), (2, 0.25, None)]
    pattern = r"mAP=(\S+)"
    output = Output((pattern,))
    output.hear("stderr", b"epoch 1 mAP=0.1\nepoch 2 mAP=0.3\n")
    assert [e[1] for e in read_curve(Place("", pattern), tmp_path, output)] == [0.1, 0.3]


def test_a_curve_takes_the_group_that_fits(tmp_path: Path) -> None:
    pattern = r"acc (\S+)|top (\S+)"
    output = Output((pattern,))
    output.hear("stdout", b"acc 0.1\ntop 0.2\nacc 0.3\n")
    assert [e[1] for e in read_curve(Place("", pattern), tmp_path, output)] == [0.1, 0.2, 0.3]


@pytest.mark.parametrize(
    "text",
    [
        "metrics.txt:a",
        "/tmp/m.json:a",
        "../m.json:a",
        "a/../../m.json",
        "output:",
        "output:(",
        "mAP",
    ],
)
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"trainer\.result is"):
        require_place("trainer.result", text)


def test_a_curve_needs_rows() -> None:
    with pytest.raises(InvalidInput, match=r"trainer\.curve is 'metrics\.json:a'"):
        require_place("trainer.curve", "metrics.json:a", rows=True)
