"""Sources: the table as it was handed in, checked, and read in place, piece by piece."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.data.arrays import FOR_MISSING
from fastgd.data.categories.rows import Encoded, SelectedTable
from fastgd.data.frames import Names
from fastgd.data.orders import Order, Rows
from fastgd.data.tables import Table, pieces
from fastgd.kernels.arguments import Data, RowList

BUFFERS_GATHERED = 8  # at a time: 2 MB; of one alone, Python would take as long as the rows


@dataclass
class Source:
    """Rows, targets and weights, and how kernels get at them.

    A table in C order and of the kernels' type is read in place. Any other is converted a piece at
    a time, so that no second copy of it is ever made.
    """

    table: Table
    y: Array  # (n,), C-order, of the table's type
    weights: NDArray[np.float64]  # (n,), or (0,) if every row counts the same
    feature_names: Names  # of the table's columns
    classes: Array | None
    frame_names: Names = None  # of the columns that it was made of
    encoded: Encoded | None = None  # the table, with what is known of how it was made
    offset: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # of z: (n,), or (0,)
    _in_place: Data = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the read-only views that kernels see."""
        self.n, self.d = self.table.shape
        self.dtype = self.table.dtype
        self.weight_scale = float(self.n / self.weights.sum()) if self.weighted else 1.0
        X = self.table.in_place()
        self.resident = X is not None
        self._in_place = Data(
            read_only(np.empty((0, self.d), self.dtype) if X is None else X),
            read_only(self.y),
            read_only(self.weights),
            self.weight_scale,
        )

    @property
    def weighted(self) -> bool:
        """Return True if rows have weights."""
        return len(self.weights) > 0

    @property
    def weight_spread(self) -> float:
        """Return the mean square of the weights over their squared mean: 1 if all are equal."""
        return float(np.mean(np.square(self.weights * self.weight_scale))) if self.weighted else 1.0

    def gather(self, rows: Rows, out: Array) -> Data:
        """Return these rows, wherever they lie, as a block of their own, made in *out*."""
        X = out[: len(rows)]
        self.table.fill(rows, X)
        weights = self.weights[rows] if self.weighted else self.weights
        y = read_only(self.y[rows])
        return Data(read_only(X), y, read_only(weights), self.weight_scale)

    @property
    def in_place(self) -> Data:
        """Return the rows in place; none if they have to be gathered."""
        return self._in_place

    def block(self, start: int, stop: int, out: Array | None) -> Data:
        """Return the rows start..stop; those that have to be converted are written to *out*."""
        X, y, weights, weight_scale = self._in_place
        piece = X[start:stop] if self.resident else self.table.between(start, stop, out)
        return Data(read_only(piece), y[start:stop], weights[start:stop], weight_scale)

    def targets(self, start: int, stop: int, out: Array | None) -> Data:
        """Return the rows start..stop without any feature."""
        _, y, weights, weight_scale = self._in_place
        nothing = read_only(np.empty((stop - start, 0), self.dtype))
        return Data(nothing, y[start:stop], weights[start:stop], weight_scale)

    def empty(self) -> Data:
        """Return a table of no rows: enough to compile for."""
        X, y, weights, weight_scale = self._in_place
        return Data(X[:0], y[:0], weights[:0], weight_scale)

    def check_finite(self) -> None:
        """Refuse NaN and infinity anywhere; kernels only notice that something is amiss."""
        refuse_non_finite_table(self.table, self.feature_names)
        refuse_non_finite(self.y, "y")


class Visits:
    """Rows in the order of their visits, as kernels read them: in place, or buffers gathered."""

    def __init__(self, source: Source, order: Order) -> None:
        self.source, self.order = source, order
        buffers = BUFFERS_GATHERED * order.buffer_rows
        self._at_once = order.window if source.resident else min(order.window, buffers)
        self._kept = (-1, -1)
        self._block, self._places = source.in_place, np.empty(0, np.int64)
        rows = 0 if source.resident else min(self._at_once, order.length)
        self._room = np.empty((rows, source.d), source.dtype)  # once: new pages cost time

    def end(self, visit: int) -> int:
        """Return up to which visit rows are handed out together with this one."""
        in_window = visit % self.order.window
        at_once = in_window - in_window % self._at_once + self._at_once
        return visit - in_window + min(self.order.window, at_once)

    def between(self, epoch: int, start: int, stop: int) -> tuple[Data, RowList]:
        """Return a block, and the rows of it for the visits start..stop."""
        data, listed, first = self.around(epoch, start)
        visits = slice(start - first, stop - first)
        return data, RowList(listed.rows[visits], listed.prefetched[visits])

    def around(self, epoch: int, visit: int) -> tuple[Data, RowList, int]:
        """Return the same for all visits up to the `end`, and the first of them."""
        if self.source.resident:
            rows, prefetched, first = self.order.window_of(epoch, visit)
            return self.source.in_place, RowList(rows, prefetched), first
        first = visit - visit % self.order.window % self._at_once
        if self._kept != (epoch, first):
            last = min(self.end(first), self.order.length)
            rows, self._places = self.order.stretch(epoch, first, last)
            self._block = self.source.gather(rows, self._room)
            self._kept = epoch, first
        return self._block, RowList(self._places, self._places), first


def refuse_non_finite_table(table: Table, names: Names) -> None:
    """Raise if a table holds NaN or infinity; say where first, and how many."""
    first, count = "", 0
    for start, piece in pieces(table):
        bad = ~np.isfinite(piece)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            name = f" ({names[column]!r})" if names and names[column] != int(column) else ""
            where = f"first in row {row_in_frame(table, start + row)}, column {column}{name}"
            first = first or f"{describe_non_finite(piece)} ({where}"
            count += int(bad.sum())
    if first:
        hint = f": drop those rows or fill them{FOR_MISSING}" if first.startswith("NaN") else ""
        raise ValueError(f"Input X contains {first}; {count} in all){hint}.")


def row_in_frame(table: Table, row: int) -> int:
    """Return the number, among all rows handed in, of a table's row."""
    return int(table.rows[row]) if isinstance(table, SelectedTable) else row


def read_only(array: Array) -> Array:
    """Return a view that cannot be written to: one compiled kernel then serves every array."""
    view = array.view()
    view.flags.writeable = False
    return view


def describe_non_finite(values: Array) -> str:
    """Say in scikit-learn's words what is wrong with *values*."""
    if np.isnan(values).any():
        return "NaN"
    return f"infinity or a value too large for {values.dtype!r}"


def refuse_non_finite(values: Array, name: str) -> None:
    """Raise if a 1-D input holds NaN or infinity; say where and how many."""
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ValueError(
            f"Input {name} contains {describe_non_finite(values[bad])} "
            f"(first in row {bad[0]}; {len(bad)} in all)."
        )
