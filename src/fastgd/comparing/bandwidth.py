"""Bandwidth: how fast this machine reads memory, and how fast a core reads its cache."""

import time

import numpy as np

from fastgd.base.threads import Workers
from fastgd.kernels.compiler.jit import load
from fastgd.kernels.streaming import sum_values

BYTES = 1 << 28  # larger than the caches of most machines
CACHED_BYTES = 1 << 14  # within the first-level cache
REPEATS = 3


def read_bandwidth(n_threads: int = 1, size: int | None = None) -> float:
    """Return how many bytes per second *n_threads* threads read from memory together.

    The best of several sums over 256 MB, or *size* bytes: no use of memory is faster.
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
    """Return how many bytes per second one thread reads from its first-level cache.

    On a shared machine this measures the current speed of the core: it falls by a third while
    another process uses the core's second thread, and so does all work not bound by memory.
    """
    values, times = np.ones(CACHED_BYTES // 8), []
    load(sum_values, values[:0])
    calls = max(1, BYTES // (8 * CACHED_BYTES))
    for _ in range(REPEATS):
        began = time.perf_counter()
        for _ in range(calls):
            sum_values(values)
        times.append(time.perf_counter() - began)
    return calls * CACHED_BYTES / min(times)
