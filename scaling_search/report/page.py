"""The page: report.html, one file that needs nothing else, and report.md."""

from __future__ import annotations

import re

import jinja2
from markupsafe import Markup

from scaling_search.report.content import Content

#: What no page can show: control characters, and halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
#: What Markdown would take for something else: code, HTML, a link.
_MARKDOWN = re.compile(r"[\\`]|<(?=[A-Za-z/!?])|\[(?=[^\]]*\]\()")


def render(title: str, content: Content) -> dict[str, str]:
    """report.html and report.md: name -> text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("scaling_search.report", "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=lambda name: name is not None and ".html" in name,
        finalize=_printable,
    )
    environment.filters |= {"md": _as_markdown, "cell": _as_cell, "fence": _fence, "svg": _as_svg}
    return {
        f"report.{kind}": environment.get_template(f"page.{kind}.jinja").render(
            title=title, content=content
        )
        for kind in ("html", "md")
    }


def _printable(value: object) -> object:
    """Markup is a figure of our own."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNPRINTABLE.sub("\ufffd", value)
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
