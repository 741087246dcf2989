"""The secrets of a database's URL, kept out of messages and records; no database is needed here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote, unquote_plus

#: `password=...` and the like, up to the next `&name=`.
_NAMED = re.compile(
    r"(?is)[\w.-]*(?:pass|pwd|token|secret|key|credential|odbc_connect)[\w.-]*\s*=\s*"
    r"(.*?)(?=&[\w.-]+=|$)"
)


def without_secrets(text: str, url: str) -> str:
    """`text` with the secrets of `url` as ***, as they stand there and as a driver may print them.

    Rather too much is hidden than too little: a password may hold any of `/@:?`.
    """
    forms = {form for secret in _secrets(url) for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "***", text)
    return text


def shown(url: str) -> str:
    """A database's URL as it may be shown."""
    return without_secrets(url, url)


def _secrets(url: str) -> Iterator[str]:
    """What stands between the user's name and any @, and in the query under a telling name."""
    yield from (match[1] for match in _NAMED.finditer(url))
    rest = url.partition("://")[2] or url
    for end in (match.start() for match in re.finditer("@", rest)):
        user, _, password = rest[:end].partition(":")
        if "/" not in user:
            yield password


def _forms(secret: str) -> set[str]:
    """How a driver may print it, also in parts, where it has read the URL in another way."""
    decoded = unquote(secret)
    forms = {secret, decoded, unquote_plus(secret), quote(decoded, safe=""), repr(decoded)[1:-1]}
    parts = {part for form in forms for part in re.split(r"[@/:?&=#\s]+", form) if len(part) > 2}
    return (forms | parts) - {""}
