"""Coordinates u = (x - mean) * scale, in which all columns have mean 0 and spread 1.

Of coefficients v and an intercept c there, predictions are x.(scale v) + (c - (mean * scale).v):
those are the original coefficients. No row of the table is changed or copied.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fastgd.base.linalg import dot, joined
from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.data.tables import pieces, take

MIN_SPREAD = 1e-12  # a spread below this fraction of the size is none


@dataclass(frozen=True)
class Coordinates:
    """The mean and the scale of each column; a scale of 0 for a column that is constant."""

    mean: Floats  # (d,)
    scale: Floats  # (d,)
    passes: float = 0.0  # over the rows, that it took to see them
    unresolved: tuple[int, ...] = ()  # columns that vary, but too little to be more than constant

    @cached_property
    def offset(self) -> Floats:
        """What is added to x * scale: minus the scaled mean."""
        return -self.mean * self.scale

    def damped(self, l2: float) -> "Coordinates":
        """Return coordinates in which a column and its L2 penalty have a second derivative of 1."""
        if l2 == 0:
            return self
        scale = self.scale / np.sqrt(1.0 + l2 * np.square(self.scale))
        return replace(self, scale=scale)

    def uncentred(self) -> "Coordinates":
        """Return coordinates in which columns have a root mean square of 1, wherever their mean."""
        spread = np.divide(1.0, self.scale, out=np.zeros_like(self.scale), where=self.scale > 0)
        size = np.hypot(self.mean, spread)
        scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
        return replace(self, mean=np.zeros_like(size), scale=scale)

    def without_constants(self, coef: Array) -> Array:
        """Return the same predictions' coefficients, those of constant columns 0."""
        is_constant = self.scale == 0
        moved = coef.copy()
        moved[-1] += dot(self.mean, np.where(is_constant, coef[:-1], 0.0))
        moved[:-1][is_constant] = 0.0
        return moved

    def rows(self, rows: Floats) -> Floats:
        """Return rows, with their last column of ones, in the coordinates."""
        return np.column_stack([rows[:, :-1] * self.scale + self.offset, rows[:, -1]])

    def transform(self, coef: Array) -> Floats:
        """Return coefficients and intercept in the coordinates, given the original ones."""
        w = np.asarray(coef[:-1], dtype=np.float64)
        v = np.divide(w, self.scale, out=np.zeros_like(w), where=self.scale > 0)
        return joined(v, coef[-1] + dot(self.mean, w))

    def inverse_transform(self, point: Array) -> Floats:
        """Return the original coefficients and intercept, given those in the coordinates."""
        v = np.asarray(point[:-1], dtype=np.float64)
        return joined(self.scale * v, point[-1] + dot(self.offset, v))

    def gradient(self, g: Floats) -> Floats:
        """Return a gradient in the coordinates, given that by the original coefficients."""
        return joined(self.scale * g[:-1] + self.offset * g[-1], g[-1])


def identity(d: int) -> Coordinates:
    """Return coordinates in which everything is as it is."""
    return Coordinates(np.zeros(d), np.ones(d))


def standardise(
    source: Source, x: Floats, weights: Floats, fit_intercept: bool
) -> tuple[Coordinates, Array]:
    """Return coordinates in which rows have mean 0 and spread 1, as the sample *x* has it.

    The *weights*, of mean 1, say how much each row counts.

    Of a column that is the same all over the sample, all rows are read; which of those do
    vary is returned, too. Without an intercept, means are 0.
    """
    sizes = np.maximum(x.max(axis=0), -x.min(axis=0))
    mean = _weighted_mean(x, weights) if fit_intercept else np.zeros(x.shape[1])
    away = x - mean
    away /= np.where(sizes > 0, sizes, 1.0)  # or what is small would square to 0
    spread = sizes * np.sqrt(_weighted_mean(np.square(away, out=away), weights))
    suspects = np.flatnonzero(~_varies(spread, sizes))
    is_read_whole = len(suspects) > 0 and len(x) < source.n
    if is_read_whole:
        about = x[0, suspects] if fit_intercept else np.zeros(len(suspects))
        mean[suspects], spread[suspects] = _moments(source, suspects, about, fit_intercept)
        sizes[suspects] = np.abs(mean[suspects])
    elif len(suspects):
        spread[suspects] *= (x[:, suspects] != x[0, suspects]).any(axis=0)
    coordinates = _of_moments(mean, spread, sizes, passes=float(is_read_whole))
    unseen = np.zeros(len(mean), bool)
    unseen[suspects] = coordinates.scale[suspects] > 0
    return coordinates, unseen


def _weighted_mean(x: Floats, weights: Floats) -> Floats:
    if (weights == 1.0).all():
        return np.asarray(x.mean(axis=0))
    return np.asarray(np.einsum("i,ij->j", weights / weights.sum(), x))


def standardise_all(source: Source, centred: bool) -> Coordinates:
    """Return coordinates in which all rows have mean 0 and spread 1, or a root mean square of 1.

    That takes a pass, or two for the means: the row that the first is about may lie far from them.
    """
    first = np.asarray(take(source.table, np.zeros(1, np.int64))[0], dtype=np.float64)
    about, columns = first if centred else np.zeros(source.d), np.arange(source.d)
    mean, spread = _moments(source, columns, about, centred)
    if centred:
        mean, spread = _moments(source, columns, mean, centred)
    return _of_moments(mean, spread, np.abs(mean), passes=1.0 + centred)


def _moments(source: Source, columns: Array, about: Floats, centred: bool) -> tuple[Floats, Floats]:
    """Return each column's mean and spread; zeros and root mean squares if it is not centred.

    If rows are equal to *about*, the spread is exactly 0.
    """
    total, squares = np.zeros(len(columns)), np.zeros(len(columns))
    for start, piece in pieces(source.table):
        away = piece[:, columns].astype(np.float64) - about
        if source.weighted:
            weights = source.weights[start : start + len(piece)] * source.weight_scale
            total += np.einsum("i,ij->j", weights, away)
            squares += np.einsum("i,ij->j", weights, np.square(away))
            continue
        total += away.sum(axis=0)
        squares += np.square(away).sum(axis=0)
    if not np.isfinite(squares).all():
        source.check_finite()
    if not centred:
        return np.zeros(len(columns)), np.sqrt(squares / source.n)
    offset = total / source.n
    return about + offset, np.sqrt(np.maximum(squares / source.n - np.square(offset), 0.0))


def _varies(spread: Floats, sizes: Floats) -> Array:
    """Return which columns are not constant, to the digits of float64."""
    return np.asarray(spread > np.maximum(MIN_SPREAD * sizes, np.finfo(np.float64).tiny))


def _of_moments(mean: Floats, spread: Floats, sizes: Floats, passes: float) -> Coordinates:
    varies = _varies(spread, sizes)
    scale = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
    unresolved = np.flatnonzero((spread > 0) & ~varies)  # the spread of a constant is exactly 0
    return Coordinates(mean, scale, passes, tuple(unresolved.tolist()))
