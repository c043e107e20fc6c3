"""Data from a file: the role of each column, and X and y."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fastgd.base.types import Array
from fastgd.cli.origins import Data
from fastgd.data.categories import encoding as categories
from fastgd.data.categories.encoding import Policy
from fastgd.data.files.csv_bytes import STDIN
from fastgd.data.files.datafile import File, Table, listed, make_array
from fastgd.data.files.opening import open_file
from fastgd.data.files.pandas_index import describe_index, find_index
from fastgd.data.files.read_options import NOTHING_SAID, Reading
from fastgd.data.files.roles import Encoding


@dataclass(frozen=True)
class Opened:
    """A file, and the names of its columns by what they are for."""

    file: File
    target: str
    weight: str | None
    offset: str | None
    features: tuple[str, ...]
    index: tuple[str, ...]  # left out by default


@dataclass(frozen=True)
class FromFile:
    """A file of a user."""

    path: Path
    target: str | None
    drop: tuple[str, ...]
    weight: str | None
    offset: str | None
    loss: str
    classifies: bool
    policy: Policy
    reading: Reading = NOTHING_SAID
    rehearsal: ClassVar[dict[str, Any]] = {}

    @property
    def label(self) -> str:
        """The file's name."""
        return "stdin" if self.path == STDIN else str(self.path)

    @property
    def doing(self) -> str:
        """What is done to get it."""
        return f"reading {Path(self.label).name}"

    @property
    def done(self) -> str:
        """What was done to get it."""
        return f"{Path(self.label).name} read"

    def open(self) -> Opened:
        """Open the file and find the role of each column."""
        target = "y" if self.target is None and self.path.suffix.lower() == ".npz" else self.target
        beside = (target, self.weight, self.offset)
        file = open_file(self.path, beside, reading=self.reading, missing=self.policy.missing)
        if target is None:
            raise ValueError(f"--target is needed, the column to predict: {listed(file.names)}.")
        target = file.find(target)
        weight, offset = (
            None if name is None else file.find(name) for name in (self.weight, self.offset)
        )
        dropped = [file.find(name) for name in self.drop]
        beside_target = (("--weight", weight), ("--offset", offset))
        for option, name in (*beside_target, *(("--drop", name) for name in dropped)):
            if name == target:
                raise ValueError(f"{option} and --target name the same column, {name!r}.")
        named = (target, weight, offset, *dropped)
        index = tuple(name for name in find_index(file) if name not in named)
        features = [name for name in file.names if name not in (*named, *index)]
        if not features:
            raise ValueError(f"{file.path} has no column left to predict {target!r} from.")
        return Opened(file, target, weight, offset, tuple(features), index)

    def load(self, opened: Opened) -> Data:
        """Read the columns and encode them as numbers."""
        file, features = opened.file, opened.features
        beside = (opened.target, opened.weight, opened.offset)
        table = file.read(features, [name for name in dict.fromkeys(beside) if name is not None])
        y, labels = self.read_target(table, opened.target)
        weights, offset = (
            None if name is None else read_numbers(table, name)
            for name in (opened.weight, opened.offset)
        )
        encoded = table.learn(features, self.policy, weights)
        assert encoded.encoding is not None
        used = tuple(column for column in encoded.encoding.columns if column.features)
        encoding = Encoding(
            replace(encoded.encoding, columns=used),
            len(file.names),
            opened.target,
            opened.weight,
            opened.offset,
            file.named,
        )
        return Data(
            make_array(self.path, encoded),
            y,
            table.lines(encoding),
            table.library,
            encoding=encoding.made,
            weights=weights,
            offset=offset,
            labels=labels,
            notes={
                "data": Path(self.label).name,
                "encoding": encoding.to_notes(),
                "reading": file.notes,
            },
            remarks=describe_texts(encoded.encoding),
            read=[
                *describe_index(file, opened.index),
                *table.remarks,
                *encoded.remarks.values(),
            ],
        )

    def read_target(self, table: Table, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return y, and the labels that it stands for if they are texts."""
        y, labels = table.values(name)
        if labels and not self.classifies:
            raise ValueError(
                f"column {name!r} of {self.label} holds text, and --loss {self.loss} needs "
                "numbers; with two labels, --loss log_loss classifies."
            )
        if labels and len(labels) != 2:
            raise ValueError(
                f"column {name!r} of {self.label} holds {len(labels):,} labels, "
                f"{listed(labels, 4)}, and --loss {self.loss} needs two."
            )
        return y, labels


def read_numbers(table: Table, name: str) -> Array:
    """Return the numbers of a column."""
    values, levels = table.values(name)
    if levels:
        raise ValueError(f"column {name!r} holds text; numbers are needed.")
    return np.asarray(values, dtype=np.float64)


def describe_texts(encoding: categories.Encoding) -> list[str]:
    """Return remarks about columns of text."""
    made = [column for column in encoding.texts if column.features]
    remarks = []
    if made:
        texts = ", ".join(f"{column.name} ({len(column.levels)} levels)" for column in made)
        which = "one per level" if made[0].full else "one per level but the first"
        remarks.append(f"text columns were one-hot encoded, {which}: {texts}")
    remarks += [
        f"column {column.name!r} is {column.levels[0]!r} in every row and left out"
        for column in encoding.texts
        if not column.features
    ]
    return remarks
