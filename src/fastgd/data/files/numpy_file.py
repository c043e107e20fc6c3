"""Tables in NumPy's files; nothing in them is ever unpickled."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from fastgd.base.types import Array
from fastgd.data.categories import encoding
from fastgd.data.categories.applying import apply
from fastgd.data.categories.encoding import Policy
from fastgd.data.categories.learning import learn
from fastgd.data.categories.rows import Encoded
from fastgd.data.files.datafile import find_place, listed, refuse_missing
from fastgd.data.files.python_code import write_call, write_value
from fastgd.data.files.read_options import Reading
from fastgd.data.files.roles import Encoding, place_of
from fastgd.data.files.wording import FileWording
from fastgd.data.inputs import check_column
from fastgd.data.tables import ArrayTable

Got = TypeVar("Got")


def attempt(path: Path, read: Callable[[], Got], what: str = "arrays of numbers") -> Got:
    """Return what *read* returns; say in a sentence that NumPy cannot read it."""
    try:
        return read()
    except Exception as error:  # broken bytes raise whatever the many readers underneath do
        why = getattr(error, "strerror", None) or "it is damaged, or holds Python objects"
        raise OSError(
            f"{path} cannot be read as {what}, and nothing is ever unpickled: {why}."
        ) from error


@dataclass(frozen=True)
class ArrayFile:
    """A table of numbers, and in .npz the arrays beside it."""

    path: Path
    call: str  # the line of Python that reads it
    name: str | None  # of the table, in .npz
    X: Array
    beside: dict[str, Array]  # those asked for: one number or text per row
    others: tuple[str, ...] = ()  # names of all arrays beside the table
    missing: str = "error"  # what becomes of missing values
    fitting: bool = True
    is_complete: bool = True  # no row of the file was left out
    remarks: tuple[str, ...] = ()
    notes: ClassVar[dict[str, Any]] = {}  # what a model keeps of how the file was read
    named: ClassVar[bool] = False
    library: ClassVar[str] = "numpy"

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns: x0, x1, ..."""
        return tuple(f"x{k}" for k in range(self.X.shape[1]))

    def find(self, text: str) -> str:
        """Return the name of the column meant, which may be a number; -1 is the last one."""
        return find_place(self.path, text, self.names, self.others)

    def read(self, features: Sequence[str], beside: Sequence[str] = ()) -> "ArrayFile":
        """Return the table itself; in a fit its rows without missing values, if that was asked."""
        if self.missing != "drop" or not self.fitting:
            return self
        complete = np.ones(len(self.X), dtype=bool)
        for name in [*features, *beside]:
            values = self.values_of(name)
            if values.dtype.kind == "f":
                complete &= ~np.isnan(values)
        if complete.all():
            return self
        if not complete.any():
            raise ValueError(f"every row of {self.path} has a missing value in a column used.")
        gone = len(complete) - int(complete.sum())
        remark = (
            f"{gone:,} of {len(complete):,} rows of {self.path} left out, as they have missing "
            "values"
        )
        kept = {name: values[complete] for name, values in self.beside.items()}
        return replace(self, X=self.X[complete], beside=kept, is_complete=False, remarks=(remark,))

    def learn(self, names: Sequence[str], policy: Policy, weights: Array | None) -> Encoded:
        """Return the rows of X, made of these columns, with the encoding that was learned."""
        X = self.take(names)
        columns = [*zip(names, X.T, strict=True)]
        rows = np.empty(0) if weights is None else weights
        wording = FileWording(self.path, len(X))
        return learn(columns, policy, rows, check_column, ArrayTable(X), wording)

    def apply(self, encoding: encoding.Encoding) -> Encoded:
        """Return the rows of X as an encoding makes them."""
        if texts := [column.name for column in encoding.texts]:
            raise ValueError(
                f"{self.path} holds numbers, but the model needs text in {listed(texts)}."
            )
        X = self.take([column.name for column in encoding.columns])
        if encoding.missing == "error":
            refuse_missing(self.path, X, [column.name for column in encoding.columns])
        wording = FileWording(self.path, len(X))
        return apply([*X.T], encoding, check_column, ArrayTable(X), wording)

    def take(self, names: Sequence[str]) -> Array:
        """Return some columns: a view if they are adjacent."""
        places = [place_of(name) for name in names]
        first = places[0]
        follow = places == [*range(first, first + len(places))]
        return self.X[:, first : first + len(places)] if follow else self.X[:, places]

    def values_of(self, name: str) -> Array:
        """Return what a column, or an array beside the table, holds."""
        return self.beside[name] if name in self.beside else self.X[:, place_of(name)]

    def values(self, name: str) -> tuple[Array, tuple[str, ...]]:
        """Return a column's numbers; of texts their places among their levels."""
        values = self.values_of(name)
        if values.dtype.kind == "U":
            levels, places = np.unique(values, return_inverse=True)
            return places, tuple(levels.tolist())
        refuse_missing(self.path, values, [name], can_drop=self.fitting)
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
        for variable, name in encoding.beside.items():
            inside = (
                f"{table}[:, {place_of(name)}]"
                if name in self.names
                else f"table[{write_value(name)}]"
            )
            lines.append(f"{variable} = {inside}")
        return [*lines, *self.lines_of_missing(encoding)]

    def lines_of_missing(self, encoding: Encoding) -> list[str]:
        """Return the lines of Python that leave rows out, or put medians in."""
        lines = []
        if not self.is_complete:
            beside = encoding.beside
            made = ["X", *beside]
            floats = [v for v, name in beside.items() if self.values_of(name).dtype.kind == "f"]
            tests = ["~numpy.isnan(X).any(axis=1)", *(f"~numpy.isnan({v})" for v in floats)]
            lines = [f"complete = {' & '.join(tests)}"]
            lines += [f"{variable} = {variable}[complete]" for variable in made]
        columns = encoding.columns
        if any(column.median is not None for column in columns):
            medians = write_value([column.median for column in columns])
            places = [place for place, column in enumerate(columns) if column.missing]
            lines.append("missing = numpy.isnan(X)")
            lines.append(f"X = numpy.where(missing, {medians}, X)")
            after = write_value([place + 1 for place in places])
            indicators = f"missing[:, {write_value(places)}]"
            if places:
                lines.append(write_call("X", "numpy.insert", "X", after, indicators, "axis=1"))
        return lines


def open_array(path: Path, reading: Reading, missing: str, *, fitting: bool) -> ArrayFile:
    """Open an .npy file, whose numbers stay on the disk until they are used."""
    reading.refuse(".npy")
    mapped = attempt(path, lambda: np.lib.format.open_memmap(path, mode="r"))
    call = f'table = numpy.load({write_value(str(path))}, mmap_mode="r")'
    X = checked(path, "the array", mapped)
    return ArrayFile(path, call, None, X, {}, (), missing, fitting)


def open_arrays(
    path: Path,
    besides: Sequence[str | None],
    reading: Reading,
    missing: str,
    *,
    fitting: bool,
) -> ArrayFile:
    """Open an .npz file; X is the array of that name, or the one that is a table."""
    reading.refuse(".npz")
    kinds = attempt(path, lambda: read_kinds(path))
    refuse_sparse(path, kinds)
    left = [name for name in kinds if name not in besides]
    tables = [name for name in left if len(kinds[name][0]) == 2 and kinds[name][1].kind in "fiub"]
    choices = left if len(left) == 1 else tables
    name = "X" if "X" in left else choices[0] if len(choices) == 1 else None
    if name is None:
        held = listed(tables or kinds) or "none"
        raise ValueError(
            f"{path} must hold an array named 'X', or a single table beside the target; it holds "
            f"{held}."
        )
    X = checked(path, f"the array {name!r}", read_array(path, name))
    beside = {}
    for other in dict.fromkeys(besides):
        if other is None or other not in kinds or other == name:
            continue
        values = read_array(path, other)
        if values.shape not in ((len(X),), (len(X), 1)):
            raise ValueError(
                f"the array {other!r} of {path} must have {len(X):,} values, one per row of "
                f"{name!r}; got the shape {values.shape}."
            )
        beside[other] = values.reshape(-1)
    call = f"table = numpy.load({write_value(str(path))})"
    others = tuple(other for other in kinds if other != name)
    return ArrayFile(path, call, name, X, beside, others, missing, fitting)


def read_kinds(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Return the shapes and types of the arrays of an .npz file, of which none is read."""
    kinds = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as stream:
                version = np.lib.format.read_magic(stream)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = read(stream)
                kinds[member.removesuffix(".npy")] = (shape, dtype)
    return kinds


def read_array(path: Path, name: str) -> Array:
    """Return an array of an .npz file."""

    def read() -> Array:
        with np.load(path, allow_pickle=False) as arrays:
            return np.asarray(arrays[name])

    return attempt(path, read, f"arrays of numbers (the array {name!r})")


def refuse_sparse(path: Path, kinds: dict[str, Any]) -> None:
    """Refuse a matrix that `scipy.sparse.save_npz` has written."""
    if not {"format", "shape", "data"} <= {*kinds}:
        return
    raise ValueError(
        f"{path} holds a sparse matrix of SciPy, which cannot be fitted yet: save it as a table "
        "with numpy.savez(file, X=scipy.sparse.load_npz(file).toarray(), y=y)."
    )


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
