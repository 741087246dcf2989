"""+sweep=growth: a family smallest first, and candidates from the baseline, at equal compute."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commands import Call
from fakes import SETTINGS, fake_study, inline
from grown import finished_search, outcome, settings_of
from small_study import SMALL

from scaling_search.errors import InvalidInput
from scaling_search.execution import InlineExecutor
from scaling_search.proxy import Job, RunSpec
from scaling_search.search import CostConstraint
from scaling_search.series import GrowthSettings
from scaling_search.series.growth import spread_evenly
from scaling_search.study import Conduct, StudySettings, define
from scaling_search.study.again import for_here, train_again
from scaling_search.study.files.runs_csv import read_runs
from scaling_search.study.files.study_yaml import read_definition
from scaling_search.study.growth import CANDIDATES, FAMILY, Growth, growth_of
from scaling_search.study.kinds import kind_of
from scaling_search.study.read import read_study
from scaling_search.trainers import carry_out


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_search(tmp_path_factory.mktemp("experiments"))


@pytest.fixture
def settings(source: Path) -> Callable[..., StudySettings]:
    return partial(settings_of, study=str(source))


def growth(settings: StudySettings) -> Growth:
    return growth_of(define(settings, Conduct())[0])


def spec(run: Any) -> RunSpec:
    assert isinstance(run.spec, RunSpec)
    return run.spec


def test_each_member_grows_from_the_one_before(settings: Callable[..., StudySettings]) -> None:
    family = growth(settings()).of(FAMILY)
    macs = [network.member.cost.macs for network in family]
    assert len(family) == 3
    assert macs == sorted(macs)
    assert not family[0].differs
    assert family[0].from_nothing == family[0].grown
    for network, before in zip(family[1:], family):
        assert network.source == before.member
        for grown, start, alone in zip(network.grown, before.grown, network.from_nothing):
            assert spec(grown).start == start.spec
            assert grown.spec.seed == start.spec.seed == alone.spec.seed
            assert spec(alone).start is None


def test_from_nothing_costs_what_growing_to_a_size_costs(
    settings: Callable[..., StudySettings],
) -> None:
    definition = define(settings(), Conduct())[0]
    found = growth_of(definition)
    images = definition.facts.epoch_images
    spent = 0.0
    for network in found.of(FAMILY):
        an_epoch = network.member.cost.train_flops(images)
        spent += 10 * an_epoch
        assert network.grown_flops == pytest.approx(spent)
        # No other whole number of epochs comes nearer.
        nearest = min(range(1, 100), key=lambda n: abs(n * an_epoch - spent))
        assert network.epochs == nearest
        assert network.compute_ratio == pytest.approx(nearest * an_epoch / spent)
    base = definition.base.cost.train_flops(10 * images)
    for network in found.of(CANDIDATES):
        assert network.source == definition.base
        own = network.member.cost.train_flops(10 * images)
        assert network.grown_flops == pytest.approx(base + own)
        assert abs(network.compute_ratio - 1) < 0.05
        assert [spec(run).start for run in network.grown] == [run.spec for run in found.sources]


def test_the_runs_from_nothing_are_those_that_any_study_has(
    settings: Callable[..., StudySettings], source: Path
) -> None:
    study = read_study(source)
    family = study.definition.family_runs(study.winning_coefficients)
    keys = {run.spec.key for run in family}
    # With the study's own epochs, the smallest of the chain is trained already.
    assert {run.spec.key for run in growth(settings(epochs=2)).of(FAMILY)[0].grown} <= keys


def test_candidates_are_spread_over_the_ranking() -> None:
    assert spread_evenly(12, 6) == [0, 2, 4, 7, 9, 11]
    assert spread_evenly(4, 6) == [0, 1, 2, 3]
    assert spread_evenly(9, 0) == []


def test_no_candidates_need_no_baseline(settings: Callable[..., StudySettings]) -> None:
    found = growth(settings(ranked=0))
    assert not found.of(CANDIDATES)
    assert not found.sources


def test_study_yaml_stands_alone_and_nothing_is_trained_twice(
    tmp_path: Path, settings: Callable[..., StudySettings]
) -> None:
    trained: list[str] = []

    def seen(job: Job) -> Any:
        if job.start is not None:
            assert job.start.spec.key in trained
        trained.append(job.spec.key)
        return outcome(job)

    given = settings(ranked=4)
    folder = fake_study(tmp_path, given, inline(seen), name="g")
    definition = read_definition(folder)
    assert definition.settings.sweep.study == "a"
    kind = kind_of(definition)
    planned = [run.spec.key for run in kind.first_runs()]
    assert len(trained) == len(set(trained)) == len(set(planned))
    assert set(trained) == set(planned)
    again = inline(seen)
    assert fake_study(tmp_path, given, again, name="g") == folder
    assert not again.tasks
    # What was lost is trained again, and only that.
    lost = inline(seen)
    (tmp_path / "store.db").unlink()
    rows = (folder / "runs.csv").read_text().splitlines(keepends=True)
    (folder / "runs.csv").write_text("".join(rows[:-1]))
    fake_study(tmp_path, given, lost, name="g")
    assert len(lost.tasks) == 1


@pytest.mark.long
def test_what_was_really_trained_comes_again_to_the_same_bits(
    tmp_path: Path, settings: Callable[..., StudySettings]
) -> None:
    given = settings(epochs=1, ranked=0, seeds=[0])
    given = replace(given, data=replace(given.data, cache_dir=str(tmp_path / "cache")))
    folder = fake_study(tmp_path, given, InlineExecutor(carry_out), name="g")
    starts = sorted((tmp_path / "starts").iterdir())
    # Of the largest member nothing starts.
    assert len(starts) == 2
    # The largest is repeated with all that it grew from: no weights are at hand.
    definition = for_here(read_definition(folder), str(tmp_path / "cache"))
    run = growth_of(definition).networks[-1].grown[0]
    row = next(row for row in read_runs(folder) if row.run == run.spec.key)
    again = train_again(definition, run, tmp_path / "empty")
    assert (again.val_error, again.test_error) == (row.val_error, row.test_error)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"study": ""}, "sweep.study is empty"),
        ({"study": "nowhere"}, "no study is there"),
        ({"family": [[0.0, 1.0, 1.0, 12.0]]}, "follow from sweep.study"),
    ],
)
def test_a_study_that_is_none_is_refused(
    settings: Callable[..., StudySettings], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        define(settings(**change), Conduct())


def test_another_baseline_or_other_data_are_refused(
    settings: Callable[..., StudySettings],
) -> None:
    given = settings()
    other = replace(given, baseline=replace(given.baseline, resolution=14))
    with pytest.raises(InvalidInput, match="leave baseline= out"):
        define(other, Conduct())
    other = replace(given, data=replace(given.data, kind="parquet", path="elsewhere"))
    with pytest.raises(InvalidInput, match="it was made on other data"):
        define(other, Conduct())


def test_settings_that_make_no_sense_are_refused(settings: Callable[..., StudySettings]) -> None:
    with pytest.raises(InvalidInput, match=r"sweep\.ranked is 2"):
        GrowthSettings(ranked=2)
    with pytest.raises(InvalidInput, match="each network must be"):
        GrowthSettings(family=[[0.0, 1.0]])
    with pytest.raises(InvalidInput, match="has no use for it"):
        replace(settings(), constraint=CostConstraint(tolerance=0.1))
    with pytest.raises(InvalidInput, match=r"recipe\.start is 'baseline'"):
        replace(settings(), recipe=replace(SETTINGS.recipe, start="baseline"))


def test_compute_that_no_recipe_has_is_refused(settings: Callable[..., StudySettings]) -> None:
    with pytest.raises(InvalidInput, match=r"recipe\.epochs is 10000, but .* give fewer"):
        define(settings(epochs=10_000), Conduct())


def test_a_study_of_another_kind_or_one_that_has_not_ended_is_refused(
    tmp_path: Path, settings: Callable[..., StudySettings], source: Path
) -> None:
    folder = fake_study(tmp_path, settings(ranked=0), inline(outcome), name="g")
    with pytest.raises(InvalidInput, match=r"study of \+sweep=growth"):
        define(settings(study=str(folder)), Conduct())
    begun = shutil.copytree(source, tmp_path / "begun")
    environment = json.loads((begun / "environment.json").read_text())
    assert environment["search_ended"]
    (begun / "environment.json").write_text(json.dumps({**environment, "search_ended": False}))
    with pytest.raises(InvalidInput, match="that study has not ended"):
        define(settings(study=str(begun)), Conduct())


def test_the_command_from_plan_to_report(call: Call, source: Path) -> None:
    # Of the baseline nothing is typed: it is that of the study.
    own = [word for word in SMALL if not word.startswith("baseline")]
    words = (*own, "+sweep=growth", f"sweep.study={source}")
    plan = call(*words, "dry_run=true", "recipe.epochs=8", study=())
    assert plan.code == 0, plan.err
    assert "grown in 8 epochs" in plan.out
    assert not plan.jobs
    ended = call(*words, "name=g", "sweep.ranked=3", study=(), function=outcome)
    assert ended.code == 0, ended.err
    for name in ("growth.csv", "verdict.json", "report.html"):
        assert (Path("experiments/g") / name).is_file()
