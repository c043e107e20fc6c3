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


@dataclass(frozen=True)
class Gram:
    """X'X of centred rows, from which loss and gradient follow at any coefficients.

    A row x is taken as (c, 1), c = x - mean, and coefficients (w, b) as (w, b + mean.w).
    """

    mean: Floats  # (d + 1,), followed by a 0
    matrix: Floats  # (d + 1, d + 1)

    def times(self, coef: Floats) -> Floats:
        """Return (X, 1)'(X, 1) @ coef."""
        return self.of_rows(self.product(self.centred(coef)))

    def centred(self, coef: Floats) -> Floats:
        """Return coefficients of (c, 1), given those of rows."""
        return np.append(coef[:-1], coef[-1] + float(self.mean @ coef))

    def of_rows(self, gradient: Floats) -> Floats:
        """Return a gradient in terms of the rows, given one in terms of (c, 1)."""
        return gradient + self.mean * float(gradient[-1])

    def product(self, v: Floats) -> Floats:
        """Return the matrix times a vector."""
        product = np.empty_like(v)
        multiply(self.matrix, v, product)
        return product


def make_gram(source: Source) -> Gram:
    """Sum the products of the rows, in one pass, a block at a time, from one caller."""
    mean = np.append(_mean(source.table), 0.0)
    table, size = Centred(source.table, mean[:-1]), len(mean)
    block, total = np.empty((BLOCK_ROWS, size)), np.zeros((size, size))
    for start in range(0, source.n, BLOCK_ROWS):
        stop = min(start + BLOCK_ROWS, source.n)
        rows = block[: stop - start]
        table.between(start, stop, rows[:, :-1])
        rows[:, -1] = 1.0
        if source.weighted:
            rows *= np.sqrt(source.weights[start:stop] * source.weight_scale)[:, None]
        total += products(rows)
    load(multiply, total, mean, np.empty(0))
    return Gram(mean, np.asarray(total))


@dataclass
class Reference:
    """Where loss and gradient were last computed from the rows."""

    coef: Floats
    gradient: Floats  # in terms of (c, 1)
    norm: float  # of it
    tally: Floats
    passes: int = 0  # over the rows, that references have taken


def no_reference(d: int) -> Reference:
    """Return the reference before the first pass."""
    return Reference(np.full(d + 1, np.nan), np.zeros(d + 1), 0.0, np.zeros(TALLY_SIZE))


class GramSums:
    """Sums over the rows at any coefficients, by way of X'X; the *reference* moves with them."""

    def __init__(self, source: Source, gram: Gram, reference: Reference, n_threads: int) -> None:
        self.gram, self.reference = gram, reference
        table = Centred(source.table, gram.mean[:-1])
        self.source = Source(table, source.y.astype(np.float64), source.weights, None, None)
        self.rows = FullPass(self.source, SquaredError(), n_threads, gradients=True)

    def load(self) -> None:
        """Compile or fetch the kernels."""
        self.rows.load()
        load(multiply, self.gram.matrix, self.gram.mean, np.empty(0))

    def close(self) -> None:
        """Let no thread stay behind."""
        self.rows.close()

    def add(self, coef: Array, g: Floats, tally: Floats) -> None:
        """Add the sums over all rows at *coef* to *g* and *tally*, as a pass over them would."""
        coef, reference = coef.astype(np.float64), self.reference
        step, gradient = self._from_reference(coef)
        has_moved = (coef != reference.coef).any()
        if has_moved and not np.linalg.norm(gradient) > FAR * reference.norm:
            self._move_reference(coef)
            step, gradient = self._from_reference(coef)
        loss = reference.tally[LOSS] + 0.5 * step @ (reference.gradient + gradient)
        g += self.gram.of_rows(gradient)
        tally[LOSS] += loss
        tally[WEIGHT] += reference.tally[WEIGHT]
        tally[NOT_FINITE] += not np.isfinite(loss)

    def _from_reference(self, coef: Floats) -> tuple[Floats, Floats]:
        """Return the step from the reference, and the gradient where it leads."""
        step = self.gram.centred(coef - self.reference.coef)
        return step, self.reference.gradient + self.gram.product(step)

    def _move_reference(self, coef: Floats) -> None:
        """Compute loss and gradient from the rows, and the distances from now on from here."""
        reference = self.reference
        reference.coef = coef
        reference.gradient, reference.tally = np.zeros_like(coef), np.zeros(TALLY_SIZE)
        sums = reference.gradient, reference.tally
        self.rows.add(self.gram.centred(coef), 0, self.source.n, *sums)
        reference.norm = float(np.linalg.norm(reference.gradient))
        reference.passes += 1


def _mean(table: Table) -> Floats:
    """Return about the mean of the rows: that of some, from all over the table."""
    n = table.shape[0]
    rows = take(table, np.linspace(0, n - 1, min(n, MEAN_ROWS)).astype(np.int64))
    return np.asarray(rows.mean(axis=0, dtype=np.float64))
