"""+sweep=transfer: a study's family, trained on its data, fine-tuned on others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from commands import FIRST, Call
from fakes import SETTINGS, fake_outcome, fake_study
from image_files import encode_png, make_pixels
from small_study import content
from transfers import finished_search

from scaling_search.baselines import BaselineSettings
from scaling_search.errors import InvalidInput
from scaling_search.proxy import DataSettings, Job
from scaling_search.report import build_report
from scaling_search.study import FamilySettings
from scaling_search.study.transfer import TransferSettings

#: Glyphs drawn anew are other images of the same classes.
TARGET = [
    *(
        "+sweep=transfer",
        "sweep.study=experiments/source",
        "name=target",
        "recipe=smoke",
        "recipe.batch_size=8",
    ),
    *("data.train_images=90", "data.test_images=72", "data.seed=1"),
]
RESULTS = ("study.yaml", "runs.csv", "curves.csv", "points.csv", "verdict.json", "report.md")
FOLDER = Path("experiments/target")


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies with a finished search."""
    return finished_search(tmp_path_factory.mktemp("searched") / "experiments").parent


@pytest.fixture(autouse=True)
def source(searched: Path, tmp_path: Path) -> Path:
    """The same where a test types its commands."""
    shutil.copytree(searched, tmp_path / "experiments")
    return tmp_path / "experiments" / "source"


def images(folder: str, side: int = 20, rgb: bool = False, classes: int = 3) -> list[str]:
    """An image folder as a target."""
    for part, count in (("train", 16), ("test", 4)):
        for name in map(str, range(classes)):
            path = Path(folder) / part / name
            path.mkdir(parents=True)
            for i, pixels in enumerate(make_pixels(count, side, rgb, 100 * count + int(name))):
                (path / f"{i}.png").write_bytes(encode_png(pixels))
    return ["data=parquet", f"data.path={folder}", *TARGET[:5]]


def runs(step: str) -> pd.DataFrame:
    table = pd.read_csv(FOLDER / "runs.csv", dtype={"trial": str})
    return table[table["step"] == step]


def test_every_network_is_trained_three_times_with_each_seed(call: Call) -> None:
    family = pd.read_csv("experiments/source/runs.csv").query("step == 'family'")
    planned = call("dry_run=true", study=TARGET)
    assert (planned.code, planned.jobs) == (0, [])
    assert "Source: the family of source, trained on glyphs, 36 classes" in planned.out
    assert "12 on the source, 12 on the target from nothing, 12 fine-tuned" in planned.out
    # The source's runs are those of its own study, which the database has.
    assert f"Runs: 36; {len(family)} of them are already trained" in planned.out
    ended = call(study=TARGET)
    assert ended.code == 0, ended.err
    source, alone, tuned = map(runs, ("source", "series", "tuned"))
    assert len(source) == len(alone) == len(tuned) == 12
    assert set(family["run"]) <= set(source["run"])
    assert set(alone["run"]).isdisjoint(tuned["run"])
    starts = [json.loads(spec)["start"] for spec in tuned["spec"]]
    assert starts == list(source["run"])
    assert list(tuned["seed"]) == list(source["seed"]) == list(alone["seed"])
    # Images of an epoch are those of the set that it was trained on.
    assert (source["train_flops"] / source["macs"]).nunique() == 1
    assert source["train_flops"].iloc[0] > alone["train_flops"].iloc[0]
    points = pd.read_csv(FOLDER / "points.csv")
    assert list(points["series"].unique()) == ["compound", "depth", "width", "resolution"]
    assert list(points["trained"].unique()) == ["source", "from nothing", "fine-tuned"]
    others = points[points["series"] != "compound"]
    largest = points[points["series"] == "compound"]["cost_ratio"].max()
    assert ((others["cost_ratio"] / largest - 1).abs() <= 0.1).all()


def test_the_source_is_trained_with_its_own_data_and_recipe(call: Call) -> None:
    jobs: list[Job] = call(*images("set", side=40, classes=5), study=[]).jobs
    tuned = [job for job in jobs if job.start is not None]
    assert len(tuned) == 12
    for job in tuned:
        assert job.start is not None
        assert job.data.path == "set"
        assert (job.start.data.kind, job.start.data.train_images) == ("glyphs", 150)
        assert (job.spec.recipe.batch_size, job.start.spec.recipe.batch_size) == (8, 16)
        assert (job.spec.network.num_classes, job.start.spec.network.num_classes) == (5, 36)
        assert job.spec.resolution == job.start.spec.resolution
        assert job.start.weights is not None
        assert job.start.weights.parent == Path("experiments/starts").resolve()
    # Sources keep their weights for them, though the source study's results are known.
    sources = [job for job in jobs if job.weights is not None]
    assert {job.spec.key for job in sources} == {job.spec.start.key for job in tuned}  # type: ignore[union-attr]


def test_the_study_stands_alone_and_repeats_to_the_byte(call: Call) -> None:
    assert call(study=TARGET).code == 0
    before = content(FOLDER, RESULTS)
    again = call(study=TARGET)
    assert (again.code, again.jobs) == (0, [])
    assert content(FOLDER, RESULTS) == before
    # A clone, without database and without the source's folder.
    shutil.rmtree("experiments/source")
    for path in Path("experiments").glob("store.db*"):
        path.unlink()
    for name in ("report.md", "points.csv", "verdict.json"):
        (FOLDER / name).unlink()
    build_report(FOLDER)
    assert content(FOLDER, RESULTS) == before


@pytest.mark.parametrize("after", [3, pytest.param(9, marks=pytest.mark.long), 20])
def test_what_is_stopped_goes_on_where_it_was(call: Call, searched: Path, after: int) -> None:
    """In the source's step, from nothing, and while fine-tuning."""
    call(study=TARGET)
    before = content(FOLDER, RESULTS)
    shutil.rmtree("experiments")
    shutil.copytree(searched, "experiments")
    done: list[str] = []

    def stopped(job: Job) -> Any:
        if len(done) == after:
            raise KeyboardInterrupt
        done.append(job.spec.key)
        return fake_outcome(job)

    assert call(study=TARGET, function=stopped).code == 130
    ended = call(study=TARGET)
    assert ended.code == 0
    # Trained again are at most sources of what is missing, for their weights.
    repeated = [job for job in ended.jobs if job.spec.key in done]
    wanted = {job.start.spec.key for job in ended.jobs if job.start is not None}
    assert all(job.spec.key in wanted and job.weights is not None for job in repeated)
    assert content(FOLDER, RESULTS) == before


def test_sizes_that_the_images_have_not_are_left_out(call: Call, source: Path) -> None:
    sizes = sorted(set(pd.read_csv(source / "family.csv").query("runs > 0")["resolution"]))
    assert len(sizes) == 3
    planned = call(*images("small", side=sizes[1]), "dry_run=true", study=[])
    assert planned.code == 0, planned.err
    assert f": above the {sizes[1]} px of the images" in planned.out
    refused(
        call(*images("tiny", side=sizes[0]), study=[]),
        "whose family is trained at",
        "two are needed",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    - depth_mult: 1.0", "    - depth_mult: -1.0"),
        *(
            pytest.param(before, after, marks=pytest.mark.long)
            for before, after in (
                ("  source:\n    data:", "  source: null\n  other:\n    data:"),
                ("      resolution: 12", "      resolution: 0"),
                ("      in_channels: 1", "      in_channels: 1.5"),
                ("      kind: glyphs", "      kind: other"),
            )
        ),
    ],
)
def test_a_damaged_folder_is_refused(source: Path, before: str, after: str) -> None:
    folder = fake_transfer(source)
    path = folder / "study.yaml"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(InvalidInput, match=r"study\.yaml"):
        build_report(folder)


def test_without_its_source_a_folder_is_refused(source: Path) -> None:
    folder = fake_transfer(source)
    path = folder / "study.yaml"
    plain = yaml.safe_load(path.read_text())
    plain["sweep"]["source"] = None
    path.write_text(yaml.safe_dump(plain))
    with pytest.raises(InvalidInput, match=r"sweep\.source is missing"):
        build_report(folder)


def fake_transfer(source: Path) -> Path:
    """The folder of a study without its report."""
    settings = replace(
        SETTINGS,
        baseline=BaselineSettings(name="searched_micro"),
        data=DataSettings(train_images=90, test_images=72, seed=1),
        sweep=TransferSettings(study=str(source)),
        family=FamilySettings(),
    )
    return fake_study(source.parent, settings, name="target")


def refused(ended: Any, *said: str) -> None:
    assert ended.code == 2
    assert not ended.jobs
    assert len(ended.err.strip().splitlines()) == 1, ended.err
    for part in said:
        assert part in ended.err
    assert not FOLDER.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sweep.study=experiments/gone"], "'experiments/gone', but no study is there"),
        (["sweep.study="], "sweep.study is empty: give the folder"),
        (["sweep.study=experiments/first"], "a study of +sweep=observation1: give a finished"),
        (["baseline=resnet50_micro"], "baseline is 'resnet50_micro'"),
        (["baseline.resolution=13"], "baseline is 'searched_micro', or has other settings"),
        (["constraint.cost_ratio=3"], "constraint.cost_ratio is 3.0, but +sweep=transfer"),
        (["family.sizes=3"], "its sizes are those that sweep.study has trained"),
        (
            ["data.seed=0", "data.train_images=150", "data.test_images=80"],
            "data are the images of sweep.study=source",
        ),
    ],
)
def test_nonsense_is_refused_in_a_line(call: Call, words: Sequence[str], said: str) -> None:
    if words == ["sweep.study=experiments/first"]:
        first = ["recipe=smoke", "baseline.resolution=12", "sweep.depth=[1,2]", "sweep.width=[1,2]"]
        assert call("name=first", FIRST, *first, "sweep.resolution=[1,2]", study=[]).code == 0
    refused(call(*words, study=TARGET), said)


def test_other_channels_are_refused(call: Call) -> None:
    refused(
        call(*images("coloured", rgb=True), study=[]),
        "the images of coloured have 3 channels, but those of glyphs",
        "give data of 1 channels",
    )


def test_a_search_that_has_not_ended_is_refused(call: Call) -> None:
    def stopped(job: Job) -> Any:
        if job.spec.seed == 1:
            raise KeyboardInterrupt
        return fake_outcome(job)

    assert call("name=other", "recipe.epochs=3", function=stopped).code == 130
    refused(call("sweep.study=experiments/other", study=TARGET), "repeat its command first")


def test_a_training_of_ones_own_is_refused(call: Call) -> None:
    own = ["trainer=function", "trainer._target_=mine.train", "trainer.metric=mAP"]
    ended = call(*own, "trainer.direction=maximize", study=TARGET[:3])
    refused(ended, "trainer is function, but only the built-in training")
