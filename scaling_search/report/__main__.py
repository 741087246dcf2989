"""`python -m scaling_search.report experiments/NAME`: rebuild a report, or compare two studies."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from scaling_search.command_options import CommandOptions
from scaling_search.errors import InvalidInput
from scaling_search.report import build_report, compare_studies
from scaling_search.text_file import expanded
from scaling_search.wording import replace_what_cannot_be_shown


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit code 0, or 2 for a mistake in the input."""
    replace_what_cannot_be_shown()
    try:
        given = _options().parse_args(arguments)
        if given.compare:
            one, other = given.compare
            _compare(one, other, given.to)
        elif given.to:
            raise InvalidInput(
                f"--to is {given.to}, but the report of one study lies in its folder: leave it out"
            )
        else:
            print(build_report(given.folder))
            print(f"Report: {given.folder / 'report.html'}")
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"error: {error.filename} cannot be written ({error.strerror})", file=sys.stderr)
        sys.exit(2)


def _options() -> CommandOptions:
    parser = CommandOptions(
        prog="python -m scaling_search.report",
        description="Make the report of a study anew, or write a page with two beside each other.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("folder", nargs="?", type=Path, help="experiments/NAME")
    what.add_argument(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("experiments/A", "experiments/B"),
        help="two studies",
    )
    parser.add_argument(
        "--to", metavar="FILE", help="the page of two; compare-A-B.html here where left out"
    )
    return parser


def _compare(one: Path, other: Path, to: str | None) -> None:
    page = expanded(to or f"compare-{one.resolve().name}-{other.resolve().name}.html")
    compare_studies(one, other, page)
    print(f"Comparison: {page}")


if __name__ == "__main__":
    main()
