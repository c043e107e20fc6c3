"""What bounds the figures of `roofline`, measured beside them.

Each function does a part of the work that nobody can spare, and nothing else: what is left between
a figure and its bound is all that a kernel could gain.
"""

import time
from collections.abc import Callable

import numba
import numpy as np

from fastgd.data.inputs import make_source
from fastgd.data.orders import make_order
from fastgd.data.sources import Visits
from fastgd.gradients.full_pass import FullPass
from fastgd.kernels.lines import at
from fastgd.kernels.rows import QUAD, fetch, four_dots, four_rows
from fastgd.losses import SquaredError

CACHED_BYTES = 1 << 23  # that stay in a last-level cache
REPEATS = 5


def quickest(action: Callable[[], object]) -> float:
    """Return in how many seconds something can be done."""
    action()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


@numba.njit
def predict_rows(X, y, rows, prefetched):
    """Return the sum of the predictions, each four rows asked for in time: half of an epoch."""
    d = X.shape[1]
    w, total = np.ones(d, X.dtype), 0.0
    for k in range(0, rows.shape[0] // QUAD * QUAD, QUAD):
        for m in range(k, k + QUAD):
            fetch(X, y, prefetched[m])
        x = four_rows(X, rows, k)
        total += four_dots(x, at(w, 0), d, x[:2])[0]
    return total


def meet_nothing(X, y, rows, prefetched):
    """Leave the rows as they were gathered."""


def visiting(X: np.ndarray, y: np.ndarray, meet: Callable[..., object]) -> float:
    """Return in how many seconds the rows of a shuffled epoch can be had, and met."""
    source = make_source(X, y, None, "real")
    order = make_order(source.n, source.d, 0, True)
    order.load()

    def epoch() -> None:
        visits, start = Visits(source, order), 0
        while start < order.length:
            stop = min(visits.end(start), order.length)
            data, listed = visits.between(0, start, stop)
            meet(data.X, data.y, *listed)
            start = stop

    return quickest(epoch)


def pass_in_cache(d: int) -> float:
    """Return how many bytes a second a pass of squared error meets where memory is no matter."""
    n = CACHED_BYTES // (8 * d)
    rng = np.random.default_rng(0)
    source = make_source(rng.standard_normal((n, d)), rng.standard_normal(n), None, "real")
    with FullPass(source, SquaredError(), 1, gradients=True) as full:
        return n * d * 8 / quickest(lambda: full.over_all(np.zeros(d + 1)))
