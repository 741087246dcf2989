"""What a study does now: python -m scaling_search.status experiments/NAME"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scaling_search.command_options import CommandOptions
from scaling_search.errors import InvalidInput
from scaling_search.metric import ERROR, Metric
from scaling_search.study.store_url import shown
from scaling_search.wording import replace_what_cannot_be_shown

#: Seconds between two looks.
_PAUSE = 2.0


def status(folder: Path, store: str = "") -> tuple[list[str], bool]:
    """What is known of a study now, as lines, and whether it goes on. Raises InvalidInput.

    store: URL of its database; by default the one of its experiments directory.
    """
    from scaling_search.study.database import Database, has_gone
    from scaling_search.study.status_text import status_lines

    folder = folder.resolve()
    database = Database(store or folder.parent / "store.db", create=False)
    if not database.is_there:
        return [*_of_folder(folder), "There is no database: nothing is known of a driver"], False
    try:
        now, driver, running = database.told(folder.name)
    finally:
        database.close()
    if now is None:
        where = shown(store) if store else folder.parent / "store.db"
        return [*_of_folder(folder), f"No driver has said anything of it in {where}"], False
    gone = not now.progress["ended"] and has_gone(driver, now.heard_at)
    lines = status_lines(now, driver, running, gone, _metric(folder), time.time())
    return lines, not (gone or now.progress["ended"])


def _metric(folder: Path) -> Metric:
    """That of the study; the folder may lie on another machine."""
    from scaling_search.study.files.study_yaml import read_definition

    return read_definition(folder).metric if (folder / "study.yaml").exists() else ERROR


def _of_folder(folder: Path) -> list[str]:
    """What its files say. Raises InvalidInput where there are none."""
    from scaling_search.study.folder import known_rows

    if not (folder / "study.yaml").exists():
        raise InvalidInput(
            f"{folder} has no study.yaml, and its database does not know it: give the folder of a "
            "study, experiments/NAME, or the database of its driver, --store URL"
        )
    return [f"{folder.name}: {known_rows(folder)} runs are in its files"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 0, or 2 for a mistake in the input."""
    parser = CommandOptions(
        prog="python -m scaling_search.status",
        description="What a study does now: done, running, failed, time left, best so far.",
    )
    parser.add_argument("folder", type=Path, help="experiments/NAME")
    parser.add_argument(
        "--store", default="", help="URL of the database, where the study was given store="
    )
    parser.add_argument("--watch", action="store_true", help="again and again, until it has ended")
    replace_what_cannot_be_shown()
    try:
        given = parser.parse_args(arguments)
        lines, goes_on = status(given.folder, given.store)
        while given.watch and goes_on:
            _show(lines)
            time.sleep(_PAUSE)
            lines, goes_on = status(given.folder, given.store)
        _show(lines) if given.watch else print("\n".join(lines))
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print()


def _show(lines: Sequence[str]) -> None:
    """In place of what was there before, where a terminal can do that."""
    clear = "\x1b[H\x1b[2J" if sys.stdout.isatty() else ""
    print(clear + "\n".join(lines) + ("" if clear else "\n"), flush=True)


if __name__ == "__main__":
    main()
