"""A disturbed study ends like an undisturbed one (at full: benchmarks/chaos.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from attack_fault_files import _damaged
from attack_fault_kinds import FAULTS
from attack_studies import COUNTER, REPOSITORY
from chaos_small import Disturbed, print_table

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.long
def test_a_study_under_faults_equals_an_undisturbed_one() -> None:
    words = ["--faults", "0", "--small-faults", "2", "--seed", "7", "--studies", "short"]
    words += ["--small-kinds", "kill -9 of the driver", "planted pixel cache"]
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "benchmarks" / "chaos.py"), *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 faults in 1 studies, 0 of them unequal" in done.stdout
    assert "never done: none" in done.stdout


def test_damage_changes_a_file(tmp_path: Path) -> None:
    path, other = tmp_path / "a.npy", tmp_path / "b.npy"
    other.write_bytes(b"another one")
    for seed in range(20):
        path.write_bytes(bytes(range(200)))
        assert "a.npy" in _damaged(Random(seed), path, [other])
        assert path.read_bytes() != bytes(range(200))


@pytest.mark.long
def test_trainings_are_counted(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(COUNTER)
    code = "import torch; [torch.optim.SGD([torch.zeros(1)], lr=1) for _ in range(3)]"
    noted = tmp_path / "trainings.txt"
    environment = {"PYTHONPATH": str(tmp_path), "ATTACK_TRAININGS": str(noted)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert noted.read_text().count("\n") == 3


def test_a_study_counts_for_each_fault(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = list(FAULTS)
    equal = Disturbed(0, "grid", [(kinds[0], "", 1.0), (kinds[1], "", 2.0)])
    unequal = Disturbed(1, "grid", [(kinds[0], "", 3.0)], ["a traceback"], ["runs.csv"])
    print_table([equal, unequal])
    rows = capsys.readouterr().out.splitlines()
    assert f"| {kinds[0]} | 2 | 1 | 1 | 1 | 2.0 |" in rows
    assert f"| {kinds[1]} | 1 | 1 | 0 | 0 | 2.0 |" in rows
