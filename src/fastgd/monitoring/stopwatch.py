"""A stopwatch that leaves out what is not the fit's own work: compiling and evaluating."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastgd.kernels.compiler.jit import loading


class Stopwatch:
    """Runs from its creation on."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._loaded_before = loading.seconds

    @property
    def loading_seconds(self) -> float:
        """Seconds spent on compiling kernels or fetching them from the disk."""
        return loading.seconds - self._loaded_before

    @property
    def seconds(self) -> float:
        """Seconds so far, without those of loading and those of pauses."""
        return time.perf_counter() - self._start - self.loading_seconds

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what happens inside."""
        began = self.seconds
        try:
            yield
        finally:
            self._start += self.seconds - began
