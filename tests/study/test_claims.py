"""Two drivers of one database: each run is trained by one, and no claim outlives its driver."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fakes import SETTINGS, fake_outcome, unordered

from scaling_search.execution import InlineExecutor
from scaling_search.proxy import Job, RunSpec
from scaling_search.study import Conduct, define
from scaling_search.study.database import EXPIRY, Database
from scaling_search.study.loop import complete
from scaling_search.study.progress import Progress
from scaling_search.study.proposer import AllAtOnce
from scaling_search.study.records import Claim


@pytest.fixture(scope="module")
def specs() -> list[RunSpec]:
    definition, _ = define(SETTINGS, Conduct())
    return [replace(definition.search_runs[0].spec, seed=seed) for seed in range(24)]


@pytest.fixture
def drivers(store: str) -> Iterator[list[Database]]:
    found = [Database(store) for _ in range(2)]
    yield found
    for database in found:
        database.close()


def claims(database: Database) -> dict[str, str]:
    """Key -> driver."""
    query = sa.text("SELECT key, driver FROM scaling_search_claims")
    return {key: driver for key, driver in database._do(lambda c: c.execute(query).all())}


def change(database: Database, what: str, **values: Any) -> None:
    with database._engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE scaling_search_claims SET {what}"), values)


def train(
    database: Database, specs: list[RunSpec], function: Callable[[Job], Any], slots: int = 1
) -> tuple[list[int], Progress]:
    """Give the seeds that were trained, and the progress."""
    executor, progress = InlineExecutor(function, slots), Progress()
    complete(
        AllAtOnce(specs),
        database,
        executor,
        lambda spec: Job(spec=spec, data=SETTINGS.data),
        attempts=1,
        timeout=60,
        progress=progress,
    )
    return [job.spec.seed for job in executor.tasks], progress


def test_a_claim_is_one_drivers(drivers: list[Database]) -> None:
    one, other = drivers
    assert one.claim("a") is Claim.MINE
    assert (one.claim("a"), other.claim("a")) == (Claim.MINE, Claim.TAKEN)
    assert other.claim("b") is Claim.MINE
    one.release()
    assert (other.claim("a"), one.claim("b")) == (Claim.MINE, Claim.TAKEN)
    other.release("b")
    assert (one.claim("a"), one.claim("b")) == (Claim.TAKEN, Claim.MINE)


def test_a_recorded_run_is_known_and_claimed_no_more(
    drivers: list[Database], specs: list[RunSpec]
) -> None:
    one, other = drivers
    assert one.claim(specs[0].key) is Claim.MINE
    train(one, specs[:1], fake_outcome)
    assert (one.claim(specs[0].key), other.claim(specs[0].key)) == (Claim.KNOWN, Claim.KNOWN)
    assert claims(one) == {}


def test_a_driver_that_ended_without_a_word_holds_nothing(drivers: list[Database]) -> None:
    one, other = drivers
    one.claim("a")
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        text=True,
        capture_output=True,
        check=True,
    )
    change(one, "driver = :driver", driver=f"{socket.gethostname()}:{int(ended.stdout)}:x")
    assert other.claim("a") is Claim.MINE


def test_a_driver_of_another_machine_is_waited_for_while_it_is_heard(
    drivers: list[Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = drivers
    one.claim("a")
    monkeypatch.setattr(one, "driver", "elsewhere:1:x")
    change(one, "driver = 'elsewhere:1:x'")
    assert other.claim("a") is Claim.TAKEN
    change(one, "heard_at = :at", at=time.time() - EXPIRY - 1)
    one.beat()
    assert other.claim("a") is Claim.TAKEN
    change(one, "heard_at = :at", at=time.time() - EXPIRY - 1)
    # The next sign of life is due in some seconds only.
    one.beat()
    assert other.claim("a") is Claim.MINE
    assert one.claim("a") is Claim.TAKEN


def test_of_two_who_take_over_one_gets_it(drivers: list[Database], store: str) -> None:
    drivers[0].claim("a")
    change(drivers[0], "driver = 'gone:1:x', heard_at = 0")
    others = [Database(store) for _ in range(8)]
    found: list[Claim] = []
    start = threading.Barrier(len(others))

    def take(database: Database) -> None:
        start.wait()
        found.append(database.claim("a"))

    threads = [threading.Thread(target=take, args=(database,)) for database in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in others:
        database.close()
    assert Counter(found) == {Claim.MINE: 1, Claim.TAKEN: 7}


def test_two_drivers_share_the_work(drivers: list[Database], specs: list[RunSpec]) -> None:
    trained: list[list[int]] = [[], []]

    def drive(index: int) -> None:
        wanted = specs[:16] if index else specs[4:]
        trained[index], progress = train(drivers[index], wanted, unordered, slots=3)
        assert (progress.done, progress.failures) == (len(wanted), [])

    threads = [threading.Thread(target=drive, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(trained[0] + trained[1]) == Counter(range(24))
    assert claims(drivers[0]) == {}


def test_what_another_driver_gives_up_is_tried_here(
    drivers: list[Database], specs: list[RunSpec]
) -> None:
    one, other = drivers
    waiting: list[threading.Thread] = []
    trained: list[int] = []

    def fails_beside_another(_: Job) -> Any:
        waiting.append(
            threading.Thread(
                target=lambda: trained.extend(train(other, specs[:2], fake_outcome)[0])
            )
        )
        waiting[0].start()
        while not other.known_keys([specs[1].key]):
            time.sleep(0.01)
        # By now the other driver has passed this run over.
        raise RuntimeError("boom")

    _, progress = train(one, specs[:1], fails_beside_another)
    assert len(progress.failures) == 1
    waiting[0].join()
    assert trained == [1, 0]


def test_an_interrupted_driver_gives_its_claims_back(
    drivers: list[Database], specs: list[RunSpec]
) -> None:
    def interrupted(job: Job) -> Any:
        if job.spec.seed == 2:
            assert len(claims(drivers[1])) == 3
            raise KeyboardInterrupt
        return Future()

    with pytest.raises(KeyboardInterrupt):
        train(drivers[0], specs, interrupted, slots=3)
    assert claims(drivers[1]) == {}


def test_weights_are_trained_for_wherever_they_are_wanted(
    drivers: list[Database], specs: list[RunSpec], tmp_path: Path
) -> None:
    drivers[0].claim(specs[0].key)
    executor = InlineExecutor(fake_outcome)
    complete(
        AllAtOnce(specs[:1]),
        drivers[1],
        executor,
        lambda spec: Job(spec=spec, data=SETTINGS.data, weights=tmp_path / "weights.pt"),
        attempts=1,
        timeout=60,
        progress=Progress(),
    )
    assert len(executor.tasks) == 1


def test_a_driver_names_its_process(drivers: list[Database]) -> None:
    drivers[0].claim("a")
    assert claims(drivers[0])["a"].startswith(f"{socket.gethostname()}:{os.getpid()}:")
