"""The entry point of the command `fastgd`: outside the package, whose import takes a second.

While Numba is imported a KeyboardInterrupt would end in a traceback, or be swallowed.
"""

import os
import signal
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import NoReturn


def main() -> NoReturn:
    """Import the package and run the command; Ctrl-C meanwhile exits with one line."""
    heeds = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not so under nohup
    if heeds:
        signal.signal(signal.SIGINT, leave)
    command = import_module("fastgd.cli")
    with suppress(ImportError):  # `main` says what is missing
        import_module("fastgd.cli.command")
    if heeds:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command.main()
    raise SystemExit(0)


def leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """Exit as after Ctrl-C at any later time; nothing is done yet that could be saved."""
    os.write(2, b"fastgd: interrupted\n")
    os._exit(130)
