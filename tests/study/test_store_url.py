"""No secret of a database's URL is shown, whatever it holds."""

from __future__ import annotations

import random
import string
from pathlib import Path
from urllib.parse import quote

import pytest

from scaling_search.errors import InvalidInput
from scaling_search.study.database import Database
from scaling_search.study.store_url import shown, without_secrets


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgresql://me:s3cret@host/name", "postgresql://me:***@host/name"),
        ("postgresql://me:s3/cr@et@host/name", "postgresql://me:***@host/name"),
        ("postgresql://me:two words@host/name", "postgresql://me:***@host/name"),
        ("postgresql://me:a?b@host/name", "postgresql://me:***@host/name"),
        ("postgresql://:s3cret@host/name", "postgresql://:***@host/name"),
        ("mysql://host/d?user=me&password=s3cret", "mysql://host/d?user=me&password=***"),
        ("mysql://host/d?passwd=a&b&charset=utf8", "mysql://host/d?passwd=***&charset=utf8"),
        ("postgresql://host/d?sslpassword=x&sslmode=require", None),
        ("snowflake://host/d?token=abc.def", "snowflake://host/d?token=***"),
        ("mssql://host/d?PWD=a b", "mssql://host/d?PWD=***"),
        ("mssql:///?odbc_connect=Driver%3DX%3BPWD%3Dy", "mssql:///?odbc_connect=***"),
        ("host=h password=s3cret", "host=h password=***"),
        # There is nothing to hide.
        ("sqlite:///experiments/store.db", "sqlite:///experiments/store.db"),
        ("sqlite:////data/a@b/store.db", "sqlite:////data/a@b/store.db"),
        ("sqlite:///C:/a@b/store.db", "sqlite:///C:/a@b/store.db"),
        ("postgresql://me@host:5432/name?connect_timeout=3", None),
        ("", ""),
    ],
)
def test_what_is_shown(url: str, safe: str | None) -> None:
    assert shown(url) == (safe or shown(url))
    assert ("***" in shown(url)) == (safe != url and "me@host" not in url)


def test_what_a_driver_says_is_cleaned_too() -> None:
    url = "postgresql://me:p%40ss%20w@host/name?sslpassword=k'ey"
    said = "could not log in with 'p@ss w' (p%40ss%20w) and \"k'ey\" at host"
    assert without_secrets(said, url) == "could not log in with '***' (***) and \"***\" at host"
    # A short password is no reason to blacken the text.
    assert without_secrets("cannot reach a host at all", "x://u:a@h/d") == (
        "cannot reach *** host at all"
    )


def test_random_passwords_are_not_shown() -> None:
    rng = random.Random(0)
    letters = string.ascii_letters + string.digits + "/@:?#%&=+ !$*()[]{}|;,.'\"\\~<>"
    for count in range(500):
        # Its middle can be recognised wherever it turns up.
        before, after = ("".join(rng.choices(letters, k=8)) for _ in range(2))
        password = f"{before}SeCrEt{after}"
        for text in (password, quote(password, safe="")):
            for url in (
                f"postgresql://me:{text}@host:5432/name?sslmode=require",
                f"postgresql://host/name?user=me&password={text}",
            ):
                assert "SeCrEt" not in shown(url), url
                if count < 30:
                    with pytest.raises(InvalidInput) as refused:
                        Database(f"nosuch+{url}")
                    assert "SeCrEt" not in str(refused.value), url


MEMORY = [
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite+pysqlite:///:memory:",
    "sqlite:///file::memory:?cache=shared&uri=true",
    "sqlite:///file:x?mode=memory&cache=shared&uri=true",
    "sqlite:///file:/x?vfs=memdb&uri=true",
    "sqlite:///file:?uri=true",
]


@pytest.mark.parametrize("url", MEMORY)
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"in memory.*lost.*store=sqlite:///experiments"):
        Database(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:s3cret@host:abc/name",
        "postgresql://me:s3cret@[::1/name",
        "sqlit:///x.db?password=s3cret",
        "no url password=s3cret",
        "://me:s3cret@host",
        "sqlite:///x.db?timeout=s3cret_key&key=s3cret",
        "postgresql:/me:s3cret@host/name",
        "s3cret_is_no_secret://",
        "\x00",
        "ü://ü",
    ],
)
def test_nonsense_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput) as refused:
        Database(url)
    message = str(refused.value)
    assert "\n" not in message
    assert "s3cret" not in message.replace("s3cret_is_no_secret", "").replace("s3cret_key", "")
