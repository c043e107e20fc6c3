"""The door for what there is one of per row: y, labels and sample_weight."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.base.validation import show
from fastgd.base.warning import warn
from fastgd.data.arrays import (
    as_array,
    as_numbers,
    convert,
    missing_objects,
    refusal_of_missing,
    refusal_of_scalar,
)
from fastgd.data.frames import columns_of
from fastgd.data.sources import refuse_non_finite

SMALLEST_WEIGHT = 1e-100  # of the largest weights: beyond, they are scaled before they are summed
LABELS_AT_ONCE = 1 << 20  # between two checks for Ctrl-C


def check_y(y: Any, n: int) -> Array:
    """Return y as a 1-D array of n values."""
    if y is None:
        raise ValueError("y, the target of every row, is needed; got None.")
    targets = as_array(y, "y")
    if targets.dtype.kind in "SU" and isinstance(y, (list, tuple)):
        targets = _unless_mixed(y, targets)
    if targets.ndim == 0:
        raise refusal_of_scalar(targets.item(), "y should be a 1d array, one target a row; got")
    if targets.ndim == 2 and targets.shape[1] == 1:
        warn(
            f"A column-vector y was passed when a 1d array was expected; its shape {targets.shape} "
            "was changed to (n_samples,), as y.ravel() does.",
            UserWarning,
        )
        targets = targets.reshape(-1)
    if targets.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {targets.shape} instead.")
    _check_length(targets, n, "y")
    return targets


def fill_missing_targets(y: Any) -> tuple[Any, NDArray[np.bool_] | None]:
    """Return y with another row's target in the rows without one, and which rows these are.

    The second is None if no target is missing, or if y is nothing that can be a target.
    """
    columns = columns_of(y)
    try:
        values = np.asarray(y if columns is None or len(columns) != 1 else columns[0][1])
    except Exception:  # whatever a foreign array may raise: `check_y` refuses it in a sentence
        return y, None
    if values.dtype.kind in "SU" and isinstance(y, (list, tuple)):
        values = _unless_mixed(y, values)
    if np.ma.isMaskedArray(y) or values.ndim == 0 or values.size != len(values):
        return y, None
    values = values.reshape(-1)
    missing = np.zeros(len(values), bool)
    if values.dtype.kind in "fmM":
        missing = np.isnan(values)
    missing[missing_objects(values)] = True
    if not missing.any() or missing.all():
        return y, None
    filled = values.copy()
    filled[missing] = values[~missing][0]
    return filled, missing


def _unless_mixed(y: Any, texts: Array) -> Array:
    """Return *texts*, or y as objects if NumPy has made texts of other things, such as NaN."""
    objects = np.array(y, dtype=object)
    kind = bytes if texts.dtype.kind == "S" else str
    return texts if all(isinstance(value, kind) for value in objects.flat) else objects


def check_real_targets(y: Array, dtype: np.dtype[Any]) -> Array:
    """Return targets of a regression in the kernels' type."""
    labels = "; labels need a loss for two classes, such as loss='log_loss'"
    return convert(as_numbers(y, "y", labels), dtype)


def check_labels(y: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the targets of two labels as -1 and +1, and the labels in order."""
    _refuse_no_label(y)
    try:
        signs, classes = _signs_of(y, dtype)
    except TypeError:  # of what does not compare
        if len(missing := missing_objects(y)):
            raise refusal_of_missing(missing, "y") from None
        raise TypeError("y must hold two labels of one type; got a mixture of types.") from None
    if classes.dtype.kind == "U" and "nan" in classes:
        rows = np.flatnonzero(y == "nan")
        raise ValueError(
            f"y has missing values, for 'nan' is what NumPy makes of NaN among texts (first in row "
            f"{rows[0]}; {len(rows)} in all); drop those rows or fill them, or give "
            "y.astype(object) if 'nan' is a label."
        )
    return signs, classes


def _refuse_no_label(y: Array) -> None:
    """Refuse NaN and infinity among floats, and times that are none."""
    if y.dtype.kind == "f":
        refuse_non_finite(y, "y")
    if y.dtype.kind in "mM" and np.isnat(y).any():
        raise refusal_of_missing(np.flatnonzero(np.isnat(y)), "y")


def _signs_of(y: Array, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    starts = range(0, len(y), LABELS_AT_ONCE)
    parts = [y[start : start + LABELS_AT_ONCE] for start in starts]
    first = y[:1]  # an array: NumPy compares texts and bytes alone without their last NULs
    others = (part[part != first] for part in parts)
    second = next((other[:1] for other in others if len(other)), first)
    classes = np.unique(np.concatenate([first, second]))
    if len(classes) != 2 or any(((p != first) & (p != second)).any() for p in parts):
        _refuse_labels(y)
    signs = np.empty(len(y), dtype)
    for start, part in zip(starts, parts, strict=True):
        signs[start : start + len(part)] = np.where(part == classes[1:], 1.0, -1.0)
    return signs, classes


def _refuse_labels(y: Array) -> None:
    """Say what is wrong with labels that are not two."""
    if len(missing := missing_objects(y)):
        raise refusal_of_missing(missing, "y")
    if y.dtype.kind == "f" and not (y == np.rint(y)).all():
        example = y[y != np.rint(y)][0]
        raise ValueError(
            "Unknown label type: continuous. y must hold two labels for this loss; "
            f"got real numbers such as {example}."
        )
    classes = np.unique(y)
    shown = show(classes.tolist())
    mend = ""
    if len(classes) > 2:
        one = show(classes.tolist()[0])
        mend = (
            f"; fit one label against the others, as in y == {one}, each in turn, or use "
            "sklearn.linear_model.LogisticRegression, which takes many"
        )
    raise ValueError(f"y must hold two labels for this loss; got {len(classes)}: {shown}{mend}.")


def check_known_labels(y: Array, classes: Array) -> None:
    """Refuse missing labels, and labels that were not fitted: no prediction could be right."""
    _refuse_no_label(y)
    if len(missing := missing_objects(y)):
        raise refusal_of_missing(missing, "y")
    unknown = np.ones(len(y), dtype=bool)
    for k in range(len(classes)):
        unknown &= np.asarray(y != classes[k : k + 1], dtype=bool)
    rows = np.flatnonzero(unknown)
    if len(rows):
        raise ValueError(
            f"y must hold the labels that were fitted, {show(classes.tolist())}; got others such "
            f"as {show(y[rows[0]])} (first in row {rows[0]}; {len(rows)} in all)."
        )


def check_weights(sample_weight: Any, n: int) -> NDArray[np.float64]:
    """Return sample weights as float64, or an empty array if there are none."""
    if sample_weight is None:
        return np.empty(0)
    weights = _one_per_row(sample_weight, n, "sample_weight")
    if weights.min() < 0:
        row = int(np.argmin(weights))
        raise ValueError(f"sample_weight must not be negative; got {weights[row]} in row {row}.")
    largest = weights.max()
    if largest == 0:
        raise ValueError("sample_weight must not be zero for every row.")
    sums_safely = SMALLEST_WEIGHT < largest < 1 / SMALLEST_WEIGHT
    return weights if sums_safely else weights / largest


def check_offset(offset: Any, n: int) -> NDArray[np.float64]:
    """Return an offset, a number per row, as float64, or an empty array if there is none."""
    return np.empty(0) if offset is None else _one_per_row(offset, n, "offset")


def _one_per_row(values: Any, n: int, name: str) -> NDArray[np.float64]:
    numbers = as_numbers(as_array(values, name), name)
    if numbers.ndim != 1:
        raise ValueError(f"{name} must be a 1d array; got shape {numbers.shape}.")
    _check_length(numbers, n, name)
    numbers = np.ascontiguousarray(convert(numbers, np.dtype(np.float64)))
    refuse_non_finite(numbers, name)
    return numbers


def _check_length(values: Array, n: int, name: str) -> None:
    if len(values) != n:
        lengths = [n, len(values)]
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: {lengths} "
            f"(X and {name} have these)."
        )
