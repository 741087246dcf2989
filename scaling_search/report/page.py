"""The page: report.html, one file that needs nothing else, and report.md."""

from __future__ import annotations

import re
from dataclasses import replace

import jinja2
from markupsafe import Markup

from scaling_search.report.content import Comparison, Content, Table
from scaling_search.report.printable import printable

#: What Markdown would take for something else: code, HTML, a link.
_MARKDOWN = re.compile(r"[\\`]|<(?=[A-Za-z/!?])|\[(?=[^\]]*\]\()")


def render(title: str, content: Content) -> dict[str, str]:
    """report.html and report.md: name -> text."""
    given = {"title": title, "content": content}
    return {f"report.{kind}": _template(f"page.{kind}").render(given) for kind in ("html", "md")}


def render_comparison(comparison: Comparison) -> str:
    """The page of two studies beside each other."""
    title = " and ".join(comparison.names)
    return _template("compare.html").render(title=title, comparison=comparison)


def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scaling_search.report", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is not None and ".html" in name,
        finalize=_printable,
    )
    environment.filters |= {
        "md": _as_markdown,
        "cell": _as_cell,
        "fence": _fence,
        "svg": _as_svg,
        "filled": _filled,
    }
    return environment.get_template(f"{name}.jinja")


def _filled(table: Table) -> Table:
    """The table without columns of which no row says anything."""
    columns = [
        column
        for column in range(len(table.head))
        if not table.rows or any(row[column] for row in table.rows)
    ]
    rows = [[row[column] for column in columns] for row in table.rows]
    return replace(table, head=[table.head[column] for column in columns], rows=rows)


def _printable(value: object) -> object:
    """Markup is a figure of our own."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable(value)
    return value


def _as_markdown(text: str) -> str:
    """One line in which nothing is taken for markup."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.splitlines()))


def _as_cell(text: str) -> str:
    return _as_markdown(text).replace("|", r"\|")


def _fence(text: str) -> str:
    """A fence of code that the text does not close."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))


def _as_svg(text: str) -> Markup:
    """For a page of HTML: without the head of an XML file."""
    return Markup(text[text.index("<svg") :])
