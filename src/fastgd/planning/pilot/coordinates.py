"""Coordinates u = (x - mean) * units, in which columns count alike, whatever their size and mean.

Of coefficients v and an intercept c there, predictions are x.(units v) + (c - (mean * units).v):
those are the coefficients as they are. No row of the table is changed or copied.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fastgd.base.linalg import dot, joined
from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.data.tables import pieces, take

MIN_SPREAD = 1e-12  # a spread below this share of the size is none


@dataclass(frozen=True)
class Coordinates:
    """Where each column has its 0, and 1 over its unit; 0 for a column that is constant."""

    mean: Floats  # (d,)
    units: Floats  # (d,)
    passes: float = 0.0  # over the rows, that it took to see them
    unresolved: tuple[int, ...] = ()  # columns that vary, but too little to be more than constant

    @cached_property
    def shift(self) -> Floats:
        """What is added to x * units."""
        return -self.mean * self.units

    def damped(self, l2: float) -> "Coordinates":
        """Return coordinates in which a penalty's curvature counts like a column's."""
        if l2 == 0:
            return self
        units = self.units / np.sqrt(1.0 + l2 * np.square(self.units))
        return replace(self, units=units)

    def uncentred(self) -> "Coordinates":
        """Return coordinates in which columns have a root mean square of 1, wherever their mean."""
        spread = np.divide(1.0, self.units, out=np.zeros_like(self.units), where=self.units > 0)
        size = np.hypot(self.mean, spread)
        units = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
        return replace(self, mean=np.zeros_like(size), units=units)

    def without_constants(self, coef: Array) -> Array:
        """Return the same predictions' coefficients, those of constant columns 0."""
        is_constant = self.units == 0
        moved = coef.copy()
        moved[-1] += dot(self.mean, np.where(is_constant, coef[:-1], 0.0))
        moved[:-1][is_constant] = 0.0
        return moved

    def rows(self, rows: Floats) -> Floats:
        """Return rows, with their last column of ones, as they are here."""
        return np.column_stack([rows[:, :-1] * self.units + self.shift, rows[:, -1]])

    def enter(self, coef: Array) -> Floats:
        """Return coefficients and intercept here, given those as they are."""
        w = np.asarray(coef[:-1], dtype=np.float64)
        v = np.divide(w, self.units, out=np.zeros_like(w), where=self.units > 0)
        return joined(v, coef[-1] + dot(self.mean, w))

    def leave(self, point: Array) -> Floats:
        """Return coefficients and intercept as they are, given those here."""
        v = np.asarray(point[:-1], dtype=np.float64)
        return joined(self.units * v, point[-1] + dot(self.shift, v))

    def gradient(self, g: Floats) -> Floats:
        """Return a gradient here, given that in coefficients as they are."""
        return joined(self.units * g[:-1] + self.shift * g[-1], g[-1])


def identity(d: int) -> Coordinates:
    """Return coordinates in which everything is as it is."""
    return Coordinates(np.zeros(d), np.ones(d))


def standardise(
    source: Source, x: Floats, shares: Floats, fit_intercept: bool
) -> tuple[Coordinates, Array]:
    """Return coordinates in which rows have mean 0 and spread 1, as the sample *x* has it.

    The *shares*, of mean 1, say how much each row counts.

    Of a column that is the same all over the sample, all rows are looked at; which of those do
    vary is returned, too. Without an intercept, means stay where they are.
    """
    sizes = np.maximum(x.max(axis=0), -x.min(axis=0))
    mean = _weighted_mean(x, shares) if fit_intercept else np.zeros(x.shape[1])
    away = x - mean
    away /= np.where(sizes > 0, sizes, 1.0)  # or what is small would square to 0
    spread = sizes * np.sqrt(_weighted_mean(np.square(away, out=away), shares))
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
    unseen[suspects] = coordinates.units[suspects] > 0
    return coordinates, unseen


def _weighted_mean(x: Floats, shares: Floats) -> Floats:
    if (shares == 1.0).all():
        return np.asarray(x.mean(axis=0))
    return np.asarray(np.einsum("i,ij->j", shares / shares.sum(), x))


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
    units = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
    unresolved = np.flatnonzero((spread > 0) & ~varies)  # the spread of a constant is exactly 0
    return Coordinates(mean, units, passes, tuple(unresolved.tolist()))
