"""How fast this machine reads memory, and how fast a core just now reads what it has at hand."""

import time

import numpy as np

from fastgd.base.threads import Workers
from fastgd.kernels.compiler.jit import load
from fastgd.kernels.streaming import sum_values

BYTES = 1 << 28  # larger than the caches of most machines
AT_HAND = 1 << 14  # within the first-level cache
REPEATS = 3


def read_bandwidth(n_threads: int = 1, size: int | None = None) -> float:
    """Return how many bytes a second *n_threads* threads read from memory together.

    The best of some passes over 256 MB, or *size* bytes, that only add up: memory has no faster
    use.
    """
    values = np.ones((size or BYTES) // 8)
    load(sum_values, values[:0])
    tasks = [(part,) for part in np.array_split(values, n_threads)]
    times = []
    with Workers(n_threads) as workers:
        for _ in range(REPEATS * max(1, BYTES // values.nbytes)):
            began = time.perf_counter()
            workers.call(sum_values, tasks)
            times.append(time.perf_counter() - began)
    return values.nbytes / min(times)


def read_cached() -> float:
    """Return how many bytes a second one thread reads from its first-level cache.

    On a shared machine this says what a core gives at the moment: it falls by a third while a
    neighbour uses the core's other half, and with it all that is not bound by memory.
    """
    values, times = np.ones(AT_HAND // 8), []
    load(sum_values, values[:0])
    calls = max(1, BYTES // (8 * AT_HAND))
    for _ in range(REPEATS):
        began = time.perf_counter()
        for _ in range(calls):
            sum_values(values)
        times.append(time.perf_counter() - began)
    return calls * AT_HAND / min(times)
