"""Predictions of a saved model for a file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import fastgd
from fastgd.base.types import Array
from fastgd.base.validation import did_you_mean
from fastgd.cli.saved_model import open_model, read_encoding
from fastgd.data.categories.encoding import Column
from fastgd.data.categories.rows import Encoded
from fastgd.data.files.datafile import File, Table, listed
from fastgd.data.files.opening import is_text_file, open_file
from fastgd.data.files.pandas_index import describe_index, find_index
from fastgd.data.files.read_options import FOR_PARQUET, NOTHING_SAID, Reading, read_notes
from fastgd.data.files.roles import PLACE, Encoding, place_of
from fastgd.losses import LOSSES


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

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
    score: float | None  # where the target is known
    score_name: str
    remarks: list[str]

    def facts(self, request: Request, out: Path | None) -> dict[str, Any]:
        """Return what `--json` prints."""
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


@dataclass(frozen=True)
class Matched:
    """Columns of a file by what a model takes them for."""

    columns: tuple[Column, ...]  # under their names in the file
    target: str | None
    weight: str | None
    ignored: tuple[str, ...] = ()
    index: tuple[str, ...] = ()  # left out as nobody named it
    places: tuple[str, ...] = ()  # names in the file of columns that were found by their place


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
    file = open_file(request.data, target, encoding.weight, texts, reading, made.missing)
    matched = match(encoding, file, request.target)
    beside = [name for name in (matched.target, matched.weight) if name is not None]
    table = file.read([column.name for column in matched.columns], beside)
    rows = table.apply(replace(made, columns=matched.columns))
    remarks = [*table.remarks, *describe_index(file, matched.index), *rows.remarks.values()]
    if taken := [name for name in find_index(file) if name in matched.places]:
        remarks.append(
            f"{listed(taken)} of {file.path}, which looks like an index, is taken as data: the "
            f"model needs as many columns, {len(matched.columns)}"
        )
    if matched.ignored:
        remarks.append(f"ignored: {listed(matched.ignored)}")
    score = None
    if matched.target is not None:
        try:
            score = score_of(model, rows, table, matched)
        except ValueError as error:
            remarks.append(f"no score: {error}")
    classes = None if model.classes_ is None else model.classes_.tolist()
    if request.proba:
        labels = [f"probability={label}" for label in classes or ()]
        columns = dict(zip(labels, model.predict_proba(rows).T, strict=True))
    else:
        columns = {"prediction": as_words(model.predict(rows))}
    name = "R^2" if classes is None else "accuracy"
    return Predicted(columns, classes, matched.target, score, name, remarks)


def known_reading(model: fastgd.FitResult, data: Path) -> Reading:
    """Return what was said about the file that was fitted, as far as it holds for this kind."""
    reading = read_notes(model.notes.get("reading", {}))
    if is_text_file(data):
        return reading
    names = FOR_PARQUET if data.suffix.lower() == ".parquet" else ()
    return Reading(**{name: getattr(reading, name) for name in names})


def as_words(values: Array) -> Array:
    """Return predictions as a file holds them: an empty text where there is none."""
    if values.dtype.kind != "O":
        return values
    return np.array(["" if value is None else str(value) for value in values])


def score_of(model: fastgd.FitResult, rows: Encoded, table: Table, matched: Matched) -> float:
    """Return how well the model predicts the target."""
    y, labels = table.values(str(matched.target))
    if labels:
        if model.classes_ is None:
            raise ValueError(f"column {matched.target!r} holds text; the model predicts numbers.")
        y = np.array(labels)[y]
    weights = None if matched.weight is None else table.values(matched.weight)[0]
    return model.score(rows, y, weights)


def match(encoding: Encoding, file: File, target: str | None) -> Matched:
    """Return which columns of *file* the model needs; *target* was named by the user."""
    asked = None if target is None else file.find(target)
    if encoding.named and file.named:
        return match_names(encoding, file, asked)
    return match_places(encoding, file, asked)


def match_names(encoding: Encoding, file: File, asked: str | None) -> Matched:
    """Match columns by name."""
    needed = {column.name for column in encoding.columns}
    known = {*file.names, *file.others}
    if lacking := [column.name for column in encoding.columns if column.name not in known]:
        plural = "s" if len(lacking) > 1 else ""
        free = [name for name in file.names if name not in needed]
        raise ValueError(
            f"{file.path} lacks the column{plural} {listed(lacking)} that the model needs."
            f"{did_you_mean(lacking[0], free)}"
        )
    target = asked
    if target is None and encoding.target in known:
        target = encoding.target
    weight = encoding.weight if encoding.weight in known else None
    passed = {target, weight, *needed, *find_index(file)}
    ignored = tuple(name for name in file.names if name not in passed)
    return Matched(encoding.columns, target, weight, ignored)


def match_places(encoding: Encoding, file: File, asked: str | None) -> Matched:
    """Match columns by place: of the file that was fitted, of all but its target, or of X alone.

    An index is left out if the other columns are as many as the model needs.
    """
    names = [column.name for column in encoding.columns]
    places = [*range(len(names))] if encoding.named else [*map(place_of, names)]
    width = len(names) if encoding.named else encoding.width
    target, weight = (
        None if encoding.named or name is None or not PLACE.fullmatch(name) else place_of(name)
        for name in (encoding.target, encoding.weight)
    )
    all_names = [name for name in file.names if name != asked]
    index = tuple(name for name in find_index(file) if name != asked)
    without = [name for name in all_names if name not in index]
    orders = [range(width), [k for k in range(width) if k != target], places]
    fitting = [
        (order, free)
        for free in (without, all_names)
        for order in orders
        if len(order) == len(free)
    ]
    if not fitting:
        raise ValueError(
            f"{file.path} has {len(all_names)} columns, and the model needs {len(names)}"
            f"{f' of {width}' if width > len(names) else ''}."
        )
    order, free = fitting[0]
    at = dict(zip(order, free, strict=True))
    columns = tuple(
        replace(column, name=at[place])
        for column, place in zip(encoding.columns, places, strict=True)
    )
    beside = {name for name in (encoding.target, encoding.weight) if name in file.others}
    if asked is None:
        asked = at.get(target, encoding.target if encoding.target in beside else None)
    return Matched(
        columns,
        asked,
        at.get(weight, encoding.weight if encoding.weight in beside else None),
        index=index if free is without else (),
        places=tuple(column.name for column in columns),
    )
