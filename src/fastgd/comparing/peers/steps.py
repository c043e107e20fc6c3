"""What several peers need: the start, columns of ones, stable rates, averages."""

import math

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.comparing.problem import Problem

EPOCHS = 50  # the most that a peer runs


def start(problem: Problem) -> Floats:
    """Return coefficients of zero."""
    return np.zeros(problem.d + 1)


def with_ones(problem: Problem) -> Array:
    """Return the table with a column of ones, if an intercept is wanted."""
    X = problem.table
    return np.column_stack([X, np.ones(problem.n, X.dtype)]) if problem.fit_intercept else X


def pad(problem: Problem, w: Array) -> Floats:
    """Return coefficients of `with_ones` as a point."""
    point: Floats = np.append(np.asarray(w, np.float64), [0.0] * (not problem.fit_intercept))
    return point


def squared_lengths(problem: Problem) -> Floats:
    """Return each row's ||x||², the one for the intercept included."""
    X = problem.table
    lengths: Floats = 1.0 + np.einsum("ij,ij->i", X, X, dtype=np.float64)
    return lengths


def stable_rate(problem: Problem, size: int) -> float:
    """Return a rate at which the second moments of steps of *size* rows do not grow.

    2 m / (max ||x||² + (m - 1) L) for m rows a step, with L from a sample
    (Jain et al., "Parallelizing stochastic gradient descent for least squares regression", 2018,
    section 2). The mean of ||x||² in place of the largest diverges if columns are rare.
    """
    sample = problem.table[:: max(1, problem.n // 4096)].astype(np.float64)
    L = 1 + float(np.linalg.eigvalsh(sample.T @ sample / len(sample))[-1])
    curvature = (problem.loss.curvature or 1.0) * float(problem.weights.max())
    return 2 * size / (float(squared_lengths(problem).max()) + (size - 1) * L) / curvature


class TailAverage:
    """The average of a run's points since its number of epochs last grew *growth* times.

    Constant rates with such averages lose the start and average the noise (the same, section 3).
    """

    def __init__(self, growth: float) -> None:
        self.growth, self.restart = growth, 1

    def after(self, epoch: int, total: Floats, count: int) -> Floats:
        """Add an epoch's *count* points, given their sum, and return the average."""
        if epoch >= self.restart:
            self.restart = max(epoch + 1, math.ceil(self.growth * epoch))
            self.total, self.count = np.zeros_like(total), 0
        self.total, self.count = self.total + total, self.count + count
        return self.total / self.count
