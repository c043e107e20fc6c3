"""Columns that polars has read, and what is made of them."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fastgd.base.types import Array
from fastgd.data.categories import encoding
from fastgd.data.categories.applying import apply
from fastgd.data.categories.encoding import Column, Policy
from fastgd.data.categories.learning import learn
from fastgd.data.categories.rows import Encoded
from fastgd.data.categories.wording import refuse_all
from fastgd.data.files.datafile import describe_bad, refuse_missing
from fastgd.data.files.python_code import write_call, write_value
from fastgd.data.files.roles import Encoding
from fastgd.data.files.wording import FileWording
from fastgd.data.frames import Column as Numbers
from fastgd.data.inputs import check_column

MISSING_MARKS = frozenset(["na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "."])


def import_polars() -> Any:
    """Return the module polars."""
    try:
        return importlib.import_module("polars")
    except ImportError as error:
        raise ImportError(
            "files other than .npy and .npz need polars: run `pip install polars`."
        ) from error


def is_text(kind: Any) -> bool:
    """Return True if a polars data type is text."""
    polars = import_polars()
    return kind in (polars.String, polars.Categorical, polars.Enum)


@dataclass(frozen=True)
class Frame:
    """Columns that were read."""

    path: Path
    names: tuple[str, ...]  # of all columns of the file
    call: str  # the line of Python that reads them as `table`
    frame: Any  # those that were asked for
    kinds: dict[str, Any]  # their types
    library: str = "polars"
    remarks: tuple[str, ...] = ()  # about how the file was read

    def learn(self, names: Sequence[str], policy: Policy, weights: Array | None) -> Encoded:
        """Return the rows of X, made of these columns, with the encoding that was learned."""
        problems: list[Exception] = []
        for name in names:
            try:
                if is_text(self.kinds[name]):
                    self.refuse_marks(name)
            except ValueError as error:
                problems.append(error)
        refuse_all(problems)
        columns = [(name, self.frame.get_column(name)) for name in names]
        rows = np.empty(0) if weights is None else weights
        return learn(columns, policy, rows, self.reader(policy.missing), wording=self.wording)

    def apply(self, encoding: encoding.Encoding) -> Encoded:
        """Return the rows of X as an encoding makes them."""
        columns = [self.frame.get_column(column.name) for column in encoding.columns]
        return apply(columns, encoding, self.reader(encoding.missing), wording=self.wording)

    @property
    def wording(self) -> FileWording:
        """How columns are called in a sentence."""
        return FileWording(self.path, self.frame.height)

    def reader(self, missing: str) -> Callable[[Any, str], Numbers]:
        """Return what reads a column of numbers; *missing* is what becomes of missing ones."""

        def read(column: Any, where: str) -> Numbers:
            self.refuse_text(column.name)
            if column.dtype.is_decimal():
                column = column.cast(import_polars().Float64)
            values = check_column(column, where)
            if missing == "error" and isinstance(values, np.ndarray):
                refuse_missing(self.path, values, [column.name])
            return values

        return read

    def levels(self, name: str) -> tuple[str, ...]:
        """Return the different values of a text column, sorted."""
        texts = self.texts(name)
        self.refuse_marks(name)
        return tuple(sorted(texts.unique().to_list()))

    def texts(self, name: str) -> Any:
        """Return a column as text; refuse missing values."""
        self.refuse_null(name)
        return self.frame.get_column(name).cast(import_polars().String)

    def refuse_null(self, name: str) -> None:
        """Refuse missing values of a column beside X: a fit has left out their rows if asked."""
        column = self.frame.get_column(name)
        if column.null_count():
            missing = column.is_null().to_numpy()
            raise ValueError(describe_bad(self.path, name, missing, "missing", can_drop=False))

    def refuse_marks(self, name: str) -> None:
        """Refuse a column of numbers that is text only because of marks of missing values."""
        polars = import_polars()
        texts = self.frame.get_column(name).cast(polars.String)
        other = texts.cast(polars.Float64, strict=False).is_null() & texts.is_not_null()
        words = texts.filter(other).unique().to_list()
        all_marks = all(word.strip().lower() in MISSING_MARKS for word in words)
        if all_marks and 0 < other.sum() < len(other):
            kind = f"missing ({min(words)!r})"
            raise ValueError(describe_bad(self.path, name, other.to_numpy(), kind))

    def values(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return a column's numbers; of a text the places of its values among its levels."""
        if is_text(self.kinds[name]):
            levels = self.levels(name)
            codes = self.texts(name).cast(import_polars().Enum(levels))
            return codes.to_physical().to_numpy(), levels
        self.refuse_null(name)
        values = self.frame.get_column(name).to_numpy()
        values = values if values.dtype.kind in "fiub" else values.astype(np.float64)
        refuse_missing(self.path, values, [name], can_drop=False)
        return values, ()

    def number_type(self, numbers: Sequence[str]) -> type[np.floating[Any]]:
        """Return float32 if all numbers are float32, else float64."""
        kinds = {self.kinds[name] for name in numbers}
        return np.float32 if kinds == {import_polars().Float32} else np.float64

    def refuse_text(self, name: str) -> None:
        """Refuse a column that ought to hold numbers and holds text."""
        if is_text(self.kinds[name]):
            self.refuse_marks(name)
            raise ValueError(f"column {name!r} of {self.path} holds text; the model needs numbers.")

    def lines(self, encoding: Encoding) -> list[str]:
        """Return the lines of Python that make X, y and weights."""
        kept = [column.name for column in encoding.columns if column.features]
        lines = [self.call]
        for variable, name in encoding.beside.items():
            lines += [f"{variable} = table[{write_value(name)}].to_numpy()"]
        single = self.number_type([c.name for c in encoding.columns if not c.levels]) is np.float32
        kind = "Float32" if single else "Float64"
        lines += [
            *self.lines_of_columns(encoding, [n for n in self.names if n not in kept]),
            f'X = X.cast(polars.{kind}).to_numpy(order="c")',
        ]
        return lines

    def lines_of_columns(self, encoding: Encoding, dropped: Sequence[str]) -> list[str]:
        """Return the lines of Python that take the columns of X from the table."""
        texts = [column for column in encoding.texts if column.features]
        is_declared = any(self.kinds[c.name] == import_polars().Enum for c in texts)
        if is_declared or any(c.missing or c.median is not None for c in encoding.columns):
            return [write_call("X", "table.select", *map(write_column, encoding.columns))]
        lines = [write_call("X", "table.drop", *map(write_value, dropped))]
        if texts:
            names = write_value([column.name for column in texts])
            lines += [write_call("X", "X.to_dummies", names, separator="=")]
        if baselines := [f"{c.name}={c.levels[c.baseline]}" for c in texts if not c.full]:
            lines += [write_call("X", "X.drop", *map(write_value, baselines))]
        return lines


def write_column(column: Column) -> str:
    """Return in Python what makes the columns of X from a column of the table."""
    name = write_value(column.name)
    values = f"polars.col({name})"
    missing = [f"{values}.is_null().alias({write_value(f'{column.name} is missing')})"]
    if column.levels:
        levels = [
            level for k, level in enumerate(column.levels) if column.full or k != column.baseline
        ]
        parts = [
            f"*({values}.eq_missing(level).alias({write_value(column.name + '=')} + level) "
            f"for level in {write_value(levels)})"
        ]
    elif column.median is None:
        parts = [values]
    else:
        known = f"{values}.cast(polars.Float64).fill_nan(None)"
        missing = [missing[0].replace(values, known)]
        parts = [f"{known}.fill_null({write_value(column.median)})"]
    return ", ".join([*parts, *(missing if column.missing else [])])
