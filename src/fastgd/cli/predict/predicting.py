"""Predictions of a saved model for a file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import fastgd
from fastgd.base.types import Array
from fastgd.cli.file_origin import read_numbers
from fastgd.cli.predict.matching import Matched, match
from fastgd.cli.saved_model import open_model, read_encoding
from fastgd.data.categories.rows import Encoded
from fastgd.data.files.datafile import Table, listed
from fastgd.data.files.opening import is_text_file, open_file
from fastgd.data.files.pandas_index import describe_index, find_index
from fastgd.data.files.read_options import FOR_PARQUET, NOTHING_SAID, Reading, read_notes
from fastgd.losses import LOSSES


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    model: Path
    data: Path
    target: str | None = None
    proba: bool = False
    reading: Reading = NOTHING_SAID
    unknown: str | None = None  # what becomes of unknown levels; None: as the model says
    missing: str | None = None  # what becomes of missing values


@dataclass(frozen=True)
class Predicted:
    """What a model says of a file."""

    columns: dict[str, Array]
    classes: list[Any] | None
    target: str | None
    score: float | None  # if the target is known
    score_name: str
    remarks: list[str]

    def facts(self, request: Request, out: Path | None) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        first = next(iter(self.columns.values()))
        values = {name: values.tolist() for name, values in self.columns.items()}
        return {
            "model": str(request.model),
            "data": str(request.data),
            "rows": len(first),
            "target": self.target,
            "score": self.score,
            "classes": self.classes,
            "predictions": values if out is None else None,
            "notes": self.remarks,
            "out": None if out is None else str(out),
        }


def predict(request: Request) -> Predicted:
    """Return predictions, and a score if the file has the target too."""
    model = open_model(request.model)
    if request.proba and not model.loss_.probability:
        able = [name for name, row in LOSSES.items() if row.probability]
        raise ValueError(
            f"--proba needs a model of --loss {' or '.join(able)}; {request.model} has "
            f"{model.loss_.name}."
        )
    encoding = read_encoding(model)
    made = replace(
        encoding.made,
        unknown=request.unknown or encoding.made.unknown,
        missing=request.missing or encoding.made.missing,
    )
    texts = [column.name for column in encoding.texts]
    target = encoding.target if request.target is None else request.target
    reading = request.reading.or_else(known_reading(model, request.data))
    wanted = (target, encoding.weight, encoding.offset)
    file = open_file(request.data, wanted, texts, reading, made.missing)
    matched = match(encoding, file, request.target)
    if encoding.offset is not None and matched.offset is None:
        raise ValueError(
            f"{request.data} lacks the column {encoding.offset!r}, the offset that the model needs."
        )
    roles = (matched.target, matched.weight, matched.offset)
    beside = [name for name in dict.fromkeys(roles) if name is not None]
    table = file.read([column.name for column in matched.columns], beside)
    rows = table.apply(replace(made, columns=matched.columns))
    remarks = [*table.remarks, *describe_index(file, matched.index), *rows.remarks.values()]
    if taken := [name for name in find_index(file) if name in matched.places]:
        remarks.append(
            f"{listed(taken)} of {file.path}, which looks like an index, is used as data: the "
            f"model needs {len(matched.columns)} columns"
        )
    if matched.ignored:
        remarks.append(f"ignored: {listed(matched.ignored)}")
    offset = None if matched.offset is None else read_numbers(table, matched.offset)
    score = None
    if matched.target is not None:
        try:
            score = score_of(model, rows, table, matched, offset)
        except ValueError as error:
            remarks.append(f"no score: {error}")
    classes = None if model.classes_ is None else model.classes_.tolist()
    if request.proba:
        labels = [f"probability={label}" for label in classes or ()]
        columns = dict(zip(labels, model.predict_proba(rows, offset).T, strict=True))
    else:
        columns = {"prediction": as_words(model.predict(rows, offset))}
    return Predicted(columns, classes, matched.target, score, model.loss_.score, remarks)


def known_reading(model: fastgd.FitResult, data: Path) -> Reading:
    """Return what was said about the file that was fitted, as far as it holds for this kind."""
    reading = read_notes(model.notes.get("reading", {}))
    if is_text_file(data):
        return reading
    names = FOR_PARQUET if data.suffix.lower() == ".parquet" else ()
    return Reading(**{name: getattr(reading, name) for name in names})


def as_words(values: Array) -> Array:
    """Return predictions as they are written: an empty string for a missing one."""
    if values.dtype.kind != "O":
        return values
    return np.array(["" if value is None else str(value) for value in values])


def score_of(
    model: fastgd.FitResult, rows: Encoded, table: Table, matched: Matched, offset: Array | None
) -> float:
    """Return how well the model predicts the target."""
    y, labels = table.values(str(matched.target))
    if labels:
        if model.classes_ is None:
            raise ValueError(f"column {matched.target!r} holds text; the model predicts numbers.")
        y = np.array(labels)[y]
    weights = None if matched.weight is None else table.values(matched.weight)[0]
    return model.score(rows, y, weights, offset)
