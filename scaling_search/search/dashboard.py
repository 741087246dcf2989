"""A sampled search copied to where optuna-dashboard finds it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from scaling_search.errors import InvalidInput
from scaling_search.search.sampler import COPY, SampledProposals

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

#: How often Optuna's tables are tried to be made, and seconds between.
_ATTEMPTS, _PAUSE = 10, 0.2


def copy_for_dashboard(proposals: SampledProposals, url: str, name: str) -> None:
    """Put the asks and their results into the database as a study that optuna-dashboard opens.

    The sampler itself works in memory: what it sees follows from the study alone, and an ask takes
    no time. An earlier copy is replaced. Raises InvalidInput where the database refuses, or has a
    study of this name that is no such copy.
    """
    import optuna

    try:
        storage = _open_storage(url)
        with suppress(KeyError):
            if COPY not in optuna.load_study(study_name=name, storage=storage).user_attrs:
                raise InvalidInput(
                    f"the database has an Optuna study {name!r} that is not a copy of this one, so "
                    "there is none for optuna-dashboard: give this study another name="
                )
            optuna.delete_study(study_name=name, storage=storage)
        optuna.copy_study(
            from_study_name=proposals.study.study_name,
            from_storage=proposals.study._storage,
            to_storage=storage,
            to_study_name=name,
        )
        storage.engine.dispose()
    except InvalidInput:
        raise
    except Exception as error:
        # A database has many ways to refuse, and another version of Optuna may own its tables.
        raise InvalidInput(
            f"the study could not be copied into the database for optuna-dashboard "
            f"({type(error).__name__}: {str(error).splitlines()[0]}): give store= another one"
        ) from error


def _open_storage(url: str) -> RDBStorage:
    """Optuna's storage, whose tables another study may be making at this moment."""
    import optuna

    for _ in range(_ATTEMPTS - 1):
        # Optuna looks for each table and then makes it: of two that begin at once one fails.
        # Its errors are those of the database's driver, which differ; the last is not kept back.
        with suppress(Exception):
            return optuna.storages.RDBStorage(url)
        time.sleep(_PAUSE)
    return optuna.storages.RDBStorage(url)
