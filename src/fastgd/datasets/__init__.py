"""Data to try gradient descent on: problems of known difficulty, of any size, and real flights."""

from fastgd.datasets.flights import Flights, load_flights
from fastgd.datasets.made import make_classification, make_regression

__all__ = ["Flights", "load_flights", "make_classification", "make_regression"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
