"""Learning an encoding: levels, baselines and medians from the columns of a frame."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.data.categories.encoding import Column, Encoding, Policy
from fastgd.data.categories.missing import ReadNumbers, count_missing, median_of, read_numbers
from fastgd.data.categories.rows import Encoded, assemble, table_of
from fastgd.data.categories.texts import declared_levels, find_levels, is_text
from fastgd.data.categories.wording import Wording, refuse_all
from fastgd.data.frames import Column as Numbers
from fastgd.data.tables import Table


@dataclass
class Found:
    """What the columns of a frame hold."""

    names: list[str]
    numbers: dict[str, Numbers] = field(default_factory=dict)
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[str, Array] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)  # columns whose type lists their levels
    missing: dict[str, int] = field(default_factory=dict)  # how many, in the columns that have any
    missing_rows: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))


def learn(
    columns: Sequence[tuple[str, Any]],
    policy: Policy,
    weights: NDArray[np.float64],
    read: ReadNumbers,
    whole: Table | None = None,
    wording: Wording | None = None,
    absent: NDArray[np.bool_] | None = None,
) -> Encoded:
    """Return the rows of a frame, encoded, with the encoding.

    Parameters
    ----------
    columns : sequence of (str, column)
    policy : Policy
    weights : ndarray, shape (n,), or empty
        Of the rows; medians use them.
    read : function
        Reads a column of numbers in which nothing is missing.
    whole : Table, optional
        The columns as one table, if all of them are numbers that lie in one array.
    wording : Wording, optional
    absent : ndarray of bool, shape (n,), optional
        Rows without a target, which are left out.

    Raises
    ------
    ValueError, TypeError
        For columns that cannot be used; all are named.
    """
    wording = wording or Wording()
    refuse_repeated([name for name, _ in columns])
    found = find(columns, policy, read, whole, wording)
    numbers = table_of([*found.numbers.values()], whole)
    if policy.missing != "error":
        look_for_missing(found, numbers, wording, policy)
    n, missing_targets = len(columns[0][1]), 0
    if absent is not None:
        found.missing_rows |= absent
        missing_targets = int(absent.sum())
    kept = np.flatnonzero(~found.missing_rows) if policy.missing == "drop" else None
    kept = None if kept is None or len(kept) == n else kept
    if kept is not None and len(kept) == 0:
        raise ValueError(
            f"every row has a missing value, so that {wording.option('missing', 'drop')} leaves "
            f"none: {', '.join([*map(repr, found.missing), *(['y'] if missing_targets else [])])}."
        )
    if kept is not None:
        drop_unseen(found, kept)
    encoding = make_encoding(found, policy, weights, kept, wording)
    table = assemble(encoding, numbers, [*found.codes.values()], kept, n)
    return Encoded(
        table,
        n,
        encoding.features,
        encoding,
        kept,
        missing=found.missing,
        missing_rows=int(found.missing_rows.sum()),
        missing_targets=missing_targets,
    )


def find(
    columns: Sequence[tuple[str, Any]],
    policy: Policy,
    read: ReadNumbers,
    whole: Table | None,
    wording: Wording,
) -> Found:
    """Return what the columns hold; refuse those that cannot be used, all at once."""
    found = Found([name for name, _ in columns])
    problems: list[Exception] = []
    for name, column in columns:
        where = wording.where(name)
        try:
            if whole is not None:
                found.numbers[name] = column
            elif policy.onehot and is_text(column, where):
                levels, codes = find_levels(column, name, wording)
                rows = np.flatnonzero(codes == len(levels))
                if len(rows) == len(codes):
                    raise wording.no_value(name)
                if policy.missing == "error" and len(rows):
                    raise wording.missing_text(name, rows)
                found.levels[name], found.codes[name] = levels, codes
                if declared_levels(column):
                    found.declared.add(name)
            elif policy.missing == "error":
                found.numbers[name] = read(column, where)
            else:
                numbers = read_numbers(column, where, read)
                if numbers is None:
                    raise wording.no_value(name)
                found.numbers[name] = numbers
        except (TypeError, ValueError) as error:
            problems.append(error)
    refuse_all(problems)
    return found


def look_for_missing(found: Found, numbers: Table | None, wording: Wording, policy: Policy) -> None:
    """Count missing values; refuse missing numbers if only levels may be missing."""
    n = len(next(iter(found.codes.values()))) if numbers is None else numbers.shape[0]
    found.missing_rows = np.zeros(n, bool)
    if numbers is not None:
        counts, found.missing_rows = count_missing(numbers)
        found.missing = {
            name: int(count) for name, count in zip(found.numbers, counts, strict=True) if count
        }
    if policy.missing == "level":
        refuse_all([wording.missing_numbers(*item) for item in found.missing.items()])
    refuse_all([wording.no_value(name) for name, count in found.missing.items() if count == n])
    for name, codes in found.codes.items():
        missing = codes == len(found.levels[name])
        if missing.any():
            found.missing[name] = int(missing.sum())
            found.missing_rows |= missing
    found.missing = {name: found.missing[name] for name in found.names if name in found.missing}


def drop_unseen(found: Found, kept: NDArray[np.int64]) -> None:
    """Leave out levels that no row kept has, unless the column's type declares them."""
    for name in found.levels.keys() - found.declared:
        levels, codes = found.levels[name], found.codes[name]
        seen = np.bincount(codes[kept], minlength=len(levels))[: len(levels)] > 0
        places = np.append(np.cumsum(seen) - 1, seen.sum()).astype(np.int8)
        found.levels[name] = tuple(np.array(levels, dtype=object)[seen])
        found.codes[name] = places[codes]


def make_encoding(
    found: Found,
    policy: Policy,
    weights: NDArray[np.float64],
    kept: NDArray[np.int64] | None,
    wording: Wording,
) -> Encoding:
    """Return the encoding of the columns found, as their rows *kept* need it."""
    columns = []
    needs_full = not policy.intercept  # without an intercept one column has all its levels
    for name in found.names:
        is_kept = policy.missing in ("level", "median")
        missing = is_kept and name in found.missing
        if name in found.levels:
            full = policy.full or needs_full
            column = make_text(name, found, weights, kept, full=full, missing=missing)
            needs_full = needs_full and len(column.features) == 0
        elif policy.missing == "median":
            median = median_of(found.numbers[name], weights)
            if np.isnan(median):
                raise wording.no_value(name)
            column = Column(name, missing=missing, median=median)
        else:
            column = Column(name)
        columns.append(column)
    encoding = Encoding(tuple(columns), policy.unknown, policy.missing)
    if not encoding.features:
        raise ValueError("every column has one level only: there is nothing to predict from.")
    refuse_repeated(encoding.features)
    return encoding


def make_text(
    name: str,
    found: Found,
    weights: NDArray[np.float64],
    kept: NDArray[np.int64] | None,
    *,
    full: bool,
    missing: bool,
) -> Column:
    """Return a column of text: its baseline is the first level that a row with a weight has."""
    levels, codes = found.levels[name], found.codes[name]
    if kept is not None:
        codes, weights = codes[kept], weights[kept] if len(weights) else weights
    if len(weights):
        codes = codes[weights > 0]
    rows = np.bincount(codes, minlength=len(levels) + 1)[: len(levels)]
    baseline = int(np.argmax(rows > 0))
    return Column(name, levels, baseline, full and len(levels) > 1, missing)


def refuse_repeated(names: Sequence[str]) -> None:
    """Refuse two columns of one name."""
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{count} columns of X would be named {name!r}; rename one of them.")
