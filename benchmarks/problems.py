"""Problems of the suites: deterministic, and only ever added to, so that old figures stay true."""

import functools
from typing import NamedTuple

import numpy as np

import fastgd


class Problem(NamedTuple):
    """A row of the table: what `make` makes, and with which loss it is fitted."""

    loss: str
    rows: int
    features: int
    condition_number: float


PROBLEMS = {
    "correlated": Problem("squared_error", 100_000, 20, 100.0),
    "logistic": Problem("log_loss", 100_000, 20, 10.0),
    "huber": Problem("huber", 100_000, 20, 10.0),
}


@functools.cache
def make(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y of a problem."""
    maker = fastgd.datasets.make_regression
    if fastgd.losses.LOSSES[problem.loss].target == "binary":
        maker = fastgd.datasets.make_classification
    X, y, _ = maker(
        problem.rows,
        problem.features,
        condition_number=problem.condition_number,
        random_state=0,
    )
    return X, y


@functools.cache
def table(d: int, megabytes: int, dtype: str, layout: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a table of so many megabytes, in C or Fortran order."""
    rows = megabytes * 10**6 // (np.dtype(dtype).itemsize * d)
    X, y, _ = fastgd.datasets.make_regression(rows, d, dtype=dtype, random_state=0)
    return np.asarray(X, order=layout), y
