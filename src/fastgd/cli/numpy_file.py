"""Tables in NumPy's files; nothing in them is ever unpickled."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from fastgd.cli.code import write_value
from fastgd.cli.datafile import find_place, listed, refuse_missing
from fastgd.cli.encoding import Column, Encoding, place_of
from fastgd.cli.reading import Reading
from fastgd.kernels.arguments import Array

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
    drop_missing: bool = False
    fitting: bool = True
    kept: Array | None = None  # which rows of the file these are, if some were left out
    remarks: tuple[str, ...] = ()
    named: ClassVar[bool] = False
    library: ClassVar[str] = "numpy"

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns: x0, x1, ..."""
        return tuple(f"x{k}" for k in range(self.X.shape[1]))

    @property
    def notes(self) -> dict[str, Any]:
        """What a model keeps of how the file was read."""
        return {"drop_missing": True} if self.drop_missing else {}

    def find(self, text: str) -> str:
        """Return the name of the column meant, which may be a number; -1 is the last one."""
        return find_place(self.path, text, self.names, self.others)

    def read(self, features: Sequence[str], beside: Sequence[str] = ()) -> "ArrayFile":
        """Return the table itself, or its rows without missing values if that is asked for."""
        if not self.drop_missing:
            return self
        names = [*features, *beside] if self.fitting else [*features]
        complete = np.ones(len(self.X), dtype=bool)
        for name in names:
            values = self.beside[name] if name in self.beside else self.X[:, place_of(name)]
            if values.dtype.kind == "f":
                complete &= ~np.isnan(values)
        if complete.all():
            return self
        if not complete.any():
            raise ValueError(f"every row of {self.path} has a missing value in a column used.")
        gone = len(complete) - int(complete.sum())
        fate = "left out" if self.fitting else "not predicted"
        remark = (
            f"{gone:,} of {len(complete):,} rows of {self.path} {fate}, as they have missing values"
        )
        beside_kept = {name: values[complete] for name, values in self.beside.items()}
        return replace(
            self, X=self.X[complete], beside=beside_kept, kept=complete, remarks=(remark,)
        )

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
        if self.kept is not None:
            lines += self.write_kept(encoding)
        return lines

    def write_kept(self, encoding: Encoding) -> list[str]:
        """Return the lines of Python that leave out rows with missing values."""
        tests, names = ["~numpy.isnan(X).any(axis=1)"], ["X", "y"]
        if self.beside.get(str(encoding.target), self.X).dtype.kind == "f":
            tests.append("~numpy.isnan(y)")
        if encoding.weight is not None:
            tests.append("~numpy.isnan(weights)")
            names.append("weights")
        taken = ", ".join(f"{name}[kept]" for name in names)
        return [f"kept = {' & '.join(tests)}", f"{', '.join(names)} = {taken}"]


def open_array(path: Path, reading: Reading, *, fitting: bool) -> ArrayFile:
    """Open an .npy file, whose numbers stay on the disk until they are used."""
    reading.refuse(".npy", ("drop_missing",))
    mapped = attempt(path, lambda: np.lib.format.open_memmap(path, mode="r"))
    call = f'table = numpy.load({write_value(str(path))}, mmap_mode="r")'
    X = checked(path, "the array", mapped)
    return ArrayFile(path, call, None, X, {}, (), reading.drop_missing, fitting)


def open_arrays(
    path: Path, target: str | None, weight: str | None, reading: Reading, *, fitting: bool
) -> ArrayFile:
    """Open an .npz file; X is the array of that name, or the one that is a table."""
    reading.refuse(".npz", ("drop_missing",))
    kinds = attempt(path, lambda: read_kinds(path))
    refuse_sparse(path, kinds)
    left = [name for name in kinds if name not in (target, weight)]
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
    for other in dict.fromkeys([target, weight]):
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
    return ArrayFile(path, call, name, X, beside, others, reading.drop_missing, fitting)


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
