"""Whole studies on a Ray cluster: the same files as without one, from nodes that share no disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import type_words
from small_study import SMALL, content

ray = pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = pytest.mark.long
CHECKOUT = Path(__file__).resolve().parents[2]
#: A search that stops its runs at a rung, and keeps weights.
SEARCH = [
    *("+sweep=grid", "sweep.alpha=[1.0,1.41]", "sweep.beta=[1.0,1.41]", "sweep.seeds=[0]"),
    *("sweep.rungs=[1]", "sweep.reduction=2", "recipe.epochs=2"),
    *("family.train_up_to=0.5", "family.sizes=2", "family.span=2.0", "family.save_weights=true"),
]
TRAINING = """
import os
from here import also

def train(job):
    # In the copy that travelled, without what is no code.
    assert os.path.dirname(os.path.abspath(__file__)) == os.getcwd()
    assert not os.path.exists("experiments")
    print("seed", job.seed)
    (job.folder / "state").write_text("kept")
    job.report(1, 0.5)
    return also(job)
"""


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type a command in a folder."""
    given = {**os.environ, "PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "scaling_search", *words],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not {"ray", "traceback", "warning"}.intersection(done.stderr.lower().split())
    return done


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two nodes with a CPU each, which somebody else has started in another folder."""
    folder, environment = tmp_path_factory.mktemp("nodes"), dict(os.environ)
    environment.pop("PYTHONPATH", None)
    environment["RAY_USAGE_STATS_ENABLED"] = "0"
    started = """
import sys, time
from ray.cluster_utils import Cluster
args = dict(num_cpus=1, object_store_memory=100 << 20, include_dashboard=False)
cluster = Cluster(initialize_head=True, head_node_args=args)
cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
"""
    nodes = subprocess.Popen(
        [sys.executable, "-c", started],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert nodes.stdin is not None
    assert nodes.stdout is not None
    yield nodes.stdout.readline().strip()
    nodes.stdin.close()
    nodes.wait(timeout=60)


def test_the_answer_is_the_same_to_the_bit(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scaling_search.report.figures.drawing.as_svg", lambda _: "<svg/>")
    words = (*SMALL, *SEARCH, "name=one", "data.cache_dir=cache")
    on_ray = ("executor=ray", f"executor.address={address}", "experiments_dir=other")
    for how in ((), on_ray):
        ended = type_words(monkeypatch, capsys, *words, *how)
        assert ended.code == 0, ended.err
    here, there = (tmp_path / name / "one" for name in ("experiments", "other"))
    assert content(there) == content(here)
    weights = sorted(path.name for path in (here / "weights").iterdir())
    assert weights == sorted(path.name for path in (there / "weights").iterdir())
    for name in weights:
        assert (there / "weights" / name).stat().st_size == (here / "weights" / name).stat().st_size
    assert not list(tmp_path.glob("*/checkpoints/*"))


def test_a_function_and_its_modules_travel(address: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TRAINING)
    (tmp_path / "here.py").write_text("def also(job):\n    return 0.25 + job.seed\n")
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "large").write_bytes(bytes(300 << 20))
    done = call(
        tmp_path,
        *("trainer=function", "trainer._target_=mine.train", "trainer.metric=loss"),
        *("trainer.direction=minimize", "trainer.scale=unbounded", "data=own", "seed=1"),
        *("executor=ray", f"executor.address={address}"),
    )
    assert "loss 1.25" in done.stdout
