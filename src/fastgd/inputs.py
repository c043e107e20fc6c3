"""The door for tables: what may be handed in as X, y, sample_weight and initial coefficients."""

import itertools
import numbers
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.frames import (
    Asked,
    Column,
    columns_of,
    missing_rows,
    read_column,
    single_block,
)
from fastgd.kernels.arguments import Array
from fastgd.sources import Source, refuse_non_finite
from fastgd.tables import ArrayTable, ColumnTable, Table
from fastgd.validation import describe_type, first_line, show

SMALLEST_WEIGHT = 1e-100  # of the largest weights: beyond, they are scaled before they are summed
LABELS_AT_ONCE = 1 << 20  # between two looks for Ctrl-C
VALUES_SEARCHED = 1 << 16  # for an example of what is no number


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


def check_X(X: Any) -> tuple[Table, tuple[str, ...] | None]:
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
        table: Table = ArrayTable(_numeric(check_shape(_as_array(X, "X")), "X"))
        return table, None
    names = tuple(name for name, _ in named_columns)
    block = single_block(X)
    if block is None:
        table = ColumnTable([check_column(column, name) for name, column in named_columns])
    else:
        table = ArrayTable(block)
    refuse_empty(table.shape)
    return table, names if all(isinstance(name, str) for name in names) else None


def check_shape(array: Array) -> Array:
    """Return *array* if it is a table with rows and columns."""
    if array.ndim == 0:
        what = "Expected 2D array, got scalar array instead: X is"
        raise _refusal_of_scalar(array.item(), what)
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
    except Exception as error:  # whatever a library says of a type that NumPy has not
        raise TypeError(
            f"{where} must be numeric; got {column.dtype}: {first_line(error)}."
        ) from None
    if values.dtype.kind in "fiub":
        return values
    return _numeric(np.asarray(values[:] if isinstance(values, Asked) else values), where)


def refuse_missing(values: Any, name: str) -> None:
    """Refuse a column of a data frame in which values are missing."""
    missing = missing_rows(values)
    if len(missing):
        raise _refusal_of_missing(missing, name)


def missing_objects(values: Array) -> Array:
    """Return the rows of Python objects that stand for no value."""
    if values.dtype.kind != "O":
        return np.empty(0, np.intp)
    return np.argwhere(np.frompyfunc(_is_missing, 1, 1)(values).astype(bool))[:, 0]


def _is_missing(value: Any) -> bool:
    """Tell whether an object stands for no value: None, NaN, or NA and NaT of pandas."""
    is_nan = isinstance(value, (float, np.floating)) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def _refusal_of_missing(rows: Array, name: str) -> ValueError:
    return ValueError(
        f"{name} has missing values (first in row {rows[0]}; {len(rows)} in all); drop those rows "
        "or fill them."
    )


def check_y(y: Any, n: int) -> Array:
    """Return y as a 1-D array of n values."""
    if y is None:
        raise ValueError("y, the target of every row, is needed; got None.")
    targets = _as_array(y, "y")
    if targets.ndim == 0:
        raise _refusal_of_scalar(targets.item(), "y should be a 1d array, one target a row; got")
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
    _check_length(targets, n, "y")
    return targets


def check_real_targets(y: Array, dtype: np.dtype[Any]) -> Array:
    """Return targets of a regression in the kernels' type."""
    labels = "; labels need a loss for two classes, such as loss='log_loss'"
    return _converted(_numeric(y, "y", labels), dtype)


def check_labels(y: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the targets of two labels as -1 and +1, and the labels in order."""
    if y.dtype.kind == "f":
        refuse_non_finite(y, "y")
    try:
        return _signs_of(y, dtype)
    except TypeError:  # of what does not compare
        if len(missing := missing_objects(y)):
            raise _refusal_of_missing(missing, "y") from None
        raise TypeError("y must hold two labels of one type; got a mixture of types.") from None


def _signs_of(y: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    starts = range(0, len(y), LABELS_AT_ONCE)
    parts = [y[start : start + LABELS_AT_ONCE] for start in starts]
    others = (part[part != y[0]] for part in parts)
    second = next((other[0] for other in others if len(other)), y[0])
    classes = np.unique(np.array([y[0], second], dtype=y.dtype))
    if len(classes) != 2 or any(((p != y[0]) & (p != second)).any() for p in parts):
        _refuse_labels(y)
    signs = np.empty(len(y), dtype)
    for start, part in zip(starts, parts, strict=True):
        signs[start : start + len(part)] = np.where(part == classes[1], 1.0, -1.0)
    return signs, classes


def _refuse_labels(y: Array) -> None:
    """Say what is wrong with labels that are not two."""
    if len(missing := missing_objects(y)):
        raise _refusal_of_missing(missing, "y")
    if y.dtype.kind == "f" and not (y == np.rint(y)).all():
        example = y[y != np.rint(y)][0]
        raise ValueError(
            "Unknown label type: continuous. y must hold two labels for this loss; "
            f"got real numbers such as {example}."
        )
    classes = np.unique(y)
    raise ValueError(
        f"y must hold two labels for this loss; got {len(classes)}: {show(classes.tolist())}."
    )


def check_known_labels(y: Array, classes: Array) -> None:
    """Refuse missing labels, and labels none of which was fitted."""
    if y.dtype.kind == "f":
        refuse_non_finite(y, "y")
    if len(missing := missing_objects(y)):
        raise _refusal_of_missing(missing, "y")
    if not any(np.any(y == label) for label in classes):
        raise ValueError(
            f"y must hold the labels that were fitted, {show(classes.tolist())}; got none of them "
            f"but labels such as {show(y[0])}."
        )


def check_weights(sample_weight: Any, n: int) -> NDArray[np.float64]:
    """Return sample weights as float64, or an empty array where there are none."""
    if sample_weight is None:
        return np.empty(0)
    weights = _numeric(_as_array(sample_weight, "sample_weight"), "sample_weight")
    if weights.ndim != 1:
        raise ValueError(f"sample_weight must be a 1d array; got shape {weights.shape}.")
    _check_length(weights, n, "sample_weight")
    weights = np.ascontiguousarray(_converted(weights, np.dtype(np.float64)))
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
        array = np.asarray(_numeric(np.asarray(value), name), dtype=np.float64)
        if array.reshape(-1).shape != (place.stop - place.start,) or array.ndim > 1:
            raise ValueError(f"{name} must have the shape {shape}; got {array.shape}.")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; got {array[~np.isfinite(array)][0]}.")
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
    named_columns = columns_of(values)
    for _, column in [("", values)] if named_columns is None else named_columns:
        refuse_missing(column, name)
    lacks_array = not hasattr(values, "__array__") and hasattr(values, "__dlpack__")
    try:
        return np.from_dlpack(values) if lacks_array else np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be a table of numbers; its rows differ in length.") from None
    except Exception as error:  # whatever a foreign array may raise
        raise TypeError(
            f"{name} must be an array of numbers; its {type(values).__name__} cannot be read as "
            f"one ({first_line(error)})."
        ) from error


def _converted(array: Array, dtype: np.dtype[Any]) -> Array:
    with np.errstate(over="ignore"):  # it becomes infinity, which is found and told in words
        return np.asarray(array, dtype=dtype)


def _numeric(array: Array, name: str, hint: str = "") -> Array:
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
    if kind in "SU":
        word = show(_first_no_number(array))
        raise ValueError(f"{name} must be numeric; got words such as {word}{hint}.")
    try:
        converted = array.astype(np.float64)
    except OverflowError:
        raise ValueError(f"Input {name} contains a value too large for dtype('float64').") from None
    except (TypeError, ValueError) as error:
        if len(missing := missing_objects(array)):
            raise _refusal_of_missing(missing, name) from None
        bad = _first_no_number(array)
        words = f"words such as {show(bad)}{hint}" if isinstance(bad, str) else show(bad)
        raise type(error)(f"{name} must be numeric; got {words}.") from None
    if np.isnan(converted).any() and any(value is None for value in array.flat):
        raise _refusal_of_missing(missing_objects(array), name)
    return converted


def _first_no_number(array: Array) -> Any:
    """Return the first value that is no number, or the first of all."""
    values = itertools.islice(array.flat, VALUES_SEARCHED)
    return next((value for value in values if not _is_float(value)), array.flat[0])


def _is_float(value: Any) -> bool:
    try:
        float(value)
    except (OverflowError, TypeError, ValueError):
        return False
    return True


def _refusal_of_scalar(value: Any, beginning: str) -> TypeError | ValueError:
    """Return what to raise for what is no array."""
    is_number = isinstance(value, numbers.Number)
    what = show(value) if is_number or isinstance(value, str) else describe_type(value)
    mend = "; call its collect() first" if hasattr(value, "collect") else ""
    return (ValueError if is_number else TypeError)(f"{beginning} {what}{mend}.")


def _check_length(values: Array, n: int, name: str) -> None:
    if len(values) != n:
        lengths = [n, len(values)]
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {lengths} "
            f"(X and {name} have these)."
        )
