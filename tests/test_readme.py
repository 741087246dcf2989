"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import scaling_search as ss

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()


def test_the_check_of_a_submission_installs_and_tests_as_the_readme_says() -> None:
    check = (REPOSITORY / ".ci" / "run").read_text().replace('"$venv/bin/', '".venv/bin/')
    wanted = [
        part.replace(".venv/bin/", "").replace("--quiet ", "").strip()
        for line in re.findall(r"```bash\n(.*)\n```", README)[:2]
        for part in line.split("&&")
        if "scaling_search" not in part and "venv .venv" not in part
    ]
    done = check.replace('".venv/bin/', "").replace('"', "").replace("--quiet ", "")
    assert len(wanted) == 3
    for command in wanted:
        assert command in done


def test_own_network_of_the_readme_is_a_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = README.split("```python\n# my_network.py\n")[1].split("```")[0]
    (tmp_path / "my_readme_network.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    baseline = ss.load_baseline("my_readme_network.small_net", 36, 1, resolution=20)
    wider = ss.scale_by(baseline, depth_mult=1, width_mult=1.5, resolution=20)
    deeper = ss.scale_by(baseline, depth_mult=2, width_mult=1, resolution=20)
    assert wider.cost_ratio == pytest.approx(1.5**2, rel=0.05)
    assert deeper.cost_ratio == pytest.approx(2, rel=0.05)


def test_figures_of_the_readme() -> None:
    b0 = ss.load_baseline("efficientnet_b0")
    b2 = ss.scale_by(b0, depth_mult=1.2, width_mult=1.1, resolution=260).cost
    assert f"{b2.macs:,} macs, {b2.params:,} params" in README
    paper = ss.Coefficients(1.2, 1.1, 1.15)
    assert f"costs {ss.scale(b0, paper).cost_ratio:.2f} times" in README
    assert f"has the product {paper.nominal_cost_ratio:.2f} " in README


def test_pictures_and_links_of_the_readme_exist() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(targets) > 5
    for target in targets:
        assert (REPOSITORY / target).exists(), target
