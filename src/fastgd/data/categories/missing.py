"""Columns of numbers with missing values: read as NaN, counted, and their medians."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.data.arrays import missing_objects
from fastgd.data.frames import CHUNK_ROWS, Asked, Chunked, Column, chunks_of, holder, missing_rows
from fastgd.data.tables import Table, pieces

ReadNumbers = Callable[[Any, str], Column]  # a frame's column, and how it is called


@dataclass(frozen=True)
class Nullable(Asked):
    """A column of numbers some of which are missing: NaN in the rows read."""

    def __getitem__(self, rows: Any) -> Array:
        """Return the values of a slice, or of an array, of rows."""
        values = self.values
        if not isinstance(rows, slice) and hasattr(values, "gather"):  # polars
            return floats_of(values.gather(rows), self.dtype)
        by_number = not isinstance(rows, slice) and hasattr(values, "take")
        return floats_of(values.take(rows) if by_number else values[rows], self.dtype)


def floats_of(values: Any, dtype: np.dtype[Any]) -> Array:
    """Return a library's numbers as an array; missing ones are NaN."""
    if hasattr(values, "isna"):  # pandas
        array = values.to_numpy(dtype=object, na_value=np.nan)
    else:
        array = np.asarray(values)
    if array.dtype.kind == "O":
        array = array.copy()
        array[missing_objects(array)] = np.nan
    return np.asarray(array, dtype)


def read_numbers(column: Any, where: str, read: ReadNumbers) -> Column | None:
    """Return a column of numbers, missing ones as NaN; None if all are missing.

    *read* reads a column in which nothing is missing, and refuses what is no number.
    """
    is_objects = isinstance(dtype := getattr(column, "dtype", None), np.dtype) and dtype.kind == "O"
    rows = missing_objects(np.asarray(column)) if is_objects else missing_rows(column)
    if len(rows) == 0:
        return read(column, where)
    if len(rows) == len(column):
        return None
    row = int(np.argmin(np.append(rows, -1) == np.arange(len(rows) + 1)))  # the first with a value
    example = column.iloc[row : row + 1] if hasattr(column, "iloc") else column[row : row + 1]
    dtype = np.dtype(np.float32 if read(example, where).dtype == np.float32 else np.float64)
    if is_objects:
        return floats_of(column.to_numpy(), dtype)
    values = holder(column)
    parts = [Nullable(chunk, dtype) for chunk in chunks_of(values)]
    if len(values) <= CHUNK_ROWS * len(parts):
        return floats_of(values, dtype)
    if len(parts) == 1:
        return parts[0]
    return Chunked(parts, dtype, np.cumsum([0, *map(len, parts)]))


def count_missing(table: Table) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how many NaN each column of a table holds, and which rows hold any."""
    n, d = table.shape
    counts, rows = np.zeros(d, np.int64), np.zeros(n, bool)
    for start, piece in pieces(table):
        missing = np.isnan(piece)
        if missing.any():
            counts += missing.sum(axis=0)
            rows[start : start + len(piece)] = missing.any(axis=1)
    return counts, rows


def median_of(column: Column, weights: NDArray[np.float64]) -> float:
    """Return the median of a column's numbers, in which weights count as repeated rows."""
    values = np.asarray(column[:])
    known = ~np.isnan(values)
    if not len(weights):
        return float(np.median(values[known]))
    known &= weights > 0
    values, weights = values[known], weights[known]
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    half = reached[-1] / 2
    places = np.searchsorted(reached, half, "left"), np.searchsorted(reached, half, "right")
    lower, upper = values[order[np.minimum(places, len(order) - 1)]].tolist()
    return float(lower + (upper - lower) / 2)
