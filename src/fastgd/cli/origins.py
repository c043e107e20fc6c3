"""The sources of data for a fit: generated data, the flights, or (file_origin.py) a file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from fastgd import datasets
from fastgd.base.types import Array
from fastgd.data.categories import encoding as categories
from fastgd.data.files.python_code import write_call
from fastgd.losses import Loss


@dataclass
class Data:
    """A table to fit; X may be changed."""

    X: Array
    y: Array
    lines: list[str]  # of Python that make X, y, weights and offset
    library: str = ""  # that they import
    truth: Array | None = None  # the coefficients it was made from
    names: Sequence[str] | None = None  # of the columns of X
    weights: Array | None = None
    offset: Array | None = None
    labels: tuple[str, ...] = ()  # texts that the numbers in y stand for
    notes: dict[str, Any] = field(default_factory=dict)  # for the model
    remarks: list[str] = field(default_factory=list)  # for the card
    read: Sequence[str] = ()  # what is to be said about how the file was read
    encoding: categories.Encoding | None = None  # of the columns of a file


class Origin(Protocol):
    """A source of data."""

    @property
    def label(self) -> str:
        """What it is."""

    @property
    def doing(self) -> str:
        """What is done to get it."""

    @property
    def done(self) -> str:
        """What was done to get it."""

    @property
    def rehearsal(self) -> dict[str, Any]:
        """Keywords of `make_regression` for data of the same kind."""

    def open(self) -> Any:
        """Open the data and check what can be checked quickly."""

    def load(self, opened: Any) -> Data:
        """Return the data."""


@dataclass(frozen=True)
class Made:
    """Data made on the spot."""

    maker: str  # name in `fastgd.datasets`
    keywords: dict[str, Any]
    loss: Loss  # that the targets are made for
    label: ClassVar[str] = "made"
    doing: ClassVar[str] = "making the data"
    done: ClassVar[str] = "made"

    @property
    def rehearsal(self) -> dict[str, Any]:
        """Keywords of `make_regression` for data of the same kind."""
        return self.keywords

    def open(self) -> None:
        """There is nothing to look at."""

    def load(self, opened: None) -> Data:
        """Make the data."""
        X, y, truth = getattr(datasets, self.maker)(**self.keywords)
        lines = [write_call("X, y, coef", f"fastgd.datasets.{self.maker}", **self.keywords)]
        if self.loss.has_link:
            y = self.loss.inverse_link(y)
            lines.append(f"y = fastgd.{self.loss}.inverse_link(y)")
            truth = None  # but for the intercept
        return Data(X, y, lines, truth=truth)


@dataclass(frozen=True)
class Flights:
    """The flights of 2013."""

    label: ClassVar[str] = "flights"
    doing: ClassVar[str] = "reading the flights"
    done: ClassVar[str] = "flights read"
    rehearsal: ClassVar[dict[str, Any]] = {}

    def open(self) -> datasets.Flights:
        """Return all of them: that is quick."""
        return datasets.load_flights()

    def load(self, opened: datasets.Flights) -> Data:
        """Return them."""
        X, y, names = opened
        line = "X, y, names = fastgd.datasets.load_flights()"
        return Data(X, y, [line], names=names, notes={"data": "flights"})
