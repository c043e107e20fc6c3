"""Coordinates u = (x - mean) * units, in which columns count alike, whatever their size and mean.

Of coefficients v and an intercept c there, predictions are x.(units v) + (c - (mean * units).v):
those are the coefficients as they are. No row of the table is changed or copied.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fastgd.kernels.arguments import Array
from fastgd.passes import Floats
from fastgd.sources import Source
from fastgd.tables import pieces

ROUNDING = 1e-9  # a spread below this share of the size is none


@dataclass(frozen=True)
class Coordinates:
    """Where each column has its 0, and 1 over its unit; 0 for a column that is constant."""

    mean: Floats  # (d,)
    units: Floats  # (d,)

    @cached_property
    def shift(self) -> Floats:
        """What is added to x * units."""
        return -self.mean * self.units

    def enter(self, coef: Array) -> Floats:
        """Return coefficients and intercept here, given those as they are."""
        w = np.asarray(coef[:-1], dtype=np.float64)
        v = np.divide(w, self.units, out=np.zeros_like(w), where=self.units > 0)
        return np.append(v, coef[-1] + self.mean @ w)

    def leave(self, point: Array) -> Floats:
        """Return coefficients and intercept as they are, given those here."""
        v = np.asarray(point[:-1], dtype=np.float64)
        return np.append(self.units * v, point[-1] + self.shift @ v)

    def gradient(self, g: Floats) -> Floats:
        """Return a gradient here, given that in coefficients as they are."""
        return np.append(self.units * g[:-1] + self.shift * g[-1], g[-1])


def standardise(source: Source, x: Floats, fit_intercept: bool) -> tuple[Coordinates, Array]:
    """Return coordinates in which rows have mean 0 and spread 1, as the sample *x* has it.

    Of a column that is the same all over the sample, all rows are looked at; which of those do
    vary is returned, too. Without an intercept, means stay where they are.
    """
    mean = x.mean(axis=0) if fit_intercept else np.zeros(x.shape[1])
    square = np.mean(np.square(x - mean), axis=0)
    suspects = np.flatnonzero(~(np.sqrt(square) > ROUNDING * np.abs(x).max(axis=0)))
    if len(suspects) and len(x) < source.n:
        total, squares = np.zeros(len(suspects)), np.zeros(len(suspects))
        for _, piece in pieces(source.table):
            away = piece[:, suspects].astype(np.float64) - x[0, suspects]
            total += away.sum(axis=0)
            squares += np.square(away).sum(axis=0)
        if fit_intercept:
            mean[suspects] = x[0, suspects] + total / source.n
            square[suspects] = squares / source.n - np.square(total / source.n)
        else:
            square[suspects] = squares / source.n
    sizes = np.abs(x).max(axis=0) if len(x) == source.n else np.abs(mean)
    spread = np.sqrt(np.maximum(square, 0.0))
    varies = spread > ROUNDING * sizes
    units = np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)
    unseen = np.zeros(len(units), bool)
    unseen[suspects] = varies[suspects]
    return Coordinates(mean, units), unseen
