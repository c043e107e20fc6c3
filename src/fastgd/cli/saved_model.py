"""A saved model: its file, and the columns that it was fitted to."""

from pathlib import Path

import fastgd
from fastgd.data.categories import encoding as categories
from fastgd.data.categories.encoding import Column, names_of
from fastgd.data.files.opening import check_file
from fastgd.data.files.roles import PLACE, Encoding
from fastgd.data.frames import are_default
from fastgd.fitting.columns import fitted_names


def open_model(path: Path) -> fastgd.FitResult:
    """Read a saved model."""
    check_file(path)
    return fastgd.load(path)


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
            notes.get("offset"),
            bool(notes.get("named", names is not None and not are_default(names))),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("the model's notes on its columns are damaged: fit it again.") from error
    if not encoding.named and not all(PLACE.fullmatch(column.name) for column in made.columns):
        raise ValueError("the model's notes do not match the names of its columns: fit it again.")
    return encoding
