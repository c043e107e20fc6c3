"""Missing values in a table: their marks, messages about them, and dropped rows."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastgd.data.files.polars_table import import_polars, is_text
from fastgd.data.files.problems import COUNTED, MISSING_OPTION, Problem, drop
from fastgd.data.files.python_code import write_call, write_value

Columns: TypeAlias = dict[str, Any]  # polars Series without a name, by the columns' names
PLAIN = "value"  # what each is called: polars takes some names for patterns


def split_columns(table: Any) -> Columns:
    """Return the columns of a table."""
    return {column.name: column.alias(PLAIN) for column in table.get_columns()}


def join_columns(columns: Columns) -> Any:
    """Return the table of these columns."""
    return import_polars().DataFrame(columns)


def find_marks(columns: Columns, marks: Sequence[str]) -> list[str]:
    """Return which of *marks* the columns of text hold."""
    polars = import_polars()
    found: set[str] = set()
    for column in columns.values():
        if is_text(column.dtype):
            texts = column.cast(polars.String)
            found.update(texts.filter(texts.is_in([*marks])).unique().to_list())
    return [mark for mark in marks if mark in found]


def set_missing(columns: Columns, marks: Sequence[str]) -> list[str]:
    """Replace values that stand for missing ones by nulls; return the Python lines for it."""
    numbers = [value for value in map(to_number, marks) if value is not None and value == value]
    whole = [int(value) for value in numbers if value.is_integer()]
    changed: dict[str, tuple[Sequence[Any], list[str]]] = {
        "text": (marks, []),
        "float": (numbers, []),
        "integer": (whole, []),
    }
    for name, column in columns.items():
        old, names = changed.get(kind_of(column.dtype), ((), []))
        plain = column.cast(import_polars().String) if old is marks else column
        found = plain.replace(old, None) if old else column
        if found.null_count() > column.null_count():
            columns[name] = found
            names.append(name)
    return [
        write_call(
            "table",
            "table.with_columns",
            f"polars.col({write_value(names)}).replace({write_value([*old])}, None)",
        )
        for old, names in changed.values()
        if names
    ]


def kind_of(kind: Any) -> str:
    """Return what a type of polars holds, as far as marks of missing values are concerned."""
    if is_text(kind):
        return "text"
    return "float" if kind.is_float() else "integer" if kind.is_integer() else ""


def to_number(text: str) -> float | None:
    """Return the number that a text is."""
    try:
        return float(text)
    except ValueError:
        return None


def find_missing(column: Any) -> Any:
    """Return where a column has no value."""
    if column.dtype.is_float():
        return column.is_null() | column.is_nan().fill_null(False)
    return column.is_null()


def describe_missing(
    name: str, mask: Any, text: str | None, other: str | None, *, fitting: bool
) -> Problem:
    """Return the problem of a column with missing values; *text* stands for the first one.

    *other* is what --on-missing may say beside leaving rows out.
    """
    count, row = int(mask.sum()), int(mask.arg_max())
    mark = f" ({text!r})" if text else ""
    plural = "s" * (count != 1)
    what = f"has {count:,} missing{mark} value{plural}, the first in row {row:,}{COUNTED}"
    if fitting and 2 * count > len(mask):
        problem = drop(name, what)
        return Problem(name, what, problem.options, f"fill them in or {problem.cure}")
    if other is None:
        fate = "out" if fitting else "without a prediction"
        cure = f"fill them in or leave those rows {fate} with {MISSING_OPTION}"
    else:
        cure = (
            f"fill them in, leave those rows out with {MISSING_OPTION}, or give "
            f"--on-missing {other}"
        )
    return Problem(name, what, (MISSING_OPTION,), cure)


def describe_rows(path: Path, gone: NDArray[np.bool_], counts: dict[str, int]) -> str:
    """Return the remark about rows that are left out; refuse to leave out all."""
    worst = sorted(counts, key=lambda name: -counts[name])
    listed = ", ".join(f"{name} {counts[name]:,}" for name in worst[:4])
    listed += f" and {len(worst) - 4} more" if len(worst) > 4 else ""
    if gone.all():
        raise ValueError(
            f"every row of {path} has a missing value ({listed}): leave columns out with --drop "
            f"{shlex.quote(worst[0])}."
        )
    return (
        f"{gone.sum():,} of {len(gone):,} rows of {path} left out, as they have missing values: "
        f"{listed}"
    )


def write_drop(columns: Columns, names: Sequence[str]) -> list[str]:
    """Return the Python code that drops rows with a missing value in one of the columns."""
    floats = [name for name in names if columns[name].dtype.is_float()]
    lines = [f"table = table.drop_nulls({write_value([*names])})"]
    if any(columns[name].is_nan().any() for name in floats):
        fill = f"polars.col({write_value(floats)}).fill_nan(None)"
        lines.insert(0, f"table = table.with_columns({fill})")
    return lines
