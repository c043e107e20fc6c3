"""Columns of text, of pandas, polars and Arrow: their levels, and each row's place among them."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastgd.base.types import Array
from fastgd.data.arrays import missing_objects
from fastgd.data.categories.encoding import MAX_LEVELS
from fastgd.data.categories.wording import Wording

ROWS_AT_ONCE = 1 << 18  # whose texts are compared at a time: some MB
ARROW_TEXTS = ("string", "large_string", "string_view")


def is_text(column: Any, where: str) -> bool:
    """Return True if a frame's column holds text or categories."""
    dtype = getattr(column, "dtype", getattr(column, "type", None))
    if hasattr(column, "iloc"):
        return _is_pandas_text(column, dtype, where)
    if hasattr(column, "get_chunks"):
        polars = sys.modules["polars"]
        return dtype in (polars.String, polars.Categorical, polars.Enum)
    return _is_arrow_text(dtype)


def _is_pandas_text(column: Any, dtype: Any, where: str) -> bool:
    if hasattr(dtype, "pyarrow_dtype"):
        return _is_arrow_text(dtype.pyarrow_dtype)
    if hasattr(dtype, "ordered") or dtype.type.__name__ == "str":
        return True
    if not isinstance(dtype, np.dtype) or dtype.kind != "O":
        return False
    kind = sys.modules["pandas"].api.types.infer_dtype(column, skipna=True)
    if kind.startswith("mixed") and any(isinstance(value, str) for value in column):
        values = np.delete(column.to_numpy(), missing_objects(column.to_numpy()))
        other = next(value for value in values if not isinstance(value, str))
        raise ValueError(f"{where} holds text beside other values such as {other!r}.")
    return bool(kind == "string")


def _is_arrow_text(kind: Any) -> bool:
    return str(kind) in ARROW_TEXTS or str(kind).startswith("dictionary")


def declared_levels(column: Any) -> list[str]:
    """Return the levels that a column's type declares, in order; none if it declares none."""
    dtype: Any = getattr(column, "dtype", None)
    values: list[Any] = []
    if hasattr(dtype, "ordered"):  # pandas
        values = [*dtype.categories]
    elif hasattr(column, "get_chunks"):
        values = [*getattr(dtype, "categories", [])] if dtype == sys.modules["polars"].Enum else []
    elif hasattr(dtype, "pyarrow_dtype"):  # pandas on Arrow
        column = column.array.__arrow_array__()
    if str(getattr(column, "type", "")).startswith("dictionary"):
        chunks = getattr(column, "chunks", [column])
        values = [value for chunk in chunks for value in chunk.dictionary.to_pylist()]
    return [*dict.fromkeys(level_of(value) for value in values if value is not None)]


def level_of(value: Any) -> str:
    """Return the level that a value is; integers are the same level as floats."""
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value)) if is_whole else str(value)


def count_levels(column: Any) -> int:
    """Return how many levels a column has, those that its type declares included."""
    if levels := declared_levels(column):
        return len(levels)
    if hasattr(column, "nunique"):
        return int(column.nunique())
    if hasattr(column, "n_unique"):
        return int(column.drop_nulls().n_unique())
    return len(column.drop_null().unique())


def find_levels(column: Any, name: str, wording: Wording) -> tuple[tuple[str, ...], Array]:
    """Return the levels of a column, and each row's place among them: behind the last if missing.

    Declared levels keep their order, those of other columns are sorted.
    """
    levels = declared_levels(column)
    places = {level: place for place, level in enumerate(levels)}
    codes = np.empty(len(column), np.int8)
    for start, values, rows in distinct(column):
        for value in values:
            places.setdefault(level_of(value), len(places))
            if len(places) > MAX_LEVELS:
                raise wording.too_many_levels(name, count_levels(column))
        found = [places[level_of(value)] for value in values]
        codes[start : start + len(rows)] = np.array([*found, -1], np.int8)[rows]
    names = [*places] if levels else sorted(places)
    order = np.array([*(names.index(level) for level in places), len(names)], np.int8)
    for start in range(0, len(codes), ROWS_AT_ONCE):
        piece = codes[start : start + ROWS_AT_ONCE]
        piece[:] = order[piece]
    return tuple(names), codes


def find_codes(column: Any, levels: tuple[str, ...]) -> tuple[Array, tuple[int, str] | None]:
    """Return each row's place among *levels*, and the first row of another level, with the level.

    Behind the last level come missing values, then other levels.
    """
    places = {level: place for place, level in enumerate(levels)}
    missing, other = len(levels), len(levels) + 1
    codes = np.empty(len(column), np.int8)
    first = None
    for start, values, rows in distinct(column):
        found = [places.get(level_of(value), other) for value in values]
        piece = np.array([*found, missing], np.int8)[rows]
        codes[start : start + len(rows)] = piece
        if first is None and other in piece:
            row = int(np.argmax(piece == other))
            first = start + row, level_of(values[rows[row]])
    return codes, first


def distinct(column: Any) -> Iterator[tuple[int, list[Any], Array]]:
    """Yield parts of a column: first row, different values, each row's place in them (-1: none)."""
    if hasattr(column, "iloc"):
        for start in range(0, len(column), ROWS_AT_ONCE):
            rows, values = column.iloc[start : start + ROWS_AT_ONCE].factorize()
            yield start, values.tolist(), rows
    elif hasattr(column, "get_chunks"):
        for start in range(0, len(column), ROWS_AT_ONCE):
            yield start, *_distinct_of_polars(column.slice(start, ROWS_AT_ONCE))
    elif isinstance(column, np.ndarray):
        for start in range(0, len(column), ROWS_AT_ONCE):
            yield start, *_distinct_of_numbers(column[start : start + ROWS_AT_ONCE])
    else:
        start = 0
        for chunk in getattr(column, "chunks", [column]):
            for place in range(0, len(chunk), ROWS_AT_ONCE):
                part = chunk.slice(place, ROWS_AT_ONCE).dictionary_encode()
                yield start + place, *_distinct_of_arrow(part)
            start += len(chunk)


def _distinct_of_polars(part: Any) -> tuple[list[Any], Array]:
    polars = sys.modules["polars"]
    if part.dtype.is_numeric():
        return _distinct_of_numbers(part.to_numpy())
    texts = part.cast(polars.String)
    values = texts.drop_nulls().unique().to_list()
    codes = texts.cast(polars.Enum(values)).to_physical().cast(polars.Int32).fill_null(-1)
    return values, codes.to_numpy()


def _distinct_of_arrow(part: Any) -> tuple[list[Any], Array]:
    values = part.dictionary.to_pylist()
    rows = part.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    if None in values:
        rows[rows == values.index(None)] = -1
    return ["" if value is None else value for value in values], rows


def _distinct_of_numbers(part: Array) -> tuple[list[Any], Array]:
    values, rows = np.unique(part, return_inverse=True)
    if values.dtype.kind == "f":
        rows = np.where(np.isnan(part), -1, rows)
        values = values[~np.isnan(values)]
    return values.tolist(), rows
