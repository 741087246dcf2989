"""python -m scaling_search.measure: here, from a list on another machine, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from scaling_search import measure
from scaling_search.baselines import load_baseline, measurements
from scaling_search.baselines.measurements import Measurements

Call = Callable[..., SimpleNamespace]
#: Networks are given classes and channels, so that no data are opened.
SMALL = ("baseline=searched_micro", "--num-classes", "10", "--in-channels", "1")


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    monkeypatch.chdir(tmp_path)
    for name in ("_SAMPLE", "_WARM_UP", "_REFERENCE"):
        monkeypatch.setattr(measurements, name, 1e-4)

    def call(*words: str) -> SimpleNamespace:
        code = 0
        try:
            measure.main(words)
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return call


def test_networks_are_drawn_and_measured(call: Call) -> None:
    done = call(*SMALL, "--to", "here.json", "--count", "30", "--visits", "2", "--batch-size", "2")
    assert done.code == 0, done.err
    assert "here.json: 30 networks of searched_micro, 2 at a time" in done.out
    assert "The baseline takes" in done.out
    assert "that the model has not seen are priced within" in done.out
    found = Measurements.read("here.json")
    assert len(found.networks) == 30
    assert found.batch_size == 2
    baseline = load_baseline("searched_micro", 10, 1)
    assert found.model(baseline).relative_sd > 0


def test_a_list_is_carried_to_another_machine(call: Call, tmp_path: Path) -> None:
    made = call(*SMALL, "baseline.resolution=20", "--list", "list.json", "--count", "4")
    assert made.code == 0, made.err
    assert made.out == "list.json: 4 networks of searched_micro\n"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    carried = elsewhere / "carried.json"
    carried.write_bytes(Path("list.json").read_bytes())
    done = call("--networks", str(carried), "--to", str(elsewhere / "made.json"), "--visits", "2")
    assert done.code == 0, done.err
    assert "A model of latency needs 30 networks" in done.out
    listed = json.loads(carried.read_text())["networks"]
    found = Measurements.read(elsewhere / "made.json")
    assert [network.id for network in found.networks] == [plain["id"] for plain in listed]
    assert found.listed.baseline.resolution == 20
    # The same networks once more: what is measured is a list too.
    again = call("--networks", str(elsewhere / "made.json"), "--to", "again.json", "--visits", "2")
    assert again.code == 0, again.err
    assert [n.id for n in Measurements.read("again.json").networks] == [p["id"] for p in listed]


def test_classes_and_channels_are_those_of_the_data(call: Call) -> None:
    done = call("data=glyphs", "--list", "list.json", "--count", "2")
    assert done.code == 0, done.err
    content = json.loads(Path("list.json").read_text())
    assert content["in_channels"] == 1
    assert content["num_classes"] > 10


def test_a_users_function_is_run_only_where_it_is_trusted(call: Call, tmp_path: Path) -> None:
    (tmp_path / "my_measured_net.py").write_text(
        "from torch import nn\n"
        "def build(depth_mult, width_mult, resolution, num_classes, in_channels):\n"
        "    width = round(8 * width_mult)\n"
        "    return nn.Sequential(nn.Conv2d(in_channels, width, 3), nn.AdaptiveAvgPool2d(1),\n"
        "                         nn.Flatten(), nn.Linear(width, num_classes))\n"
    )
    words = ("baseline=own", "baseline._target_=my_measured_net.build", "baseline.resolution=12")
    made = call(*words, *SMALL[1:], "--list", "own.json", "--count", "3")
    assert made.code == 0, made.err
    refused = call("--networks", "own.json", "--to", "made.json", "--visits", "2")
    assert refused.code == 2
    assert "names my_measured_net.build" in refused.err
    assert "give --trust" in refused.err
    done = call("--networks", "own.json", "--to", "made.json", "--visits", "2", "--trust")
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (SMALL, "give --to FILE to measure, or --list FILE"),
        ((*SMALL, "--to", "a", "--list", "b"), "give --to FILE to measure, or --list FILE"),
        ((*SMALL, "--to", "there.json"), "there.json is there already: give another name"),
        ((*SMALL, "--to", "a", "--networks", "none.json"), "'baseline=searched_micro' is given"),
        (("--to", "a", "--networks", "none.json"), "none.json is missing"),
        (("--to", "a", "--networks", "there.json"), "there.json is damaged"),
        ((*SMALL, "--to", "a", "--count", "0"), "count is 0, but must be"),
        ((*SMALL, "--to", "a", "--reach", "1"), "reach is 1.0, but must be above 1"),
        ((*SMALL, "--to", "a", "--batch-size", "0"), "batch_size is 0, but must be"),
        ((*SMALL, "--to", "a", "--device", "tpu"), "device is 'tpu', but must be cpu or cuda"),
        ((*SMALL, "--to", "a", "recipe=quick"), "'recipe=quick' has no effect on a latency"),
        ((*SMALL, "--to", "a", "baseline.width=3"), "baseline"),
        (("baseline=b0", "--to", "a"), "baseline is 'b0', but must be one of"),
        ((*SMALL[:3], "--in-channels", "0", "--to", "a"), "in_channels is 0, but must be"),
    ],
)
def test_nonsense_is_refused_in_one_line(call: Call, words: tuple[str, ...], message: str) -> None:
    Path("there.json").write_text("{}")
    done = call(*words)
    assert done.code == 2
    assert message in done.err
    assert done.err.startswith("error: ")
    assert len(done.err.splitlines()) == 1
    assert not Path("a").exists()


def test_help_says_what_can_be_typed(call: Call) -> None:
    done = call("--help")
    assert done.code == 0
    for word in ("--to", "--list", "--networks", "--batch-size"):
        assert word in done.out
