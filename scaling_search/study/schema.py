"""The tables of the database, and how one of an older version becomes one of this.

Version 1, without a table that says so, had runs and claims, some of them further metrics; 2 has
failed attempts and what is watched while a study runs.
"""

from __future__ import annotations

import sqlalchemy as sa

from scaling_search.errors import InvalidInput
from scaling_search.study.store_url import shown

VERSION = 2

METADATA = sa.MetaData()


def _table(name: str, *columns: sa.Column[object]) -> sa.Table:
    return sa.Table(f"scaling_search_{name}", METADATA, *columns)


RUNS = _table(
    "runs",
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("val_error", sa.Float),
    sa.Column("test_error", sa.Float),
    sa.Column("curve", sa.Text, nullable=False),
    sa.Column("val_correct", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(255), nullable=False),
    sa.Column("finished_at", sa.String(32), nullable=False),
)
#: Of runs that have any, their further metrics, as JSON.
METRICS = _table(
    "metrics",
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("also", sa.Text, nullable=False),
)
#: Who trains a run; lost or old ones do no harm.
CLAIMS = _table(
    "claims",
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("driver", sa.String(255), nullable=False),
    #: Seconds since 1970, when the driver was last heard of.
    sa.Column("heard_at", sa.Float, nullable=False),
)
#: Attempts that gave no result.
FAILURES = _table(
    "failures",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(16), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("reason", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("traceback", sa.Text, nullable=False),
    sa.Column("worker", sa.String(255), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("ended_at", sa.String(32), nullable=False),
)
#: How far the step of a study is of which a driver was last heard.
STUDIES = _table(
    "studies",
    sa.Column("study", sa.String(255), primary_key=True),
    sa.Column("driver", sa.String(255), nullable=False),
    #: Seconds since 1970.
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("heard_at", sa.Float, nullable=False),
    #: Of the step: what study.loop.Progress holds.
    sa.Column("step", sa.String(32), nullable=False),
    sa.Column("progress", sa.Text, nullable=False),
)
#: Runs in the slots of a driver.
RUNNING = _table(
    "running",
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("driver", sa.String(255), nullable=False),
    sa.Column("study", sa.String(255), nullable=False),
    sa.Column("worker", sa.String(255), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    #: Seconds since 1970.
    sa.Column("began_at", sa.Float, nullable=False),
    #: As in RUNS, so far.
    sa.Column("curve", sa.Text, nullable=False),
)
#: One row: the version of these tables.
_SCHEMA = _table("schema", sa.Column("version", sa.Integer, primary_key=True))


def make_tables(engine: sa.Engine) -> None:
    """Make what is missing; a database of an older version is brought to this one.

    Raises InvalidInput for one of a newer version.
    """
    require_version(engine)
    with engine.begin() as connection:
        # One statement looks and makes: between the two another driver could make it.
        for table in METADATA.sorted_tables:
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            for index in table.indexes:
                connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
        if connection.execute(sa.select(_SCHEMA)).first() is None:
            _widen_workers(connection)
            version = sa.select(sa.literal(VERSION)).where(~sa.exists().select_from(_SCHEMA))
            connection.execute(_SCHEMA.insert().from_select(["version"], version))


def require_version(engine: sa.Engine) -> None:
    """Refuse a database that a newer version has made. Raises InvalidInput."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_SCHEMA.name):
            return
        version = connection.execute(sa.select(sa.func.max(_SCHEMA.c.version))).scalar()
    if version is not None and version > VERSION:
        raise InvalidInput(
            f"the database {shown(engine.url.render_as_string(hide_password=False))} has version "
            f"{version}, made by a newer scaling_search, but this one knows versions up to "
            f"{VERSION}: update it, or give another store="
        )


def _widen_workers(connection: sa.Connection) -> None:
    """Version 1 had room for names of 64 characters; SQLite takes any."""
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(f"ALTER TABLE {RUNS.name} ALTER COLUMN worker TYPE VARCHAR(255)")
        )
