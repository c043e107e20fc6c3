"""What each column of a file becomes: numbers stay numbers, texts become zeros and ones."""

from dataclasses import asdict, dataclass
from typing import Any

import fastgd


@dataclass(frozen=True)
class Column:
    """A column of a file."""

    name: str
    levels: tuple[str, ...] = ()  # of a text, sorted, the first one the baseline; numbers have none

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of X that it becomes."""
        return tuple(f"{self.name}={level}" for level in self.levels[1:]) or (
            () if self.levels else (self.name,)
        )


@dataclass(frozen=True)
class Encoding:
    """How X is made of a file; a model keeps it in its notes."""

    columns: tuple[Column, ...]  # that X is made of
    order: tuple[str, ...]  # of all columns of the file
    target: str | None = None
    weight: str | None = None
    named: bool = True  # False: columns are known by their place

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of X."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def texts(self) -> tuple[Column, ...]:
        """Columns of text."""
        return tuple(column for column in self.columns if column.levels)

    def to_notes(self) -> dict[str, Any]:
        """Return the same as JSON."""
        return asdict(self)


def read_encoding(model: fastgd.FitResult) -> Encoding:
    """Return how a model's X is made: as its notes say, or from names or number of columns."""
    if notes := model.notes.get("encoding"):
        return from_notes(notes, model.n_features_in_)
    known = model.feature_names_in_
    names = [f"x{k}" for k in range(model.n_features_in_)] if known is None else [*map(str, known)]
    return Encoding(tuple(map(Column, names)), tuple(names), named=known is not None)


def from_notes(notes: dict[str, Any], n_features: int) -> Encoding:
    """Return the encoding that `to_notes` wrote."""
    try:
        columns = [Column(str(row["name"]), tuple(map(str, row["levels"]))) for row in notes["columns"]]
        rest = {name: notes[name] for name in ("target", "weight", "named")}
        encoding = Encoding(tuple(columns), tuple(map(str, notes["order"])), **rest)
    except (KeyError, TypeError) as error:
        raise ValueError("the model's notes on its columns are damaged: fit it again.") from error
    if len(encoding.features) != n_features:
        raise ValueError(
            f"the model has {n_features} coefficients, and its notes name "
            f"{len(encoding.features)} columns: fit it again."
        )
    return encoding
