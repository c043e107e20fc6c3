"""Tables in text and Parquet files, which polars reads."""

import importlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fastgd.cli.encoding import Column
from fastgd.cli.tables import find_name, listed, missing, refuse_missing
from fastgd.kernels.arguments import Array

SEPARATORS = {".csv": ",", ".csv.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
INFERRED = (10_000, None)  # rows from which types are guessed; None, all, where a later one differs
MOST_LEVELS = 50  # of a text column: beyond, it rather names the rows than groups them
ENCODED = 2**18  # numbers encoded at a time: 2 MB, which stay in cache
MISSING_MARKS = frozenset(["na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", ".", ""])

Got = TypeVar("Got")


def import_polars() -> Any:
    """Return the module polars."""
    try:
        return importlib.import_module("polars")
    except ImportError as error:
        raise ImportError(
            'reading .csv and .parquet needs polars: run `pip install "fastgd[files]"`.'
        ) from error


def attempt(path: Path, read: Callable[[], Got]) -> Got:
    """Return what *read* returns; say in a sentence why polars cannot read the file."""
    polars = import_polars()
    try:
        return read()
    except (polars.exceptions.PolarsError, polars.exceptions.PanicException) as error:
        why = str(error).strip().partition("\n")[0].rstrip(".")
        raise OSError(f"{path} cannot be read: {why}.") from error
    except OSError as error:
        raise OSError(f"{path} cannot be read: {error}.") from error


@dataclass(frozen=True)
class FrameFile:
    """A text or Parquet file."""

    path: Path
    reader: str  # function of polars that reads it
    options: dict[str, Any]
    lazy: Any
    schema: dict[str, Any]
    named = True
    others = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(self.schema)

    def find(self, text: str) -> str:
        """Return the name of the column meant."""
        return find_name(self, text)

    def read(self, names: Iterable[str]) -> "Frame":
        """Read the columns."""
        wanted = [*dict.fromkeys(names)]
        for name in wanted:
            self.refuse_type(name)
        frame = attempt(self.path, lambda: self.lazy.select(wanted).collect())
        if frame.height == 0:
            raise ValueError(f"{self.path} names its columns, but has no rows.")
        return Frame(self.path, frame)
