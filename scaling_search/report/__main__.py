"""`python -m scaling_search.report experiments/NAME`: rebuild a report, or compare two studies."""

from __future__ import annotations

import sys
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.report import build_report, compare_studies
from scaling_search.wording import replace_what_cannot_be_shown

USAGE = """usage: python -m scaling_search.report experiments/NAME
       python -m scaling_search.report --compare experiments/A experiments/B [--to FILE]
The first makes the report of a study anew; the second writes a page with two studies beside each
other, compare-A-B.html where it is typed unless FILE is given."""


def main() -> None:
    """Exit code 2 where a folder is no study."""
    replace_what_cannot_be_shown()
    try:
        match sys.argv[1:]:
            case ["--compare", one, other, *to] if not to or (to[0] == "--to" and len(to) == 2):
                _compare(Path(one), Path(other), to[-1] if to else "")
            case [folder] if not folder.startswith("-"):
                print(build_report(Path(folder)))
                print(f"Report: {Path(folder) / 'report.html'}")
            case words:
                print(USAGE, file=sys.stderr)
                sys.exit(0 if words in (["-h"], ["--help"]) else 2)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"error: {error.filename} cannot be written ({error.strerror})", file=sys.stderr)
        sys.exit(2)


def _compare(one: Path, other: Path, to: str) -> None:
    page = Path(to or f"compare-{one.resolve().name}-{other.resolve().name}.html")
    compare_studies(one, other, page)
    print(f"Comparison: {page}")


if __name__ == "__main__":
    main()
