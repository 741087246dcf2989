"""`python -m scaling_search`: a study with a sweep, one network without.

Exit codes: 0; 1 where a run failed for good; 2 for a mistake in the input or a disk that refuses;
130 after Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

_STOPPED = (
    "\nStopped. Finished runs are kept in the database; repeat the same command to train only what "
    "is missing."
)


def main() -> None:
    """The command line."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        # An exception may be lost among imports, and so far there is nothing to be put in order.
        signal.signal(signal.SIGINT, _stop_at_once)
    # `python -m` finds own networks in the working directory; an installed command must too.
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        from scaling_search.config import read_command_line
        from scaling_search.errors import InvalidInput
        from scaling_search.single import train_one
        from scaling_search.study.store_url import without_secrets
        from scaling_search.sweep import run_sweep
        from scaling_search.wording import replace_what_cannot_be_shown
    except Exception as error:
        _say_what_is_hidden(error)
        raise
    replace_what_cannot_be_shown()

    def refuse(message: str) -> NoReturn:
        for word in sys.argv[1:]:
            name, _, value = word.partition("=")
            if name.lstrip("+") == "store":
                message = without_secrets(message, value.strip("'\""))
        print("error:", message.replace("\n", "\\n"), file=sys.stderr)
        sys.exit(2)

    failed = False
    try:
        configurations = read_command_line()
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        for configuration in configurations:
            if configuration.sweep is None:
                failed |= not train_one(configuration)
            else:
                failed |= not run_sweep(configuration, sys.argv[1:])
    except InvalidInput as error:
        if isinstance(error.__cause__, (ImportError, AttributeError)):
            _say_what_is_hidden(error)
        refuse(str(error))
    except OSError as error:
        refuse(
            f"{error.filename or 'a file'} cannot be read or written ({error.strerror or error}): "
            "finished runs are kept in the database; mend it and repeat the command"
        )
    except KeyboardInterrupt:
        print(_STOPPED, file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        _say_what_is_hidden(error)
        raise
    finally:
        if interruptible:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    if failed:
        sys.exit(1)


def _say_what_is_hidden(error: Exception) -> None:
    """End with a line where a module of the user's took the place of a library's."""
    from scaling_search.shadowing import hidden_libraries

    if hidden := hidden_libraries(error):
        said = " ".join(str(error).split()).removesuffix(f"; {hidden}")
        print(f"error: {hidden} ({type(error).__name__}: {said})", file=sys.stderr)
        sys.exit(2)


def _stop_at_once(*_: object) -> None:
    print(_STOPPED, file=sys.stderr, flush=True)
    os._exit(130)


if __name__ == "__main__":
    main()
