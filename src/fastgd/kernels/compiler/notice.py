"""The notice that kernels are being compiled, for a person who waits at a terminal."""

import contextlib
import sys
import time

WORTH_SAYING = 1.0  # seconds of compiling in this process
TEXT = "fastgd: compiling; later fits of this kind start at once.\n"


class Notice:
    """Knows how long kernels have been compiled, and says so once."""

    def __init__(self) -> None:
        self.watchers = 0  # who show it in their own way
        self._depth = 0  # a kernel is compiled while another one is
        self._began = 0.0
        self._seconds = 0.0
        self._is_given = False

    def begin(self) -> None:
        """Hear that the compiler begins."""
        if self._depth == 0:
            self._began = time.perf_counter()
        self._depth += 1

    def end(self) -> None:
        """Hear that the compiler ends."""
        self._depth -= 1
        if self._depth == 0:
            self._seconds += time.perf_counter() - self._began

    def consider(self) -> None:
        """Write a line on stderr, once, if compiling takes long and stderr is a terminal."""
        if self._is_given or self._depth == 0 or self.watchers:
            return
        if self._seconds + time.perf_counter() - self._began < WORTH_SAYING:
            return
        self._is_given = True
        with contextlib.suppress(AttributeError, OSError, ValueError):  # no stderr, or a closed one
            if sys.stderr.isatty():
                sys.stderr.write(TEXT)
                sys.stderr.flush()


notice = Notice()
