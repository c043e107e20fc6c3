"""What a self-tuned fit takes: passes, from the Hessian of a sample; seconds, from timed runs."""

import math
import time
from collections.abc import Callable

import numpy as np

from fastgd.base.types import Floats
from fastgd.data.sources import Source
from fastgd.gradients.full_pass import FullPass
from fastgd.kernels.arguments import TALLY_SIZE
from fastgd.losses import Loss
from fastgd.planning.pilot.optimum import Optimum
from fastgd.planning.stopping import EXACT, OF_STATISTICAL_ERROR

TIMED_VALUES = 1 << 22  # of X: what is read to see how long a pass takes
TIMED_SECONDS, MIN_RUNS, MAX_RUNS = 0.1, 3, 9  # the shortest of so many runs counts
USUAL_PASSES = {"batch": 40.0, "minibatch": 12.0, "stochastic": 12.0}  # without a Hessian


def shortest(work: Callable[[], object]) -> float:
    """Return the seconds of the shortest of several runs: others wait for threads, or compile."""
    best, total, runs = math.inf, 0.0, 0
    while runs < MIN_RUNS or (total < TIMED_SECONDS and runs < MAX_RUNS):
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
        best, total, runs = min(best, seconds), total + seconds, runs + 1
    return best


def expected_passes(variant: str, loss: Loss, source: Source, optimum: Optimum | None) -> float:
    """Return about how many passes a self-tuned fit takes."""
    if optimum is None:
        return USUAL_PASSES[variant]
    if variant == "stochastic":
        return 4.0  # an epoch or two, and as many evaluations
    ratio = ((1.0 + optimum.sampling_error) / (1.0 - min(optimum.sampling_error, 0.9))) ** 2
    contraction = max(((ratio - 1.0) / (ratio + 1.0)) ** 2, 1e-12)  # of the distance, a step
    rows = optimum.sampling_error**-2 * source.d if optimum.sampling_error > 0 else source.n
    start = optimum.statistical_error * source.n / rows
    start = start if variant == "batch" else optimum.statistical_error
    target = max(EXACT * optimum.fall, 1e-300)
    if variant == "minibatch":
        target = max(target, OF_STATISTICAL_ERROR * optimum.statistical_error)
    steps = math.log(max(start / target, 1.0)) / -math.log(contraction)
    # Of a loss that is not quadratic, the Hessian changes up to the last step.
    more = 2.0 if loss.quadratic else 5.0
    return more + math.ceil(steps if math.isfinite(steps) else 0.0)


def seconds_of_a_pass(source: Source, loss: Loss, n_threads: int) -> float:
    """Return the seconds of a pass over all rows, from those of some of them."""
    rows = min(source.n, max(1, TIMED_VALUES // source.d))
    coef = np.zeros(source.d + 1, source.dtype)
    g, tally = np.zeros(source.d + 1), np.zeros(TALLY_SIZE)
    with FullPass(source, loss, n_threads, gradients=True) as full:
        return shortest(lambda: full.add(coef, 0, rows, g, tally)) * source.n / rows


def seconds_of_cholesky(rows: Floats, n: int, pass_seconds: float) -> float:
    """Return the seconds of the normal equations of *n* rows, given a sample of them.

    The products of the rows are timed in the cache; from memory they cannot come sooner than in a
    pass.
    """
    products = rows.T @ rows
    products[np.diag_indices(len(products))] += np.trace(products) or 1.0
    summing = shortest(lambda: rows.T @ rows) * n / len(rows)
    return max(summing, pass_seconds) + shortest(lambda: np.linalg.cholesky(products))
