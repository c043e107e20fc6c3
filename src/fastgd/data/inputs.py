"""The door for tables: what may be handed in as X, and as initial coefficients."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.base.validation import show
from fastgd.data.arrays import (
    as_array,
    as_numbers,
    hint_of,
    missing_objects,
    refusal_of_scalar,
    refuse_missing,
)
from fastgd.data.categories.applying import apply
from fastgd.data.categories.encoding import Encoding, Policy, names_of
from fastgd.data.categories.learning import learn
from fastgd.data.categories.rows import Encoded
from fastgd.data.frames import (
    Asked,
    Column,
    Names,
    SeveralValuesError,
    are_unnamed,
    columns_of,
    names_in,
    read_column,
    single_block,
    type_of,
)
from fastgd.data.sources import Source, refuse_non_finite
from fastgd.data.tables import ArrayTable, ColumnTable, Table
from fastgd.data.targets import (
    check_labels,
    check_offset,
    check_real_targets,
    check_weights,
    check_y,
    fill_missing_targets,
)
from fastgd.losses import Loss

FOR_TEXT = 'fit(..., categories="onehot") encodes text'


def make_source(
    X: Any,
    y: Any,
    sample_weight: Any,
    target: str,
    policy: Policy | None = None,
    loss: Loss | None = None,
    offset: Any = None,
) -> Source:
    """Check a training table and return it as kernels read it.

    *target* is the loss's kind; a *loss* refuses targets that it does not take. An *offset* of
    predictions is taken from the targets if the loss depends on their difference alone.
    """
    refuse_swapped(X, y)
    absent = None
    if policy is not None and policy.missing == "drop":
        y, absent = fill_missing_targets(y)
    rows, names = learn_rows(X, sample_weight, policy, absent)
    table, kept = rows.table, rows.kept
    targets = check_y(y, rows.n_rows)
    classes = None
    if target == "binary":
        targets, classes = check_labels(targets, table.dtype)
    else:
        targets = check_real_targets(targets, table.dtype)
    weights = check_weights(sample_weight, rows.n_rows)
    if kept is not None:
        targets_kept = np.zeros_like(targets)
        targets_kept[kept] = targets[kept]
        refuse_non_finite(targets_kept, "y")  # now, while rows have their numbers
        targets_kept[:] = targets[kept[0]]
        targets_kept[kept] = targets[kept]
    if loss is not None:
        loss.check_targets(targets if kept is None else targets_kept)
    offsets = check_offset(offset, rows.n_rows)
    if loss is not None and len(offsets):
        targets, offsets = _take_offset(loss, targets, offsets)
    if kept is not None:
        offsets = offsets[kept] if len(offsets) else offsets
        targets = targets[kept]
        weights = check_weights(weights[kept], len(kept)) if len(weights) else weights
    y = np.ascontiguousarray(targets)
    return Source(table, y, weights, rows.names, classes, names, rows, offsets)


def _take_offset(
    loss: Loss, targets: Array, offset: NDArray[np.float64]
) -> tuple[Array, NDArray[np.float64]]:
    """Return the targets less the offset, if that is the same, and the offset that is left."""
    if loss.built_in and loss.of_residual:
        return (targets - offset).astype(targets.dtype), offset[:0]
    raise ValueError(
        f"offset is for losses of z - y, such as squared_error; got loss={show(loss.name)}."
    )


def learn_rows(
    X: Any, sample_weight: Any, policy: Policy | None, absent: NDArray[np.bool_] | None = None
) -> tuple[Encoded, Names]:
    """Return the rows of a training table, encoded if a policy says how, and its column names.

    *absent* says which rows have no target, and are left out.
    """
    if policy is None:
        table, names = check_X(X)
        return Encoded(table, table.shape[0], names), names
    columns, names, whole = read_columns(X, policy.missing)
    n = len(columns[0][1])
    weights = check_weights(sample_weight, n)
    if absent is not None and len(absent) != n:
        absent = None  # y is refused for its length
    return learn(columns, policy, weights, check_column, whole, absent=absent), names


def read_columns(
    X: Any, missing: str, min_rows: int = 1
) -> tuple[list[tuple[str, Any]], Names, ArrayTable | None]:
    """Return the columns of X under what an encoding calls them, and the names that they have.

    The third is X as one table if it is one array of numbers.

    *missing* is what becomes of missing values: "error" refuses them.
    """
    named_columns = columns_of(X)
    if named_columns is None or single_block(X) is not None:
        table, names = check_X(X if missing == "error" else without_objects(X), min_rows)
        assert isinstance(table, ArrayTable)
        columns, whole = [*table.values.T], table
    else:
        n = len(named_columns[0][1]) if named_columns else 0
        refuse_empty((n, len(named_columns)), min_rows)
        columns, whole = [column for _, column in named_columns], None
        names = names_in(named_columns)
    return [*zip(names_of(names, len(columns)), columns, strict=True)], names, whole


def without_objects(X: Any) -> Any:
    """Return X with NaN for objects, such as None, that stand for no value."""
    array = X if columns_of(X) is not None or X is None else as_array(X, "X")
    if not isinstance(array, np.ndarray) or array.dtype.kind != "O" or array.ndim != 2:
        return X
    array = array.copy()
    for column in array.T:
        column[missing_objects(column)] = np.nan
    return array


def apply_rows(X: Any, encoding: Encoding, fitted: Names, describe: Callable[..., str]) -> Encoded:
    """Return the rows of a table, encoded: its columns are found by name, if they have names.

    A table whose columns are encoded already is taken as it is. *describe* says how the names of
    a table differ from those that were *fitted*.
    """
    columns, names, whole = read_columns(X, encoding.missing, min_rows=0)
    if fitted is not None and names is not None and are_unnamed(fitted, names):
        names = None
    is_named = fitted is not None and names is not None
    d, needed = len(columns), len(encoding.columns)
    has_needed = d == needed
    if fitted is not None and names is not None:
        counts = Counter(names)
        has_needed = all(counts[name] == 1 for name in fitted)
    encoded = len(encoding.features)
    holds_text = has_needed and not (whole is not None and encoding.texts and names is None)
    if not holds_text and (names == encoding.features if is_named else d == encoded):
        table, names = check_X(X, min_rows=0)
        return Encoded(table, table.shape[0], names)
    if not has_needed and fitted is not None and names is not None:
        raise ValueError(describe([*fitted], [*names]))
    if not has_needed:
        raise ValueError(f"X has {d} features, but this model was fitted on {needed}.")
    if fitted is not None and names is not None:
        by_name = dict(zip(names, columns, strict=True))
        whole = whole if names == fitted else None
        columns = [by_name[name] for name in fitted]
    whole = None if encoding.texts else whole
    read = partial(check_column, advice="the model was fitted to numbers there")
    return apply([values for _, values in columns], encoding, read, whole)


def refuse_swapped(X: Any, y: Any) -> None:
    """Refuse a vector for X beside a table for y."""
    shapes = [getattr(values, "shape", ()) for values in (X, y)]
    if [len(shape) if isinstance(shape, tuple) else 0 for shape in shapes] == [1, 2]:
        raise ValueError(
            f"Expected 2D array, got 1D array instead: X has the shape {shapes[0]} and y "
            f"{shapes[1]}; were they swapped? Write fit(X, y)."
        )


def check_X(X: Any, min_rows: int = 1) -> tuple[Table, Names]:
    """Return X as a table of numbers, without a copy if it is one, and its column names."""
    if X is None:
        raise ValueError("Expected 2D array for X, got None instead.")
    if hasattr(X, "tocsr") and hasattr(X, "nnz"):
        raise TypeError(
            "Sparse data was passed for X, but fastgd reads dense rows only; "
            "convert it with X.toarray()."
        )
    named_columns = columns_of(X)
    if named_columns is None:
        table: Table = ArrayTable(as_numbers(check_shape(as_array(X, "X"), min_rows), "X"))
        return table, None
    names = names_in(named_columns)
    block = single_block(X)
    if block is None:
        table = ColumnTable(
            [check_column(column, f"X, in column {name!r},") for name, column in named_columns]
        )
    else:
        table = ArrayTable(block)
    refuse_empty(table.shape, min_rows)
    return table, names


def check_shape(array: Array, min_rows: int = 1) -> Array:
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
    refuse_empty(array.shape, min_rows)
    return array


def refuse_empty(shape: tuple[int, ...], min_rows: int = 1) -> None:
    """Refuse a table without columns or with too few rows."""
    for size, least, what in zip(shape, (min_rows, 1), ("sample(s)", "feature(s)"), strict=True):
        if size < least:
            raise ValueError(
                f"Found array with {size} {what} (shape={shape}) while a minimum of {least} is "
                "required."
            )


def check_column(column: Any, where: str, advice: str = FOR_TEXT) -> Column:
    """Return a frame's column of numbers, without a copy if it is one.

    *advice* is what is said of text.
    """
    refuse_missing(column, where, hint_of(where))
    if hasattr(getattr(column, "dtype", None), "ordered"):  # a category of pandas
        raise ValueError(f"{where} must be numeric; got a category; {advice}.")
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
    array = np.asarray(values[:] if isinstance(values, Asked) else values)
    return as_numbers(array, where, f"; {advice}")


def check_initial(coef: Any, intercept: Any, d: int, fit_intercept: bool) -> Array | None:
    """Return the initial coefficients and intercept as one array, or None if none are given."""
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
