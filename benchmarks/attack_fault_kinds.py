"""Faults of the processes of a study, and the register of kinds of faults."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from attack_studies import Arena, Driver, Missed, kill_group, wait_until

#: Seconds after which a stopped worker's run is given up.
TIMEOUT = 12
#: Seconds within which a study must have ended after Ctrl-C.
PROMPT = 20


@dataclass
class Victim:
    """An arena with the driver that runs in it, if one does."""

    rng: Random
    arena: Arena
    driver: Driver | None = None
    #: Whether a command has brought the study to its end.
    ended: bool = False

    def up(self, *words: str) -> Driver:
        """The driver, started where none lives."""
        if self.driver is None or not self.driver.alive:
            self.note_end()
            self.driver = self.arena.start(*words)
        return self.driver

    def down(self) -> None:
        """No driver: kill -9 where one lives."""
        self.note_end()
        if self.driver is not None:
            kill_group(self.driver)
            self.driver = None

    def note_end(self) -> None:
        """A driver that ended by itself should have had a reason."""
        if self.driver is not None and not self.driver.alive:
            self.judge(self.driver, f"ended by itself with {ending(self.driver)}")
            self.driver = None

    def judge(self, driver: Driver, what: str) -> None:
        """Complain where a driver has ended otherwise than well."""
        self.ended = self.ended or driver.process.returncode == 0
        if "Traceback" in driver.said:
            self.complain(f"a traceback: {ending(driver)}")
        elif driver.process.returncode not in ((0, 2) if driver.excused else (0,)):
            self.complain(what)

    def complain(self, what: str) -> None:
        self.arena.complaints.append(what)

    def moment(self) -> Driver:
        """Let the driver work until a random moment: a time from its start, or a run stored."""
        driver = self.up()
        before = len(self.arena.stored())
        if self.rng.random() < 0.2:
            time.sleep(self.rng.uniform(0, 4))
        else:
            wanted = before + self.rng.choice([0, 1, 1, 2, 3, 5])
            wait_until(driver.workers, 60)
            wait_until(lambda: not driver.alive or len(self.arena.stored()) >= wanted, 120)
            time.sleep(self.rng.uniform(0, 0.5))
        if not driver.alive:
            self.note_end()
            raise Missed
        return driver

    def interrupt(self) -> None:
        """Let it work until a random moment and kill it, or begin with what lies there."""
        if self.arena.drivers or self.rng.random() < 0.5:
            self.moment()
        self.down()


def ending(driver: Driver) -> str:
    """How a driver ended, in a few words."""
    lines = [line for line in driver.said.splitlines() if line.strip()]
    return f"exit code {driver.process.returncode}: {(lines or [''])[-1][:160]}"


Fault = Callable[[Victim], str]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    """Enter a function into FAULTS; it says what it has done, or raises Missed."""

    def enter(function: Fault) -> Fault:
        FAULTS[name] = function
        return function

    return enter


# Processes.


@fault("kill -9 of the driver")
def kill_driver(victim: Victim) -> str:
    driver = victim.moment()
    driver.process.kill()
    driver.wait()
    victim.driver = None
    if not wait_until(lambda: not driver.group(), 30):
        victim.complain("workers outlive their killed driver")
    return f"with {len(victim.arena.stored())} runs stored"


@fault("kill -9 of all")
def kill_all(victim: Victim) -> str:
    victim.moment()
    victim.down()
    return f"with {len(victim.arena.stored())} runs stored"


@fault("SIGTERM to the driver")
def terminate(victim: Victim) -> str:
    driver = victim.moment()
    victim.driver = None
    driver.process.terminate()
    if driver.wait(60) is None:
        victim.complain("SIGTERM does not end the driver")
        kill_group(driver)
    wait_until(lambda: not driver.group(), 30)
    return f"with {len(victim.arena.stored())} runs stored"


@fault("kill -9 of a worker")
def kill_worker(victim: Victim) -> str:
    return f"worker {_signalled(victim, signal.SIGKILL)}"


def _signalled(victim: Victim, number: signal.Signals) -> int:
    driver = victim.moment()
    workers = driver.workers()
    if not workers:
        raise Missed
    chosen = victim.rng.choice(workers)
    with suppress(ProcessLookupError):
        os.kill(chosen, number)
    return chosen


@fault("stopped worker, until its time is up")
def stop_worker(victim: Victim) -> str:
    victim.down()
    driver = victim.up(f"executor.timeout={TIMEOUT}")
    chosen = _signalled(victim, signal.SIGSTOP)
    started = time.monotonic()
    if not wait_until(lambda: not driver.alive or chosen not in driver.group(), 120):
        stored = len(victim.arena.stored())
        victim.complain(f"a driver waits for a stopped worker, with {stored} runs stored")
        victim.down()
    return f"given up after {time.monotonic() - started:.0f} s"


@fault("stopped driver, for 2 s")
def stop_driver(victim: Victim) -> str:
    driver = victim.moment()
    os.kill(driver.process.pid, signal.SIGSTOP)
    time.sleep(2)
    os.kill(driver.process.pid, signal.SIGCONT)
    return "goes on"


@fault("Ctrl-C")
def ctrl_c(victim: Victim) -> str:
    return _interrupted(victim, victim.moment())


@fault("Ctrl-C at once")
def ctrl_c_at_once(victim: Victim) -> str:
    victim.down()
    driver = victim.up()
    wait = victim.rng.uniform(0.05, 1.5)
    time.sleep(wait)
    return f"after {wait:.2f} s, {_interrupted(victim, driver)}"


def _interrupted(victim: Victim, driver: Driver) -> str:
    started = time.monotonic()
    with suppress(ProcessLookupError):
        os.killpg(driver.process.pid, signal.SIGINT)
    code = driver.wait(120)
    took = time.monotonic() - started
    # Before Python runs, the signal itself ends the process; after all runs it may be too late.
    if code not in (130, -signal.SIGINT, 0):
        victim.complain(f"Ctrl-C gives {ending(driver)}")
    if "Traceback" in driver.said:
        victim.complain("Ctrl-C prints a traceback")
    if took > PROMPT:
        victim.complain(f"Ctrl-C takes {took:.0f} s")
    if not wait_until(lambda: not driver.group(), 10):
        victim.complain("workers outlive Ctrl-C")
    kill_group(driver)
    victim.driver, victim.ended = None, code == 0
    return f"exit code {code}"


@fault("another driver with the same runs")
def two_drivers(victim: Victim) -> str:
    at_once = victim.driver is None and victim.rng.random() < 0.5
    first = victim.up() if at_once else victim.moment()
    second = victim.arena.start(name="other")
    for driver in (first, second):
        driver.wait()
        victim.judge(driver, f"of two drivers one gives {ending(driver)}")
    return f"{victim.arena.trainings} trainings so far"


@fault("the same command twice")
def same_twice(victim: Victim) -> str:
    victim.moment()
    second = victim.arena.start()
    second.wait()
    # It may come when the first has just ended, and finds nothing to do.
    if second.process.returncode not in (2, 0) or "Traceback" in second.said:
        victim.complain(f"a second driver of the same study gives {ending(second)}")
    return f"the second ends with {second.process.returncode}"
