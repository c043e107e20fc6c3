"""Second and fourth moments of all rows: the smoothness constant, the row bound, the condition.

A sample of some thousand rows misses levels that only a few rows have, and those decide which
learning rates are stable. What is reported therefore comes from a pass over all rows.

The moments are those of centred, scaled columns: X'X of the original columns would lose digits by
the square of the ratio of their sizes.
"""

import math
from dataclasses import dataclass

import numpy as np

from fastgd.base.linalg import products
from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.data.tables import pieces, take

MAX_COLUMNS = 1024  # beyond, two d x d matrices of all rows take too long
MAX_PRODUCTS = 2e11  # some ten seconds; whoever waits for a warning should not wait longer
BLOCK_ROWS = 4096
SCALE_ROWS = 4096  # rows from which offsets and scale are taken; any will do
CONSTANT = 1e-12  # a spread below this fraction of the size is rounding
WHITENED = 1e-10  # directions with less of the variance than this are left out of the row bound
DEPENDENT = 1e-12  # eigenvalues below this fraction of the largest are zero up to rounding


@dataclass(frozen=True)
class Moments:
    """Weighted means over all rows of products of u = (x - offset) * scale, followed by a one.

    Without an intercept there is no such one, and the offset is zero.
    """

    offset: Floats  # (d,)
    scale: Floats  # (d,)
    size: float  # unit of the norms ||x||, those of the original rows
    second: Floats  # E[s u u']
    fourth: Floats  # E[s^2 ||x||^2 u u'] / size^2

    @property
    def is_finite(self) -> bool:
        """Return True if neither the rows nor their products overflow."""
        return bool(np.isfinite(self.second).all() and np.isfinite(self.fourth).all())

    def largest_eigenvalue(self, l2: float = 0.0) -> float:
        """Return the largest eigenvalue of X'X/n + l2, the intercept without *l2*."""
        return _largest(self._of_raw_columns(l2))

    def row_bound(self, l2: float = 0.0) -> float:
        """Return the smallest B with E[s^2 ||x||^2 x x'] <= B E[s x x'], as matrices.

        It is at most the largest s ||x||^2, and at least that of the rows of a rare level. With a
        penalty that is E[s^2 ||x||^2 x x'] + 2 l2 E[s x x'] + l2^2 <= B (E[s x x'] + l2).
        """
        matrix = self._penalised(l2)
        scales = _inverse_roots(np.diag(matrix))
        values, vectors = np.linalg.eigh(matrix * np.outer(scales, scales))
        kept = values > WHITENED * values[-1]
        white = scales[:, np.newaxis] * vectors[:, kept] / np.sqrt(values[kept])
        fourth, diagonal = self.fourth * self.size * self.size, np.arange(len(self.scale))
        # Of the terms of the penalty, 2 l2 times the right side has too much by l2^2.
        fourth[diagonal, diagonal] -= np.square(l2 * self.scale)
        return _largest(white.T @ fourth @ white) + 2.0 * l2

    def condition(self, l2: float = 0.0) -> float:
        """Return the largest over the smallest eigenvalue of X'X/n + l2.

        Columns of zeros are left out. Infinity if columns depend on each other.
        """
        d = len(self.scale)
        kept = np.diag(self.second) > 0
        kept[:d] |= self.offset != 0
        if not kept.any():
            return math.nan
        here = np.ix_(kept, kept)
        matrix = self._penalised(l2)[here]
        scales = _inverse_roots(np.diag(matrix))
        values, vectors = np.linalg.eigh(matrix * np.outer(scales, scales))
        if values[0] <= DEPENDENT * values[-1]:
            return math.inf
        root = scales[:, np.newaxis] * vectors / np.sqrt(values)  # root @ root.T is the inverse
        back = self._to_raw(inverse=True)[here].T @ root
        return _largest(self._of_raw_columns(l2)[here]) * _largest(back.T @ back)

    def condition_scaled(self, l2: float = 0.0) -> float:
        """Return the same of columns with mean 0 and variance 1; constant columns are left out."""
        d = len(self.scale)
        mean = self.second[:d, d] if self._fit_intercept else np.zeros(d)
        covariance = self.second[:d, :d] - np.outer(mean, mean)
        kept = np.diag(self.second)[:d] > 0
        if not kept.any():
            return 1.0 if self._fit_intercept else math.nan
        matrix = covariance[np.ix_(kept, kept)]
        scales = _inverse_roots(np.diag(matrix))
        matrix = matrix * np.outer(scales, scales)
        matrix[np.diag_indices(len(matrix))] += l2 * np.square(scales * self.scale[kept])
        values = np.linalg.eigvalsh(matrix)
        if values[0] <= DEPENDENT * values[-1]:
            return math.inf
        if self._fit_intercept:  # whose eigenvalue is 1
            values = np.append(values, 1.0)
        return float(values.max() / values.min())

    @property
    def _fit_intercept(self) -> bool:
        return len(self.second) > len(self.scale)

    def _penalised(self, l2: float) -> Floats:
        """Return the second moments plus *l2*, in the scale of u."""
        matrix, diagonal = self.second.copy(), np.arange(len(self.scale))
        matrix[diagonal, diagonal] += l2 * np.square(self.scale)
        return matrix

    def _of_raw_columns(self, l2: float) -> Floats:
        """Return X'X/n + l2 of the original columns."""
        to_raw = self._to_raw()
        return np.asarray(to_raw @ self._penalised(l2) @ to_raw.T)

    def _to_raw(self, inverse: bool = False) -> Floats:
        """Return the matrix that turns (u, 1) into (x, 1), or its inverse."""
        scales = self.scale if inverse else 1.0 / self.scale
        if not self._fit_intercept:
            return np.diag(scales)
        matrix = np.diag(np.append(scales, 1.0))
        matrix[:-1, -1] = -self.offset * self.scale if inverse else self.offset
        return matrix


def has_moments(source: Source) -> bool:
    """Return True if a table is narrow enough to sum the products of its columns."""
    return source.d <= MAX_COLUMNS and source.n * source.d**2 <= MAX_PRODUCTS


def sum_moments(source: Source, fit_intercept: bool, n_threads: int) -> Moments:
    """Return the moments of all rows, from one pass; the number of threads changes no bit."""
    offset, scale, size = _offset_and_scale(source, fit_intercept)
    width = source.d + fit_intercept
    second, fourth = np.zeros((width, width)), np.zeros((width, width))
    u = np.ones((BLOCK_ROWS, width))
    with Workers(n_threads) as workers, np.errstate(all="ignore"):
        for start in range(0, source.n, BLOCK_ROWS):
            rows, weights = _weighted_rows(source, start, min(start + BLOCK_ROWS, source.n))
            squared_norms = _squared_norms(rows, size, fit_intercept)
            here = u[: len(rows)]
            np.multiply(rows - offset, scale, out=here[:, : source.d])
            second += products(here, weights=weights, workers=workers)
            heavy = np.square(weights) * squared_norms
            fourth += products(here, weights=heavy, workers=workers)
    second, fourth = second / source.n, fourth / source.n
    sizes = np.abs(offset * scale)
    variances = np.diag(second)[: source.d]
    constant = np.flatnonzero(variances <= np.square(CONSTANT * sizes))
    for matrix in (second, fourth):
        matrix[constant], matrix[:, constant] = 0.0, 0.0
    return Moments(offset, scale, size, second, fourth)


def largest_squared_norm(source: Source, fit_intercept: bool) -> float:
    """Return the largest s ||x||^2: a bound on the row bound, for tables of any width."""
    largest = 0.0
    with np.errstate(all="ignore"):
        for start, piece in pieces(source.table):
            rows, weights = _weighted_rows(source, start, start + len(piece), piece)
            sizes = weights * _squared_norms(rows, 1.0, fit_intercept)
            largest = max(largest, float(np.max(sizes, initial=0.0)))
    return largest


def _weighted_rows(
    source: Source, start: int, stop: int, piece: Array | None = None
) -> tuple[Floats, Floats]:
    """Return the rows start..stop that have a weight above 0, in float64, and their weights."""
    piece = source.table.between(start, stop) if piece is None else piece
    rows = np.asarray(piece, dtype=np.float64)
    if not source.weighted:
        return rows, np.ones(len(rows))
    weights = source.weights[start:stop] * source.weight_scale
    return rows[weights > 0], weights[weights > 0]


def _squared_norms(rows: Floats, size: float, fit_intercept: bool) -> Floats:
    """Return ||x||^2 / size^2 of each row, the one of an intercept included."""
    scaled = rows / size
    return np.asarray(np.einsum("ij,ij->i", scaled, scaled) + fit_intercept / size / size)


def _offset_and_scale(source: Source, fit_intercept: bool) -> tuple[Floats, Floats, float]:
    """Return an offset and a unit for each column, and one for the norms of rows."""
    pool = np.flatnonzero(source.weights) if source.weighted else np.arange(source.n)
    places = np.linspace(0, len(pool) - 1, min(len(pool), SCALE_ROWS)).astype(np.int64)
    rows = take(source.table, pool[places]).astype(np.float64)
    sizes = np.abs(rows).max(axis=0)
    offset = rows.mean(axis=0) if fit_intercept else np.zeros(source.d)
    away = np.abs(rows - offset).max(axis=0)
    spread = np.where(away > CONSTANT * sizes, away, sizes)
    scale = 1.0 / np.where(spread > 0, spread, 1.0)
    return offset, scale, max(float(sizes.max()), float(fit_intercept)) or 1.0


def _inverse_roots(values: Floats) -> Floats:
    """Return 1 / sqrt of each value, and 0 for a value of 0."""
    positive = np.maximum(values, 0.0)
    return np.divide(1.0, np.sqrt(positive), out=np.zeros_like(positive), where=positive > 0)


def _largest(matrix: Floats) -> float:
    """Return the largest eigenvalue of a symmetric matrix; 0 if it is empty, NaN if not finite."""
    if not np.isfinite(matrix).all():
        return math.nan
    return float(np.linalg.eigvalsh(matrix)[-1]) if len(matrix) else 0.0
