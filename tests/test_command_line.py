"""What a person types, and what is refused: one clear message, an exit code, nothing written."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import scaling_search
import scaling_search.__main__ as command_line

CHECKOUT = Path(scaling_search.__file__).parents[1]
GRID = "+sweep=grid"
RACE = "+sweep=race"
OPTUNA = "+sweep=optuna"
FIRST = "+sweep=observation1"
SECOND = "+sweep=observation2"
COMPARE = "+sweep=single_vs_compound"
RANDOM = "optuna.samplers.RandomSampler"
SMALL = (
    GRID,
    "recipe=smoke",
    "data.train_images=150",
    "data.test_images=80",
    "recipe.batch_size=16",
    "baseline.resolution=12",
)
SMALL_OPTUNA = (OPTUNA, *SMALL[1:])

Call = Callable[..., SimpleNamespace]


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
        monkeypatch.setattr(sys, "argv", ["scaling_search", *words])
        capsys.readouterr()
        code: Any = 0
        try:
            command_line.main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return run


def run_process(
    folder: Path, *words: str, module: str = "scaling_search", timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own, for what depends on it."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        env={**environment, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# Each: what is typed, and what the message must say (name, value, requirement or remedy).
REFUSED_BY_HYDRA = [
    (["+sweep=gird"], ["sweep", "gird", "sweep=grid"]),
    ([GRID, "baseline=resnet"], ["baseline", "resnet", "efficientnet_micro"]),
    ([GRID, "data=cifar"], ["data", "cifar", "data=cifar10"]),
    ([GRID, "recipe=fast"], ["recipe", "fast", "quick"]),
    ([GRID, "executor=slurm"], ["executor", "slurm", "local"]),
    ([GRID, "recipe.epocs=1"], ["recipe.epocs"]),
    ([GRID, "data.augmentation.shft=1"], ["data.augmentation.shft"]),
    ([GRID, "sweep.foo=1"], ["sweep.foo"]),
    (["misspelt=1"], ["misspelt"]),
    ([GRID, "sweep.alpha=[abc]"], ["sweep.alpha", "abc"]),
    ([GRID, "sweep.alpha=abc"], ["sweep.alpha", "abc"]),
    ([GRID, "sweep.alpha=[true]"], ["sweep.alpha", "True"]),
    ([GRID, "sweep.alpha=1.0,1.2"], ["sweep.alpha", "[value1,value2]"]),
    ([GRID, "sweep.alpha=[1.0"], ["[1.0"]),
    ([GRID, "sweep.seeds=[0.5]"], ["sweep.seeds", "0.5"]),
    ([GRID, "recipe.epochs=1.5"], ["recipe.epochs", "1.5"]),
    ([GRID, "recipe.epochs=many"], ["recipe.epochs", "many"]),
    ([GRID, "recipe.learning_rate=true"], ["recipe.learning_rate", "True"]),
    ([GRID, "executor.workers=true"], ["executor.workers", "True"]),
    ([GRID, "constraint.tolerance=null"], ["constraint.tolerance"]),
    ([GRID, "dry_run=maybe"], ["dry_run", "maybe"]),
    ([OPTUNA, "sweep.asks=many"], ["sweep.asks", "many"]),
    ([OPTUNA, "sweep.rungs=1"], ["sweep.rungs"]),
    ([OPTUNA, "sweep.alpha=[1.0]"], ["sweep.alpha"]),
    ([RACE, "sweep.asks=9"], ["sweep.asks"]),
    ([RACE, "budget.runs=1.5"], ["budget.runs", "1.5"]),
]
REFUSED = [
    # Misspelt with a plus.
    (["+misspelt=1"], ["misspelt"]),
    ([GRID, "+recipe.epocs=1"], ["recipe.epocs"]),
    ([GRID, "+sweep.foo=1"], ["sweep.foo"]),
    ([GRID, "+data.augmentation.shft=1"], ["data.augmentation.shft"]),
    ([GRID, "+executor.wrkers=1"], ["executor.wrkers"]),
    ([GRID, "+family.fi=1"], ["family.fi"]),
    # The grid.
    ([GRID, "sweep.alpha=[]"], ["sweep.alpha", "empty", "sweep.alpha=["]),
    ([GRID, "sweep.beta=[]"], ["sweep.beta", "empty"]),
    ([GRID, "sweep.alpha=[0.9]"], ["sweep.alpha", "0.9", "at least 1"]),
    ([GRID, "sweep.beta=[1.0,-2]"], ["sweep.beta", "-2", "at least 1"]),
    ([GRID, "sweep.gamma=[0.5]"], ["sweep.gamma", "0.5", "at least 1"]),
    ([GRID, "sweep.alpha=[nan]"], ["sweep.alpha", "nan", "finite"]),
    ([GRID, "sweep.beta=[inf]"], ["sweep.beta", "inf", "finite"]),
    ([GRID, "sweep.seeds=[]"], ["sweep.seeds", "[]"]),
    ([GRID, "sweep.seeds=[1,1]"], ["sweep.seeds", "[1, 1]", "different"]),
    ([GRID, "sweep.seeds=[-1]"], ["sweep.seeds", "[-1]", "negative"]),
    ([GRID, "sweep.seeds=[99999999999999999999999]"], ["sweep.seeds"]),
    ([GRID, "sweep.kind=random"], ["sweep.kind", "random"]),
    ([GRID, "budget.runs=5"], ["budget.runs", "5", "+sweep=race"]),
    ([GRID, "sweep.seeds=[[1]]"], ["sweep.seeds", "[[1]]", "[VALUE"]),
    ([GRID, "sweep.alpha=[{a: 1}]"], ["sweep.alpha", "[VALUE"]),
    ([GRID, "family.phi=[[1]]"], ["family.phi", "[[1]]", "[VALUE"]),
    ([SECOND, "sweep.bases=[[[1,1]],[[2,2]]]"], ["sweep.bases"]),
    # The samplers.
    ([OPTUNA, "sweep.asks=0"], ["sweep.asks", "0", "between"]),
    ([OPTUNA, "sweep.lag=-1"], ["sweep.lag", "-1", "between"]),
    ([OPTUNA, "sweep.seeds=[0,0]"], ["sweep.seeds", "[0, 0]", "different"]),
    ([OPTUNA, "sweep.kind=grid"], ["sweep.kind", "grid", "optuna"]),
    ([OPTUNA, "sweep.sampler=tpa"], ["sweep.sampler", "tpa", "random, tpe"]),
    ([OPTUNA, "sweep.sampler=null"], ["sweep.sampler", "None", "_target_"]),
    ([OPTUNA, "+sweep.sampler.seed=1"], ["sweep.sampler", "seed", "_target_"]),
    ([*SMALL_OPTUNA, f"+sweep.sampler._target_={RANDOM}"], ["sweep.sampler", "seed: 0"]),
    ([*SMALL_OPTUNA, f"sweep.sampler={{_target_: {RANDOM}, sed: 0, seed: 1}}"], ["'sed'"]),
    ([*SMALL_OPTUNA, "sweep.sampler={_target_: os.getcwd}"], ["os.getcwd", "no Optuna sampler"]),
    ([*SMALL_OPTUNA, "sweep.sampler={_target_: optuna.samplers.TPE}"], ["optuna.samplers.TPE"]),
    (
        [*SMALL_OPTUNA, "constraint.tolerance=1e-9"],
        ["nearest costs", "constraint.tolerance=", "constraint.cost_ratio="],
    ),
    # Rungs.
    ([OPTUNA, "sweep.rungs=[0]"], ["sweep.rungs", "[0]", "at least 1"]),
    ([OPTUNA, "sweep.rungs=[2,1]", "sweep.lag=8"], ["sweep.rungs", "[2, 1]", "growing"]),
    ([OPTUNA, "sweep.rungs=[3]", "sweep.lag=8"], ["sweep.rungs", "[3]", "recipe.epochs"]),
    ([OPTUNA, "sweep.rungs=[1]"], ["sweep.lag is 3", "sweep.lag=8", "sweep.bracket=4"]),
    ([OPTUNA, "sweep.reduction=1"], ["sweep.reduction", "1", "at least 2"]),
    ([RACE, "sweep.rungs=[1]"], ["sweep.rungs", "[1]", "+sweep=optuna"]),
    # The race.
    ([RACE, "sweep.start=0"], ["sweep.start", "0", "between"]),
    ([RACE, "sweep.alpha=[]"], ["sweep.alpha", "empty"]),
    # The budget.
    ([RACE, "budget.runs=0"], ["budget.runs", "0", "above 0"]),
    ([OPTUNA, "budget.train_flops=nan"], ["budget.train_flops", "nan"]),
    ([OPTUNA, "+budget.hours=1"], ["budget.hours"]),
    ([RACE, *SMALL[1:], "budget.train_flops=1"], ["budget.train_flops is 1", "one run takes"]),
    ([*SMALL_OPTUNA, "budget.train_flops=1"], ["budget.train_flops is 1", "one run takes"]),
    # The paper's comparisons.
    ([FIRST, "sweep.depth=[2,1]"], ["sweep.depth", "[2.0, 1.0]", "growing"]),
    ([FIRST, "sweep.width=[nan]"], ["sweep.width", "nan", "between"]),
    ([FIRST, "sweep.resolution=[0]"], ["sweep.resolution", "0.0", "between"]),
    ([FIRST, "sweep.largest_cost=1"], ["sweep.largest_cost", "1.0", "above 1"]),
    ([FIRST, "sweep.seeds=[]"], ["sweep.seeds", "[]"]),
    ([FIRST, "sweep.kind=grid"], ["sweep.kind", "grid", "observation1"]),
    ([FIRST, "family.sizes=2"], ["family.sizes", "observation1", "leave it out"]),
    ([FIRST, "budget.runs=2"], ["budget.runs", "observation1", "leave it out"]),
    ([FIRST, "fidelity.epochs=9"], ["fidelity.epochs", "observation1", "leave it out"]),
    ([FIRST, "constraint.tolerance=0.1"], ["constraint.tolerance", "leave it out"]),
    ([FIRST, *SMALL[1:], "sweep.largest_cost=1.01"], ["are 1", "sweep.largest_cost"]),
    ([SECOND, "sweep.bases=[[1,1]]"], ["sweep.bases", "two pairs"]),
    ([SECOND, "sweep.bases=[[1,1],[2]]"], ["sweep.bases", "pairs"]),
    ([SECOND, "sweep.width=[1]"], ["sweep.width", "two or more"]),
    ([COMPARE, "sweep.costs=[1]"], ["sweep.costs", "1.0", "above 1"]),
    ([COMPARE, "sweep.costs=[9]"], ["sweep.costs", "9.0", "8"]),
    ([COMPARE, "constraint.on=nominal"], ["constraint.on", "nominal", "leave it out"]),
    (
        [COMPARE, *SMALL[1:-1], "sweep.baselines=[efficientnet_b0,efficientnet_micro]"],
        ["224", "64", "baseline.resolution="],
    ),
    (
        [COMPARE, *SMALL[1:], "sweep.coefficients=[1.3,1,1]", "sweep.winner_of=x"],
        ["sweep.winner_of", "sweep.coefficients", "leave one out"],
    ),
    ([COMPARE, "constraint.cost_ratio=3"], ["constraint.cost_ratio", "sweep.costs="]),
    ([COMPARE, "sweep.coefficients=[1.2]"], ["sweep.coefficients", "gamma"]),
    ([COMPARE, "sweep.coefficients=[1,1,0.5]"], ["gamma", "0.5", "at least 1"]),
    ([COMPARE, *SMALL[1:], "sweep.baselines=[resnet]"], ["resnet", "efficientnet_micro"]),
    ([COMPARE, *SMALL[1:], "sweep.winner_of=absent"], ["absent", "study.yaml"]),
    # The cost.
    ([GRID, "constraint.on=real"], ["constraint.on", "real", "nominal"]),
    ([GRID, "constraint.cost_ratio=1"], ["constraint.cost_ratio", "above 1"]),
    ([GRID, "constraint.cost_ratio=nan"], ["constraint.cost_ratio", "nan"]),
    ([GRID, "constraint.tolerance=0"], ["constraint.tolerance", "above 0 and below 1"]),
    ([GRID, "constraint.tolerance=inf"], ["constraint.tolerance", "inf"]),
    (
        [*SMALL, "constraint.tolerance=1e-9"],
        ["nearest costs", "constraint.tolerance=", "constraint.cost_ratio="],
    ),
    # The family.
    ([GRID, "family.phi=[nan]"], ["family.phi", "nan"]),
    ([GRID, "family.train_up_to=nan"], ["family.train_up_to", "nan"]),
    ([GRID, "family.sizes=0"], ["family.sizes", "0"]),
    ([GRID, "family.span=1"], ["family.span", "above 1"]),
    ([GRID, "family.seeds=[2,2]"], ["family.seeds", "[2, 2]"]),
    # The recipe.
    ([GRID, "recipe.epochs=0"], ["recipe.epochs", "0", "between"]),
    ([GRID, "recipe.epochs=1000000000"], ["recipe.epochs", "1000000000", "between"]),
    ([GRID, "recipe.learning_rate=nan"], ["recipe.learning_rate", "nan"]),
    ([GRID, "recipe.weight_decay=-1"], ["recipe.weight_decay", "-1"]),
    ([GRID, "recipe.optimizer=lion"], ["recipe.optimizer", "lion", "adamw"]),
    ([*SMALL, "recipe.batch_size=5000"], ["recipe.batch_size", "5000", "images"]),
    # The data.
    ([GRID, "data.train_images=0"], ["data.train_images", "0", "at least"]),
    ([*SMALL, "data.train_images=40"], ["data.train_images"]),
    ([GRID, "data.val_fraction=1"], ["data.val_fraction", "0.9"]),
    ([GRID, "data.augmentation.shift=nan"], ["data.augmentation.shift", "nan"]),
    ([GRID, "data.kind=png"], ["data.kind", "png", "parquet"]),
    ([GRID, "data=parquet"], ["data.path"]),
    ([GRID, "data=parquet", "data.path=absent"], ["data.path", "absent", "no such"]),
    ([GRID, "data=hub"], ["data.name"]),
    # The baseline.
    ([GRID, "baseline.resolution=65"], ["65", "64", "baseline.resolution="]),
    ([GRID, "baseline.resolution=0"], ["baseline.resolution", "0", "above 0"]),
    ([GRID, "baseline.channel_divisor=0"], ["baseline.channel_divisor", "0", "above 0"]),
    ([GRID, "baseline.channel_divisor=1000000"], ["1000000", "at most 10,000"]),
    ([GRID, "baseline.resolution_divisor=1000"], ["1000 px", "64 px", "baseline.resolution"]),
    ([GRID, "baseline.name=resnet"], ["resnet", "efficientnet_micro"]),
    ([GRID, "baseline=own"], ["_target_"]),
    (
        [GRID, "baseline=own", "baseline._target_=absent.net", "baseline.resolution=20"],
        ["baseline._target_", "absent"],
    ),
    # How and where it runs.
    ([GRID, "executor.workers=0"], ["executor.workers", "0", "between"]),
    ([GRID, "executor.attempts=0"], ["executor.attempts", "0", "between"]),
    ([GRID, "executor.timeout=nan"], ["executor.timeout", "nan"]),
    ([GRID, "executor.kind=ray"], ["executor.kind", "ray", "local"]),
    ([GRID, "executor.device=tpu"], ["executor.device", "tpu", "cuda"]),
    ([GRID, "name=a/b"], ["name", "a/b", "folder"]),
    ([GRID, "name=.."], ["name", "..", "folder"]),
    ([*SMALL, f"name={'x' * 300}"], ["name", "long"]),
    ([*SMALL, "name=store.db"], ["name", "store.db"]),
    ([*SMALL, "name=checkpoints"], ["name", "checkpoints"]),
    ([GRID, "store=nowhere"], ["store", "nowhere", "URL"]),
    ([GRID, "name='a\\nb'"], ["name", "'a", "folder"]),
    ([GRID, "name='a\nb'"], ["name", "a\\nb", "printed"]),
    ([GRID, "name='a\tb'"], ["name", "a\\tb", "printed"]),
    ([GRID, "name='a\x7fb'"], ["name", "\\x7f", "printed"]),
    ([GRID, "name='a\u202eb'"], ["name", "\\u202e", "printed"]),
    ([GRID, "name=.hidden"], ["name", ".hidden", "begin"]),
    ([GRID, "name='-f'"], ["name", "-f", "begin"]),
    ([GRID, "name=' a'"], ["name", "' a'", "begin"]),
    ([GRID, "name=a."], ["name", "a.", "end"]),
    ([GRID, "name=nul.txt"], ["name", "nul.txt", "Windows"]),
    ([GRID, "name=a:b"], ["name", "a:b", "folder"]),
    ([GRID, "experiments_dir="], ["experiments_dir", "empty"]),
    ([GRID, "store=postgresql://me:s3cret@host:abc/d"], ["store", "me:***@host:abc", "URL"]),
    ([GRID, "store=nosuch://host/d"], ["store", "nosuch", "driver"]),
    ([GRID, "store='sqlite://'"], ["store", "in memory", "store=sqlite:///"]),
    ([GRID, "store=sqlite:///:memory:", "dry_run=true"], ["store", "in memory"]),
    (["store=sqlite:///:memory:", "dry_run=true"], ["store", "in memory"]),
    ([GRID, "store=a=b"], ["store=", "quotes"]),
    # Settings without effect.
    ([GRID, "seed=1"], ["seed", "+sweep=grid", "leave it out"]),
    ([RACE, "phi=2"], ["phi", "+sweep=race", "leave it out"]),
    ([FIRST, "coefficients.beta=1.1"], ["coefficients.beta", "leave it out"]),
    (["family.sizes=9"], ["family.sizes", "without a sweep", "+sweep=grid"]),
    (["constraint.cost_ratio=3"], ["constraint.cost_ratio", "without a sweep"]),
    (["budget.runs=3"], ["budget.runs", "without a sweep"]),
    (["fidelity.epochs=9"], ["fidelity.epochs", "without a sweep"]),
    (["name=mine"], ["name", "without a sweep"]),
    (["fresh=true"], ["fresh", "without a sweep"]),
    (["latency=true"], ["latency", "without a sweep"]),
    # One network.
    (["coefficients.alpha=0.9"], ["alpha", "0.9", "at least 1"]),
    (["coefficients.gamma=inf"], ["gamma", "inf", "finite"]),
    (["phi=nan"], ["phi", "nan", "finite"]),
    (["phi=1e9", "coefficients.alpha=1.2"], ["phi"]),
    (["phi=20", "coefficients.gamma=1.2"], ["px", "64"]),
    (["seed=-1"], ["seed", "-1"]),
]


def name_of(case: Any) -> str | None:
    return " ".join(case)[:60] if isinstance(case, list) and "=" in case[0] else ""


@pytest.mark.parametrize(("words", "said"), [*REFUSED_BY_HYDRA, *REFUSED], ids=name_of)
def test_bad_input_is_refused(
    call: Call, tmp_path: Path, words: list[str], said: list[str]
) -> None:
    ended = call(*words)
    assert "Traceback" not in ended.err
    assert ended.code == 2, ended.err
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    for word in said:
        assert word in ended.err
    assert written(tmp_path) == []


GROUPS = ("baseline", "data", "recipe", "executor", "+sweep")
PARTS = ("constraint", "family", "budget", "fidelity", "coefficients", "data.augmentation")
VALUES = ("phi", "seed", "name", "experiments_dir", "store", "recipe.epochs", "baseline.name")


@pytest.mark.parametrize("value", ["null", "1", "true", "[1]", "{a:1}", "'a b'", "", "???", "${x}"])
def test_nonsense_for_a_group_is_refused_in_a_line(call: Call, tmp_path: Path, value: str) -> None:
    for name in (*GROUPS, *PARTS, *VALUES):
        ended = call(f"{name}={value}", "dry_run=true")
        what = (name, value, ended.err)
        if ended.code == 0:
            # An empty group stands for its defaults, and a text may be any.
            assert name in VALUES, what
            assert value in ("", "'a b'", "1", "true"), what
            continue
        assert ended.code == 2, what
        assert ended.err.startswith("error: "), what
        assert ended.err.count("\n") == 1, what
        assert name.lstrip("+").split(".")[0] in ended.err, what
    assert written(tmp_path) == []


def test_a_refusal_shows_no_password(call: Call) -> None:
    for typed in (
        "store=postgresql://me:s3cret/x@host/name",
        "store=postgresql://me:s3cret=x@host/name",
        "store='postgresql://me:s3cret x@host/name'",
        'store="nosuch://host/name?password=s3cret"',
        "++store=nosuch://me:s3cret@host/name",
        "store=[nosuch://me:s3cret@host/name]",
        "store={a:s3cret}",
    ):
        for words in ([GRID], [GRID, "dry_run=true"], [], ["recipe.epocs=1"]):
            ended = call(*words, typed)
            assert ended.code == 2, typed
            assert "s3cret" not in ended.err + ended.out, (typed, ended.err)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("loaded", ["omegaconf", "numpy", "scaling_search.study", "hydra.core"])
def test_ctrl_c_among_the_imports(tmp_path: Path, loaded: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "scaling_search", GRID, "dry_run=true"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background is started with interrupts ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.split("|")[-1].strip().startswith(loaded):
            break
    process.send_signal(signal.SIGINT)
    said = [line for line in process.stderr if not line.startswith("import time:")]
    assert process.wait() == 130
    assert [line for line in said if line.strip()] == [
        "Stopped. Finished runs are kept in the database; repeat the same command to train only "
        "what is missing.\n"
    ]


def test_a_gpu_that_is_not_there(call: Call, tmp_path: Path) -> None:
    from scaling_search.execution.device import gpu_count

    if gpu_count():
        pytest.skip("there is a GPU")
    ended = call(GRID, "executor.device=cuda")
    assert ended.code == 2
    assert "executor.device is cuda" in ended.err
    assert "executor.device=cpu" in ended.err
    assert written(tmp_path) == []


def test_a_file_where_a_folder_should_be(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for words in (
        [*SMALL, "experiments_dir=file"],
        [*SMALL, "experiments_dir=file/below"],
        [*SMALL, "data.cache_dir=file", "executor.workers=1"],
        [*SMALL, "data.cache_dir=file/below", "executor.workers=1"],
        [GRID, "data=parquet", "data.path=file"],
    ):
        ended = call(*words)
        assert "Traceback" not in ended.err
        assert ended.code == 2, words
        assert "file" in ended.err
        assert (tmp_path / "file").read_text() == "mine"


def test_a_set_without_images(call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "train.parquet").write_bytes(b"PAR1 and no more")
    for name in ("empty", "torn"):
        ended = call(GRID, "data=parquet", f"data.path={name}")
        assert "Traceback" not in ended.err
        assert ended.code == 2
        assert "data.path" in ended.err
        assert not (tmp_path / "experiments").exists()


#: What DESIGN says that people type.
TYPED = (
    "+sweep=grid baseline= data= glyphs parquet hub data.path= data.name= data.train_images= "
    "recipe= quick proxy smoke paper recipe.epochs= sweep.alpha=[ sweep.beta= sweep.gamma= "
    "sweep.seeds= constraint.on= realised nominal constraint.cost_ratio= constraint.tolerance= "
    "family.phi=[ family.train_up_to= family.save_weights= baseline.resolution= baseline._target_ "
    "executor= local executor.workers= executor.device= store= name= experiments_dir= "
    "dry_run=true fresh=true coefficients.alpha= phi= seed="
)


def test_help_lists_what_people_type(call: Call, tmp_path: Path) -> None:
    ended = call("--help")
    assert ended.code == 0
    for word in TYPED.split(" "):
        assert word in ended.out, word
    assert written(tmp_path) == []


def test_help_names_no_command_that_is_not_there(call: Call) -> None:
    import importlib.util

    text = call("--help").out
    for name in ("scaling_search.report", "scaling_search.reproduce"):
        if name in text:
            assert importlib.util.find_spec(name) is not None, name


def test_a_dry_run_prints_the_plan_and_writes_nothing(call: Call, tmp_path: Path) -> None:
    ended = call(*SMALL, "dry_run=true", "executor.workers=2")
    assert ended.code == 0
    for word in (
        "36 classes",
        "64 px",
        "efficientnet_micro at 12 px",
        "distinct networks",
        "multiply-adds",
        "dropped",
        "paper",
        "uniform",
        "Runs:",
        "already trained",
        "Time: about",
        "2 workers",
        "Disk:",
        "Nothing was trained",
    ):
        assert word in ended.out, word
    assert written(tmp_path) == []


@pytest.mark.parametrize("sweep", [RACE, OPTUNA])
@pytest.mark.parametrize("words", [(), ("constraint.on=nominal", "constraint.tolerance=0.1")])
def test_a_dry_run_of_a_search_writes_nothing(
    call: Call, tmp_path: Path, sweep: str, words: tuple[str, ...]
) -> None:
    ended = call(sweep, *SMALL[1:], *words, "budget.runs=6", "dry_run=true")
    assert ended.code == 0
    for word in ("paper", "uniform", "to start STEP 1 with, at most 6 in all", "Nothing was"):
        assert word in ended.out, word
    assert written(tmp_path) == []


def test_fewer_asks_than_marked_points(call: Call) -> None:
    ended = call(*SMALL_OPTUNA, "sweep.asks=2", "dry_run=true")
    assert ended.code == 0
    assert "2 asks, the marked points first: 2 distinct networks" in ended.out


def test_a_dry_run_of_a_study_whose_points_need_more_than_the_native_resolution(
    call: Call,
) -> None:
    ended = call(*SMALL, "dry_run=true", "baseline.resolution=64")
    assert ended.code == 0
    assert "above the data's native 64 px" in ended.out


def test_a_dry_run_of_one_network(call: Call, tmp_path: Path) -> None:
    ended = call("coefficients.alpha=1.2", "phi=1", "dry_run=true")
    assert ended.code == 0
    assert "multiply-adds" in ended.out
    assert written(tmp_path) == []


SHOW_MODULES = (
    "import atexit, json, runpy, sys\n"
    "atexit.register(lambda: print('\\n' + json.dumps(sorted(sys.modules))))\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)\n"
)


def modules_of(folder: Path, *words: str) -> set[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ended = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *words],
        cwd=folder,
        env={**environment, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(json.loads(ended.stdout.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--help"], [*SMALL, "dry_run=true"]], ids=["help", "plan"])
def test_no_torch_for_help_and_plan(tmp_path: Path, words: list[str]) -> None:
    loaded = modules_of(tmp_path, "scaling_search", *words)
    assert "scaling_search.study" in loaded
    assert not loaded & {"torch", "datasets", "matplotlib.pyplot", "optuna"}


@pytest.mark.slow
def test_a_process_that_is_refused(tmp_path: Path) -> None:
    ended = run_process(tmp_path, GRID, "sweep.alpha=[0.9]")
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("error: sweep.alpha")
    assert written(tmp_path) == []
