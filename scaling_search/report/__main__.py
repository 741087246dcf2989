"""`python -m scaling_search.report experiments/NAME`: rebuild a report."""

from __future__ import annotations

import sys
from pathlib import Path

from scaling_search.errors import InvalidInput
from scaling_search.report import build_report
from scaling_search.wording import replace_what_cannot_be_shown


def main() -> None:
    """Exit code 2 where the folder is no study."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: python -m scaling_search.report experiments/NAME", file=sys.stderr)
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
    folder = Path(sys.argv[1])
    replace_what_cannot_be_shown()
    try:
        print(build_report(folder))
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"error: {error.filename} cannot be written ({error.strerror})", file=sys.stderr)
        sys.exit(2)
    print(f"Report: {folder / 'report.html'}")


if __name__ == "__main__":
    main()
