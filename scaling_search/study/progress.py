"""How far the loop of a study is, for whoever looks on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Progress:
    """How far the loop is; `report` is called whenever something may have changed."""

    report: Callable[[Progress], None] = lambda _: None
    wanted: int = 0
    done: int = 0
    trained: int = 0
    running: int = 0
    #: Runs that another driver trains and this one waits for.
    elsewhere: int = 0
    failures: list[str] = field(default_factory=list)
    #: Where the errors among them were raised, each once.
    tracebacks: dict[str, None] = field(default_factory=dict)
    #: Attempts that failed and were made again.
    retried: int = 0
    #: Of training, of all runs that are done.
    seconds: float = 0.0
    #: The lowest val error so far.
    best: float | None = None
    #: Whether nothing more is wanted.
    ended: bool = False
