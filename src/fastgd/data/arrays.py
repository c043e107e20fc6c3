"""Arrays of numbers: what becomes one, and what is said of what does not."""

import itertools
import numbers
from typing import Any

import numpy as np

from fastgd.base.types import Array
from fastgd.base.validation import describe_type, first_line, show
from fastgd.data.frames import columns_of, missing_rows

FOR_MISSING = ', or give fit missing="drop" or missing="median"'
VALUES_SEARCHED = 1 << 16  # for an example of what is no number


def as_array(values: Any, name: str) -> Array:
    """Return whatever holds an array as one, without a copy if possible."""
    if np.ma.isMaskedArray(values):
        if np.ma.getmaskarray(values).any():
            raise ValueError(
                f"{name} is a masked array with masked values, which would be read as data; "
                "drop those rows or fill them first."
            )
        values = values.data
    named_columns = columns_of(values)
    for _, column in [("", values)] if named_columns is None else named_columns:
        refuse_missing(column, name, hint_of(name))
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


def convert(array: Array, dtype: np.dtype[Any]) -> Array:
    """Return an array of this type, the array itself where it is one."""
    with np.errstate(over="ignore"):  # it becomes infinity, which is found and refused
        return np.asarray(array, dtype=dtype)


def as_numbers(array: Array, name: str, hint: str = "") -> Array:
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
            raise refusal_of_missing(missing, name, hint_of(name)) from None
        bad = _first_no_number(array)
        words = f"words such as {show(bad)}{hint}" if isinstance(bad, str) else show(bad)
        raise type(error)(f"{name} must be numeric; got {words}.") from None
    if np.isnan(converted).any() and any(value is None for value in array.flat):
        raise refusal_of_missing(missing_objects(array), name, hint_of(name))
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


def refuse_missing(values: Any, name: str, hint: str = "") -> None:
    """Refuse a column of a data frame in which values are missing."""
    missing = missing_rows(values)
    if len(missing):
        raise refusal_of_missing(missing, name, hint)


def missing_objects(values: Array) -> Array:
    """Return the rows of Python objects that stand for no value."""
    if values.dtype.kind != "O":
        return np.empty(0, np.intp)
    return np.argwhere(np.frompyfunc(_is_missing, 1, 1)(np.atleast_1d(values)).astype(bool))[:, 0]


def _is_missing(value: Any) -> bool:
    """Return True if an object stands for no value: None, NaN, or NA and NaT of pandas."""
    is_nan = isinstance(value, (float, np.floating)) and value != value
    return value is None or is_nan or type(value).__name__ in ("NAType", "NaTType")


def hint_of(name: str) -> str:
    """Return what else may be done about missing values in an argument."""
    return FOR_MISSING if name.startswith("X") else ""


def refusal_of_missing(rows: Array, name: str, hint: str = "") -> ValueError:
    """Return what to raise for missing values."""
    return ValueError(
        f"{name} has missing values (first in row {rows[0]}; {len(rows)} in all); drop those rows "
        f"or fill them{hint}."
    )


def refusal_of_scalar(value: Any, beginning: str) -> TypeError | ValueError:
    """Return what to raise for what is no array."""
    is_number = isinstance(value, numbers.Number)
    what = show(value) if is_number or isinstance(value, str) else describe_type(value)
    mend = "; call its collect() first" if hasattr(value, "collect") else ""
    if isinstance(value, dict):
        mend = "; make an array or a data frame of it"
    return (ValueError if is_number else TypeError)(f"{beginning} {what}{mend}.")
