"""A report in a real browser: nothing runs out of the page, points tell, scripts are clean."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scaling_search.report import compare_studies

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
BROWSER = next(
    (path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None
)
#: A study of each kind, and one with a metric of its own.
KINDS = [
    "glyphs-quick",
    "glyphs-step-0",
    "glyphs-observation1",
    "glyphs-observation2",
    "glyphs-single-vs-compound",
    "glyphs-balance",
    "scenes-detector",
]
WIDTHS = [360, 768, 1280]
#: Presses the head of a column twice, points at a point and looks at the page.
LOOK = """
<script>
const errors = [];
addEventListener("error", event => errors.push(event.message));
addEventListener("load", () => {
  const table = [...document.querySelectorAll("table")].filter(t => t.tHead)
    .sort((a, b) => b.tBodies[0].rows.length - a.tBodies[0].rows.length)[0];
  const cells = () => [...table.tBodies[0].rows].map(row => row.cells[0].textContent);
  const head = table.tHead.rows[0].cells[0], before = cells();
  head.querySelector("button").click();
  const rising = cells();
  head.querySelector("button").click();
  const falling = cells();
  const outside = [...document.querySelectorAll("body *")].filter(e => {
    const inside = e.closest(".wide, pre, svg, .tip");
    return !inside && e.getBoundingClientRect().right > innerWidth + 1;
  });
  const scrolling = [...document.querySelectorAll(".wide")]
    .filter(e => e.scrollWidth > e.clientWidth);
  const figures = [...document.querySelectorAll("figure")];
  const told = figures.map(figure => {
    const points = [...figure.querySelectorAll(".point")];
    if (!points.length) return null;
    const point = points.find(p => p.dataset.row) || points[0];
    const tip = document.querySelector(".tip");
    point.dispatchEvent(new Event("pointerenter"));
    const box = tip.getBoundingClientRect();
    const seen = { text: tip.hidden ? "" : tip.textContent, right: box.right,
      rows: document.querySelectorAll("tr.marked").length };
    point.dispatchEvent(new Event("pointerleave"));
    const gone = tip.hidden && !document.querySelector("tr.marked, .point.marked");
    points[0].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    const next = points[1 % points.length];
    const followed = !tip.hidden && tip.textContent === next.getAttribute("aria-label");
    next.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    const stops = points.map((p, i) => p.tabIndex === 0 ? i : -1).filter(i => i >= 0);
    return { ...seen, points: points.length, stops, gone, followed, hidden: tip.hidden };
  });
  const top = document.querySelector(".brief");
  document.title = "LOOKED " + JSON.stringify({
    inner: innerWidth, page: document.documentElement.scrollWidth, outside: outside.length,
    scrolling: scrolling.length, reached: scrolling.every(e => e.tabIndex === 0), errors,
    sorts: JSON.stringify([...rising].reverse()) === JSON.stringify(falling)
      && JSON.stringify([...before].sort()) === JSON.stringify([...rising].sort()),
    scale: Math.min(...[...document.querySelectorAll("figure svg")]
      .map(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)),
    named: figures.every(f => f.getAttribute("aria-label").length > 20),
    headings: [...document.querySelectorAll("h2, h3, dt")].map(e => e.textContent), told,
    top: top ? Math.round(scrollY + top.getBoundingClientRect().bottom) : 0 });
});
</script>
"""


def look(page: str, folder: Path) -> list[dict[str, Any]]:
    """What is seen of the page in frames of each width: a frame has the one that is asked for."""
    (folder / "page.html").write_text(page.replace("<head>", f"<head>{LOOK}", 1))
    frames = "".join(
        f'<iframe src="page.html" style="width:{width}px;height:800px;border:0"></iframe>'
        for width in WIDTHS
    )
    (folder / "frames.html").write_text(
        f"{frames}<script>setInterval(() => {{ document.title = [...document.querySelectorAll("
        '"iframe")].map(f => f.contentDocument.title).join("\\n"); }, 100);</script>'
    )
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            *("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"),
            *("--virtual-time-budget=20000", "--dump-dom", (folder / "frames.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    seen = re.search(r"<title>(.*)</title>", done.stdout, re.DOTALL)
    told = re.findall(r"LOOKED ({.*?})(?=\s*LOOKED|\s*$)", unescape(seen[1]) if seen else "")
    assert len(told) == len(WIDTHS), done.stdout[-500:] + done.stderr[-500:]
    return [json.loads(one) for one in told]


def require_sound(seen: dict[str, Any], width: int, narrow: int = 700) -> None:
    """narrow: the width of a page below which what is wide may scroll."""
    assert seen["inner"] == width
    assert seen["page"] <= width
    assert (seen["outside"], seen["errors"], seen["sorts"]) == (0, [], True)
    # Tables and figures of several panels scroll where it is narrow alone, by keyboard too.
    assert seen["scrolling"] == 0 or width < narrow
    assert seen["reached"]
    # Pixels a point of a figure: labels of 10 points are read at half of that.
    assert seen["scale"] > 0.54
    assert seen["named"]
    for told in filter(None, seen["told"]):
        assert len(told["text"]) > 10
        assert told["right"] <= width
        # One stop of the keyboard a figure; an arrow went on to the next point, Escape closed.
        assert told["stops"] == [1 % told["points"]]
        assert [told[name] for name in ("gone", "followed", "hidden")] == [True] * 3


@pytest.mark.long
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
@pytest.mark.parametrize("name", KINDS)
def test_a_report_fits_its_page(name: str, tmp_path: Path) -> None:
    page = (EXPERIMENTS / name / "report.html").read_text()
    for width, seen in zip(WIDTHS, look(page, tmp_path), strict=True):
        require_sound(seen, width)
        assert seen["told"][0]
        # The answer needs no scrolling, on a phone either.
        assert 0 < seen["top"] < 740
        headings = [text.split("(STEP")[0].strip() for text in seen["headings"]]
        assert [text for text in headings if not text.endswith("?")] == []
        if name in ("glyphs-quick", "glyphs-step-0", "glyphs-balance"):
            assert seen["told"][0]["rows"] >= 1


@pytest.mark.long
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
def test_two_studies_beside_each_other_fit_their_page(tmp_path: Path) -> None:
    studies = [EXPERIMENTS / f"{data}-observation1" for data in ("glyphs", "omniglot")]
    compare_studies(studies[0], studies[1], tmp_path / "both.html")
    for width, seen in zip(WIDTHS, look((tmp_path / "both.html").read_text(), tmp_path)):
        require_sound(seen, width, narrow=1000)
        assert len(seen["told"]) == 2
