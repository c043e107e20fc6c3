"""Predictions of a saved model for a file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import fastgd
from fastgd.cli.datafile import File, Table, listed
from fastgd.cli.encoding import PLACE, Column, Encoding, place_of, read_encoding
from fastgd.cli.index import find_index
from fastgd.cli.opening import is_text_file, open_file, open_model
from fastgd.cli.reading import FOR_ROWS, NOTHING_SAID, Reading, read_notes
from fastgd.kernels.arguments import Array
from fastgd.losses import LOSSES
from fastgd.validation import did_you_mean


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    model: Path
    data: Path
    target: str | None = None
    proba: bool = False
    reading: Reading = NOTHING_SAID


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
    texts = [column.name for column in encoding.texts]
    target = encoding.target if request.target is None else request.target
    reading = request.reading.or_else(known_reading(model, request.data))
    file = open_file(request.data, target, encoding.weight, texts, reading)
    matched = match(encoding, file, request.target)
    beside = [name for name in (matched.target, matched.weight) if name is not None]
    table = file.read([column.name for column in matched.columns], beside)
    X = table.encode(matched.columns)
    remarks = [*table.remarks]
    if matched.ignored:
        remarks.append(f"ignored: {listed(matched.ignored)}")
    score = None
    if matched.target is not None:
        try:
            score = score_of(model, X, table, matched)
        except ValueError as error:
            remarks.append(f"no score: {error}")
    classes = None if model.classes_ is None else model.classes_.tolist()
    if request.proba:
        labels = [f"probability={label}" for label in classes or ()]
        columns = dict(zip(labels, model.predict_proba(X).T, strict=True))
    else:
        values = model.predict(X)
        columns = {"prediction": values.astype(str) if values.dtype.kind == "O" else values}
    if table.kept is not None:
        columns = {name: spread(values, table.kept) for name, values in columns.items()}
    name = "R^2" if classes is None else "accuracy"
    return Predicted(columns, classes, matched.target, score, name, remarks)


def known_reading(model: fastgd.FitResult, data: Path) -> Reading:
    """Return what was said about the file that was fitted, as far as it holds for this kind."""
    reading = read_notes(model.notes.get("reading", {}))
    if is_text_file(data):
        return reading
    names = FOR_ROWS if data.suffix.lower() == ".parquet" else ("drop_missing",)
    return Reading(**{name: getattr(reading, name) for name in names})


def spread(values: Array, kept: Array) -> Array:
    """Return values for all rows: NaN, or an empty text, for those that were left out."""
    is_text = values.dtype.kind == "U"
    kind = values.dtype if is_text else np.result_type(values.dtype, np.float32)
    full = np.full(len(kept), "" if is_text else np.nan, dtype=kind)
    full[kept] = values
    return full


def score_of(model: fastgd.FitResult, X: Array, table: Table, matched: Matched) -> float:
    """Return how well the model predicts the target."""
    y, labels = table.values(str(matched.target))
    if labels:
        if model.classes_ is None:
            raise ValueError(f"column {matched.target!r} holds text; the model predicts numbers.")
        y = np.array(labels)[y]
    weights = None if matched.weight is None else table.values(matched.weight)[0]
    return model.score(X, y, weights)


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
    target = asked or (encoding.target if encoding.target in known else None)
    weight = encoding.weight if encoding.weight in known else None
    passed = {target, weight, *needed, *find_index(file)}
    ignored = tuple(name for name in file.names if name not in passed)
    return Matched(encoding.columns, target, weight, ignored)


def match_places(encoding: Encoding, file: File, asked: str | None) -> Matched:
    """Match columns by place: of the file that was fitted, of all but its target, or of X alone."""
    names = [column.name for column in encoding.columns]
    places = [*range(len(names))] if encoding.named else [*map(place_of, names)]
    width = len(names) if encoding.named else encoding.width
    target, weight = (
        None if encoding.named or name is None or not PLACE.fullmatch(name) else place_of(name)
        for name in (encoding.target, encoding.weight)
    )
    free = [name for name in file.names if name != asked]
    orders = [range(width), [k for k in range(width) if k != target], places]
    fitting = [order for order in orders if len(order) == len(free)]
    if not fitting:
        raise ValueError(
            f"{file.path} has {len(free)} columns, and the model needs {len(names)}"
            f"{f' of {width}' if width > len(names) else ''}."
        )
    at = dict(zip(fitting[0], free, strict=True))
    columns = tuple(
        replace(column, name=at[place])
        for column, place in zip(encoding.columns, places, strict=True)
    )
    beside = {name for name in (encoding.target, encoding.weight) if name in file.others}
    return Matched(
        columns,
        asked or at.get(target) or (encoding.target if encoding.target in beside else None),
        at.get(weight) or (encoding.weight if encoding.weight in beside else None),
    )
