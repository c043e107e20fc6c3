"""Tables: rows of numbers, wherever and however they lie, handed out a piece at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from fastgd.base.types import Array
from fastgd.data.frames import Chunked, Column, cut
from fastgd.data.orders import Rows
from fastgd.kernels.gather import gather

PIECE_VALUES = 1 << 16  # values converted at a time: 512 KB of float64 stay in the cache


class Table(Protocol):
    """Rows of numbers, of one type or of several."""

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which type rows are handed out: float32 if all are, else float64."""
        ...

    def between(self, start: int, stop: int, out: Array | None = None) -> Array:
        """Return the rows start..stop, in C order; those that are converted go to *out*."""

    def fill(self, rows: Rows, out: Array) -> None:
        """Write these rows to *out*, an array in C order of this table's type."""

    def in_place(self) -> Array | None:
        """Return all rows in place, if they are in C order and of the type wanted."""


def kernel_dtype(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """Return the type in which kernels compute with numbers of these types."""
    narrow = all(dtype.kind == "f" and dtype.itemsize == 4 for dtype in dtypes)
    return np.dtype(np.float32 if narrow else np.float64)


@dataclass(frozen=True)
class ArrayTable:
    """A 2-D array of any layout and any real type."""

    values: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        n, d = self.values.shape
        return n, d

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which type rows are handed out."""
        return kernel_dtype([self.values.dtype])

    def between(self, start: int, stop: int, out: Array | None = None) -> Array:
        """Return the rows start..stop, in C order: a view if they are."""
        if self._lies_in_columns:
            rows = np.arange(start, min(stop, len(self.values)))
            made = _empty(self, len(rows), out)
            self.fill(rows, made)
            return made
        return self._converted(self.values[start:stop])

    def fill(self, rows: Rows, out: Array) -> None:
        """Write these rows to *out*."""
        if self._lies_in_columns:
            gather(self.values.T, rows, out)
        elif self.in_place() is not None:  # of any other table np.take would copy the whole
            np.take(self.values, rows, axis=0, out=out, mode="clip")
        else:
            out[...] = self._converted(self.values[rows])

    def in_place(self) -> Array | None:
        """Return the array itself, if kernels can read it as it is."""
        flags = self.values.flags
        ready = self.values.dtype == self.dtype and flags.c_contiguous and flags.aligned
        return self.values if ready else None

    @property
    def _lies_in_columns(self) -> bool:
        flags = self.values.flags
        is_plain = self.values.dtype == self.dtype and flags.aligned
        return is_plain and flags.f_contiguous and not flags.c_contiguous

    def _converted(self, rows: Array) -> Array:
        with np.errstate(over="ignore"):  # it becomes infinity, which is found and refused
            return np.require(rows, self.dtype, ["C", "A"])


@dataclass(frozen=True)
class ColumnTable:
    """Columns of one length, each of its own type."""

    columns: Sequence[Column]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return len(self.columns[0]) if self.columns else 0, len(self.columns)

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which type rows are handed out."""
        return kernel_dtype([column.dtype for column in self.columns])

    @cached_property
    def _bands(self) -> tuple[Array, list[list[Column]]]:
        """Bands of rows within which no column goes on in another chunk: first rows, columns."""
        chunked = [column.starts for column in self.columns if isinstance(column, Chunked)]
        starts = np.unique(np.concatenate([[0, self.shape[0]], *chunked]))
        bands = [
            [cut(column, a, b) for column in self.columns] for a, b in pairwise(starts.tolist())
        ]
        return starts, bands

    def between(self, start: int, stop: int, out: Array | None = None) -> Array:
        """Return the rows start..stop, in C order."""
        starts, bands = self._bands
        stop = min(stop, self.shape[0])
        gathered = _empty(self, stop - start, out)
        first, last = (np.searchsorted(starts, [start, stop - 1], "right") - 1).tolist()
        for k in range(first, last + 1):
            a, b = max(start, int(starts[k])), min(stop, int(starts[k + 1]))
            rows = slice(a - int(starts[k]), b - int(starts[k]))
            _fill(gathered[a - start : b - start], bands[k], rows)
        return gathered

    def fill(self, rows: Rows, out: Array) -> None:
        """Write these rows to *out*."""
        starts, bands = self._bands
        if len(bands) == 1:
            _fill(out, bands[0], rows)
            return
        band_of_rows = np.searchsorted(starts, rows, "right") - 1
        for k in np.flatnonzero(np.bincount(band_of_rows)):
            here = np.flatnonzero(band_of_rows == k)
            part = _empty(self, len(here))
            _fill(part, bands[k], rows[here] - starts[k])
            out[here] = part

    def in_place(self) -> Array | None:
        """Return None: columns do not lie as rows."""
        return None


def take(table: Table, rows: Rows) -> Array:
    """Return these rows of a table, in C order."""
    gathered = _empty(table, len(rows))
    table.fill(rows, gathered)
    return gathered


def _empty(table: Table, n: int, out: Array | None = None) -> Array:
    """Return an array for so many rows: the beginning of *out*, or a new one."""
    return np.empty((n, table.shape[1]), table.dtype) if out is None else out[:n]


def _fill(gathered: Array, columns: Sequence[Column], rows: Any) -> None:
    with np.errstate(over="ignore"):
        for j, column in enumerate(columns):
            gathered[:, j] = column[rows]


def pieces(table: Table) -> Iterator[tuple[int, Array]]:
    """Yield the table's rows in order, some at a time, each piece after its first row's number.

    Between two of them Ctrl-C is heard.
    """
    n, d = table.shape
    step = max(1, PIECE_VALUES // d)
    for start in range(0, n, step):
        yield start, table.between(start, min(start + step, n))
