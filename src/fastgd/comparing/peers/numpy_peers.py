"""NumPy: gradient descent as one writes it, and the direct solvers of LAPACK."""

import math
from collections.abc import Iterator

import numpy as np

from fastgd.comparing.peers.steps import EPOCHS, TailAverage, pad, stable_rate, start, with_ones
from fastgd.comparing.peers.table import serves
from fastgd.comparing.problem import Problem
from fastgd.comparing.trace import Point


@serves("numpy-batch", "squared_error")
def numpy_batch(problem: Problem, seed: int) -> Iterator[Point]:
    """NumPy: accelerated full gradients, X'(Xw - y), at 1/L with restarts."""
    w = start(problem)
    yield 0.0, w
    X, y, s, n = problem.table, problem.source.y, problem.weights, problem.n
    has_intercept, passes = problem.fit_intercept, 0.0
    v = np.full(problem.d + 1, 1.0)
    v[-1] *= has_intercept
    L = 1.0
    for _ in range(20):  # power iteration
        z = s * (X @ v[:-1] + v[-1])
        g = np.append(X.T @ z, has_intercept * z.sum()) / n
        L, v = float(np.linalg.norm(g)), g / np.linalg.norm(g)
        passes += 1
    L = 1.02 * L + problem.l2
    extrapolated, theta = w.copy(), 1.0
    for _ in range(10_000):
        r = s * (X @ extrapolated[:-1] + extrapolated[-1] - y)
        g = np.append(X.T @ r / n + problem.l2 * extrapolated[:-1], has_intercept * r.mean())
        following = extrapolated - g / L
        theta = 1.0 if g @ (following - w) > 0 else theta
        next_theta = (1 + math.sqrt(1 + 4 * theta**2)) / 2
        extrapolated = following + (theta - 1) / next_theta * (following - w)
        w, theta, passes = following, next_theta, passes + 1
        yield passes, w


@serves("numpy-minibatch", "squared_error")
def numpy_minibatch(
    problem: Problem, seed: int, size: int = 256, rate: float = 0.9, growth: float = 1.5
) -> Iterator[Point]:
    """NumPy: mini-batches of 256 shuffled rows at 0.9 of the stable rate, averaged tails."""
    w = start(problem)
    yield 0.0, w
    X, y, s = problem.table, problem.source.y, problem.weights
    rng, tail = np.random.default_rng(seed), TailAverage(growth)
    size = min(size, problem.n)
    rate *= stable_rate(problem, size)
    for epoch in range(1, 1 + EPOCHS):
        order, total = rng.permutation(problem.n), np.zeros_like(w)
        firsts = range(0, problem.n, size)
        for first in firsts:
            rows = order[first : first + size]
            x = X[rows]
            r = s[rows] * (x @ w[:-1] + w[-1] - y[rows])
            w[:-1] -= rate * (r @ x / len(rows) + problem.l2 * w[:-1])
            w[-1] -= rate * problem.fit_intercept * r.mean()
            total += w
        yield epoch, tail.after(epoch, total, len(firsts))


@serves("lstsq", "squared_error")
def lstsq(problem: Problem, seed: int) -> Iterator[Point]:
    """numpy.linalg.lstsq: LAPACK's singular value decomposition."""
    yield math.nan, start(problem)
    root = np.sqrt(problem.weights)[:, None]
    A = np.asarray(with_ones(problem) * root, np.float64)
    y = problem.y64 * root[:, 0]
    if problem.l2:
        ridge = math.sqrt(problem.l2 * problem.n) * np.eye(problem.d, A.shape[1])
        A, y = np.vstack([A, ridge]), np.append(y, np.zeros(problem.d))
    yield math.nan, pad(problem, np.linalg.lstsq(A, y, rcond=None)[0])


@serves("cholesky", "squared_error")
def cholesky(problem: Problem, seed: int) -> Iterator[Point]:
    """Normal equations about the means, X'X by BLAS, solved by Cholesky's factor."""
    yield math.nan, start(problem)
    X, y, s = problem.table, problem.y64, problem.weights
    mean = s @ X / problem.n * problem.fit_intercept
    centre = float(s @ y / problem.n) * problem.fit_intercept
    weighted = X if not problem.source.weighted else X * s[:, None].astype(X.dtype)
    gram = np.asarray(weighted.T @ X, np.float64) / problem.n - np.outer(mean, mean)
    right = np.asarray(weighted.T @ y, np.float64) / problem.n - mean * centre
    gram[np.diag_indices(problem.d)] += problem.l2
    factor = np.linalg.cholesky(gram)
    w = np.linalg.solve(factor.T, np.linalg.solve(factor, right))
    yield math.nan, np.append(w, centre - mean @ w)
