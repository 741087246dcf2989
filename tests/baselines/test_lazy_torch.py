"""Loading, scaling and pricing never import torch: it takes seconds."""

import os
import subprocess
import sys
from pathlib import Path

import scaling_search

SCRIPT = """
import sys
from scaling_search.baselines import load_baseline, scale, scale_by, solve_phi
from scaling_search.scaling import PAPER, Grid, cost

for name in ("efficientnet_b0", "efficientnet_micro"):
    baseline = load_baseline(name, num_classes=10, in_channels=1)
    member = scale(baseline, PAPER, 1)
    assert member.cost == cost(member.architecture, member.resolution)
    assert member.effective_phi > 0
    grid = Grid.of(baseline.architecture, 32, baseline.rounding, [1.1], [1.2], [1.3])
    grid.counts("macs")
    solve_phi(baseline, PAPER, 3 * member.cost.macs)
    print(member.id)
print("torch" in sys.modules)
"""


def test_no_torch_without_a_network_to_build() -> None:
    root = str(Path(scaling_search.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "False"
