"""Ambiguous numbers such as 65.937: a decimal number, or thousands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastgd.data.files.polars_table import import_polars, is_text
from fastgd.data.files.problems import COUNTED, Problem
from fastgd.data.files.read_options import quote

WHOLE = r"^[-+]?\d+$"
GROUPED = {mark: rf"^[-+]?[1-9]\d{{0,2}}\{mark}\d{{3}}$" for mark in ".,"}
FIRST = 1000  # rows, which show of nearly every column that its numbers are decimals
ROUNDING = 1e-6  # of a thousand times a number that has three decimals at most


@dataclass(frozen=True)
class Doubtful:
    """A column whose numbers may be decimals or thousands."""

    name: str
    text: str  # the first such number
    row: int
    mark: str
    is_mixed: bool  # integers stand beside such numbers

    @property
    def ways(self) -> str:
        """The options that read it, and as what."""
        thousands = self.text.replace(self.mark, "")
        mark = quote(self.mark)
        decimal = self.text.replace(",", ".")
        return f"--decimal {mark} reads {decimal}, --thousands {mark} reads {thousands}"

    def problem(self) -> Problem:
        """Return why the column cannot be used before it is said which of them it is."""
        what = f"holds {self.text!r} in row {self.row:,}{COUNTED}"
        return Problem(
            self.name,
            f"{what}, which may be a decimal number or a thousands separator",
            (),
            self.ways,
        )

    def remark(self, path: Path) -> str:
        """Return what is to be said if the number is read as a decimal."""
        return (
            f"column {self.name!r} of {path} is read as decimals, with {self.text!r} in row "
            f"{self.row:,}{COUNTED}; if these are thousands, give --thousands {quote(self.mark)}"
        )


@dataclass(frozen=True)
class Doubts:
    """The columns of a file whose numbers may be decimals or thousands."""

    found: tuple[Doubtful, ...]
    is_shown: bool  # another column has numbers that can only have decimal points

    def split(
        self, path: Path, separator: str, *, fitting: bool
    ) -> tuple[list[Problem], list[str]]:
        """Return the problems of those that are refused, and remarks about the others.

        In files with semicolons, points are often of thousands: a fit asks, and predictions go on
        with a remark. In files with commas, three decimals throughout are decimals.
        """
        refused = [
            doubt
            for doubt in self.found
            if not self.is_shown and (doubt.mark == "," or (separator == ";" and fitting))
        ]
        accepted = [
            doubt
            for doubt in self.found
            if doubt not in refused and doubt.mark == "." and (doubt.is_mixed or separator != ",")
        ]
        return [doubt.problem() for doubt in refused], [doubt.remark(path) for doubt in accepted]


def find_doubts(
    columns: Mapping[str, Any],
    separator: str,
    marks: tuple[str, ...],
    texts_of: Callable[[list[str]], Any],
) -> Doubts:
    """Return which columns may hold decimals or thousands; *marks* stand for missing values.

    *columns* are read with a decimal point; *texts_of* returns some of them as they stand in the
    file.
    """
    floats = [name for name, column in columns.items() if column.dtype.is_float()]
    open_ = [
        name
        for name in floats
        if may_be_grouped(columns[name].head(FIRST)) and may_be_grouped(columns[name])
    ]
    texts = []
    if separator != ",":  # with it, a comma inside a field is in quotation marks: of thousands
        texts = [name for name, column in columns.items() if is_text(column.dtype)]
    found = [
        (name, column, mark)
        for names, mark in ((open_, "."), (texts, ","))
        if names
        for name, column in zip(names, texts_of(names).get_columns(), strict=True)
    ]
    doubts = [find_doubt(name, column, mark, marks) for name, column, mark in found]
    known = tuple(doubt for doubt in doubts if doubt is not None)
    are_doubtful = {doubt.name for doubt in known}
    is_shown = any(name not in are_doubtful and has_decimals(columns[name]) for name in floats)
    return Doubts(known, is_shown)


def may_be_grouped(column: Any) -> bool:
    """Return True if numbers of a column have no decimals, or up to three behind 1 to 999."""
    values = column.drop_nulls().abs()
    values = values.filter(values.is_finite())
    fractions = values.filter(values != values.floor())
    thousands = fractions * 1000
    fits = (thousands - thousands.round()).abs() < ROUNDING
    return bool((fits & fractions.is_between(1, 1000)).all())


def has_decimals(column: Any) -> bool:
    """Return True if a number of a column is no integer."""
    return bool((column.is_finite() & (column != column.floor())).any())


def find_doubt(name: str, column: Any, mark: str, marks: tuple[str, ...]) -> Doubtful | None:
    """Return the first number of a column that may be of thousands, if all may be."""
    polars = import_polars()
    texts = column.cast(polars.String).str.strip_chars().replace(["", *marks], None)
    grouped = texts.str.contains(GROUPED[mark]).fill_null(False)
    whole = texts.str.contains(WHOLE).fill_null(False)
    if not grouped.any() or not (grouped | whole | texts.is_null()).all():
        return None
    row = int(grouped.arg_max())
    return Doubtful(name, texts[row], row, mark, bool(whole.any()))
