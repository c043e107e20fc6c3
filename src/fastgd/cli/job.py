"""A job for `fit`: the table, the fit, and the lines of Python that do the same."""

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import fastgd
from fastgd import datasets

NARROW = 80  # characters in a line of the usual terminal


class Data(NamedTuple):
    """A table to fit."""

    X: Any
    y: Any
    truth: Any  # the coefficients it was made from, None if unknown
    seconds: float  # that it took


@dataclass(frozen=True)
class Job:
    """What the command line asks for, as keywords of the functions that do it."""

    maker: str  # name in `fastgd.datasets`
    made: dict[str, Any]  # its keywords
    fit: dict[str, Any]
    standardize: bool

    @property
    def is_flights(self) -> bool:
        """Whether the data are real."""
        return self.maker == "load_flights"

    def load(self) -> Data:
        """Make or read the table."""
        began = time.perf_counter()
        X, y, truth = getattr(datasets, self.maker)(**self.made)
        if self.standardize:
            X -= X.mean(axis=0)
            X /= X.std(axis=0)
        known = None if self.standardize or self.is_flights else truth
        return Data(X, y, known, time.perf_counter() - began)

    def rehearse(self) -> fastgd.FitResult:
        """Fit two made rows for an epoch: bad values are refused, and kernels compiled, early."""
        X = datasets.make_regression(**self.made | {"n_samples": 2})[0]
        return fastgd.fit(X, np.arange(2.0), **self.fit, callback=lambda _: True)

    def code(self) -> str:
        """Return the lines of Python that do the same."""
        names = "X, y, names" if self.is_flights else "X, y, coef"
        lines = [write_call(names, f"fastgd.datasets.{self.maker}", **self.made)]
        if self.standardize:
            lines += ["X -= X.mean(axis=0)", "X /= X.std(axis=0)"]
        lines += [write_call("result", "fastgd.fit", "X", "y", **self.fit)]
        return "\n".join(["import fastgd", "", *lines, ""])


def write_call(names: str, function: str, *arguments: str, **keywords: Any) -> str:
    """Return a call in Python whose value gets *names*, on one line where that is short enough."""
    parts = [*arguments, *(f"{name}={write_value(v)}" for name, v in keywords.items())]
    line = f"{names} = {function}({', '.join(parts)})"
    if len(line) < NARROW:
        return line
    return "\n".join([f"{names} = {function}(", *(f"    {part}," for part in parts), ")"])


def write_value(value: Any) -> str:
    """Return a value in Python, as a careful person would write it."""
    return f"{value:_}" if type(value) is int else repr(value).replace("'", '"')
