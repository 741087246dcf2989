"""recipe.start: what the runs of searches and series start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import Call
from fakes import SETTINGS, fake_outcome, fake_study, inline

from scaling_search.baselines import FamilyMember, OwnBaseline
from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Job, RunSpec
from scaling_search.scaling import Coefficients
from scaling_search.series import Observation1Settings
from scaling_search.study import Conduct, FamilySettings, StudyDefinition, define
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.records import Step
from scaling_search.study.settings import StudySettings
from scaling_search.study.starts import require_growable
from scaling_search.trainers import TrainerSettings
from scaling_search.whole_files import write_whole

COEFFICIENTS = Coefficients(1.2, 1.1, 1.1)


def defined(start: str, settings: StudySettings = SETTINGS) -> StudyDefinition:
    given = replace(settings, recipe=replace(settings.recipe, start=start))
    return define(given, Conduct())[0]


def spec(run: object) -> RunSpec:
    found = run.spec  # type: ignore[attr-defined]
    assert isinstance(found, RunSpec)
    return found


def test_without_a_start_keys_and_study_yaml_are_those_of_before() -> None:
    definition = defined("")
    assert '"start"' not in definition.search_runs[0].spec.content
    assert "start" not in definition.to_plain()["recipe"]


def test_every_network_starts_from_the_trained_baseline_of_its_seed() -> None:
    definition, plain = defined("baseline"), defined("")
    seeds = plain.settings.sweep.seeds
    base = {seed: plain.run(Step.SERIES, plain.base, 0.0, seed).spec.key for seed in seeds}
    runs = [*definition.search_runs, *definition.family_runs(COEFFICIENTS)]
    others = [run for run in runs if run.member.id != definition.base.id]
    assert len(others) >= 8
    for run in others:
        source = spec(run).start
        # The very run that another study may have trained.
        assert source is not None
        assert source.key == base[run.spec.seed]
    assert not {r.spec.key for r in others} & {r.spec.key for r in plain.search_runs}


def test_the_baseline_itself_starts_from_nothing() -> None:
    sweep = Observation1Settings(depth=[1.0, 2.0], width=[], resolution=[], seeds=[0])
    settings = replace(SETTINGS, sweep=sweep, family=FamilySettings())
    first, second = defined("baseline", settings).series_runs
    assert spec(first).start is None
    assert spec(second).start == first.spec


def test_members_of_a_family_start_each_from_the_one_before() -> None:
    definition, plain = defined("before"), defined("")
    assert [r.spec.key for r in definition.search_runs] == [r.spec.key for r in plain.search_runs]
    runs = definition.family_runs(COEFFICIENTS)
    for seed in definition.family_seeds:
        chain = [run for run in runs if run.spec.seed == seed]
        assert len(chain) == 3
        assert spec(chain[0]).start is None
        assert [spec(run).start for run in chain[1:]] == [run.spec for run in chain[:-1]]


def outcome(job: Job) -> Any:
    """A training that keeps weights where it is told to."""
    if job.weights is not None:
        write_whole(job.weights, b"weights")
    return fake_outcome(job)


@pytest.mark.parametrize("start", ["baseline", "before"])
@pytest.mark.parametrize("save", [False, True])
def test_sources_are_trained_first_and_once_and_kept(
    tmp_path: Path, start: str, save: bool
) -> None:
    trained: list[str] = []

    def seen(job: Job) -> Any:
        if job.start is not None:
            assert job.start.spec.key in trained
            assert job.start.weights is not None
            assert job.start.weights.read_bytes() == b"weights"
        trained.append(job.spec.key)
        return outcome(job)

    settings = replace(
        SETTINGS,
        recipe=replace(SETTINGS.recipe, start=start),
        family=replace(SETTINGS.family, save_weights=save),
    )
    folder = fake_study(tmp_path, settings, inline(seen), name="a")
    assert len(trained) == len(set(trained))
    assert read_definition(folder).settings.recipe.start == start
    kept = list(folder.glob("weights/*"))
    assert len(kept) == (6 if save else 0)
    again = inline(seen)
    fake_study(tmp_path, settings, again, name="a")
    assert not again.tasks


def test_a_plan_says_it_and_counts_the_runs(call: Call) -> None:
    ended = call("dry_run=true", "recipe.start=baseline")
    assert "same seed, which is trained first, 2 runs" in ended.out
    ended = call("dry_run=true", "recipe.start=before")
    assert "Start: of STEP 2's sizes each from the one before it" in ended.out


def test_a_series_is_reported(call: Call) -> None:
    words = ("+sweep=observation1", "sweep.depth=[1,2]", "sweep.width=[]", "sweep.resolution=[]")
    small = ("recipe=smoke", "data.train_images=150", "data.test_images=80", "sweep.seeds=[0,1]")
    ended = call(*words, "recipe.start=baseline", "name=s", study=small, function=outcome)
    assert ended.code == 0, ended.err
    assert len(ended.jobs) == 4
    assert "unfinished" not in Path("experiments/s/report.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("recipe.start=yesterday", "+sweep=grid"), "must be baseline, before, or a folder of"),
        (("recipe.start=before", "+sweep=observation1"), "it can say baseline or DIR"),
        (("recipe.start=baseline", "+sweep=baseline"), "+sweep=baseline has no use for it"),
        (("recipe.start=baseline", "coefficients.alpha=2"), "without a sweep"),
    ],
)
def test_what_cannot_start_is_refused_in_a_line(
    call: Call, words: tuple[str, ...], said: str
) -> None:
    ended = call(*words, study=())
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_a_training_of_ones_own_is_refused() -> None:
    own = TrainerSettings(
        kind="function", _target_="a.b", metric="loss", direction="minimize", scale="unbounded"
    )
    started = replace(SETTINGS.recipe, start="baseline")
    with pytest.raises(InvalidInput, match="only the built-in training can start"):
        replace(SETTINGS, trainer=own, data=DataSettings(kind="own"), recipe=started)


def test_own_networks_cannot_grow() -> None:
    baseline = OwnBaseline("somewhere.build", 12, 3, 1)
    small, large = (
        FamilyMember(baseline, baseline.network(1.0, width), 12, 1.0, width) for width in (1, 2)
    )
    with pytest.raises(InvalidInput, match="only their code knows"):
        require_growable(large, small)
    require_growable(replace(small, resolution=16), small)
