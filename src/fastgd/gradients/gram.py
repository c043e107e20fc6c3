"""The Gram route: gradients of the squared error from X'X, made once, instead of from the rows.

With r = r0 + x.(w - w0), the gradient of the squared error is linear and its loss quadratic in
w - w0, with X'X as the matrix of both. Making it costs n d^2 operations, once; a step then costs
d^2 operations instead of n d, and the iterates are the same up to rounding.

Two things keep the rounding as small as that of the rows themselves. The matrix is made of rows
about their mean, for of a mean of 1000 standard deviations the plain X'X would leave ten digits.
And distances are taken from a reference, at which loss and gradient are computed from the rows:
when the gradient has shrunk so far that what is left of it would be the difference of large
numbers, the reference is moved there, at the cost of one pass.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.linalg import products
from fastgd.base.types import Array, Floats
from fastgd.data.orders import Rows
from fastgd.data.sources import Source
from fastgd.data.tables import Table, take
from fastgd.gradients.full_pass import FullPass
from fastgd.kernels.arguments import LOSS, NOT_FINITE, TALLY_SIZE, WEIGHT
from fastgd.kernels.compiler.jit import load
from fastgd.kernels.gram import multiply
from fastgd.losses import SquaredError

BLOCK_ROWS = 4096  # BLAS is bitwise identical for so many rows of float64, on any number of threads
MEAN_ROWS = 4096
FAR = 1e-4  # how far the gradient may shrink from that of the reference


@dataclass(frozen=True)
class Centred:
    """A table less its mean, in float64."""

    table: Table
    mean: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.table.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which type rows are handed out."""
        return self.mean.dtype

    def between(self, start: int, stop: int, out: Array | None = None) -> Array:
        """Return the rows start..stop."""
        rows = self.table.between(start, stop)
        return np.subtract(rows, self.mean, out=None if out is None else out[: len(rows)])

    def fill(self, rows: Rows, out: Array) -> None:
        """Write these rows to *out*."""
        np.subtract(take(self.table, rows), self.mean, out=out)

    def in_place(self) -> Array | None:
        """Return None: nowhere do rows lie so."""
        return None


class Gram:
    """Sums over the rows from which loss and gradient follow at any coefficients.

    A row x is taken as (c, 1), c = x - mean, and coefficients (w, b) as (w, b + mean.w).
    """

    def __init__(self, source: Source, n_threads: int) -> None:
        self.mean = np.append(_mean(source.table), 0.0)
        table = Centred(source.table, self.mean[:-1])
        self.source = Source(table, source.y.astype(np.float64), source.weights, None, None)
        self.rows = FullPass(self.source, SquaredError(), n_threads, gradients=True)
        self.rows.load()
        self.reads = 0  # passes over the rows
        self._reference = np.full_like(self.mean, np.nan)
        self._gradient, self._norm = np.zeros_like(self.mean), 0.0  # there, in terms of (c, 1)
        self._tally = np.zeros(TALLY_SIZE)
        self.matrix = self._sum_products()
        load(multiply, self.matrix, self.mean, np.empty(0))

    def close(self) -> None:
        """Let no thread stay behind."""
        self.rows.close()

    def add(self, coef: Array, g: Floats, tally: Floats) -> None:
        """Add the sums over all rows at *coef* to *g* and *tally*, as a pass over them would."""
        coef = coef.astype(np.float64)
        step, gradient = self._from_reference(coef)
        has_moved = (coef != self._reference).any()
        if has_moved and not np.linalg.norm(gradient) > FAR * self._norm:
            self._move_reference(coef)
            step, gradient = self._from_reference(coef)
        loss = self._tally[LOSS] + 0.5 * step @ (self._gradient + gradient)
        g += self._of_rows(gradient)
        tally[LOSS] += loss
        tally[WEIGHT] += self._tally[WEIGHT]
        tally[NOT_FINITE] += not np.isfinite(loss)

    def times(self, coef: Floats) -> Floats:
        """Return (X, 1)'(X, 1) @ coef."""
        return self._of_rows(self._product(self._centred(coef)))

    def _centred(self, coef: Floats) -> Floats:
        return np.append(coef[:-1], coef[-1] + float(self.mean @ coef))

    def _of_rows(self, gradient: Floats) -> Floats:
        """Return a gradient in terms of the rows, given one in terms of (c, 1)."""
        return gradient + self.mean * float(gradient[-1])

    def _product(self, v: Floats) -> Floats:
        product = np.empty_like(v)
        multiply(self.matrix, v, product)
        return product

    def _from_reference(self, coef: Floats) -> tuple[Floats, Floats]:
        """Return the step from the reference, and the gradient where it leads."""
        step = self._centred(coef - self._reference)
        return step, self._gradient + self._product(step)

    def _move_reference(self, coef: Floats) -> None:
        """Compute loss and gradient from the rows, and the distances from now on from here."""
        self._reference = coef
        self._gradient, self._tally = np.zeros_like(coef), np.zeros(TALLY_SIZE)
        self.rows.add(self._centred(coef), 0, self.source.n, self._gradient, self._tally)
        self._norm = float(np.linalg.norm(self._gradient))
        self.reads += 1

    def _sum_products(self) -> Floats:
        """Sum the products of the rows, a block at a time, from one caller."""
        source, size = self.source, len(self.mean)
        block, total = np.empty((BLOCK_ROWS, size)), np.zeros((size, size))
        for start in range(0, source.n, BLOCK_ROWS):
            stop = min(start + BLOCK_ROWS, source.n)
            rows = block[: stop - start]
            source.table.between(start, stop, rows[:, :-1])
            rows[:, -1] = 1.0
            if source.weighted:
                rows *= np.sqrt(source.weights[start:stop] * source.weight_scale)[:, None]
            total += products(rows)
        self.reads += 1
        return np.asarray(total)


def _mean(table: Table) -> Floats:
    """Return about the mean of the rows: that of some, from all over the table."""
    n = table.shape[0]
    rows = take(table, np.linspace(0, n - 1, min(n, MEAN_ROWS)).astype(np.int64))
    return np.asarray(rows.mean(axis=0, dtype=np.float64))
