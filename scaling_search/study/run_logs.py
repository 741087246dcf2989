"""What a driver writes into the log of a run, in which trainings of one's own print as well."""

from __future__ import annotations

import time
from pathlib import Path

from scaling_search.proxy.result import Epoch, RunResult
from scaling_search.study.failures import Failure


def log_attempt(log: Path | None, attempt: int, worker: str) -> None:
    """An attempt has begun."""
    _write(log, f"attempt {attempt} on {worker}")


def log_epoch(log: Path | None, epoch: Epoch) -> None:
    """A training has ended an epoch."""
    loss = "" if epoch.train_loss is None else f"train loss {epoch.train_loss:.6g}, "
    _write(log, f"epoch {epoch.epoch}: {loss}val error {epoch.val_error:.6g}")


def log_result(log: Path | None, result: RunResult, seconds: float) -> None:
    """A run has ended."""
    error = "" if result.val_error is None else f", val error {result.val_error:.6g}"
    _write(log, f"{result.status}{error}, after {seconds:.1f} s")


def log_failure(log: Path | None, failure: Failure) -> None:
    """An attempt has failed."""
    _write(log, f"failed ({failure.reason}): {failure.text}\n{failure.traceback}".rstrip())


def _write(log: Path | None, text: str) -> None:
    """Append a line with the time. Raises OSError where the disk refuses."""
    if log is None:
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", errors="replace") as file:
        file.write(f"--- {time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
