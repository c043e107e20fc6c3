"""Columns that polars has read, and what is made of them."""

import importlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fastgd.cli.code import write_call, write_value
from fastgd.cli.datafile import describe_bad, listed, refuse_missing
from fastgd.cli.encoding import Column, Encoding
from fastgd.cli.memory import check_memory
from fastgd.kernels.arguments import Array

MOST_LEVELS = 50  # of a text column: one with more names the rows rather than grouping them
WRITTEN = 2**13  # rows of a column written in one go: lines of cache stay for the next column
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
    """Tell whether a type of polars is text."""
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
    library: ClassVar[str] = "polars"

    def columns(self, names: Sequence[str]) -> tuple[Column, ...]:
        """Return the columns of X that *names* become."""
        return tuple(self.column(name) for name in names)

    def column(self, name: str) -> Column:
        """Return a column, with its levels if it is text."""
        if not is_text(self.kinds[name]):
            return Column(name)
        levels = self.levels(name)
        if len(levels) > MOST_LEVELS:
            raise ValueError(
                f"column {name!r} of {self.path} is text with {len(levels):,} levels, and at most "
                f"{MOST_LEVELS} are told apart: leave it out with --drop {shlex.quote(name)}."
            )
        return Column(name, levels)

    def levels(self, name: str) -> tuple[str, ...]:
        """Return the different values of a text column, sorted."""
        texts = self.texts(name)
        self.refuse_marks(name, texts)
        return tuple(sorted(texts.unique().to_list()))

    def texts(self, name: str) -> Any:
        """Return a column as text; refuse missing values."""
        self.refuse_null(name)
        return self.frame.get_column(name).cast(import_polars().String)

    def refuse_null(self, name: str) -> None:
        """Refuse missing values."""
        column = self.frame.get_column(name)
        if column.null_count():
            raise ValueError(describe_bad(self.path, name, column.is_null().to_numpy(), "missing"))

    def refuse_marks(self, name: str, texts: Any) -> None:
        """Refuse a column of numbers that is text only because of marks of missing values."""
        other = texts.cast(import_polars().Float64, strict=False).is_null()
        words = texts.filter(other).unique().to_list()
        all_marks = all(word.strip().lower() in MISSING_MARKS for word in words)
        if all_marks and 0 < other.sum() < len(other):
            kind = f"missing ({min(words)!r})"
            raise ValueError(describe_bad(self.path, name, other.to_numpy(), kind))

    def values(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return a column's numbers; of a text the places of its values among its levels."""
        if is_text(self.kinds[name]):
            column = Column(name, self.levels(name))
            return self.codes(column), column.levels
        self.refuse_null(name)
        values = self.frame.get_column(name).to_numpy()
        values = values if values.dtype.kind in "fiub" else values.astype(np.float64)
        refuse_missing(self.path, values, [name])
        return values, ()

    def codes(self, column: Column) -> Array:
        """Return the places of texts among the levels; refuse texts that are none of them."""
        texts = self.texts(column.name)
        codes = texts.cast(import_polars().Enum(column.levels), strict=False)
        if codes.null_count():
            row = int(codes.is_null().arg_max())
            raise ValueError(
                f"column {column.name!r} of {self.path} holds {texts[row]!r} in row {row:,} "
                f"(counted from 0), which the model has not seen; it knows {listed(column.levels)}."
            )
        return codes.to_physical().to_numpy()  # type: ignore[no-any-return]

    def encode(self, columns: Sequence[Column]) -> Array:
        """Return X, written by blocks of rows; refuse texts that are not among the levels."""
        numbers = [column.name for column in columns if not column.levels]
        for name in numbers:
            self.refuse_text(name)
        codes = {column.name: self.codes(column) for column in columns if column.levels}
        features = [feature for column in columns for feature in column.features]
        dtype = np.dtype(self.number_type(numbers))
        check_memory(
            self.frame.height, len(features), dtype.itemsize, "leave columns out with --drop"
        )
        X = np.zeros((self.frame.height, len(features)), dtype)
        for start in range(0, len(X), WRITTEN):
            rows = slice(start, start + WRITTEN)
            block = replace(self, frame=self.frame.slice(start, WRITTEN))
            block.write(X[rows], columns, {name: places[rows] for name, places in codes.items()})
        refuse_missing(self.path, X, features)
        return X

    def write(self, X: Array, columns: Sequence[Column], codes: dict[str, Array]) -> None:
        """Write X, which is zero so far."""
        place = 0
        for column in columns:
            if column.levels:
                ones = np.flatnonzero(codes[column.name])  # none for the baseline
                X[ones, place - 1 + codes[column.name][ones].astype(np.intp)] = 1.0
            else:
                values = self.frame.get_column(column.name)
                X[:, place] = values.cast(import_polars().Float64).to_numpy()
            place += len(column.features)

    def number_type(self, numbers: Sequence[str]) -> type[np.floating[Any]]:
        """Return float32 where all numbers are, else float64."""
        kinds = {self.kinds[name] for name in numbers}
        return np.float32 if kinds == {import_polars().Float32} else np.float64

    def refuse_text(self, name: str) -> None:
        """Refuse a column that ought to hold numbers and holds text."""
        if is_text(self.kinds[name]):
            self.refuse_marks(name, self.texts(name))
            raise ValueError(f"column {name!r} of {self.path} holds text; the model needs numbers.")

    def lines(self, encoding: Encoding) -> list[str]:
        """Return the lines of Python that make X, y and weights."""
        kept = {column.name for column in encoding.columns}
        dropped = [name for name in self.names if name not in kept]
        single = self.number_type([c.name for c in encoding.columns if not c.levels]) is np.float32
        lines = [self.call, f"y = table[{write_value(encoding.target)}].to_numpy()"]
        if encoding.weight is not None:
            lines += [f"weights = table[{write_value(encoding.weight)}].to_numpy()"]
        lines += [write_call("X", "table.drop", *map(write_value, dropped))]
        if encoding.texts:
            names = write_value([column.name for column in encoding.texts])
            baselines = [f"{column.name}={column.levels[0]}" for column in encoding.texts]
            lines += [write_call("X", "X.to_dummies", names, separator="=")]
            lines += [write_call("X", "X.drop", *map(write_value, baselines))]
        kind = "Float32" if single else "Float64"
        return [*lines, f'X = X.cast(polars.{kind}).to_numpy(order="c")']
