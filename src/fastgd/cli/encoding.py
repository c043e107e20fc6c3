"""What the columns of a file are for, and how those of X are encoded."""

import re
from dataclasses import dataclass
from typing import Any

import fastgd
from fastgd.data.categories import encoding as categories
from fastgd.data.categories.encoding import Column, names_of
from fastgd.data.frames import are_default
from fastgd.fitting.result import fitted_names

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
    named: bool = True  # False: columns are known by their place

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
            "width": self.width,
            "named": self.named,
        }


def read_encoding(model: fastgd.FitResult) -> Encoding:
    """Return how a model's X is made: what its notes leave open, its columns say."""
    names = fitted_names(model)
    made = model.encoding_
    if made is None:
        made = categories.Encoding(tuple(map(Column, names_of(names, model.n_features_in_))))
    try:
        notes = model.notes.get("encoding", {})
        encoding = Encoding(
            made,
            int(notes.get("width", len(made.columns))),
            notes.get("target"),
            notes.get("weight"),
            bool(notes.get("named", names is not None and not are_default(names))),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("the model's notes on its columns are damaged: fit it again.") from error
    if not encoding.named and not all(PLACE.fullmatch(column.name) for column in made.columns):
        raise ValueError("the model's notes do not fit the names of its columns: fit it again.")
    return encoding
