"""What the README says is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from committed import EXPERIMENTS, STUDIES

import scaling_search as ss

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()
IDEA = (REPOSITORY / "docs" / "idea.md").read_text()


def test_the_check_of_a_submission_installs_and_tests_as_the_readme_says() -> None:
    check = (REPOSITORY / ".ci" / "run").read_text()
    done = check.replace('"$venv/bin/', "").replace('"', "").replace("--quiet ", "")
    wanted = [
        part.replace(".venv/bin/", "").strip()
        for line in re.findall(r"```bash\n(.*)\n```", README)[:2]
        for part in line.split("&&")
        if "venv .venv" not in part
    ]
    assert len(wanted) == 4
    places = [done.find(command) for command in wanted]
    assert -1 not in places
    # The study that the first leaves is there while the second runs.
    assert places == sorted(places)


def test_own_network_of_the_docs_is_a_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (REPOSITORY / "docs" / "network.md").read_text()
    code = page.split("```python\n# my_network.py\n")[1].split("```")[0]
    (tmp_path / "my_readme_network.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    baseline = ss.load_baseline("my_readme_network.small_net", 36, 1, resolution=20)
    wider = ss.scale_by(baseline, depth_mult=1, width_mult=1.5, resolution=20)
    deeper = ss.scale_by(baseline, depth_mult=2, width_mult=1, resolution=20)
    assert wider.cost_ratio == pytest.approx(1.5**2, rel=0.05)
    assert deeper.cost_ratio == pytest.approx(2, rel=0.05)


def test_figures_of_readme_and_idea() -> None:
    paper = ss.Coefficients(1.2, 1.1, 1.15)
    ratio = ss.scale(ss.load_baseline("efficientnet_b0"), paper).cost_ratio
    assert f"# {ratio:.2f}, not 2" in README
    assert f"costs {ratio:.2f} times" in IDEA
    assert f"has the product {paper.nominal_cost_ratio:.2f} " in " ".join(IDEA.split())


def test_pictures_and_links_of_the_readme_exist() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(targets) > 5
    for target in targets:
        assert (REPOSITORY / target).exists(), target


def test_back_tests_of_the_idea() -> None:
    hits = []
    for path in (EXPERIMENTS / name / "forecast.json" for name in STUDIES):
        told = json.loads(path.read_text()).get("backtest", {}) if path.exists() else {}
        if "hit" not in told:
            continue
        hits.append(all(told["hit"]))
        p, measured = told["prediction"], told["error"]
        if path.parent.name == "glyphs-proxy":
            said = (
                f"{100 * p['mean'][0]:.1f} % test error, 90 % interval {100 * p['low'][0]:.1f} to "
                f"{100 * p['high'][0]:.1f} %; measured: {100 * measured[0]:.1f} %, a "
            )
            assert said + ("hit" if all(told["hit"]) else "miss") in IDEA
        elif not all(told["hit"]):
            assert f"{path.parent.name} missed ({100 * measured[0]:.1f} % measured" in IDEA
    number = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    assert f"Of the {number[len(hits)]} committed studies {number[sum(hits)]} hit" in IDEA
