"""The door for tables: what may be handed in as X, y, sample_weight and initial coefficients."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels.arguments import Array
from fastgd.sources import Source, refuse_non_finite

SMALLEST_WEIGHT = 1e-100  # of the largest weights: beyond, they are scaled before they are summed


def make_source(X: Any, y: Any, sample_weight: Any, target: str) -> Source:
    """Check a training table and return it as kernels read it; *target* is the loss's kind."""
    table, names = check_X(X)
    dtype = np.dtype(np.float32 if table.dtype == np.float32 else np.float64)
    targets = check_y(y, len(table))
    classes = None
    if target == "binary":
        targets, classes = check_labels(targets, dtype)
    else:
        targets = check_real_targets(targets, dtype)
    weights = check_weights(sample_weight, len(table))
    return Source(table, np.ascontiguousarray(targets), weights, names, classes, dtype)


def check_X(X: Any) -> tuple[Array, tuple[str, ...] | None]:
    """Return X as a 2-D numeric array, without a copy where it is one, and its column names."""
    if X is None:
        raise ValueError("Expected 2D array for X, got None instead.")
    if hasattr(X, "tocsr") and hasattr(X, "nnz"):
        raise TypeError(
            "Sparse data was passed for X, but fastgd reads dense rows only; "
            "convert it with X.toarray()."
        )
    names = _column_names(X)
    table = _numeric(_as_array(X, "X"), "X", names)
    if table.ndim != 2:
        shape = "scalar" if table.ndim == 0 else f"{table.ndim}D"
        raise ValueError(
            f"Expected 2D array, got {shape} array instead (X of shape {table.shape}). Reshape "
            "with X.reshape(-1, 1) if it has a single feature, X.reshape(1, -1) if a single row."
        )
    for size, what in ((table.shape[0], "sample(s)"), (table.shape[1], "feature(s)")):
        if size == 0:
            raise ValueError(
                f"Found array with 0 {what} (shape={table.shape}) while a minimum of 1 is required."
            )
    return table, names


def check_y(y: Any, n: int) -> Array:
    """Return y as a 1-D array of n values."""
    if y is None:
        raise ValueError("y, the target of every row, is needed; got None.")
    targets = _as_array(y, "y")
    if targets.ndim == 2 and targets.shape[1] == 1:
        warnings.warn(
            f"A column-vector y was passed when a 1d array was expected; its shape {targets.shape} "
            "was changed to (n_samples,), as y.ravel() does.",
            UserWarning,
            stacklevel=4,
        )
        targets = targets.reshape(-1)
    if targets.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {targets.shape} instead.")
    _check_length(targets, n)
    return targets


def check_real_targets(y: Array, dtype: np.dtype[Any]) -> Array:
    """Return targets of a regression in the kernels' type."""
    return np.asarray(_numeric(y, "y", None), dtype=dtype)


def check_labels(y: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the targets of two labels as -1 and +1, and the labels in order."""
    if y.dtype.kind == "f":
        refuse_non_finite(y, "y")
        low, high = y.min(), y.max()
        if not ((y == low) | (y == high)).all() and not (y == np.rint(y)).all():
            raise ValueError(
                "Unknown label type: continuous. y must hold two labels for this loss; "
                f"got real numbers such as {y[(y != low) & (y != high)][0]}."
            )
    try:
        classes = np.unique(y)
    except TypeError as error:
        raise TypeError("y must hold two labels of one type; got a mixture of types.") from error
    if len(classes) != 2:
        shown = np.array2string(classes, threshold=6, separator=", ")
        raise ValueError(f"y must hold two labels for this loss; got {len(classes)}: {shown}.")
    return np.where(y == classes[1], dtype.type(1), dtype.type(-1)), classes


def check_weights(sample_weight: Any, n: int) -> NDArray[np.float64]:
    """Return sample weights as float64, or an empty array where there are none."""
    if sample_weight is None:
        return np.empty(0)
    weights = _numeric(_as_array(sample_weight, "sample_weight"), "sample_weight", None)
    if weights.ndim != 1:
        raise ValueError(f"sample_weight must be a 1d array; got shape {weights.shape}.")
    _check_length(weights, n, "sample_weight and X have")
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    refuse_non_finite(weights, "sample_weight")
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise ValueError(f"sample_weight must not be negative; got {weights[row]} in row {row}.")
    largest = weights.max()
    if largest == 0:
        raise ValueError("sample_weight must not be zero for every row.")
    sums_safely = SMALLEST_WEIGHT < largest < 1 / SMALLEST_WEIGHT
    return weights if sums_safely else weights / largest


def check_initial(coef: Any, intercept: Any, d: int, fit_intercept: bool) -> Array | None:
    """Return the initial coefficients and intercept as one array, or None where none are given."""
    if intercept is not None and not fit_intercept:
        raise ValueError(f"intercept_init needs fit_intercept=True; got {intercept!r}.")
    if coef is None and intercept is None:
        return None
    initial = np.zeros(d + 1)
    for name, value, place, shape in (
        ("coef_init", coef, slice(0, d), (d,)),
        ("intercept_init", intercept, slice(d, d + 1), ()),
    ):
        if value is None:
            continue
        array = np.asarray(_numeric(np.asarray(value), name, None), dtype=np.float64)
        if array.reshape(-1).shape != (place.stop - place.start,) or array.ndim > 1:
            raise ValueError(f"{name} must have the shape {shape}; got {array.shape}.")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; got {array}.")
        initial[place] = array
    return initial


def _as_array(values: Any, name: str) -> Array:
    if np.ma.isMaskedArray(values):
        if np.ma.getmaskarray(values).any():
            raise ValueError(
                f"{name} is a masked array with masked values, which would be read as data; "
                "drop those rows or fill them first."
            )
        values = values.data
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} must be a table of numbers; its rows differ in length."
        ) from error


def _numeric(array: Array, name: str, columns: tuple[str, ...] | None) -> Array:
    """Return *array* if its type is numeric, converted if its objects are numbers."""
    kind = array.dtype.kind
    if kind in "fiub":
        return array
    if kind == "c":
        raise ValueError(f"Complex data not supported: {name} has the type {array.dtype}.")
    if kind in "mM":
        raise TypeError(
            f"{name} must be numeric; got {array.dtype}: convert times to numbers first."
        )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        where = f" in column {_first_bad_column(array, columns)!r}" if columns else ""
        raise type(error)(f"{name} must be numeric{where}: {error}.") from error


def _first_bad_column(array: Array, columns: tuple[str, ...]) -> str:
    for name, column in zip(columns, array.T, strict=True):
        try:
            column.astype(np.float64)
        except (TypeError, ValueError):
            return name
    return columns[0]


def _column_names(X: Any) -> tuple[str, ...] | None:
    """Return a frame's column names where all of them are strings."""
    columns = getattr(X, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return tuple(columns)


def _check_length(values: Array, n: int, whose: str = "X and y have") -> None:
    if len(values) != n:
        lengths = [n, len(values)] if whose.startswith("X") else [len(values), n]
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {lengths} "
            f"({whose} these)."
        )
