"""Tables in NumPy's files; nothing in them is ever unpickled."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np

from fastgd.cli.code import write_value
from fastgd.cli.datafile import find_name, listed, refuse_missing
from fastgd.cli.encoding import Column, Encoding, place_of
from fastgd.kernels.arguments import Array
from fastgd.validation import first_line

Got = TypeVar("Got")


def attempt(path: Path, read: Callable[[], Got]) -> Got:
    """Return what *read* returns; say in a sentence why NumPy cannot read the file."""
    try:
        return read()
    except Exception as error:  # broken bytes raise whatever the many readers underneath do
        why = first_line(error) or type(error).__name__
        raise OSError(
            f"{path} cannot be read as arrays of numbers, and nothing is ever unpickled: {why}."
        ) from error


@dataclass(frozen=True)
class ArrayFile:
    """A table of numbers, and in .npz the arrays beside it."""

    path: Path
    call: str  # the line of Python that reads it
    name: str | None  # of the table, in .npz
    X: Array
    beside: dict[str, Array]
    named: ClassVar[bool] = False
    library: ClassVar[str] = "numpy"

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns: x0, x1, ..."""
        return tuple(f"x{k}" for k in range(self.X.shape[1]))

    @property
    def others(self) -> tuple[str, ...]:
        """Names of the arrays beside the table."""
        return tuple(self.beside)

    def find(self, text: str) -> str:
        """Return the name of the column meant, which may be a number; -1 is the last one."""
        try:
            place = int(text)
        except ValueError:
            return find_name(self.path, text, [*self.names, *self.others])
        width = len(self.names)
        if not -width <= place < width:
            raise ValueError(
                f"{self.path} has {width} columns, 0 to {width - 1} (or -{width} to -1); "
                f"got {place}."
            )
        return f"x{place % width}"

    def read(self, names: Iterable[str]) -> "ArrayFile":
        """Return the table itself."""
        return self

    def columns(self, names: Sequence[str]) -> tuple[Column, ...]:
        """Return the columns of X that *names* become."""
        return tuple(map(Column, names))

    def encode(self, columns: Sequence[Column]) -> Array:
        """Return X, a view where no column is missing in the middle."""
        if texts := [column.name for column in columns if column.levels]:
            raise ValueError(
                f"{self.path} holds numbers, and the model takes text in {listed(texts)}."
            )
        places = [place_of(column.name) for column in columns]
        first = places[0]
        follow = places == [*range(first, first + len(places))]
        X = self.X[:, first : first + len(places)] if follow else self.X[:, places]
        refuse_missing(self.path, X, [column.name for column in columns])
        return X

    def values(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return a column's numbers; of texts their places among their levels."""
        values = self.beside[name] if name in self.beside else self.X[:, place_of(name)]
        if values.dtype.kind == "U":
            levels, places = np.unique(values, return_inverse=True)
            return places, tuple(levels.tolist())
        refuse_missing(self.path, values, [name])
        return np.array(values), ()

    def write_columns(self, table: str, encoding: Encoding) -> str:
        """Return in Python what takes the columns of X from *table*."""
        kept = [place_of(column.name) for column in encoding.columns]
        first, end, width = kept[0], kept[-1] + 1, self.X.shape[1]
        if len(kept) == width:
            return table
        if len(kept) == end - first:  # a slice is no copy
            return f"{table}[:, {first or ''}:{end if end < width else ''}]"
        dropped = sorted({*range(width)} - {*kept})
        return f"numpy.delete({table}, {write_value(dropped)}, axis=1)"

    def lines(self, encoding: Encoding) -> list[str]:
        """Return the lines of Python that make X, y and weights."""
        table = "table" if self.name is None else f"table[{write_value(self.name)}]"
        lines = [self.call, f"X = {self.write_columns(table, encoding)}"]
        for variable, name in (("y", encoding.target), ("weights", encoding.weight)):
            if name is not None:
                inside = (
                    f"{table}[:, {place_of(name)}]"
                    if name in self.names
                    else f"table[{write_value(name)}]"
                )
                lines.append(f"{variable} = {inside}")
        return lines


def open_array(path: Path) -> ArrayFile:
    """Open an .npy file, whose numbers stay on the disk until they are used."""
    X = attempt(path, lambda: np.lib.format.open_memmap(path, mode="r"))
    call = f'table = numpy.load({write_value(str(path))}, mmap_mode="r")'
    return ArrayFile(path, call, None, checked(path, "the array", X), {})


def open_arrays(path: Path, target: str | None, weight: str | None) -> ArrayFile:
    """Open an .npz file; X is the array of that name, or the one that is left."""
    arrays = attempt(path, lambda: read_arrays(path))
    left = [name for name in arrays if name not in (target, weight)]
    name = "X" if "X" in left else left[0] if len(left) == 1 else None
    if name is None:
        raise ValueError(
            f"{path} must hold an array named 'X', or a single one beside the target; it holds "
            f"{listed(arrays) or 'none'}."
        )
    X = checked(path, f"the array {name!r}", arrays.pop(name))
    for other, values in arrays.items():
        if other in (target, weight) and values.shape not in ((len(X),), (len(X), 1)):
            raise ValueError(
                f"the array {other!r} of {path} must have {len(X):,} values, one per row of "
                f"{name!r}; got the shape {values.shape}."
            )
    beside = {other: values.reshape(-1) for other, values in arrays.items()}
    return ArrayFile(path, f"table = numpy.load({write_value(str(path))})", name, X, beside)


def read_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays of an .npz file."""
    with path.open("rb") as stream:
        arrays = np.load(stream, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise ValueError("it is no zip file")
        return dict(arrays)


def checked(path: Path, what: str, X: Array) -> Array:
    """Return a table of numbers; refuse anything else."""
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise ValueError(
            f"{what} of {path} must be a table of numbers, rows by columns; got the shape "
            f"{X.shape} and the type {X.dtype}."
        )
    if 0 in X.shape:
        raise ValueError(f"{what} of {path} is empty: its shape is {X.shape}.")
    return X
