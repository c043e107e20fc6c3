"""What each column of a file holds: numbers, text, dates; and what is missing in it."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastgd.cli.code import write_call, write_value
from fastgd.cli.numerals import (
    find_cure,
    find_dates,
    find_numerals,
    read_numbers,
    write_numbers,
)
from fastgd.cli.polars_table import MOST_LEVELS, import_polars, is_text
from fastgd.cli.problems import COUNTED, MISSING_OPTION, Problem, drop, refuse_all
from fastgd.cli.reading import Reading
from fastgd.kernels.arguments import Array

USABLE = "and only numbers, booleans and text can be used"
MOST_NAMED = 3  # values for --missing that a message lists


@dataclass(frozen=True)
class Rules:
    """How the columns of a table are to be taken."""

    path: Path
    reading: Reading
    decimal: str = "."
    thousands: str | None = None
    texts: frozenset[str] | None = None  # columns that are text anyway, of a model; None in a fit
    typed: bool = False  # the file itself says which columns are text

    @property
    def fitting(self) -> bool:
        """Whether the table is to be fitted, not predicted."""
        return self.texts is None

    def is_open(self, column: Any) -> bool:
        """Return True if a text column may hold numbers or dates."""
        is_known = self.typed or column.name in (self.texts or ())
        return is_text(column.dtype) and not is_known


@dataclass(frozen=True)
class Settled:
    """Columns of which it is known what they hold."""

    frame: Any
    lines: list[str]  # of Python that do the same
    kept: Array | None  # which rows these are, if some were left out
    remarks: list[str]


@dataclass(frozen=True)
class Taken:
    """A column as it is used, and why it cannot be."""

    column: Any
    problem: Problem | None = None


def find_marks(table: Any, marks: Sequence[str]) -> list[str]:
    """Return which of *marks* the text columns of a table hold."""
    texts = [column for column in table.get_columns() if is_text(column.dtype)]
    known = import_polars().Series(marks)
    found = {
        mark
        for column in texts
        for mark in column.filter(column.cast(known.dtype).is_in(known.implode())).unique()
    }
    return [mark for mark in marks if mark in found]


def settle(
    table: Any,
    features: Sequence[str],
    beside: Sequence[str],
    rules: Rules,
    text_at: Callable[[str, int], str | None] = lambda name, row: None,
    problems: Sequence[Problem] = (),
) -> Settled:
    """Return the columns with their types settled; refuse all that cannot be used at once.

    *text_at* returns what stands in a file where a value is missing; *problems* were found before.
    """
    table, lines = set_missing(table, rules)
    taken = {name: take(table.get_column(name), rules) for name in table.columns}
    numbers = [name for name in taken if taken[name].column.dtype != table.schema[name]]
    frame = table.with_columns([taken[name].column for name in numbers])
    if numbers:
        lines.append(write_numbers(numbers, rules.decimal, rules.thousands))
    strict = [name for name in [*features, *(beside if rules.fitting else ())] if name in taken]
    found = [*problems, *(taken[name].problem for name in strict)]
    absent = {name: find_missing(frame.get_column(name)) for name in strict}
    absent = {name: mask for name, mask in absent.items() if mask.any()}
    is_refused = rules.reading.drop_missing
    for name, mask in absent.items():
        if taken[name].problem is None and (mask.all() or not is_refused):
            found.append(describe_missing(name, mask, rules, text_at))
    good = [name for name in features if name in taken and taken[name].problem is None]
    found += [check_levels(frame.get_column(name), rules) for name in good]
    order = {name: place for place, name in enumerate([*features, *beside])}
    known = [name_roles(problem, beside) for problem in found if problem is not None]
    refuse_all(rules.path, sorted(known, key=lambda problem: order[problem.name]))
    if not absent:
        return Settled(frame, lines, None, [])
    return leave_out(frame, lines, absent, rules)


def leave_out(frame: Any, lines: list[str], absent: dict[str, Any], rules: Rules) -> Settled:
    """Leave the rows out that miss a value in one of the columns *absent*."""
    polars = import_polars()
    gone = polars.DataFrame(list(absent.values())).select(polars.any_horizontal(polars.all()))
    gone = gone.to_series()
    counts = {name: int(mask.sum()) for name, mask in absent.items()}
    worst = sorted(counts, key=lambda name: -counts[name])
    listed = ", ".join(f"{name} {counts[name]:,}" for name in worst[:4])
    listed += f" and {len(worst) - 4} more columns" if len(worst) > 4 else ""
    if gone.all():
        raise ValueError(
            f"every row of {rules.path} has a missing value ({listed}): leave columns out with "
            f"--drop {shlex.quote(worst[0])}."
        )
    names = [*absent]
    if any(frame.schema[name].is_float() for name in names):
        lines = [*lines, "table = table.with_columns(polars.selectors.float().fill_nan(None))"]
    lines = [*lines, f"table = table.drop_nulls({write_value(names)})"]
    remark = (
        f"{int(gone.sum()):,} of {len(gone):,} rows of {rules.path} have a missing value and are "
        f"left out: {listed}"
    )
    return Settled(frame.filter(~gone), lines, (~gone).to_numpy(), [remark])


def set_missing(table: Any, rules: Rules) -> tuple[Any, list[str]]:
    """Return the table with nulls for values that stand for a missing one."""
    polars = import_polars()
    marks = [*rules.reading.marks]
    values = [value for value in map(to_number, marks) if value is not None and value == value]
    numbers, texts = [], []
    for column in table.get_columns():
        if is_text(column.dtype):
            if find_marks(column.to_frame(), marks):
                texts.append(column.name)
        elif (
            values and column.dtype.is_numeric() and column.cast(polars.Float64).is_in(values).any()
        ):
            numbers.append(column.name)
    lines = []
    for names, old in ((numbers, values), (texts, marks)):
        if names:
            table = table.with_columns(polars.col(names).replace(old, None))
            lines.append(
                write_call(
                    "table",
                    "table.with_columns",
                    f"polars.col({write_value(names)}).replace({write_value(old)}, None)",
                )
            )
    return table, lines


def to_number(text: str) -> float | None:
    """Return the number that a text is."""
    try:
        return float(text)
    except ValueError:
        return None


def take(column: Any, rules: Rules) -> Taken:
    """Return a column with its type settled."""
    kind = column.dtype
    if rules.is_open(column):
        return take_text(column, rules)
    if kind.is_float() and (infinite := column.is_infinite().fill_null(False)).any():
        return Taken(column, describe_infinite(column, infinite, rules))
    return Taken(column)


def check_type(name: str, kind: Any) -> Problem | None:
    """Return the problem of a column of neither numbers nor text."""
    polars = import_polars()
    if kind.is_numeric() or is_text(kind) or kind in (polars.Boolean, polars.Null):
        return None
    return drop(name, f"has the type {kind}, {USABLE}")


def take_text(column: Any, rules: Rules) -> Taken:
    """Return a column of text, or of the numbers that most of its texts are."""
    polars = import_polars()
    texts = column.cast(polars.String).str.strip_chars()
    texts = texts.set(texts.is_in(["", *rules.reading.marks]), None)
    count = len(texts) - texts.null_count()
    if 2 * (find_numerals(texts).sum() or 0) > count:
        numbers = read_numbers(texts, rules.decimal, rules.thousands)
        bad = numbers.is_null() & texts.is_not_null()
        if not bad.any():
            return Taken(numbers)
        return Taken(column, describe_numbers(column.name, texts.filter(bad), bad, rules))
    dates = find_dates(texts).fill_null(False)
    if 2 * dates.sum() > count:
        row = dates.arg_max()
        what = f"holds dates, the first {texts[row]!r} in row {row:,}{COUNTED}, {USABLE}"
        return Taken(column, drop(column.name, what))
    return Taken(column)


def find_missing(column: Any) -> Any:
    """Return where a column has no value."""
    if column.dtype.is_float():
        return column.is_null() | column.is_nan().fill_null(False)
    return column.is_null()


def describe_missing(
    name: str, mask: Any, rules: Rules, text_at: Callable[[str, int], str | None]
) -> Problem:
    """Return the problem of a column with missing values."""
    count, row = int(mask.sum()), int(mask.arg_max())
    text = text_at(name, row)
    mark = f" ({text!r})" if text else ""
    plural = "s" * (count != 1)
    what = f"has {count:,} missing{mark} value{plural}, the first in row {row:,}{COUNTED}"
    if not rules.fitting:
        return Problem(name, what, (), "fill them in or take those rows out")
    if 2 * count > len(mask):
        return drop(name, f"{what.removesuffix(COUNTED)} of {len(mask):,}{COUNTED}")
    return Problem(
        name, what, (MISSING_OPTION,), f"fill them in or leave those rows out with {MISSING_OPTION}"
    )


def describe_infinite(column: Any, mask: Any, rules: Rules) -> Problem:
    """Return the problem of a column with infinite values."""
    count, row = int(mask.sum()), int(mask.arg_max())
    what = f"has {count:,} infinite value{'s' * (count != 1)}, the first in row {row:,}{COUNTED}"
    marks = ",".join(sorted({f"{value:g}" for value in column.filter(mask).unique()}))
    return missing_option(column.name, what, marks, count, rules)


def missing_option(name: str, what: str, marks: str, count: int, rules: Rules) -> Problem:
    """Return the problem of values that may be read as missing ones."""
    if not rules.fitting:
        return Problem(name, what, (), "mend them or take those rows out")
    known = rules.reading.missing or ()
    option = f"--missing {shlex.quote(','.join([*known, marks]))}"
    it, rows = ("it", "that row") if count == 1 else ("them", "those rows")
    options = (option,) if rules.reading.drop_missing else (option, MISSING_OPTION)
    cure = f"{option} reads {it} as missing, and {MISSING_OPTION} leaves {rows} out"
    return Problem(name, what, options, cure)


def describe_numbers(name: str, texts: Any, bad: Any, rules: Rules) -> Problem:
    """Return the problem of a column of numbers with other texts among them."""
    row, count = int(bad.arg_max()), len(texts)
    what = (
        f"holds numbers, but {texts[0]!r} in row {row:,}{COUNTED}"
        if count == 1
        else f"holds numbers, but {count:,} values that are none, the first {texts[0]!r} in row "
        f"{row:,}{COUNTED}"
    )
    if cure := find_cure(texts[0], rules.decimal):
        return Problem(name, what, (cure,), f"read it as a number with {cure}")
    others = texts.unique(maintain_order=True).to_list()
    if len(others) > MOST_NAMED or any("," in text for text in others):
        return drop(name, what)
    return missing_option(name, what, ",".join(others), count, rules)


def check_levels(column: Any, rules: Rules) -> Problem | None:
    """Return the problem of a column with too many different texts."""
    if not rules.fitting or not is_text(column.dtype):
        return None
    levels = column.drop_nulls().n_unique()
    if levels <= MOST_LEVELS:
        return None
    what = (
        f"is text with {levels:,} levels, and at most {MOST_LEVELS} are told apart (the first is "
        f"{column.drop_nulls()[0]!r})"
    )
    return drop(column.name, what)


def name_roles(problem: Problem, beside: Sequence[str]) -> Problem:
    """Return the problem of a target or of weights, which cannot be left out."""
    if problem.name not in beside or not any(o.startswith("--drop ") for o in problem.options):
        return problem
    return Problem(problem.name, problem.what, (), "choose another column for it")
