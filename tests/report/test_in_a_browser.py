"""A report in a real browser: nothing runs out of the page, tables sort, scripts are clean."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
BROWSER = next(
    (path for name in ("chromium", "google-chrome", "chrome") if (path := shutil.which(name))), None
)
#: Presses the head of a column twice and looks at the page.
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
  const sorted = JSON.stringify([...rising].reverse()) === JSON.stringify(falling);
  const kept = JSON.stringify([...before].sort()) === JSON.stringify([...rising].sort());
  const wide = [...document.querySelectorAll("body *")].filter(e => {
    const inside = e.closest(".wide, pre, svg");
    return !inside && e.getBoundingClientRect().right > innerWidth + 1;
  });
  const top = document.querySelector(".brief") || document.querySelector(".answer p");
  document.title = ["LOOKED", innerWidth, document.documentElement.scrollWidth, wide.length,
    errors.length, sorted && kept, Math.round(top.getBoundingClientRect().bottom)].join(" ");
});
</script>
"""


@pytest.mark.long
@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")
@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("name", ["glyphs-quick", "glyphs-step-0", "glyphs-observation1"])
def test_a_report_fits_its_page(name: str, width: int, tmp_path: Path) -> None:
    page = (EXPERIMENTS / name / "report.html").read_text()
    # A frame has the width that is asked for, whatever window the browser makes.
    (tmp_path / "report.html").write_text(page.replace("<head>", f"<head>{LOOK}", 1))
    (tmp_path / "frame.html").write_text(
        f'<iframe id="f" src="report.html" style="width:{width}px;height:800px;border:0"></iframe>'
        "<script>setInterval(() => { document.title = document.getElementById('f')"
        ".contentDocument.title; }, 100);</script>"
    )
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            *("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"),
            *("--virtual-time-budget=20000", "--dump-dom", (tmp_path / "frame.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = re.search(r"<title>LOOKED (.*)</title>", done.stdout)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    inner, scroll, wide, errors, sorts, first_screen = found[1].split()
    assert int(inner) == width
    assert int(scroll) <= width
    assert (wide, errors, sorts) == ("0", "0", "true")
    # The answer needs no scrolling, on a phone either.
    assert int(first_screen) < 740
