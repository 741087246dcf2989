"""How a plan is worded: durations, and lists that may be long."""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: What a step is called, by its name in the records.
STEPS = {
    "baseline": "STEP 0",
    "search": "STEP 1",
    "family": "STEP 2",
    "fidelity": "fidelity",
    "series": "series",
    "source": "source",
    "tuned": "fine-tuning",
    "single": "training",
}
#: Lines of a table, and points of a list, that a screen has room for.
LINES, _POINTS = 40, 5


def print_left_out(
    what: str, left_out: Iterable[tuple[str, str]], write: Callable[[str], None]
) -> None:
    """A line for each reason, with the first of those that it holds for."""
    reasons: dict[str, list[str]] = {}
    for name, reason in left_out:
        reasons.setdefault(reason, []).append(name)
    for reason, names in list(reasons.items())[:LINES]:
        more = f" and {len(names) - _POINTS} more" if len(names) > _POINTS else ""
        write(f"  {what} {'; '.join(names[:_POINTS])}{more}: {reason}")
    if len(reasons) > LINES:
        rest = sum(len(names) for names in list(reasons.values())[LINES:])
        write(f"  {what} {rest} more for other reasons")


def print_notes(notes: Iterable[str], write: Callable[[str], None]) -> None:
    """What was made of the data, a line for each sentence."""
    for note in notes:
        write(f"  {note}")


def duration(seconds: float) -> str:
    """About how long, in words."""
    if seconds < 90:
        return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
