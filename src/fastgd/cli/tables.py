"""Files of data: which kinds there are, and what each kind of table can do."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from fastgd.cli.encoding import Column
from fastgd.kernels.arguments import Array
from fastgd.validation import did_you_mean

SCAN_NUMBERS = 2**18  # looked at in one go: 2 MB, which stay in cache


class Table(Protocol):
    """A table that was read."""

    def columns(self, names: Sequence[str]) -> tuple[Column, ...]:
        """Return the columns as features, with the levels found in those of text."""

    def encode(self, columns: Sequence[Column]) -> Array:
        """Return X, with the levels given."""

    def values(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return a column's numbers; for a text the places of its values among its levels."""


class File(Protocol):
    """A file of data that was opened: what there is in it is known."""

    path: Path
    names: tuple[str, ...]  # of the columns that may be features
    others: tuple[str, ...]  # of what lies beside them
    named: bool  # False: columns are known by their place

    def find(self, text: str) -> str:
        """Return the name of the column meant."""

    def read(self, names: Iterable[str]) -> Table:
        """Return the columns."""

    def lines(self, names: Sequence[str], target: str) -> list[str]:
        """Return the lines of Python that read `table`."""


def find_name(file: File, text: str) -> str:
    """Return *text* if it is a column of *file*."""
    known = [*file.names, *file.others]
    if text in known:
        return text
    hint = did_you_mean(text, known) or f" It has {listed(known)}."
    raise ValueError(f"{file.path} has no column {text!r}.{hint}")


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names for a sentence, the first of them where there are many."""
    quoted = [repr(str(name)) for name in names]
    more = f" and {len(quoted) - most:,} more" if len(quoted) > most else ""
    return ", ".join(quoted[:most]) + more


def refuse_missing(path: Path, values: Array, names: Sequence[str]) -> None:
    """Refuse values that are NaN or infinite; *names* are those of the columns."""
    if values.dtype.kind != "f":
        return
    table = values.reshape(len(values), -1)
    step = max(1, SCAN_NUMBERS // table.shape[1])
    pieces = [table[start : start + step] for start in range(0, len(table), step)]
    for piece in pieces:
        if not np.isfinite(piece).all():
            break
    else:
        return
    column = int(np.argmin(np.isfinite(piece).all(axis=0)))
    bad = ~np.isfinite(table[:, column])
    is_missing = bool(np.isnan(table[:, column]).any())
    bad &= np.isnan(table[:, column]) if is_missing else True
    raise ValueError(
        missing(path, names[column], bad, "missing" if is_missing else "infinite")
    )


def missing(path: Path, name: str, bad: Array, kind: str = "missing", written: str = "") -> str:
    """Return the sentence about values that are not there, *bad* says where."""
    count, row = int(bad.sum()), int(bad.argmax())
    values = "value" if count == 1 else "values"
    return (
        f"column {name!r} of {path} has {count:,} {kind} {values}{written}, the first in row "
        f"{row:,} (counted from 0): fill them in or take those rows out."
    )
