"""The roles of the columns of a file: features, target, weight, offset."""

import re
from dataclasses import dataclass
from typing import Any

from fastgd.data.categories import encoding as categories
from fastgd.data.categories.encoding import Column

PLACE = re.compile(r"x(\d+)")  # what a column without a name is called


def place_of(name: str) -> int:
    """Return the number of a column without a name."""
    return int(name.removeprefix("x"))


@dataclass(frozen=True)
class Encoding:
    """How X is made of a file."""

    made: categories.Encoding  # how the columns of X are encoded
    width: int  # how many columns there are in all
    target: str | None = None
    weight: str | None = None
    offset: str | None = None
    named: bool = True  # False: columns are known by their place

    @property
    def beside(self) -> dict[str, str]:
        """Columns beside X, by the names of their variables in Python."""
        names = {"y": self.target, "weights": self.weight, "offset": self.offset}
        return {variable: name for variable, name in names.items() if name is not None}

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the file that X is made of."""
        return self.made.columns

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of X."""
        return self.made.features

    @property
    def texts(self) -> tuple[Column, ...]:
        """Columns of text."""
        return self.made.texts

    def to_notes(self) -> dict[str, Any]:
        """Return what a model has to keep beside its encoding."""
        return {
            "target": self.target,
            "weight": self.weight,
            **({} if self.offset is None else {"offset": self.offset}),
            "width": self.width,
            "named": self.named,
        }
