"""The door for tables: what may be handed in as X, and as initial coefficients."""

from typing import Any

import numpy as np

from fastgd.arrays import as_array, as_numbers, refusal_of_scalar, refuse_missing
from fastgd.frames import (
    Asked,
    Column,
    SeveralValuesError,
    columns_of,
    read_column,
    single_block,
    type_of,
)
from fastgd.kernels.arguments import Array
from fastgd.sources import Names, Source
from fastgd.tables import ArrayTable, ColumnTable, Table
from fastgd.targets import check_labels, check_real_targets, check_weights, check_y
from fastgd.validation import show


def make_source(X: Any, y: Any, sample_weight: Any, target: str) -> Source:
    """Check a training table and return it as kernels read it; *target* is the loss's kind."""
    refuse_swapped(X, y)
    table, names = check_X(X)
    n = table.shape[0]
    targets = check_y(y, n)
    classes = None
    if target == "binary":
        targets, classes = check_labels(targets, table.dtype)
    else:
        targets = check_real_targets(targets, table.dtype)
    weights = check_weights(sample_weight, n)
    return Source(table, np.ascontiguousarray(targets), weights, names, classes)


def refuse_swapped(X: Any, y: Any) -> None:
    """Refuse a vector for X beside a table for y."""
    shapes = [getattr(values, "shape", ()) for values in (X, y)]
    if [len(shape) if isinstance(shape, tuple) else 0 for shape in shapes] == [1, 2]:
        raise ValueError(
            f"Expected 2D array, got 1D array instead: X has the shape {shapes[0]} and y "
            f"{shapes[1]}; were they swapped? Write fit(X, y)."
        )


def check_X(X: Any) -> tuple[Table, Names]:
    """Return X as a table of numbers, without a copy where it is one, and its column names."""
    if X is None:
        raise ValueError("Expected 2D array for X, got None instead.")
    if hasattr(X, "tocsr") and hasattr(X, "nnz"):
        raise TypeError(
            "Sparse data was passed for X, but fastgd reads dense rows only; "
            "convert it with X.toarray()."
        )
    named_columns = columns_of(X)
    if named_columns is None:
        table: Table = ArrayTable(as_numbers(check_shape(as_array(X, "X")), "X"))
        return table, None
    # Scalars of NumPy would compare to a tuple element by element.
    names = tuple(n.item() if isinstance(n, np.generic) else n for n, _ in named_columns)
    block = single_block(X)
    if block is None:
        table = ColumnTable([check_column(column, name) for name, column in named_columns])
    else:
        table = ArrayTable(block)
    refuse_empty(table.shape)
    return table, names


def check_shape(array: Array) -> Array:
    """Return *array* if it is a table with rows and columns."""
    if array.ndim == 0:
        what = "Expected 2D array, got scalar array instead: X is"
        raise refusal_of_scalar(array.item(), what)
    if array.ndim != 2:
        hint = (
            " Reshape with X.reshape(-1, 1) if it has a single feature, X.reshape(1, -1) if a "
            "single row."
        )
        raise ValueError(
            f"Expected 2D array, got {array.ndim}D array instead (X of shape {array.shape})."
            f"{hint if array.ndim == 1 else ''}"
        )
    refuse_empty(array.shape)
    return array


def refuse_empty(shape: tuple[int, ...]) -> None:
    """Refuse a table without rows or without columns."""
    for size, what in zip(shape, ("sample(s)", "feature(s)"), strict=True):
        if size == 0:
            raise ValueError(
                f"Found array with 0 {what} (shape={shape}) while a minimum of 1 is required."
            )


def check_column(column: Any, name: Any) -> Column:
    """Return a frame's column of numbers, without a copy where it is one."""
    where = f"X, in column {name!r},"
    refuse_missing(column, where)
    if hasattr(getattr(column, "dtype", None), "ordered"):  # a category of pandas
        raise ValueError(
            f"{where} must be numeric; got a category: encode it first, as pandas.get_dummies does."
        )
    try:
        values = read_column(column)
    except SeveralValuesError:
        why = "each value holds several: make a column of each"
        raise TypeError(f"{where} must be numeric; got {type_of(column)}, {why}.") from None
    except Exception:  # whatever a library says of a type that NumPy does not have
        why = "which NumPy cannot read: convert it to numbers first"
        raise TypeError(f"{where} must be numeric; got {type_of(column)}, {why}.") from None
    if values.dtype.kind in "fiub":
        return values
    return as_numbers(np.asarray(values[:] if isinstance(values, Asked) else values), where)


def check_initial(coef: Any, intercept: Any, d: int, fit_intercept: bool) -> Array | None:
    """Return the initial coefficients and intercept as one array, or None where none are given."""
    if intercept is not None and not fit_intercept:
        raise ValueError(f"intercept_init needs fit_intercept=True; got {show(intercept)}.")
    if coef is None and intercept is None:
        return None
    initial = np.zeros(d + 1)
    for name, value, place, shape in (
        ("coef_init", coef, slice(0, d), (d,)),
        ("intercept_init", intercept, slice(d, d + 1), ()),
    ):
        if value is None:
            continue
        array = np.asarray(as_numbers(np.asarray(value), name), dtype=np.float64)
        if array.reshape(-1).shape != (place.stop - place.start,) or array.ndim > 1:
            raise ValueError(f"{name} must have the shape {shape}; got {array.shape}.")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; got {array[~np.isfinite(array)][0]}.")
        initial[place] = array
    return initial
