"""Conditions on a comparison: ``A.metric <op> [factor *] B.metric``, or a number on the right.

Parts are separated by spaces. Both sides are the name of a run, a dot and a metric;
nothing is ever evaluated as Python.
"""

import math
import operator
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from fastgd.base.validation import did_you_mean, show

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}
MAX_LENGTH = 500  # characters
FORM = "'RUN.metric <= [factor *] RUN.metric' or 'RUN.metric <= number'"


class Measure(NamedTuple):
    """One metric of one run."""

    run: str
    metric: str

    def __str__(self) -> str:
        """Return it as it is written in a condition."""
        return f"{self.run}.{self.metric}"


@dataclass(frozen=True)
class Condition:
    """left <op> factor * right; without a right side the factor alone."""

    text: str
    left: Measure
    symbol: str
    factor: float
    right: Measure | None

    def holds(self, left: float, right: float) -> bool:
        """Return True if it holds; False if a side was never reached (infinity, NaN)."""
        bound = self.factor * right
        sound = math.isfinite(left) and math.isfinite(bound)
        return sound and OPERATORS[self.symbol](left, bound)


def read_condition(text: str, runs: Collection[str], metrics: Collection[str]) -> Condition:
    """Return the condition that *text* states.

    Raises
    ------
    TypeError, ValueError
        If it is not a string, has another form, or names an unknown run or metric.
    """
    if not isinstance(text, str):
        raise TypeError(f"a condition must be a string such as {FORM}; got {show(text)}.")
    words = text.split() if len(text) <= MAX_LENGTH else []
    if len(words) not in (3, 5) or words[1] not in OPERATORS or (words[3:4] or ["*"]) != ["*"]:
        raise ValueError(f"a condition must read {FORM}, with spaces between; got {show(text)}.")
    left = read_measure(words[0], runs, metrics)
    if len(words) == 5:
        factor, right = read_number(words[2]), read_measure(words[4], runs, metrics)
        return Condition(text, left, words[1], factor, right)
    if words[2][0].isalpha() and any(words[2].startswith(f"{run}.") for run in runs):
        return Condition(text, left, words[1], 1.0, read_measure(words[2], runs, metrics))
    return Condition(text, left, words[1], read_number(words[2]), None)


def read_measure(word: str, runs: Collection[str], metrics: Collection[str]) -> Measure:
    """Return the metric that *word* names; names of runs may contain dots."""
    run = max((name for name in runs if word.startswith(f"{name}.")), key=len, default=None)
    if run is None:
        hint = did_you_mean(word.partition(".")[0], runs)
        raise ValueError(f"{show(word)} begins with none of the runs {[*runs]}.{hint}")
    metric = word[len(run) + 1 :]
    if metric not in metrics:
        hint = did_you_mean(metric, metrics)
        raise ValueError(f"{show(metric)} is none of the metrics {[*metrics]}.{hint}")
    return Measure(run, metric)


def read_number(word: str) -> float:
    """Return a finite number in plain ASCII."""
    with suppress(ValueError):
        number = float(word) if word.isascii() and "_" not in word else math.nan
        if math.isfinite(number):
            return number
    raise ValueError(f"{show(word)} is neither a finite number nor RUN.metric of these runs.")
