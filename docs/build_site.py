"""Builds the site (extra docs): `python docs/build_site.py`; then open build/site/index.html.

README.md is its first page. What it and docs/ link to comes along, each file in its place, so that
a link means the same in a checkout and on the site. Ends with an error where a link leads nowhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reference_pages import PAGES

CHECKOUT = Path(__file__).resolve().parents[1]
BUILD = CHECKOUT / "build"
#: Of inline links and pictures; the target may be followed by a title.
_LINK = re.compile(r"\]\(([^)\s]+)(?:\s[^)]*)?\)")
_FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2", re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[Path]:
    """The files that a page of the checkout links to. Raises FileNotFoundError."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        split = urlsplit(target)
        if split.scheme or not split.path:
            continue
        found = (page.parent / unquote(split.path)).resolve()
        if not found.is_file():
            raise FileNotFoundError(f"{page.relative_to(CHECKOUT)} links to {target}: give a file")
        yield found


def stage(pages: Path) -> list[Path]:
    """Copy all that belongs to the site, and write what is made of the code."""
    shutil.rmtree(pages, ignore_errors=True)
    made = pages / "docs" / "reference"
    made.mkdir(parents=True)
    for name, page in PAGES.items():
        (made / name).write_text(page(), encoding="utf-8")
    found: dict[Path, None] = {}
    waiting = [
        CHECKOUT / "README.md",
        CHECKOUT / "docs" / "site.css",
        *sorted((CHECKOUT / "docs").glob("*.md")),
    ]
    while waiting:
        path = waiting.pop()
        # What is made is there; what it links to is among docs/*.md.
        if path in found or path.is_relative_to(CHECKOUT / "docs" / "reference"):
            continue
        found[path] = None
        copy = pages / path.relative_to(CHECKOUT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        if path.suffix == ".md":
            waiting += links(path)
    return list(found)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.update(given[name] or "" for name in ("id", "name") if name in given)
        self.targets += [given[name] or "" for name in ("href", "src") if name in given]


def broken_links(site: Path) -> list[str]:
    """Links of the built pages to files or headings that are not there."""
    pages: dict[Path, _Page] = {}
    for path in site.rglob("*.html"):
        pages[path.resolve()] = page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
    found = []
    for path, page in pages.items():
        # The page for what is not found is served anywhere, and a report is a page of its own.
        for target in page.targets if path.name != "404.html" else ():
            split = urlsplit(target)
            if split.scheme or split.netloc:
                continue
            to = path if not split.path else (path.parent / unquote(split.path)).resolve()
            to = to / "index.html" if to.is_dir() else to
            anchor = unquote(split.fragment)
            lost = anchor and to in pages and anchor not in pages[to].anchors
            if not to.exists() or lost:
                found.append(f"{path.relative_to(site)}: {target}")
    return found


def main() -> None:
    """Exit code 1 where the site cannot be built as it should."""
    try:
        copied = stage(BUILD / "pages")
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
    build = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "-f", "mkdocs.yml"]
    if subprocess.run(build, cwd=CHECKOUT, check=False).returncode != 0:
        sys.exit("error: the site was not built")
    if broken := broken_links(BUILD / "site"):
        sys.exit("error: links that lead nowhere:\n" + "\n".join(broken))
    print(f"site: {len(copied) + len(PAGES)} files and pages, {BUILD / 'site' / 'index.html'}")


if __name__ == "__main__":
    main()
