"""Work in one transaction."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from scaling_search.study.transactions import in_transaction


@pytest.mark.parametrize("hidden", [True, False])
def test_ctrl_c_in_the_middle_of_a_commit_stays_ctrl_c(hidden: bool) -> None:
    """SQLAlchemy asserts, while the interrupt passes through, that the commit is over."""
    engine = sa.create_engine("sqlite://")

    def work(_: sa.Connection) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            assert not hidden

    with pytest.raises(KeyboardInterrupt):
        in_transaction(engine, "sqlite://", work)


def test_an_assertion_of_the_work_stays_one() -> None:
    engine = sa.create_engine("sqlite://")

    def work(_: sa.Connection) -> None:
        raise AssertionError("of the work")

    with pytest.raises(AssertionError, match="of the work"):
        in_transaction(engine, "sqlite://", work)
