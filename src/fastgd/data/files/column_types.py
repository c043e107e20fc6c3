"""Detect what each column of a file holds: numbers, text or dates; report unusable columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fastgd.data.categories.encoding import MAX_LEVELS
from fastgd.data.files.missing_values import (
    describe_missing,
    describe_rows,
    find_missing,
    join_columns,
    set_missing,
    split_columns,
    write_drop,
)
from fastgd.data.files.numerals import (
    find_cure,
    find_dates,
    find_numerals,
    find_signed,
    read_numbers,
    strip_sign,
    write_numbers,
)
from fastgd.data.files.polars_table import import_polars, is_text
from fastgd.data.files.problems import COUNTED, MISSING_OPTION, Problem, drop, refuse_all
from fastgd.data.files.read_options import Reading, quote

USABLE = ", and only numbers, booleans and text can be used"
MAX_NAMED = 3  # values for --missing that a message lists


@dataclass(frozen=True)
class Rules:
    """How to interpret the columns of a table."""

    path: Path
    reading: Reading
    missing: str = "error"  # what becomes of missing values
    decimal: str = "."
    thousands: str | None = None
    texts: frozenset[str] | None = None  # columns that are text anyway, of a model; None in a fit
    typed: bool = False  # the file itself says which columns are text

    @property
    def fitting(self) -> bool:
        """Whether the table is to be fitted, not predicted."""
        return self.texts is None

    def is_open(self, name: str, column: Any) -> bool:
        """Return True if a text column may hold numbers or dates."""
        return is_text(column.dtype) and not (self.typed or name in (self.texts or ()))


@dataclass(frozen=True)
class TypedColumns:
    """Columns with their types detected."""

    frame: Any
    lines: list[str]  # of Python that do the same
    remarks: list[str]


def detect_types(
    table: Any,
    features: Sequence[str],
    beside: Sequence[str],
    rules: Rules,
    text_at: Callable[[str, int], str | None] | None = None,
    problems: Sequence[Problem] = (),
) -> TypedColumns:
    """Return the columns with their types detected; report all unusable columns in one error.

    *text_at* returns what stands in a file where a value of the table is missing; *problems* were
    found before, and go before others of their columns. What is wrong with columns beside X is left
    to who scores if it is not a fit.
    """
    read = split_columns(table)
    columns = dict(read)
    lines = set_missing(columns, rules.reading.marks)
    strict = [name for name in [*features, *(beside if rules.fitting else ())] if name in columns]
    found = {problem.name: problem for problem in problems}
    numbers = []
    for name, column in columns.items():
        columns[name], problem = take(name, column, rules)
        if problem is None and rules.fitting and name not in beside:
            problem = check_levels(name, columns[name])
        if problem is not None and name in strict:
            found.setdefault(name, problem)
        if columns[name].dtype != column.dtype:
            numbers.append(name)
    if numbers:
        lines.append(write_numbers(numbers, rules.decimal, rules.thousands))
    absent = {}
    for name in strict:
        mask = find_missing(columns[name])
        if mask.any():
            absent[name] = mask
        is_feature = name not in beside
        if name in found or not must_report(columns[name], mask, rules, is_feature=is_feature):
            continue
        row = int(mask.arg_max())
        text = read[name][row] if text_at is None else text_at(name, row)
        text = text if isinstance(text, str) else None
        other = find_other(columns[name], is_feature=is_feature and rules.fitting)
        found[name] = describe_missing(name, mask, text, other, fitting=rules.fitting)
    order = [name for name in [*features, *beside] if name in found]
    refuse_all(rules.path, [for_role(found[name], rules, name in beside) for name in order])
    if not absent or rules.missing != "drop" or not rules.fitting:
        return TypedColumns(join_columns(columns), lines, [])
    gone = np.logical_or.reduce([mask.to_numpy() for mask in absent.values()])
    counts = {name: int(mask.sum()) for name, mask in absent.items()}
    remark = describe_rows(rules.path, gone, counts)
    lines += write_drop(columns, [*absent])
    return TypedColumns(join_columns(columns).filter(~gone), lines, [remark])


def must_report(column: Any, mask: Any, rules: Rules, *, is_feature: bool) -> bool:
    """Return True if missing values are a reason to refuse a column."""
    if rules.missing == "error" or not mask.any():
        return bool(mask.any())
    if mask.all():
        return rules.fitting
    if rules.missing == "drop":
        return False
    return not is_feature or (rules.missing == "level" and not is_text(column.dtype))


def find_other(column: Any, *, is_feature: bool) -> str | None:
    """Return what --on-missing may say of a column, beside leaving rows out."""
    if not is_feature:
        return None
    return "level" if is_text(column.dtype) else "median"


def check_type(name: str, kind: Any) -> Problem | None:
    """Return the problem of a column of neither numbers nor text."""
    polars = import_polars()
    if kind.is_numeric() or is_text(kind) or kind in (polars.Boolean, polars.Null):
        return None
    return drop(name, f"has the type {kind}", USABLE)


def take(name: str, column: Any, rules: Rules) -> tuple[Any, Problem | None]:
    """Return a column with its type detected, and the problem if it cannot be used."""
    if rules.is_open(name, column):
        return take_text(name, column, rules)
    if column.dtype.is_float() and (infinite := column.is_infinite().fill_null(False)).any():
        return column, describe_infinite(name, column, infinite, rules)
    return column, None


def take_text(name: str, column: Any, rules: Rules) -> tuple[Any, Problem | None]:
    """Return a column of text, or of the numbers that most of its texts are."""
    polars = import_polars()
    texts = column.cast(polars.String).str.strip_chars()
    texts = texts.replace(["", *rules.reading.marks], None)
    count = len(texts) - texts.null_count()
    if 2 * (find_numerals(texts).sum() or 0) > count:
        numbers = read_numbers(texts, rules.decimal, rules.thousands)
        bad = numbers.is_null() & texts.is_not_null()
        if not bad.any():
            return numbers, None
        return column, describe_numbers(name, texts.filter(bad), bad, rules)
    signed = find_signed(texts).fill_null(False)
    if signed.any() and 2 * (signed | find_numerals(texts)).sum() > count:
        row = int(signed.arg_max())
        what = f"holds numbers with a unit, the first {texts[row]!r} in row {row:,}{COUNTED}"
        cure = f"write plain numbers, such as {strip_sign(texts[row])}"
        return column, Problem(name, what, (), cure)
    dates = find_dates(texts).fill_null(False)
    if 2 * dates.sum() > count:
        row = dates.arg_max()
        what = f"holds dates, the first {texts[row]!r} in row {row:,}{COUNTED}"
        return column, drop(name, what, USABLE)
    return column, None


def describe_infinite(name: str, column: Any, mask: Any, rules: Rules) -> Problem:
    """Return the problem of a column with infinite values."""
    count, row = int(mask.sum()), int(mask.arg_max())
    what = f"has {count:,} infinite value{'s' * (count != 1)}, the first in row {row:,}{COUNTED}"
    marks = ",".join(sorted({f"{value:g}" for value in column.filter(mask).unique()}))
    return offer_missing(name, what, marks, count, rules)


def offer_missing(name: str, what: str, marks: str, count: int, rules: Rules) -> Problem:
    """Return the problem of values that may be read as missing ones."""
    option = f"--missing {quote(','.join([*(rules.reading.missing or ()), marks]))}"
    it, rows = ("it", "that row") if count == 1 else ("them", "those rows")
    cure = f"{option} reads {it} as missing"
    if rules.missing != "error":
        return Problem(name, what, (option,), cure)
    cure += f", and {MISSING_OPTION} leaves {rows} out"
    return Problem(name, what, (option, MISSING_OPTION), cure)


def describe_numbers(name: str, texts: Any, bad: Any, rules: Rules) -> Problem:
    """Return the problem of a column of numbers with other texts among them."""
    row, count = int(bad.arg_max()), len(texts)
    first = f"{texts[0]!r} in row {row:,}{COUNTED}"
    many = f"{count:,} values that are none, the first {first}"
    what = f"holds numbers, but {first if count == 1 else many}"
    if cure := find_cure(texts[0], rules.decimal):
        return Problem(name, what, (cure,), f"{cure} reads it as a number")
    others = texts.unique(maintain_order=True).to_list()
    if len(others) > MAX_NAMED or any("," in text for text in others):
        return drop(name, what)
    return offer_missing(name, what, ",".join(others), count, rules)


def check_levels(name: str, column: Any) -> Problem | None:
    """Return the problem of a column with too many different texts."""
    if not is_text(column.dtype):
        return None
    texts = column.drop_nulls()
    if (levels := texts.n_unique()) <= MAX_LEVELS:
        return None
    row = int(column.is_not_null().arg_max())
    what = f"is text with {levels:,} levels, the first {texts[0]!r} in row {row:,}{COUNTED}"
    return drop(name, what, f", and at most {MAX_LEVELS:,} levels are supported")


def for_role(problem: Problem, rules: Rules, is_beside: bool) -> Problem:
    """Return the problem of a column; a target, a weight or what a model needs is not left out."""
    if not any(option.startswith("--drop ") for option in problem.options):
        return problem
    if not rules.fitting:
        return replace(problem, options=(), cure="the model needs numbers there")
    return (
        replace(problem, options=(), cure="choose another column for it") if is_beside else problem
    )
