"""The interface of data files and tables of every format, and checks of their values."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fastgd.base.memory import check_memory
from fastgd.base.types import Array
from fastgd.base.validation import did_you_mean
from fastgd.data.categories import encoding
from fastgd.data.categories.encoding import Policy
from fastgd.data.categories.rows import Encoded
from fastgd.data.files.roles import Encoding
from fastgd.data.tables import ArrayTable

SCANNED = 2**18  # numbers checked at a time: 2 MB, which fit in cache


class Table(Protocol):
    """A table that was read."""

    @property
    def library(self) -> str:
        """What the lines of Python import, parted by spaces."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be said about how the file was read."""

    def learn(self, names: Sequence[str], policy: Policy, weights: Array | None) -> Encoded:
        """Return the rows of X, made of these columns, with the encoding that was learned."""

    def apply(self, encoding: encoding.Encoding) -> Encoded:
        """Return the rows of X as an encoding makes them."""

    def values(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return a column's numbers; of a text the places of its values in the levels returned."""

    def lines(self, encoding: Encoding) -> list[str]:
        """Return the lines of Python that make X, y and weights."""


class File(Protocol):
    """A file of data that was opened: what there is in it is known."""

    @property
    def path(self) -> Path:
        """Its path."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, in order."""

    @property
    def others(self) -> tuple[str, ...]:
        """What lies beside the table, and may be target or weight only."""

    @property
    def named(self) -> bool:
        """Whether columns have names of their own; else they are known by their place."""

    @property
    def notes(self) -> dict[str, Any]:
        """What a model keeps of how the file was read."""

    def find(self, text: str) -> str:
        """Return the name of the column meant."""

    def read(self, features: Sequence[str], beside: Sequence[str] = ()) -> Table:
        """Read columns: those for X, and those beside it; name all that cannot be used at once."""


def find_name(path: Path, text: str, known: Sequence[str]) -> str:
    """Return *text* if it is the name of a column."""
    if text in known:
        return text
    hint = did_you_mean(text, known) or f" It has {listed(known)}."
    raise ValueError(f"{path} has no column {text!r}.{hint}")


def find_place(path: Path, text: str, known: Sequence[str], others: Sequence[str] = ()) -> str:
    """Return the name of a column that may be given by its number; -1 is the last one."""
    try:
        place = int(text)
    except ValueError:
        return find_name(path, text, [*known, *others])
    width = len(known)
    if not -width <= place < width:
        raise ValueError(
            f"{path} has {width} columns, 0 to {width - 1} (or -{width} to -1); got {place}."
        )
    return f"x{place % width}"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names for a sentence, only the first ones if there are many."""
    quoted = [repr(str(name)) for name in names]
    more = f" and {len(quoted) - most:,} more" if len(quoted) > most else ""
    return ", ".join(quoted[:most]) + more


def make_array(path: Path, encoded: Encoded) -> Array:
    """Return X as one array; refuse what is missing or infinite."""
    if not isinstance(encoded.table, ArrayTable):
        n, d = encoded.shape
        itemsize = encoded.table.dtype.itemsize
        check_memory(n, d, itemsize, "leave columns out with --drop")
    X = encoded.to_array()
    refuse_missing(path, X, [*map(str, encoded.names or ())])
    return X


def refuse_missing(
    path: Path, values: Array, names: Sequence[str], *, can_drop: bool = True
) -> None:
    """Refuse numbers that are NaN or infinite; *names* are those of the columns.

    *can_drop* says whether --drop-missing would help.
    """
    if values.dtype.kind != "f":
        return
    table = values.reshape(len(values), -1)
    step = max(1, SCANNED // max(1, table.shape[1]))
    for start in range(0, len(table), step):
        finite = np.isfinite(table[start : start + step]).all(axis=0)
        if not finite.all():
            column = int(finite.argmin())
            refuse_column(path, table[:, column], names[column], can_drop=can_drop)


def refuse_column(path: Path, values: Array, name: str, *, can_drop: bool) -> None:
    """Raise an error for a column with missing or infinite values."""
    bad = np.isnan(values)
    kind = "missing" if bad.any() else "infinite"
    bad = bad if bad.any() else np.isinf(values)
    raise ValueError(describe_bad(path, name, bad, kind, can_drop=can_drop))


def describe_bad(path: Path, name: str, bad: Array, kind: str, *, can_drop: bool = True) -> str:
    """Return the sentence about values that cannot be used; *bad* says where they are."""
    count = int(bad.sum())
    fates = [f"fill {'it' if count == 1 else 'them'} in"]
    if kind != "missing":
        fates.append("take them out")
    elif can_drop:
        fates.append("leave those rows out with --drop-missing")
    return (
        f"column {name!r} of {path} has {count:,} {kind} value{'s' * (count != 1)}, the first in "
        f"row {int(bad.argmax()):,} (counted from 0): {' or '.join(fates)}."
    )
