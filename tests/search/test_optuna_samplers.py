"""What is no sampler of Optuna's, or one that fails, is refused before anything is asked."""

from __future__ import annotations

from importlib import util
from typing import Any

import optuna
import pytest

from scaling_search.errors import InvalidInput
from scaling_search.search import OptunaSettings
from scaling_search.search.optuna_samplers import make_sampler


@pytest.mark.parametrize(
    ("sampler", "said"),
    [
        ("tpa", ["'tpa'", "random, tpe", "_target_"]),
        (None, ["None", "_target_"]),
        (5, ["5", "_target_"]),
        (["tpe"], ["['tpe']", "_target_"]),
        ({"seed": 0}, ["{'seed': 0}", "_target_"]),
    ],
)
def test_what_is_no_sampler_is_refused(sampler: Any, said: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        OptunaSettings(sampler=sampler)
    for word in ("sweep.sampler", *said):
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("sampler", "said"),
    [
        ({"_target_": "optuna.samplers.TPE"}, ["optuna.samplers.TPE", "nowhere", "GPSampler"]),
        ({"_target_": "TPESampler"}, ["'TPESampler'", "nowhere"]),
        ({"_target_": "absent.Sampler"}, ["absent.Sampler", "No module named"]),
        ({"_target_": 3}, ["'3'", "nowhere"]),
        ({"_target_": "optuna.samplers.RandomSampler"}, ["no seed", "seed: 0"]),
        ({"_target_": "optuna.samplers.RandomSampler", "seed": None}, ["no seed", "seed: 0"]),
        ({"_target_": "optuna.samplers.RandomSampler", "seed": 0, "sed": 1}, ["'sed'", "change"]),
        ({"_target_": "optuna.samplers.RandomSampler", "seed": "x"}, ["'x'", "change"]),
        ({"_target_": "optuna.samplers.BaseSampler"}, ["abstract", "another sampler"]),
        ({"_target_": "optuna.create_study"}, ["create_study", "no Optuna sampler"]),
        ({"_target_": "collections.Counter"}, ["Counter", "no Optuna sampler"]),
    ],
)
def test_samplers_that_cannot_be_made_are_refused(sampler: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        make_sampler(sampler)
    for word in ("sweep.sampler", *said):
        assert word in str(refused.value)


def test_what_is_no_sampler_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(optuna, "harm", lambda **given: called.append(given), raising=False)
    with pytest.raises(InvalidInput, match="no Optuna sampler"):
        make_sampler({"_target_": "optuna.harm", "command": "x"})
    assert called == []


@pytest.mark.parametrize(
    "sampler",
    [
        # It has no list of values to go through, and says so when it is asked.
        {"_target_": "optuna.samplers.BruteForceSampler", "seed": 0},
        # It comes with a package of its own, which it misses after its first asks.
        {"_target_": "optuna.samplers.CmaEsSampler", "seed": 0},
    ],
)
def test_a_sampler_that_would_fail_later_is_refused_before(sampler: dict[str, Any]) -> None:
    if sampler["_target_"].endswith("CmaEsSampler") and util.find_spec("cmaes"):
        pytest.skip("cmaes is installed")
    with pytest.raises(InvalidInput, match=rf"{sampler['_target_'].split('.')[-1]}.*take another"):
        OptunaSettings(sampler=sampler, asks=20).rehearse()
