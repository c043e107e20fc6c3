"""Data frames of pandas, polars and Arrow: their columns, as arrays if they are stored as such."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fastgd.base.types import Array

MAX_TYPE_NAME = 80  # characters: a structure names all its fields
Names = tuple[Hashable, ...] | None  # of a frame's columns; texts, as a rule

MAX_NAMED = 10  # columns in a sentence
CHUNK_ROWS = 512  # on average: of shorter chunks a copy takes less memory than views


class SeveralValuesError(TypeError):
    """Each value of a column holds several: a vector, or a structure."""


@dataclass(frozen=True)
class Asked:
    """A column that is not stored as an array (bits, strings): it converts the rows wanted."""

    values: Any
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.values)

    def __getitem__(self, rows: Any) -> Array:
        """Return the values of a slice, or of an array, of rows."""
        by_number = not isinstance(rows, slice) and hasattr(self.values, "take")
        return np.asarray(self.values.take(rows) if by_number else self.values[rows])


@dataclass(frozen=True)
class Chunked(Asked):
    """A column in parts, to be read part by part: Arrow would copy them all at each `take`."""

    values: "Sequence[Column]"
    starts: Array  # the first row of each part, and the number of rows

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self.starts[-1])

    def __getitem__(self, rows: Any) -> Array:
        """Return the values of a slice, or of an array, of rows, by way of all of them."""
        return np.asarray(np.concatenate([part[:] for part in self.values])[rows])


@dataclass(frozen=True)
class Sparse(Asked):
    """A column of pandas that holds one value nearly everywhere."""

    values: Array  # those that differ
    places: Array  # their rows, rising
    fill: Any
    length: int

    def __len__(self) -> int:
        """How many rows there are."""
        return self.length

    def __getitem__(self, rows: Any) -> Array:
        """Return the values of a slice, or of an array, of rows."""
        if isinstance(rows, slice):
            rows = np.arange(*rows.indices(self.length))
        rows = rows.astype(self.places.dtype)  # or the search would convert all places
        where = np.searchsorted(self.places, rows)
        differs = where < np.searchsorted(self.places, rows, "right")
        gathered = np.full(len(rows), self.fill, self.dtype)
        gathered[differs] = self.values[where[differs]]
        return gathered


Column = Array | Asked


def cut(column: Column, start: int, stop: int) -> Column:
    """Return the rows start..stop of a column, which lie in one of its parts, without a copy."""
    if (start, stop) == (0, len(column)) and not isinstance(column, Chunked):
        return column
    if isinstance(column, Chunked):
        k = int(np.searchsorted(column.starts, start, "right")) - 1
        first = int(column.starts[k])
        return cut(column.values[k], start - first, stop - first)
    if isinstance(column, Sparse):
        first, last = np.searchsorted(column.places, [start, stop]).tolist()
        places = column.places[first:last] - column.places.dtype.type(start)
        stored = column.values[first:last]
        return Sparse(stored, column.dtype, places, column.fill, stop - start)
    if isinstance(column, Asked):
        return replace(column, values=column.values[start:stop])
    return column[start:stop]


def columns_of(frame: Any) -> list[tuple[Any, Any]] | None:
    """Return the names and columns of a data frame; None for whatever else."""
    if hasattr(frame, "iter_columns"):  # polars
        return [(column.name, column) for column in frame.iter_columns()]
    if hasattr(frame, "itercolumns") and hasattr(frame, "column_names"):  # Arrow
        return list(zip(frame.column_names, frame.itercolumns(), strict=True))
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):  # pandas
        return list(frame.items())
    return None


def names_in(named_columns: Sequence[tuple[Any, Any]]) -> tuple[Hashable, ...]:
    """Return the names of columns; those of NumPy would compare to a tuple element by element."""
    return tuple(n.item() if isinstance(n, np.generic) else n for n, _ in named_columns)


def are_default(names: tuple[Hashable, ...]) -> bool:
    """Return True if names are the numbers that pandas gives to columns without names."""
    return names == (*range(len(names)),)


def are_other_names(fitted: Names, got: Names) -> bool:
    """Return True if two frames have names, and not the same ones in the same order."""
    if fitted is None or got is None or fitted == got:
        return False
    return not are_unnamed(fitted, got)


def are_unnamed(fitted: tuple[Hashable, ...], got: tuple[Hashable, ...]) -> bool:
    """Return True if one of two frames has names and the other the numbers that pandas gives."""
    return any(
        are_default(names) and all(isinstance(name, str) for name in others)
        for names, others in ((fitted, got), (got, fitted))
    )


def single_block(frame: Any) -> Array | None:
    """Return a frame of pandas as the one array that it is a view of, if it is one."""
    if not hasattr(frame, "iloc"):
        return None
    first = frame.iloc[:1]
    whole = first.to_numpy()
    if whole.size == 0:
        return np.asarray(frame)
    is_plain = all(isinstance(dtype, np.dtype) for dtype in frame.dtypes)
    is_view = whole.dtype.kind in "fiub" and np.shares_memory(whole, first.to_numpy())
    return np.asarray(frame) if is_plain and is_view else None


def read_column(column: Any) -> Column:
    """Return a column as an array without a copy, or as one to be asked."""
    values = holder(column)
    if hasattr(values, "sp_index"):  # pandas
        places = values.sp_index.to_int_index().indices
        stored = values.sp_values
        return Sparse(stored, stored.dtype, places, values.fill_value, len(values))
    chunks = chunks_of(values)
    if len(chunks) == 1:
        return _read_part(chunks[0])
    if len(values) <= CHUNK_ROWS * len(chunks):
        return _of_single_values(np.asarray(values))
    parts = [_read_part(chunk) for chunk in chunks]
    starts = np.cumsum([0, *map(len, parts)])
    return Chunked(parts, np.result_type(*(part.dtype for part in parts)), starts)


def chunks_of(values: Any) -> Sequence[Any]:
    """Return the parts that a column consists of."""
    if hasattr(values, "get_chunks"):  # polars
        return list(values.get_chunks())
    return list(getattr(values, "chunks", [values]))


def _read_part(values: Any) -> Column:
    first = _of_single_values(np.asarray(values[:1]))
    is_array = np.shares_memory(first, np.asarray(values[:1]))
    if is_array or not _gives_rows(values):
        return np.asarray(values)
    return Asked(values, first.dtype)


def _of_single_values(array: Array) -> Array:
    """Return *array*; refuse a column whose values are vectors or structures."""
    if array.ndim != 1:
        raise SeveralValuesError
    return array


def _gives_rows(values: Any) -> bool:
    """Return True if rows can be selected by number (Arrow cannot for every type)."""
    try:
        Asked(values, np.dtype(object))[np.arange(min(1, len(values)))]
    except Exception:  # whatever a library raises
        return False
    return True


def type_of(column: Any) -> str:
    """Return the name of a column's type, as its library calls it."""
    name = str(getattr(column, "dtype", None) or getattr(column, "type", type(column).__name__))
    return name if len(name) <= MAX_TYPE_NAME else f"{name[: MAX_TYPE_NAME - 3]}..."


def missing_rows(column: Any) -> Array:
    """Return the rows in which a frame's column holds no value; NaN among plain numbers is one."""
    values = holder(column)
    is_plain = isinstance(getattr(column, "dtype", None), np.dtype)
    if is_plain or not hasattr(values, "to_numpy") or _count_missing(values) == 0:
        return np.empty(0, np.intp)
    missing = values.is_null() if hasattr(values, "is_null") else values.isna()
    return np.flatnonzero(np.asarray(missing))


def holder(column: Any) -> Any:
    """Return what holds a column's values: itself, but for pandas."""
    if not hasattr(column, "array"):
        return column
    is_arrow = hasattr(column.dtype, "pyarrow_dtype")
    return column.array.__arrow_array__() if is_arrow else column.array


def _count_missing(values: Any) -> int:
    count = getattr(values, "null_count", None)
    if count is None:
        return int(np.sum(values.isna()))
    return int(count() if callable(count) else count)


def name_columns(names: Names, columns: Sequence[int]) -> str:
    """Return the names, or numbers, of some columns."""
    shown = [repr(names[j]) if names else str(j) for j in columns[:MAX_NAMED]]
    if len(columns) > MAX_NAMED:
        shown.append(f"and {len(columns) - MAX_NAMED} more")
    return ", ".join(shown)
