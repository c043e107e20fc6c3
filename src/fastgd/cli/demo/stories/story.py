"""The parts of a story, and phrases for numbers that hold at any learning rate."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import fastgd

Floats = NDArray[np.float64]
Cells: TypeAlias = tuple[tuple[str, ...], list[tuple[str, ...]]]  # a header and rows

SEEN = 1e-9  # smaller changes do not show in any digit that is printed
SLOW = 0.95  # of an error that a slow step leaves


@dataclass(frozen=True)
class Story:
    """Paragraphs and tables, in order, and a function that draws the figure."""

    parts: list[str | Cells]
    draw: Callable[[], Any]


def write_rate(rate: float) -> str:
    """Return a learning rate with all its digits, as one would type it."""
    return repr(rate).removesuffix(".0")


def write_number(number: float) -> str:
    """Return a number, or a text if a float cannot hold it."""
    if math.isnan(number):
        return "not a number"
    if math.isinf(number):
        return "over 1e308" if number > 0 else "below -1e308"
    return f"{round(float(number), 12) + 0.0:.6g}"  # no -0, no rounding


def write_numbers(*numbers: float) -> list[str]:
    """Return the cells of numbers."""
    return [write_number(number) for number in numbers]


def write_factor(factor: float) -> str:
    """Return what a step multiplies an error by, never 1: no rate is 0."""
    text = write_number(factor)
    return f"as good as {text}" if text == "1" or (text == "-1" and factor != -1) else text


def say_of(factor: float) -> str:
    """Describe an error that each step multiplies by *factor*."""
    size = abs(factor)
    if size < SEEN:
        return "is zero after one step"
    if abs(size - 1) < SEEN:
        return "stays the same" if factor > 0 else "changes sign and keeps its size"
    if size > 1:
        return "grows and changes sign"
    pace = "shrinks slowly" if size > SLOW else "shrinks"
    return pace if factor > 0 else f"{pace} and changes sign"


def say_where_it_ended(result: Any) -> str:
    """Return a sentence about a run that diverged, an empty string for others."""
    if result.stop_reason is not fastgd.StopReason.DIVERGED:
        return ""
    return f" fastgd detected the divergence and stopped at step {len(result.path) - 1}."
