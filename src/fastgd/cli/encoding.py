"""What each column of a file becomes: numbers stay numbers, texts become zeros and ones."""

import re
from dataclasses import dataclass
from typing import Any

import fastgd

PLACE = re.compile(r"x(\d+)")  # what a column without a name is called


def place_of(name: str) -> int:
    """Return the number of a column without a name."""
    return int(name.removeprefix("x"))


@dataclass(frozen=True)
class Column:
    """A column of a file."""

    name: str
    levels: tuple[str, ...] = ()  # of a text, sorted, the first one the baseline; numbers have none

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of X that it becomes."""
        if not self.levels:
            return (self.name,)
        return tuple(f"{self.name}={level}" for level in self.levels[1:])


@dataclass(frozen=True)
class Encoding:
    """How X is made of a file."""

    columns: tuple[Column, ...]  # that X is made of
    width: int  # how many columns there are in all
    target: str | None = None
    weight: str | None = None
    named: bool = True  # False: columns are known by their place

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of X."""
        return tuple(feature for column in self.columns for feature in column.features)

    @property
    def texts(self) -> tuple[Column, ...]:
        """Columns of text."""
        return tuple(column for column in self.columns if column.levels)

    def to_notes(self) -> dict[str, Any]:
        """Return what a model has to keep beside the names of the columns of X."""
        return {
            "target": self.target,
            "weight": self.weight,
            "texts": {column.name: [*column.levels] for column in self.texts},
            "width": self.width,
            "named": self.named,
        }


def read_encoding(model: fastgd.FitResult) -> Encoding:
    """Return how a model's X is made: as its notes say, or from names or number of columns."""
    d, known = model.n_features_in_, model.feature_names_in_
    names = [f"x{k}" for k in range(d)] if known is None else [*map(str, known)]
    try:
        notes = model.notes.get("encoding", {})
        texts = {name: tuple(map(str, levels)) for name, levels in notes.get("texts", {}).items()}
        encoding = Encoding(
            find_columns(names, texts),
            int(notes.get("width", d)),
            notes.get("target"),
            notes.get("weight"),
            bool(notes.get("named", known is not None)),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("the model's notes on its columns are damaged: fit it again.") from error
    if encoding.features != tuple(names) or not (
        encoding.named or all(PLACE.fullmatch(column.name) for column in encoding.columns)
    ):
        raise ValueError("the model's notes do not fit the names of its columns: fit it again.")
    return encoding


def find_columns(features: list[str], texts: dict[str, tuple[str, ...]]) -> tuple[Column, ...]:
    """Return the columns of the file that became *features*."""
    columns = [Column(name, levels) for name, levels in texts.items()]
    encoded = {feature: column for column in columns for feature in column.features}
    return tuple(dict.fromkeys(encoded.get(name, Column(name)) for name in features))
