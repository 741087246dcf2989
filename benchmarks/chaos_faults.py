"""A study of many runs whose trainings draw cards (chaos_training.py), and what is done to it."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from attack_studies import REPOSITORY, Arena, Driver, Missed, kill_group, wait_until
from postgresql_server import Server

#: Seconds after which a run is given up; a run that waits for a card must not get there.
TIMEOUT = 12
#: Bytes of the disk of the study.
DISK = 48 * 2**20
WORDS = (
    "+sweep=grid", "trainer=function", "trainer._target_=chaos_training.train",
    "trainer.metric=error", "trainer.direction=minimize", "baseline.resolution=16",
    "recipe.epochs=3", "family.train_up_to=1", "family.sizes=2", "family.span=3",
    f"executor.timeout={TIMEOUT}", "executor.attempts=5",
)  # fmt: skip


class CardArena(Arena):
    """Where the study of about so many runs is made."""

    def __init__(
        self, folder: Path, runs: int, workers: int, store: Server | None, cards: bool = True
    ) -> None:
        super().__init__(folder, "cards", workers, DISK if cards else 0)
        # 13 networks of the large grid, 4 of the small one; the others are of the family.
        alpha, beta, networks = "1.0", "1.0", 4
        if runs > 100:
            alpha, beta, networks = "1.0,1.19,1.41", "1.0,1.09,1.19,1.41", 13
        seeds = ",".join(map(str, range(max(1, (runs - 2) // networks))))
        self._words = (*WORDS, f"sweep.alpha=[{alpha}]", f"sweep.beta=[{beta}]")
        self._words = (*self._words, f"sweep.seeds=[{seeds}]")
        self.server, self.schema = store, ""
        if store is not None:
            self._url = store.new_url()
            self.schema = self._url.rpartition("%3D")[2]
            self._words = (*self._words, f"store='{self._url}'")
        self.cards = folder / "cards"
        self.cards.mkdir()
        self.has_cards = cards
        self._dealt = 0

    @property
    def words(self) -> Sequence[str]:
        return self._words

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(REPOSITORY / "benchmarks"), str(REPOSITORY)])
        cards = {"CHAOS_CARDS": str(self.cards)} if self.has_cards else {}
        return {"PYTHONPATH": path, **cards}

    def deal(self, *cards: str) -> Path:
        """Put cards on the table, and give the last one's place once it has been taken."""
        for card in cards:
            self._dealt += 1
            path = self.cards / f"{self._dealt:06}-{card}.card"
            path.write_text("")
        return path.with_suffix(".taken")

    def notes(self) -> list[tuple[str, str, str]]:
        """(begun or ended, training, card) of all trainings."""
        with suppress(FileNotFoundError):
            lines = (self.cards / "notes.txt").read_text().splitlines()
            return [tuple(line.split(" ", 2)) for line in lines]  # type: ignore[misc]
        return []

    def stored(self) -> set[tuple[str, str, str]]:
        query = "SELECT key, worker, finished_at FROM scaling_search_runs"
        if self.server is None:
            return super().stored()
        import psycopg

        # Where there are no tables yet, or no server, what was last seen.
        with suppress(psycopg.Error):
            rows = self.server.ask(query.replace("FROM ", f"FROM {self.schema}."))
            self._stored = {tuple(map(str, row)) for row in rows}  # type: ignore[misc]
        return self._stored


class Table:
    """The arena with the driver that runs in it, if one does, and who does things to it."""

    def __init__(self, arena: CardArena, rng: Random) -> None:
        self.arena, self.rng = arena, rng
        self.driver: Driver | None = None
        #: Whether a command has brought the study to its end.
        self.ended = False
        #: Runs that there are for each fault that is still to come.
        self.pace = 1.0
        #: Drivers that died, by what; and faults of other kinds that a run may be lost by.
        self.deaths: Counter[str] = Counter()
        self.lost = 0

    def up(self) -> Driver:
        """The driver, started where none lives."""
        if self.driver is None or not self.driver.alive:
            self.note_end()
            self.driver = self.arena.start()
        return self.driver

    def note_end(self) -> None:
        """Judge a driver that has ended by itself."""
        driver, self.driver = self.driver, None
        if driver is None:
            return
        code, said = driver.wait(60), driver.said
        self.ended = code == 0
        self.deaths[f"exit code {code}"] += 1
        # 1: runs failed finally, of errors that somebody made or too often; 2: of a full disk.
        if code not in (0, 1, *((2,) if driver.excused else ())):
            self.arena.complaints.append(f"ended by itself with {code}: {said[-300:]}")
        if "Traceback" in said and "an error that somebody made" not in said:
            self.arena.complaints.append(f"a traceback: {said[-300:]}")

    def died(self, how: str) -> None:
        """The driver was killed."""
        self.deaths[how] += 1
        driver, self.driver = self.driver, None
        assert driver is not None
        if not wait_until(lambda: not driver.group(), 60):
            self.arena.complaints.append(f"workers outlive their driver: {how}")
            kill_group(driver)

    def play(self, *cards: str, patience: float = 300) -> None:
        """Deal cards and let the study go on until the last one is taken. Raises Missed."""
        driver = self.up()
        taken = self.arena.deal(*cards)
        if not wait_until(lambda: taken.exists() or not driver.alive, patience):
            self.arena.complaints.append(f"no training has begun in {patience:g} s: {driver.said}")
        if not taken.exists():
            taken.with_suffix(".card").unlink(missing_ok=True)
            self.note_end()
            raise Missed

    def work(self) -> list[str]:
        """Cards for a few runs that work, so that the study lasts as long as the faults."""
        return ["work"] * round(self.rng.uniform(0, max(0.0, 1.5 * self.pace - 0.5)))


ChaosFault = Callable[[Table], str]
CHAOS: dict[str, ChaosFault] = {}


def fault(name: str) -> Callable[[ChaosFault], ChaosFault]:
    """Enter a function into CHAOS; it says what it has done, or raises Missed."""

    def enter(function: ChaosFault) -> ChaosFault:
        CHAOS[name] = function
        return function

    return enter


def _by_card(name: str, card: str) -> None:
    @fault(name)
    def play(table: Table) -> str:
        table.play(*table.work(), card)
        return card


_by_card("kill -9 of a worker in a training", "kill")
_by_card("MemoryError", "memory")
_by_card("memory refused by the system (RLIMIT_AS)", "limit")
_by_card("an exception", "error")


@fault("kill -9 of a worker at any time")
def kill_worker(table: Table) -> str:
    table.play(*table.work(), "work")
    driver = table.driver
    workers = driver.workers() if driver is not None else []
    if not workers:
        raise Missed
    table.lost += 1
    with suppress(ProcessLookupError):
        os.kill(table.rng.choice(workers), signal.SIGKILL)
    return "one"


@fault("a worker stops (SIGSTOP) until its time is up")
def stop_worker(table: Table) -> str:
    table.play(*table.work(), "stop")
    ends_at = time.monotonic() + TIMEOUT + 3
    # The others go on.
    while time.monotonic() < ends_at and table.driver is not None and table.driver.alive:
        table.arena.deal("work")
        time.sleep(TIMEOUT / 3)
    return f"{TIMEOUT} s"


@fault("kill -9 of the driver")
def kill_driver(table: Table) -> str:
    table.play(*table.work(), "work")
    table.arena.deal("work")
    time.sleep(table.rng.uniform(0, 0.3))
    driver = table.driver
    assert driver is not None
    driver.process.kill()
    table.died("kill -9 of the driver")
    return f"with {len(table.arena.stored())} runs stored"


@fault("kill -9 of the driver as it starts")
def kill_starting_driver(table: Table) -> str:
    if table.driver is not None:
        raise Missed
    driver = table.up()
    time.sleep(table.rng.uniform(0, 6))
    if not driver.alive:
        raise Missed
    driver.process.kill()
    table.died("kill -9 of the driver as it starts")
    return "soon"


@fault("disk full")
def full_disk(table: Table) -> str:
    arena = table.arena
    if not arena.has_own_disk:
        raise Missed
    table.play(*table.work(), "work")
    driver = table.driver
    assert driver is not None
    facts = os.statvfs(arena.disk)
    left = table.rng.choice([0, 0, 4096, 65_536])
    with (arena.disk / "ballast").open("wb") as file, suppress(OSError):
        free = facts.f_bavail * facts.f_frsize
        os.posix_fallocate(file.fileno(), 0, max(1, free - left))
    driver.excused = True
    arena.deal("work", "work")
    ended = wait_until(lambda: not driver.alive, table.rng.uniform(1, 3))
    (arena.disk / "ballast").unlink()
    if ended:
        table.note_end()
    return f"{left} bytes left, {'ended' if ended else 'went on'}"


@fault("database connection cut")
def cut_connection(table: Table) -> str:
    server = table.arena.server
    if server is None:
        raise Missed
    table.play(*table.work(), "work")
    time.sleep(table.rng.uniform(0, 0.1))
    return f"{server.cut()} connections"


@fault("database server started again")
def restart_server(table: Table) -> str:
    server = table.arena.server
    if server is None:
        raise Missed
    table.play(*table.work(), "work")
    # What has not begun needs the database first.
    server.stop()
    time.sleep(table.rng.uniform(0, 1))
    server.start()
    return "killed and started"


@fault("database locked by another process")
def locked_database(table: Table) -> str:
    if table.arena.server is not None:
        raise Missed
    table.play(*table.work(), "work")
    path = table.arena.experiments / "store.db"
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as database,
    ):
        database.execute("BEGIN EXCLUSIVE")
        time.sleep(table.rng.uniform(0.5, 2))
        database.execute("ROLLBACK")
    return "for a while"


def finish(table: Table, repeats: int = 8) -> None:
    """Let all runs work, and repeat the command until it ends well."""
    (table.arena.cards / "free").write_text("")
    for _ in range(repeats):
        driver = table.up()
        if driver.wait(600) is None:
            table.arena.complaints.append("the repeated command does not end")
            kill_group(driver)
        table.note_end()
        if table.ended:
            return
    table.arena.complaints.append(f"not ended well after {repeats} repetitions")
