"""Studies whose budget is a latency: priced by a model, measured before they are trained."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from commands import Call
from folders import content
from measured_networks import measure_as_told, seconds_of, write_measured

from scaling_search.baselines import Baseline, load_baseline, scale, solve_phi
from scaling_search.baselines.measurements import Measurements
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.scaling import PAPER
from scaling_search.study.read import read_study

LATENCY = ("name=a", "constraint.on=latency", "constraint.measurements=[here.json]")


@pytest.fixture
def measured(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """In a folder with measurements, where measuring follows the formula too."""
    write_measured(Path("here.json"))
    monkeypatch.setattr("scaling_search.study.measured.measure_members", measure_as_told)
    return call


def test_candidates_are_measured_and_lie_within(measured: Call) -> None:
    ended = measured(*LATENCY)
    assert ended.code == 0, ended.err
    folder = Path("experiments/a")
    known = Measurements.read(folder / "members_1.json")
    trials = pd.read_csv(folder / "trials.csv", dtype={"trial": str})
    base = known.listed.baseline.interval[1]
    within = trials[trials["within_tolerance"]]
    assert len(within) >= 3
    for row in within.itertuples():
        measured_one = known.known(row.trial)
        assert measured_one is not None
        low, median, high = measured_one
        assert row.latency == median
        assert low / base >= 2 * 0.95
        assert high / base <= 2 * 1.05
    family = pd.read_csv(folder / "family.csv")
    assert family["latency"].is_monotonic_increasing
    # phi counts doublings of the latency, which multiply-adds do not follow.
    listed = family[family["phi"].isin([2.0, 3.0, 4.0])]
    assert len(listed) == 3
    assert (listed["phi"] - listed["effective_phi"]).between(-0.01, 0.3).all()
    growth = listed["macs"] / listed["macs"].shift(1)
    assert (growth.dropna() > 2.05).all()
    forecast = json.loads((folder / "forecast.json").read_text())
    assert forecast["quantity"] == "latency"
    assert "times the latency of searched_micro" in (folder / "report.md").read_text()


def test_the_report_and_the_study_need_no_measuring_again(
    measured: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measured(*LATENCY).code == 0
    folder = Path("experiments/a")
    before = content(folder)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("scaling_search.study.measured.measure_members", refuse)
    build_report(folder)
    assert content(folder) == before
    again = measured(*LATENCY)
    assert (again.code, again.jobs) == (0, [])
    definition = read_study(folder).definition
    assert definition.quantity.name == "latency"
    assert definition.base.amount == pytest.approx(
        Measurements.read(folder / "members_1.json").listed.baseline.interval[1]
    )


def test_measurements_of_another_device_are_taken_as_they_are(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path("here.json")
    write_measured(text)
    plain = json.loads(text.read_text())
    plain["conditions"]["device_name"] = "a phone"
    text.write_text(json.dumps(plain))
    ended = call(*LATENCY)
    assert ended.code == 0, ended.err
    said = "no candidate is measured here: the measurements are of a phone (cpu) with torch"
    assert ended.out.count(said) == 1
    assert not Path("experiments/a/members_1.json").exists()
    assert "a phone" in Path("experiments/a/report.md").read_text()


def test_measurements_of_another_torch_are_named(call: Call) -> None:
    write_measured(Path("here.json"))
    plain = json.loads(Path("here.json").read_text())
    plain["conditions"]["torch_version"] = "1.0"
    Path("here.json").write_text(json.dumps(plain))
    ended = call(*LATENCY, "dry_run=true")
    assert ended.code == 0, ended.err
    assert "with torch 1.0, and this is torch 2" in ended.out


def test_a_bound_of_latency_beside_multiply_adds(measured: Call) -> None:
    ended = measured(
        "name=a",
        "constraint.measurements=[here.json]",
        "constraint.at_most={latency: 0.35ms}",
        "family.train_up_to=3",
    )
    assert ended.code == 0, ended.err
    family = pd.read_csv("experiments/a/family.csv")
    beyond = family[family["beyond"].notna()]
    assert len(beyond)
    assert beyond["beyond"].str.contains("beyond the bound of 350 µs").all()
    assert (beyond["runs"] == 0).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("constraint.on=latency",), "constraint.measurements is missing for latency"),
        (("constraint.measurements=[here.json]",), "neither constraint.on nor"),
        (("constraint.on=latency", "constraint.measurements=[gone.json]"), "gone.json"),
        (("constraint.on=latency", "constraint.measurements=[torn.json]"), "torn.json"),
        (
            ("constraint.on=latency", "constraint.measurements=[here.json]", "+x=1"),
            "there is no setting x",
        ),
        (
            (*LATENCY[1:], "constraint.batch_size=7"),
            "latency at batch size 7 was not measured (batch sizes measured: 1)",
        ),
        ((*LATENCY[1:], "baseline=efficientnet_micro"), "searched_micro"),
        ((*LATENCY[1:], "baseline.resolution=14"), "around 12 px, but the baseline has 14 px"),
        (("constraint.on=latency", "constraint.measurements=[here.json,here.json]"), "one of each"),
        (("constraint.on=latency", "constraint.measurements=[few.json]"), "30"),
        (("constraint.at_most={latency: 3 apples}", *LATENCY[2:]), "'apples' is not known"),
        (("constraint.at_most={latency: 1us}", *LATENCY[2:]), "leaves no room: the baseline"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    measured: Call, words: tuple[str, ...], said: str
) -> None:
    text = Path("here.json").read_text()
    Path("torn.json").write_text(text[: len(text) // 2])
    write_measured(Path("few.json"), count=12)
    ended = measured(*words)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert len(ended.err) < 600
    assert not ended.jobs


def test_damaged_measurements_of_a_study_are_named(measured: Call) -> None:
    assert measured(*LATENCY).code == 0
    path = Path("experiments/a/measurements_1.json")
    text = path.read_text()
    path.write_text(text.replace('"threads": 1', '"threads": 2'))
    with pytest.raises(InvalidInput, match=r"measurements_1.json.*not what study.yaml names"):
        read_study("experiments/a")
    path.unlink()
    with pytest.raises(InvalidInput, match=r"measurements_1.json"):
        read_study("experiments/a")


def default_baseline() -> Baseline:
    return load_baseline("searched_micro", 36, 1, resolution=12)


def test_solve_phi_within_a_latency(tmp_path: Path) -> None:
    path, baseline = tmp_path / "here.json", default_baseline()
    write_measured(path)
    limit = 2.5 * seconds_of(scale(baseline, PAPER, 0))
    member = solve_phi(baseline, PAPER, latency=limit, measurements=[path])
    assert seconds_of(member) <= 1.03 * limit
    assert member.phi is not None
    assert seconds_of(scale(baseline, PAPER, member.phi + 0.7)) > limit
    faster = solve_phi(baseline, PAPER, throughput=1 / limit, measurements=[path])
    assert faster.id == member.id
    small = solve_phi(baseline, PAPER, latency=limit, params=7000, measurements=[path])
    assert small.cost.params <= 7000
    with pytest.raises(InvalidInput, match="latency at batch size 1 was not measured"):
        solve_phi(baseline, PAPER, latency="2ms")
    other = load_baseline("efficientnet_micro", 36, 1, resolution=12)
    with pytest.raises(InvalidInput, match="searched_micro"):
        solve_phi(other, PAPER, latency="2ms", measurements=[path])


def test_solve_phi_within_a_memory() -> None:
    baseline = load_baseline("efficientnet_b0")
    member = solve_phi(baseline, PAPER, memory="8GiB")
    assert member.phi is not None
    assert member.id == solve_phi(baseline, PAPER, memory=8 * 2**30).id
    assert solve_phi(baseline, PAPER, memory="8GiB", params="6M").cost.params <= 6e6
    with pytest.raises(InvalidInput, match="smallest network of efficientnet_b0 has"):
        solve_phi(baseline, PAPER, memory="1MB")


def test_a_study_keeps_to_the_candidates_that_it_has_measured(
    measured: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where not all of them could be measured: repeating a command changes no candidate."""
    monkeypatch.setattr("scaling_search.study.measured._ROUNDS", 1)
    first = measured(*LATENCY)
    assert first.code == 0, first.err
    before = pd.read_csv("experiments/a/trials.csv")["trial"].tolist()
    monkeypatch.setattr("scaling_search.study.measured._ROUNDS", 8)
    again = measured(*LATENCY)
    assert (again.code, again.jobs) == (0, [])
    assert pd.read_csv("experiments/a/trials.csv")["trial"].tolist() == before
