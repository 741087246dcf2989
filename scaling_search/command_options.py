"""Options of the commands beside the main one: wrong ones are refused as any other input is."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any, NoReturn

from scaling_search.errors import InvalidInput
from scaling_search.text_file import expanded

#: What argparse says (its library gives no more than the text), and how it is said here.
_SAID = tuple(
    (re.compile(theirs, re.DOTALL), ours)
    for theirs, ours in (
        (r"argument (\S+): invalid float value: (.*)", r"\1 is \2, but must be a number, like 1.5"),
        (r"argument (\S+): invalid int value: (.*)", r"\1 is \2, but must be a whole number"),
        (r"argument (\S+): expected one argument", r"\1 has no value: give one behind it"),
        (r"argument (\S+): expected (\d+) arguments", r"\1 must be followed by \2 values"),
        (r"argument (\S+): not allowed with argument (\S+)", r"\1 is given beside \2: give one"),
        (r"argument (\S+): ignored explicit argument (.*)", r"\1 is \2, but takes no value"),
        (r"one of the arguments (.*) is required", r"nothing is given of \1: give one"),
        (r"the following arguments are required: (.*)", r"not given, but needed: \1"),
        (r"unrecognized arguments: (.*)", r"not known, or one too many: \1"),
        (r"ambiguous option: (\S+) could match (.*)", r"\1 may mean \2: write it out"),
    )
)


def _typed_path(text: str) -> Path:
    try:
        return expanded(text)
    except InvalidInput as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class CommandOptions(argparse.ArgumentParser):
    """argparse with refusals in a line of the house's instead of its usage.

    Raises InvalidInput while it parses; `--help` prints and exits as ever.
    """

    def __init__(self, *names: Any, **options: Any) -> None:
        super().__init__(*names, **options)
        # No shell makes a home folder of the ~ in --to=~/page.html.
        self.register("type", Path, _typed_path)

    def error(self, message: str) -> NoReturn:
        for theirs, ours in _SAID:
            if found := theirs.fullmatch(message):
                message = found.expand(ours)
                break
        raise InvalidInput(f"{message} ({self.prog} --help lists what it takes)")
