"""Problems of known difficulty, of any size."""

import math
import sys
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastgd.base.validation import (
    check_at_least,
    check_count,
    check_not_negative,
    check_random_state,
    refusal,
)
from fastgd.kernels.compiler.jit import load
from fastgd.kernels.making import correlate_rows

Float64s: TypeAlias = NDArray[np.float64]
Floats: TypeAlias = NDArray[np.float32] | NDArray[np.float64]
FloatType: TypeAlias = Literal["float32", "float64"] | type[np.floating[Any]] | np.dtype[Any]
Seed: TypeAlias = int | np.random.Generator | None

# Numbers made at a time, 2 MB of float64: they stay in cache from drawing to reflecting. The
# data do not depend on it.
BLOCK = 2**18


def make_regression(
    n_samples: int = 1_000_000,
    n_features: int = 100,
    *,
    n_informative: int | None = None,
    condition_number: float = 1.0,
    noise: float = 1.0,
    dtype: FloatType = "float64",
    random_state: Seed = None,
) -> tuple[Floats, Floats, Floats]:
    """Make a linear regression problem whose difficulty is known: y = X @ coef + noise * normal.

    The rows of X are Gaussian with mean zero. The eigenvalues of their covariance H fall
    geometrically from 1 to 1 / `condition_number`, and its eigenvectors are rotated away from
    the axes, so the columns are correlated. ``X @ coef`` has variance 1, so that `noise` means
    the same for every shape and condition number: the R^2 of `coef` is 1 / (1 + noise^2).

    Parameters
    ----------
    n_samples, n_features : int
        Shape of X, each at least 1.
    n_informative : int or None
        How many entries of `coef` are not zero, 0 to `n_features`; None means all.
    condition_number : float
        Largest over smallest eigenvalue of H, at least 1: gradient descent needs a number of
        steps proportional to it, with acceleration to its square root.
    noise : float
        Standard deviation of the normal noise added to ``X @ coef``, at least 0.
    dtype : "float64" or "float32"
        Type of the three arrays. float32 gives the float64 arrays of the same `random_state`,
        rounded.
    random_state : None, int or numpy.random.Generator
        Seed, at least 0, or source of the random numbers; None makes other data at each call.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), C order
    y : ndarray of shape (n_samples,)
    coef : ndarray of shape (n_features,)

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or not of its kind.

    Notes
    -----
    The rotation is one Householder reflection I - 2uu', u a random unit vector ([1]_, section
    5.1.2): H = (I - 2uu') S (I - 2uu'), S the diagonal matrix of the eigenvalues.

    Of ``np.random.default_rng(random_state)`` are drawn, in this order: the places of the
    informative features, normal coefficients, u, four integers that seed a second generator,
    and the rows of X one after the other; the noise comes row by row from the second generator.
    So, for one seed, the first rows do not depend on `n_samples`, X does not depend on
    `n_informative` and `noise`, and `make_classification` gives the same X and coef.

    Memory beyond the three arrays is under 16 MB, plus 64 bytes a feature.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th edition, 2013.

    Examples
    --------
    >>> from fastgd.datasets import make_regression
    >>> X, y, coef = make_regression(1000, 4, n_informative=2, noise=0.1, random_state=0)
    >>> X.shape, y.shape, int((coef != 0).sum())
    ((1000, 4), (1000,), 2)
    """
    problem = _check_problem(n_samples, n_features, n_informative, condition_number, noise)
    X, coef, blocks = _begin(problem, _check_dtype(dtype), _check_random_state(random_state))
    y: Floats = np.empty(problem.n_samples, X.dtype)
    for rows, z, rng in blocks:
        y[rows] = z + problem.noise * rng.standard_normal(z.size)
    return X, y, coef


def make_classification(
    n_samples: int = 1_000_000,
    n_features: int = 100,
    *,
    n_informative: int | None = None,
    condition_number: float = 1.0,
    noise: float = 1.0,
    dtype: FloatType = "float64",
    random_state: Seed = None,
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Make a logistic regression problem whose difficulty is known.

    The label y is 1 where ``X @ coef + noise * logistic > 0`` and 0 elsewhere, which means that
    P(y = 1 | x) = 1 / (1 + exp(-x @ coef / noise)): on ever more rows, logistic regression
    without penalty tends to coef / noise. X and coef are those of `make_regression`, so the
    margin ``X @ coef`` has variance 1.

    Parameters
    ----------
    n_samples, n_features, n_informative, condition_number, dtype, random_state
        As in `make_regression`; `dtype` is that of X and coef.
    noise : float
        Scale of the logistic noise on the margin, at least 0: with 0 a plane separates the two
        classes, and with large values they overlap almost completely.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features), C order
    y : ndarray of shape (n_samples,), int64
        Labels 0 and 1; a small sample may hold only one of them.
    coef : ndarray of shape (n_features,)

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range, or not of its kind.

    Examples
    --------
    >>> from fastgd.datasets import make_classification
    >>> X, y, coef = make_classification(1000, 4, noise=0.1, random_state=0)
    >>> sorted(set(y.tolist()))
    [0, 1]
    >>> bool(((X @ coef > 0) == y).mean() > 0.9)
    True
    """
    problem = _check_problem(n_samples, n_features, n_informative, condition_number, noise)
    X, coef, blocks = _begin(problem, _check_dtype(dtype), _check_random_state(random_state))
    y = np.empty(problem.n_samples, np.int64)
    for rows, z, rng in blocks:
        y[rows] = z + problem.noise * rng.logistic(size=z.size) > 0
    return X, y, coef


class _Problem(NamedTuple):
    """The checked arguments that `make_regression` and `make_classification` share."""

    n_samples: int
    n_features: int
    n_informative: int
    condition_number: float
    noise: float


# A block's place in the data, its X @ coef before rounding, and the source of its noise.
Block: TypeAlias = tuple[slice, Float64s, np.random.Generator]


def _begin(
    problem: _Problem, dtype: np.dtype[Any], rng: np.random.Generator
) -> tuple[Floats, Floats, Iterator[Block]]:
    """Return X still empty, coef, and the blocks: who goes through them fills X."""
    scale = np.sqrt(np.geomspace(1.0, 1.0 / problem.condition_number, problem.n_features))
    coef, direction = _draw_coef(problem, scale, rng)
    noise_rng = np.random.default_rng(rng.integers(2**63, size=4))
    X: Floats = np.empty((problem.n_samples, problem.n_features), dtype)
    blocks = _fill(X, (scale, direction, coef), rng, noise_rng)
    return X, coef.astype(dtype), blocks


def _fill(
    X: Floats,
    law: tuple[Float64s, Float64s, Float64s],
    rng: np.random.Generator,
    noise_rng: np.random.Generator,
) -> Iterator[Block]:
    """Make X block by block: float64 where it lies, float32 in a buffer that is then rounded."""
    n_samples, n_features = X.shape
    n_rows = min(max(1, BLOCK // n_features), n_samples)
    z = np.empty(n_rows)
    buffer = None if X.dtype == np.float64 else np.empty((n_rows, n_features))
    load(correlate_rows, np.empty((0, n_features)), *law, z)
    for start in range(0, n_samples, n_rows):
        rows = slice(start, min(start + n_rows, n_samples))
        size = rows.stop - start
        made: Any = X[rows] if buffer is None else buffer[:size]
        rng.standard_normal(out=made)
        correlate_rows(made, *law, z[:size])
        if buffer is not None:
            X[rows] = made
        yield rows, z[:size], noise_rng


def _draw_coef(
    problem: _Problem, scale: Float64s, rng: np.random.Generator
) -> tuple[Float64s, Float64s]:
    """Draw coef, with Var(x @ coef) = 1, and the direction across which rows are reflected."""
    places = rng.permutation(problem.n_features)
    coef = rng.standard_normal(problem.n_features)
    direction = rng.standard_normal(problem.n_features)
    direction /= _norm(direction)
    coef[places[problem.n_informative :]] = 0.0
    if problem.n_informative:
        reflected = scale * (coef - 2.0 * np.sum(direction * coef) * direction)
        coef /= _norm(reflected)
    return coef, direction


def _norm(vector: Float64s) -> float:
    """Length of *vector*, without BLAS, whose last bits depend on its number of threads."""
    return math.sqrt(np.sum(vector * vector))


def _check_problem(
    n_samples: object,
    n_features: object,
    n_informative: object,
    condition_number: object,
    noise: object,
) -> _Problem:
    rows = check_count("n_samples", n_samples)
    columns = check_count("n_features", n_features)
    informative = columns
    if n_informative is not None:
        informative = check_count("n_informative", n_informative, " or None", least=0)
    if informative > columns:
        raise ValueError(f"n_informative must be at most n_features={columns}; got {informative}.")
    kappa = check_at_least("condition_number", condition_number, 1)
    if columns == 1 and kappa != 1:
        raise ValueError(
            f"condition_number must be 1 when n_features is 1; got {kappa:g}: "
            "a single column has a single eigenvalue."
        )
    if rows * columns > sys.maxsize // np.dtype(np.float64).itemsize:
        raise ValueError(f"n_samples * n_features must fit in memory; got {rows} * {columns}.")
    return _Problem(rows, columns, informative, kappa, check_not_negative("noise", noise))


def _check_dtype(dtype: object) -> np.dtype[Any]:
    kinds = (str, type, np.dtype)
    for kind in (np.dtype(np.float64), np.dtype(np.float32)):
        if isinstance(dtype, kinds) and dtype in (kind, kind.name, kind.type):
            return kind
    raise refusal("dtype", '"float64" or "float32"', dtype, kinds)


def _check_random_state(random_state: object) -> np.random.Generator:
    return np.random.default_rng(check_random_state(random_state))
