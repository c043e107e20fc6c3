"""How fast this machine reads memory."""

import time

import numpy as np

from fastgd.kernels._jit import load
from fastgd.kernels.streaming import sum_values
from fastgd.kernels.threads import Workers

BYTES = 1 << 28  # larger than the caches of most machines
REPEATS = 3


def read_bandwidth(n_threads: int = 1) -> float:
    """Return how many bytes a second *n_threads* threads read from memory together.

    The best of some passes over 256 MB that only add up: memory has no faster use.
    """
    values = np.ones(BYTES // 8)
    load(sum_values, values[:0])
    tasks = [(part,) for part in np.array_split(values, n_threads)]
    workers, times = Workers(), []
    try:
        for _ in range(REPEATS):
            began = time.perf_counter()
            workers.call(sum_values, tasks)
            times.append(time.perf_counter() - began)
    finally:
        workers.close()
    return BYTES / min(times)
