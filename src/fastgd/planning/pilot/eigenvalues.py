"""The largest eigenvalue of X'X / n, by power iteration over the rows of a table or of a sample."""

import math

import numpy as np

from fastgd.base.types import Floats
from fastgd.gradients.full_pass import FullPass
from fastgd.gradients.gram import Gram
from fastgd.losses import HalfSquare
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.pilot import Pilot

POWER_ITERATIONS = 30
POWER_TOLERANCE = 0.01  # a rate of 1/L needs L within a factor of two
OTHER_DIRECTIONS = 0.1  # how much of them a power iteration starts with


def largest_eigenvalue(
    pilot: Pilot,
    rows: Floats,
    fit_intercept: bool,
    gram: Gram | None = None,
    coordinates: Coordinates | None = None,
    tolerance: float = POWER_TOLERANCE,
    max_passes: int = POWER_ITERATIONS,
) -> tuple[float, float]:
    """Return the largest eigenvalue of X'X/n (a column of ones added) and the passes it took.

    Power iteration, which approaches the value from below. It starts in the main direction of
    *rows*, a sample: from a random one it may stop at a smaller eigenvalue. *coordinates*, if
    given, are those of X and of the rows.
    """
    source = pilot.source
    v = top_direction(rows, pilot.seed)
    v[-1] *= fit_intercept
    largest, passes = 0.0, 0
    with FullPass(source, HalfSquare(), pilot.n_threads, gradients=True) as full:
        while passes < max_passes:
            passes += 1
            v /= norm(v)
            v = v if coordinates is None else coordinates.inverse_transform(v)
            v = gram.times(v) / source.n if gram else full.over_all(v.astype(source.dtype))[1]
            v = v if coordinates is None else coordinates.gradient(v)
            v[-1] *= fit_intercept
            before, largest = largest, norm(v)
            if not largest > 0 or abs(largest - before) <= tolerance * largest:
                break
    return largest, float(passes)


def mean_squared_norm(rows: Floats) -> float:
    """Return the mean of the rows' squared norms."""
    return float(np.mean(np.einsum("ij,ij->i", rows, rows)))


def largest_of_sample(rows: Floats, seed: int) -> float:
    """Return about the largest eigenvalue of rows'rows / m."""
    v = top_direction(rows, seed)
    along = np.einsum("ij,j->i", rows, v / (norm(v) or 1.0))
    return float(np.mean(np.square(along)))


def top_direction(rows: Floats, seed: int) -> Floats:
    """Return the direction in which the rows are largest, and a little of every other one."""
    x = rows / (np.abs(rows).max() or 1.0)
    rest = np.random.default_rng(seed).standard_normal(x.shape[1])
    rest /= norm(rest)
    v = rest
    for _ in range(POWER_ITERATIONS):
        # No BLAS: its rounding depends on its threads. No x'x: it may overflow.
        longer = np.einsum("ij,i->j", x, np.einsum("ij,j->i", x, v))
        v = longer / (norm(longer) or 1.0)
    return np.asarray(v + OTHER_DIRECTIONS * rest)


def norm(v: Floats) -> float:
    """Return ||v||, whose square may be too large for a number, or too small."""
    size = float(np.abs(v).max())
    return size * math.sqrt(float(np.sum(np.square(v / size)))) if 0 < size < math.inf else size
