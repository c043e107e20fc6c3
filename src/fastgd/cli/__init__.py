"""The command line: `fastgd fit` fits a table, `predict` and `inspect` use what it saved.

Only `main` imports the other modules: they need click and rich, which may be missing.
"""

import errno
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

UNWRITTEN = ("ENOSPC", "EDQUOT", "EFBIG", "EROFS")  # errors if nothing more can be written
INTERRUPTED = 130  # exit status of what Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command `fastgd`, with the process's arguments by default, and exit.

    Every error is one line on stderr. The exit status is 2 for invalid options or values, 130 for
    Ctrl-C, and 1 for everything else, including a fit that diverged.
    """
    try:
        from click import Abort, ClickException

        from fastgd.cli.command import group
        from fastgd.cli.options import as_flag
    except ImportError:
        leave("the command needs click and rich: run `pip install click rich`.", 1)
    try:
        status = group.main(arguments, prog_name="fastgd", standalone_mode=False)
        sys.stdout.flush()
        sys.exit(status)
    except ClickException as error:
        leave(error.format_message(), error.exit_code)
    except (TypeError, ValueError) as error:
        leave(as_flag(str(error)), 2)
    except BrokenPipeError:  # whoever read it, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        leave(describe(error), 1)
    except (ImportError, MemoryError) as error:
        leave(str(error), 1)
    except (Abort, KeyboardInterrupt) as interrupt:
        leave_at_once(str(interrupt))


def describe(error: OSError) -> str:
    """Return a sentence about an error of the operating system."""
    if error.errno is None or error.strerror is None:
        return str(error)
    if error.filename is None:
        return f"{error.strerror}."
    reason = error.strerror[:1].lower() + error.strerror[1:]
    fate = "written" if errno.errorcode.get(error.errno) in UNWRITTEN else "opened"
    return f"{error.filename} cannot be {fate}: {reason}."


def leave_at_once(kept: str = "") -> NoReturn:
    """Exit after Ctrl-C, with one line on stderr that says whether the model was saved."""
    # Not `sys.exit`: it would wait for threads, or take LLVM away from one that compiles.
    say(f"interrupted; {kept}" if kept else "interrupted")
    os._exit(INTERRUPTED)


def leave(message: str, status: int) -> NoReturn:
    """Exit with one line on stderr."""
    say(message)
    sys.exit(status)


def say(message: str) -> None:
    """Write one line on stderr; on a terminal as many as the message has."""
    text = message.rstrip() if sys.stderr.isatty() else " ".join(message.split())
    sys.stderr.write(f"fastgd: {text}\n")
    sys.stderr.flush()
