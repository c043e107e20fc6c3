"""The entry point of the command `fastgd`: outside the package, whose import takes a second.

While Numba is imported a KeyboardInterrupt would end in a traceback, or be swallowed. Nothing is
imported here before Ctrl-C is caught but what the interpreter has loaded already.
"""

import _signal as signal  # type: ignore[import-not-found]  # `signal` itself imports enum and more
import os

TYPE_CHECKING = False  # as `typing` has it, which is not loaded yet
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> "NoReturn":
    """Import the package and run the command; Ctrl-C meanwhile exits with one line."""
    catches = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not so under nohup
    if catches:
        signal.signal(signal.SIGINT, leave)
    from contextlib import suppress
    from importlib import import_module

    cli = import_module("fastgd.cli")
    with suppress(ImportError):  # `main` says what is missing
        import_module("fastgd.cli.command")
    try:
        if catches:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        cli.main()
    except KeyboardInterrupt:
        pass
    leave()


def leave(*_: object) -> "NoReturn":
    """Exit as after Ctrl-C at any later time; nothing is done yet that could be saved."""
    try:
        os.write(2, b"fastgd: interrupted\n")
    finally:
        os._exit(130)
