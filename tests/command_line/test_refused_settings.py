"""Settings that are wrong, misspelt or without effect: one clear line, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from commands import (
    BALANCE,
    COMPARE,
    FIRST,
    GRID,
    OPTUNA,
    RACE,
    RANDOM,
    SECOND,
    SMALL,
    SMALL_OPTUNA,
    STEP_0,
    Call,
)
from folders import written

# Each: what is typed, and what the message must say (name, value, requirement or remedy).
REFUSED_BY_HYDRA = [
    (["+sweep=gird"], ["sweep", "gird", "sweep=grid"]),
    ([GRID, "baseline=resnet"], ["baseline", "resnet", "efficientnet_micro"]),
    ([GRID, "data=cifar"], ["data", "cifar", "data=cifar10"]),
    ([GRID, "recipe=fast"], ["recipe", "fast", "quick"]),
    ([GRID, "executor=slurm"], ["executor", "slurm", "local"]),
    ([GRID, "recipe.epocs=1"], ["recipe.epocs", "did you mean recipe.epochs?"]),
    ([GRID, "recipe.epochs.x=1"], ["recipe.epochs.x", "did you mean recipe.epochs?"]),
    (["+sweep=shares", "sweep.costs=2"], ["sweep.costs=[2]"]),
    (["+sweep=shares", "sweep.study=a"], ["did you mean sweep.studies?"]),
    (["+sweep=growth", "sweep.study=[a]"], ["sweep.study is [a]", "one text"]),
    (["sweep.costs=[2,4]"], ["sweep.costs", "+sweep=NAME"]),
    *(
        ([*words, f"{name}='~no-such-user/x'"], ["~no-such-user/x", "no such home folder"])
        for *words, name in (
            ("+sweep=growth", "sweep.study"),
            ("+sweep=transfer", "sweep.study"),
            (GRID, "recipe.start"),
            (GRID, "experiments_dir"),
            (GRID, "family.shares=curve", "family.curve_from"),
            (GRID, "baseline=found", "baseline.from"),
            (COMPARE, "sweep.winner_of"),
        )
    ),
    (["+sweep=shares", "sweep.studies=['~no-such-user/x']"], ["no such home folder"]),
    ([GRID, "data.augmentation.shft=1"], ["data.augmentation.shft"]),
    ([GRID, "sweep.foo=1"], ["sweep.foo"]),
    (["misspelt=1"], ["misspelt", "--help"]),
    ([GRID, "sweep.alpha=[abc]"], ["sweep.alpha is [abc]", "must hold numbers"]),
    ([GRID, "sweep.alpha=abc"], ["sweep.alpha is abc", "a list: give sweep.alpha=[abc]"]),
    ([GRID, "sweep.alpha=[true]"], ["sweep.alpha", "true", "numbers"]),
    ([GRID, "sweep.alpha=1.0,1.2"], ["sweep.alpha", "[value1,value2]"]),
    ([GRID, "sweep.alpha=[1.0"], ["[1.0"]),
    ([GRID, "sweep.seeds=[0.5]"], ["sweep.seeds", "0.5"]),
    ([GRID, "recipe.epochs=1.5"], ["recipe.epochs", "1.5"]),
    ([GRID, "recipe.epochs=many"], ["recipe.epochs", "many"]),
    ([GRID, "recipe.learning_rate=true"], ["recipe.learning_rate", "true", "a number"]),
    ([GRID, "executor.workers=true"], ["executor.workers", "true", "a whole number"]),
    ([GRID, "constraint.tolerance=null"], ["constraint.tolerance is null", "leave it out"]),
    ([GRID, "dry_run=maybe"], ["dry_run is maybe", "must be true or false"]),
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
    # STEP 0, and what it has found.
    ([STEP_0, "sweep.blocks=[dense]"], ["sweep.blocks", "dense", "mbconv"]),
    ([STEP_0, "sweep.kernels=[4]"], ["sweep.kernels", "4", "odd"]),
    ([STEP_0, "sweep.heads=[]"], ["sweep.heads", "[]", "one or more"]),
    ([STEP_0, "sweep.macs=10"], ["sweep.macs", "10", "the nearest costs"]),
    ([STEP_0, "sweep.macs=-1"], ["sweep.macs", "-1", "above 0"]),
    ([STEP_0, "sweep.resolutions=[100]"], ["sweep.resolutions", "100", "64 px"]),
    ([STEP_0, "sweep.compare=[nothing]"], ["nothing", "efficientnet_b0", "module.function"]),
    ([STEP_0, "sweep.compare=[efficientnet_b0]"], ["224 px", "glyphs", "64 px"]),
    ([STEP_0, "sweep.objective=best"], ["sweep.objective", "best", "paper or pareto"]),
    ([STEP_0, "sweep.sampler=cma"], ["sweep.sampler", "cma", "nsgaii"]),
    ([STEP_0, "sweep.rungs=[1]"], ["sweep.lag", "3", "sweep.lag=8"]),
    ([STEP_0, "family.sizes=2"], ["family.sizes", "+sweep=baseline has no use"]),
    ([STEP_0, "budget.runs=0"], ["budget.runs", "0"]),
    (
        [STEP_0, "baseline=own", "baseline._target_=no.where", "baseline.resolution=12"],
        ["no.where"],
    ),
    ([GRID, "baseline=found"], ["baseline=found", "baseline.from=", "+sweep=baseline"]),
    ([GRID, "baseline=found", "baseline.from=''"], ["baseline.from=", "+sweep=baseline"]),
    ([GRID, "baseline=found", "baseline.from=nowhere"], ["baseline.from", "nowhere", "no study"]),
    ([GRID, "baseline=found", "baseline.from=no.yaml"], ["baseline.from", "no.yaml"]),
    ([GRID, "baseline.from=experiments/x"], ["baseline.from", "baseline=found"]),
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
    ([OPTUNA, "sweep.rungs=[4]", "sweep.lag=8"], ["sweep.rungs", "[4]", "recipe.epochs"]),
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
    ([COMPARE, *SMALL[1:], "sweep.winner_of=absent"], ["absent", "no study is there"]),
    # Balance.
    ([BALANCE, "sweep.exchange=1"], ["sweep.exchange", "1.0", "above 1 and at most 4"]),
    ([BALANCE, "sweep.exchange=nan"], ["sweep.exchange", "nan", "above 1"]),
    ([BALANCE, "constraint.cost_ratio=3"], ["constraint.cost_ratio", "sweep.exchange="]),
    ([BALANCE, "constraint.on=nominal"], ["constraint.on", "nominal", "leave it out"]),
    ([BALANCE, "family.sizes=2"], ["family.sizes", "balance", "leave it out"]),
    (
        [BALANCE, *SMALL[1:], "constraint.tolerance=1e-6"],
        ["nothing can be exchanged", "the nearest costs", "constraint.tolerance="],
    ),
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
    # Larger than any machine builds; the remedy is a setting of that kind of study.
    ([STEP_0, "constraint.on=memory", "sweep.budget=8TiB"], ["parameters", "smaller sweep.budget"]),
    # How and where it runs.
    ([GRID, "executor.workers=0"], ["executor.workers", "0", "between"]),
    ([GRID, "executor.attempts=0"], ["executor.attempts", "0", "between"]),
    ([GRID, "executor.timeout=nan"], ["executor.timeout", "nan"]),
    ([GRID, "executor.kind=slurm"], ["executor.kind", "slurm", "local", "ray"]),
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
