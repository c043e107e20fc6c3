"""Encoded rows: a table that writes zeros and ones, and medians, as its rows are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.data.categories.encoding import Encoding
from fastgd.data.categories.wording import counted
from fastgd.data.frames import Column as Numbers
from fastgd.data.frames import Names
from fastgd.data.orders import Rows
from fastgd.data.tables import ArrayTable, ColumnTable, Table, pieces, take

SHOWN = 5  # columns in a remark
AS_WHAT = {"baseline": "the baseline", "ignore": "no level"}


@dataclass(frozen=True)
class EncodedTable:
    """Columns of numbers and of codes, as rows of the columns that they become."""

    numbers: Table | None
    encoding: Encoding
    texts: Sequence[Array]  # for each column of text, which of its columns is one; -1: none
    n_rows: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.n_rows, len(self.encoding.features)

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which type rows are handed out."""
        return np.dtype(np.float64) if self.numbers is None else self.numbers.dtype

    @cached_property
    def _places(self) -> tuple[list[int], list[int], list[int], NDArray[np.float64]]:
        """First columns of texts; columns of numbers; their indicators (-1: none); medians."""
        texts, numbers, indicators, medians, place = [], [], [], [], 0
        for column in self.encoding.columns:
            if column.levels:
                texts.append(place)
            else:
                numbers.append(place)
                indicators.append(place + 1 if column.missing else -1)
                medians.append(np.nan if column.median is None else column.median)
            place += len(column.features)
        return texts, numbers, indicators, np.array(medians)

    def between(self, start: int, stop: int, out: Array | None = None) -> Array:
        """Return the rows start..stop, in C order."""
        stop = min(stop, self.n_rows)
        rows = np.empty((stop - start, self.shape[1]), self.dtype) if out is None else out
        rows = rows[: stop - start]
        numbers = None if self.numbers is None else self.numbers.between(start, stop)
        self._write(rows, numbers, slice(start, stop))
        return rows

    def fill(self, rows: Rows, out: Array) -> None:
        """Write these rows to *out*."""
        self._write(out, None if self.numbers is None else take(self.numbers, rows), rows)

    def in_place(self) -> Array | None:
        """Return None: the rows are made when they are read."""
        return None

    def _write(self, out: Array, numbers: Array | None, rows: Any) -> None:
        texts, places, indicators, medians = self._places
        if texts or max(indicators, default=-1) >= 0:
            out[...] = 0
        if numbers is not None:
            out[:, places] = numbers
            if not np.isnan(medians).all():
                self._fill_missing(out, np.isnan(numbers))
        for first, codes in zip(texts, self.texts, strict=True):
            found = codes[rows]
            ones = np.flatnonzero(found >= 0)
            out[ones, first + found[ones].astype(np.intp)] = 1

    def _fill_missing(self, out: Array, missing: NDArray[np.bool_]) -> None:
        _, places, indicators, medians = self._places
        for k in np.flatnonzero(missing.any(axis=0) & ~np.isnan(medians)):
            out[missing[:, k], places[k]] = medians[k]
            if indicators[k] >= 0:
                out[missing[:, k], indicators[k]] = 1


@dataclass(frozen=True)
class SelectedTable:
    """Some rows of a table, in order."""

    table: Table
    rows: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.rows), self.table.shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """In which type rows are handed out."""
        return self.table.dtype

    def between(self, start: int, stop: int, out: Array | None = None) -> Array:
        """Return the rows start..stop, in C order."""
        rows = self.rows[start:stop]
        out = np.empty((len(rows), self.shape[1]), self.dtype) if out is None else out[: len(rows)]
        self.table.fill(rows, out)
        return out

    def fill(self, rows: Rows, out: Array) -> None:
        """Write these rows to *out*."""
        self.table.fill(self.rows[rows], out)

    def in_place(self) -> Array | None:
        """Return None: the rows lie apart."""
        return None


@dataclass(frozen=True, eq=False)
class Encoded:
    """Rows of a table or a frame as a model multiplies them, made when they are read.

    Attributes
    ----------
    n_rows : int
        Rows of the frame, those left out included.
    kept : ndarray of int, or None
        The rows that were not left out; None if all were kept.
    unknown, missing : dict
        How many rows hold, in each column, a level that the model has not seen, or no value.
    unknown_rows, missing_rows : int
        How many rows hold any; those of a fit without a target are among the second.
    missing_targets : int
        How many rows of a fit have no target.
    remarks : dict
        The same in sentences.
    """

    table: Table  # of the rows kept
    n_rows: int
    names: Names = None
    encoding: Encoding | None = None
    kept: NDArray[np.int64] | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    unknown_rows: int = 0
    missing_rows: int = 0
    missing_targets: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows kept, and columns."""
        return self.table.shape

    @property
    def remarks(self) -> dict[str, str]:
        """What became of unknown levels and of missing values, a sentence each."""
        remarks = {}
        if self.encoding is not None and self.unknown_rows:
            remarks["unknown"] = (
                f"{counted(self.unknown_rows)} with levels that the model has not seen, in "
                f"{_in_columns(self.unknown)}: taken as {AS_WHAT[self.encoding.unknown]}"
            )
        if self.encoding is not None and self.missing_rows:
            remarks["missing"] = (
                f"{counted(self.missing_rows)} with missing values, in "
                f"{_in_columns(self.missing, self.missing_targets)}: "
                f"{_became(self.encoding, self.missing)}"
            )
        return remarks

    def __repr__(self) -> str:
        """Say the essentials in one line."""
        n, d = self.shape
        return f"Encoded({n} rows, {d} columns)"

    def spread(self, values: Array) -> Array:
        """Return values of the rows kept as values of all rows: NaN for those left out."""
        if self.kept is None:
            return values
        spread = np.full((self.n_rows, *values.shape[1:]), np.nan)
        spread[self.kept] = values
        return spread

    def to_array(self) -> Array:
        """Return the rows kept as one array, without a copy if they are one."""
        if isinstance(self.table, ArrayTable):
            return self.table.values
        array = np.empty(self.table.shape, self.table.dtype)
        for start, piece in pieces(self.table):
            array[start : start + len(piece)] = piece
        return array


def table_of(columns: Sequence[Numbers], whole: Table | None) -> Table | None:
    """Return columns of numbers as a table: the *whole* that they come from, if it is one."""
    if whole is not None:
        return whole
    return ColumnTable(columns) if columns else None


def assemble(
    encoding: Encoding, numbers: Table | None, codes: Sequence[Array], kept: Array | None, n: int
) -> Table:
    """Return the table of the rows *kept*, or of all."""
    table = numbers
    if numbers is None or not encoding.is_plain:
        texts = [
            column.places(encoding.unknown)[code]
            for column, code in zip(encoding.texts, codes, strict=True)
        ]
        table = EncodedTable(numbers, encoding, texts, n)
    assert table is not None
    return table if kept is None else SelectedTable(table, kept)


def _became(encoding: Encoding, missing: Mapping[str, int]) -> str:
    """Return what became of missing values in these columns."""
    if encoding.missing == "drop":
        return "left out"
    columns = [column for column in encoding.columns if missing.get(column.name)]
    became = {
        "the median": any(not column.levels for column in columns),
        "a level of its own": any(column.levels and column.missing for column in columns),
        AS_WHAT.get(encoding.unknown, AS_WHAT["ignore"]): any(
            column.levels and not column.missing for column in columns
        ),
    }
    return f"taken as {' or '.join(words for words, applies in became.items() if applies)}"


def _in_columns(counts: Mapping[str, int], targets: int = 0) -> str:
    shown = [f"y ({targets:,})"] if targets else []
    shown += [f"{name!r} ({count:,})" for name, count in counts.items() if count]
    more = [f"{len(shown) - SHOWN} more columns"] if len(shown) > SHOWN else []
    return ", ".join([*shown[:SHOWN], *more])
