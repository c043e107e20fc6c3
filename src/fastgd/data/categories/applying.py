"""Applying an encoding: the rows of another frame, encoded as those of the fit were."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.base.validation import first_line
from fastgd.data.categories.encoding import Column, Encoding
from fastgd.data.categories.missing import ReadNumbers, count_missing, read_numbers
from fastgd.data.categories.rows import Encoded, assemble, table_of
from fastgd.data.categories.texts import find_codes
from fastgd.data.categories.wording import Wording, refuse_all
from fastgd.data.frames import Column as Numbers
from fastgd.data.tables import Table


@dataclass
class Found:
    """What the columns of a frame hold for a model."""

    n: int
    numbers: dict[str, Numbers] = field(default_factory=dict)
    codes: list[Array] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start without a row that is unlike those fitted."""
        self.unknown_rows: NDArray[np.bool_] = np.zeros(self.n, bool)
        self.missing_rows: NDArray[np.bool_] = np.zeros(self.n, bool)


def apply(
    columns: Sequence[Any],
    encoding: Encoding,
    read: ReadNumbers,
    whole: Table | None = None,
    wording: Wording | None = None,
) -> Encoded:
    """Return the rows of a frame, encoded; *columns* are those of the encoding, in its order.

    Raises
    ------
    ValueError, TypeError
        For columns that cannot be used, for levels that the model has not seen and for missing
        values, if the encoding does not say what becomes of them.
    """
    wording = wording or Wording()
    found = Found(len(columns[0]))
    problems: list[Exception] = []
    for part, values in zip(encoding.columns, columns, strict=True):
        try:
            if whole is not None:
                found.numbers[part.name] = values
            elif part.levels:
                look_up(found, part, values, encoding, wording)
            else:
                found.numbers[part.name] = read_column(found, part, values, encoding, read, wording)
        except (TypeError, ValueError) as error:
            problems.append(error)
    refuse_all(problems)
    numbers = table_of([*found.numbers.values()], whole)
    if numbers is not None and encoding.missing != "error":
        look_for_missing(found, numbers, encoding, wording)
    kept = np.flatnonzero(~found.missing_rows) if encoding.missing == "drop" else None
    kept = None if kept is None or len(kept) == found.n else kept
    return Encoded(
        assemble(encoding, numbers, found.codes, kept, found.n),
        found.n,
        encoding.features,
        encoding,
        kept,
        found.unknown,
        found.missing,
        int(found.unknown_rows.sum()),
        int(found.missing_rows.sum()),
    )


def look_up(found: Found, part: Column, values: Any, encoding: Encoding, wording: Wording) -> None:
    """Look the texts of a column up among its levels; refuse what may not be there."""
    try:
        codes, first = find_codes(values, part.levels)
    except Exception as error:  # whatever a library says of values that are no texts
        raise TypeError(
            f"{wording.where(part.name)} must hold text; got {values.dtype}: {first_line(error)}."
        ) from None
    missing, unknown = codes == len(part.levels), codes == len(part.levels) + 1
    if encoding.missing == "error" and missing.any():
        raise wording.missing_text(part.name, np.flatnonzero(missing))
    if first is not None:
        row, level = first
        if encoding.unknown == "error":
            raise wording.unknown_level(part.name, level, row, int(unknown.sum()), part.levels)
        found.unknown[part.name] = int(unknown.sum())
        found.unknown_rows |= unknown
    if missing.any():
        found.missing[part.name] = int(missing.sum())
        found.missing_rows |= missing
    found.codes.append(codes)


def read_column(
    found: Found, part: Column, values: Any, encoding: Encoding, read: ReadNumbers, words: Wording
) -> Numbers:
    """Return a column of numbers, missing ones as NaN if they may be missing."""
    if encoding.missing == "error":
        return read(values, words.where(part.name))
    numbers = read_numbers(values, words.where(part.name), read)
    return np.broadcast_to(np.float64(np.nan), found.n) if numbers is None else numbers


def look_for_missing(found: Found, numbers: Table, encoding: Encoding, wording: Wording) -> None:
    """Count missing numbers; refuse them if only levels may be missing."""
    counts, rows = count_missing(numbers)
    missing = {n: int(count) for n, count in zip(found.numbers, counts, strict=True) if count}
    if encoding.missing == "level":
        refuse_all([wording.missing_numbers(*item) for item in missing.items()])
    if encoding.missing == "median":
        lacking = [c for c in encoding.columns if c.name in missing and c.median is None]
        refuse_all([wording.no_median(c.name, missing[c.name]) for c in lacking])
    found.missing = missing | found.missing
    found.missing_rows |= rows
