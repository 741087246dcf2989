"""Text that pages and figures can hold, whatever a study's records hold."""

from __future__ import annotations

import re

#: What neither HTML nor XML can hold: control characters, halves of surrogates, non-characters.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """The text with a mark in place of each character that cannot be shown."""
    return _UNPRINTABLE.sub("\ufffd", text)
