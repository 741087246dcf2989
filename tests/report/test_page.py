"""Whatever a study's records hold, the page shows it as text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from scaling_search.report.content import (
    Brief,
    Content,
    Details,
    Figure,
    Paragraph,
    Section,
    Table,
)
from scaling_search.report.page import render

NASTY = '<script>alert("1")</script> a|b `code` \\ [x](http://y) &amp; \x1b[31m \ud800\nnew line'


def page(text: str) -> dict[str, str]:
    blocks = [
        Paragraph(text),
        Table([text, text], [[text, text]], text),
        Figure(name="one", svg='<?xml version="1.0"?>\n<svg><g/></svg>', alt=text, caption=text),
        Details(text, f"{text}\n```\n", "yaml"),
    ]
    sections = [Section(text, blocks), Section("", [Paragraph("end")], level=3)]
    content = Content(
        brief=[Brief(text, text)],
        lead=[Figure(name="two", svg="<svg></svg>", alt=text, caption=text)],
        answer=[text],
        remarks=[text],
        sections=sections,
        files={},
    )
    return render(text, content)


class Seen(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_is_escaped_but_for_figures() -> None:
    seen = Seen(page(NASTY)["report.html"])
    # The page's own.
    assert seen.tags.count("script") == 1
    assert {"svg", "g", "table", "details", "h2"} <= set(seen.tags)
    shown = NASTY.replace("\x1b", "\ufffd").replace("\ud800", "\ufffd")
    # Title, heading, question and its answer, caption, answer, remark, section, paragraph, two
    # heads, two cells, note, caption, summary and details.
    assert "".join(seen.text).count(shown) == 17
    assert "<?xml" not in page(NASTY)["report.html"]


def test_markdown_is_escaped() -> None:
    text = page(NASTY)["report.md"]
    told, code = text.split("````yaml")
    assert "<script>" not in told.replace("\\<", "")
    assert "`" not in told.replace("\\`", "")
    assert "[x](" not in told.replace("\\[", "")
    assert "\x1b" not in text
    table = [line for line in told.splitlines() if line.startswith("| ")]
    assert len(table) == 3
    assert all(line.replace("\\|", "").count("|") == 3 for line in table)
    assert code.count("````") == 1
    assert text.count("\n#") == 2


def test_it_can_be_written(tmp_path: Path) -> None:
    for name, text in page(NASTY).items():
        (tmp_path / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("text", ["plain", "a < b", "5 % & more", "[0,1]", "x_y", "2 * 3"])
def test_what_needs_no_escape_stays(text: str) -> None:
    assert f"\n{text}\n" in page(text)["report.md"]


def test_a_column_of_which_no_row_says_anything_is_left_out() -> None:
    table = Table(["one", "empty", "two"], [["a", "", "b"], ["c", "", ""]])
    content = Content(answer=["a"], remarks=[], sections=[Section("b", [table])], files={})
    for text in render("study", content).values():
        assert "one" in text
        assert "two" in text
        assert "empty" not in text
