"""Encodings: for each column of a frame its levels, or its median, and the columns they become."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.base.validation import check_name
from fastgd.data.frames import Names, are_default

MAX_LEVELS = 50  # of a column of text: one with more names the rows rather than grouping them
UNKNOWN = ("error", "baseline", "ignore")
MISSING = ("error", "drop", "level", "median")


@dataclass(frozen=True)
class Policy:
    """What a fit is to do with columns of text, with unknown levels and with missing values."""

    onehot: bool
    unknown: str = "error"
    missing: str = "error"
    full: bool = False  # every level gets a column, as a penalty needs it
    intercept: bool = True


def read_policy(
    categories: Any, unknown: Any, missing: Any, *, full: bool, intercept: bool
) -> Policy | None:
    """Return what a fit is to do with text and missing values; None if it is to refuse both."""
    if categories is not None:
        check_name("categories", categories, ("onehot",), " or None")
    check_name("unknown", unknown, UNKNOWN)
    check_name("missing", missing, MISSING)
    if categories is None:
        for name, value, needs in (
            ("unknown", unknown, unknown != "error"),
            ("missing", missing, missing == "level"),
        ):
            if needs:
                raise ValueError(
                    f'{name}="{value}" is about columns of text: give categories="onehot", too.'
                )
        if missing == "error":
            return None
    return Policy(categories is not None, unknown, missing, full, intercept)


@dataclass(frozen=True)
class Column:
    """A column of a frame. Its codes are places among the levels, then missing, then unknown."""

    name: str
    levels: tuple[str, ...] = ()  # of text; a column of numbers has none
    baseline: int = 0  # the level that has no column, unless all levels have one
    full: bool = False  # all levels have a column
    missing: bool = False  # missing values have a column
    median: float | None = None  # of numbers, in place of missing values

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns that it becomes."""
        names = [self.name]
        if self.levels:
            names = [
                f"{self.name}={level}"
                for place, level in enumerate(self.levels)
                if self.full or place != self.baseline
            ]
        return (*names, *([f"{self.name} is missing"] if self.missing else []))

    def places(self, unknown: str) -> NDArray[np.int8]:
        """Return, for each code, which of its columns is one; -1 if none is."""
        offsets = np.arange(len(self.levels) + 2)
        if not self.full:
            offsets[self.baseline :] -= 1
            offsets[self.baseline] = -1
        other = offsets[self.baseline] if unknown == "baseline" else -1
        offsets[-1] = other
        if not self.missing:
            offsets[-2] = other
        return offsets.astype(np.int8)


@dataclass(frozen=True)
class Encoding:
    """How the columns of a frame become the columns of numbers that a model multiplies.

    Attributes
    ----------
    columns : tuple of Column
        Those of the frame, in order.
    unknown : {"error", "baseline", "ignore"}
        What becomes of a level that was not in the frame that was fitted.
    missing : {"error", "drop", "level", "median"}
        What becomes of missing values.
    """

    columns: tuple[Column, ...]
    unknown: str = "error"
    missing: str = "error"

    @cached_property
    def features(self) -> tuple[str, ...]:
        """Names of the encoded columns."""
        return tuple(feature for column in self.columns for feature in column.features)

    @property
    def texts(self) -> tuple[Column, ...]:
        """Columns of text."""
        return tuple(column for column in self.columns if column.levels)

    @property
    def is_plain(self) -> bool:
        """Return True if rows of numbers stay unchanged."""
        return all(
            not (column.levels or column.missing) and column.median is None
            for column in self.columns
        )

    def to_facts(self) -> dict[str, Any]:
        """Return what a file keeps of it, beside the names of the columns."""
        medians = [np.nan if column.median is None else column.median for column in self.columns]
        texts = {
            str(place): {
                "levels": [*column.levels],
                "baseline": column.baseline,
                "full": column.full,
            }
            for place, column in enumerate(self.columns)
            if column.levels
        }
        return {
            "unknown": self.unknown,
            "missing": self.missing,
            "texts": texts,
            "medians": np.array(medians, dtype=np.float64),
            "indicators": np.array([column.missing for column in self.columns], dtype=bool),
        }


def encoding_of_facts(facts: Any, names: Names) -> Encoding:
    """Return the encoding that `Encoding.to_facts` wrote; refuse what it does not write."""
    keys = {"unknown", "missing", "texts", "medians", "indicators"}
    if not isinstance(facts, dict) or facts.keys() != keys:
        raise ValueError(f"encoding_ of a model must have the entries {sorted(keys)}.")
    medians, indicators, texts = facts["medians"], facts["indicators"], facts["texts"]
    if (
        facts["unknown"] not in UNKNOWN
        or facts["missing"] not in MISSING
        or not _is_vector(medians, "f")
        or not _is_vector(indicators, "b")
        or len(medians) != len(indicators)
        or not isinstance(texts, dict)
        or not texts.keys() <= {str(place) for place in range(len(medians))}
    ):
        raise ValueError("encoding_ of a model must agree with itself.")
    known = names_of(names, len(medians))
    columns = [
        _column_of_facts(name, texts.get(str(place)), float(median), bool(missing))
        for place, (name, median, missing) in enumerate(
            zip(known, medians, indicators, strict=True)
        )
    ]
    return Encoding(tuple(columns), facts["unknown"], facts["missing"])


def encoding_of_notes(notes: Mapping[str, Any], names: Array) -> Encoding | None:
    """Return the encoding that version 1 of a file kept in its notes; None if there is none."""
    kept = notes.get("encoding")
    texts = kept.get("texts") if isinstance(kept, dict) else None
    if not isinstance(texts, dict) or not all(isinstance(v, list) and v for v in texts.values()):
        return None
    columns = [Column(name, tuple(map(str, levels))) for name, levels in texts.items()]
    encoded = {feature: column for column in columns for feature in column.features}
    found = tuple(dict.fromkeys(encoded.get(name, Column(name)) for name in names))
    encoding = Encoding(found)
    return encoding if texts and encoding.features == (*names,) else None


def names_of(names: Names, d: int) -> tuple[str, ...]:
    """Return what d columns are called: x0, x1, ... if they have no names but their numbers."""
    if names is None or are_default(names):
        return tuple(f"x{place}" for place in range(d))
    if len(names) != d:
        raise ValueError(f"{len(names)} names cannot be those of {d} columns.")
    return tuple(map(str, names))


def _column_of_facts(name: str, text: Any, median: float, missing: bool) -> Column:
    """Return a column of a file; *text* is what it keeps of the levels, None for numbers."""
    if text is None:
        return Column(name, missing=missing, median=None if np.isnan(median) else median)
    if not isinstance(text, dict) or text.keys() != {"levels", "baseline", "full"}:
        raise ValueError(f"the levels of the column {name!r} must be those of a model.")
    levels, baseline, full = text["levels"], text["baseline"], text["full"]
    if (
        not isinstance(levels, list)
        or not 1 <= len(levels) <= MAX_LEVELS
        or not all(isinstance(level, str) for level in levels)
        or type(baseline) is not int
        or not 0 <= baseline < len(levels)
        or type(full) is not bool
    ):
        raise ValueError(f"the levels of the column {name!r} must be those of a model.")
    return Column(name, tuple(levels), baseline, full, missing)


def _is_vector(value: Any, kind: str) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind == kind
