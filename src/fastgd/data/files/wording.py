"""Error messages about the columns of a file."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fastgd.base.types import Array
from fastgd.data.categories.wording import Wording
from fastgd.data.files.datafile import describe_bad
from fastgd.data.files.problems import MISSING_OPTION

FLAGS = {"unknown": "--on-unknown", "missing": "--on-missing"}


@dataclass(frozen=True)
class FileWording(Wording):
    """How the columns of a file and the options of the command line are called."""

    path: Path
    n_rows: int

    def where(self, name: str) -> str:
        """Return the beginning of a sentence about a column."""
        return f"column {name!r} of {self.path}"

    def option(self, keyword: str, value: str) -> str:
        """Return what gives *value* to an option."""
        is_drop = (keyword, value) == ("missing", "drop")
        return MISSING_OPTION if is_drop else f"{FLAGS[keyword]} {value}"

    def omission(self, name: str) -> str:
        """Return how a column is left out."""
        return f"leave it out with --drop {shlex.quote(name)}"

    def missing_text(self, name: str, rows: Array) -> ValueError:
        """Return what to raise for missing values in a column of text."""
        missing = np.zeros(self.n_rows, bool)
        missing[rows] = True
        return ValueError(describe_bad(self.path, name, missing, "missing"))
