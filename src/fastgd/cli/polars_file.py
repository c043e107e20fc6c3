"""Text and Parquet files, which polars opens and reads."""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from fastgd.cli.code import write_call, write_value
from fastgd.cli.datafile import find_name
from fastgd.cli.polars_table import Frame, import_polars, is_text
from fastgd.validation import first_line

GUESSED = 10_000  # rows that a text file's types are guessed from; all, if that proves wrong

Got = TypeVar("Got")


def attempt(path: Path, read: Callable[[], Got]) -> Got:
    """Return what *read* returns; say in a sentence why polars cannot read the file."""
    errors = import_polars().exceptions
    try:
        return read()
    except (errors.PolarsError, errors.PanicException, OSError) as error:
        why = first_line(error).rstrip(":")
        raise OSError(f"{path} cannot be read: {why}.") from error


@dataclass(frozen=True)
class Scan:
    """A file that was opened."""

    path: Path
    scan: Callable[..., Any]  # polars.scan_csv or polars.scan_parquet
    options: dict[str, Any]  # for it, and for the function that reads at once
    types: dict[str, Any]  # of columns where they are not to be guessed
    schema: dict[str, Any]
    named: ClassVar[bool] = True
    others: ClassVar[tuple[str, ...]] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns."""
        return tuple(self.schema)

    def find(self, text: str) -> str:
        """Return the name of the column meant."""
        return find_name(self.path, text, self.names)

    def read(self, names: Iterable[str]) -> Frame:
        """Read columns."""
        wanted = [*dict.fromkeys(names)]
        for name in wanted:
            refuse_type(self.path, name, self.schema[name])
        frame, options = attempt(self.path, lambda: self.collect(wanted))
        if frame.height == 0:
            raise ValueError(f"{self.path} has no rows.")
        reader = self.scan.__name__.replace("scan", "polars.read")
        call = write_call("table", reader, write_value(str(self.path)), **options)
        return Frame(self.path, self.names, call, frame, dict(frame.schema))

    def collect(self, names: list[str]) -> tuple[Any, dict[str, Any]]:
        """Return columns, and the options with which they could be read."""
        try:
            return self.take(names, self.options), self.options
        except import_polars().exceptions.ComputeError:
            if "infer_schema_length" not in self.options:
                raise
        other = self.options | {"infer_schema_length": None}
        return self.take(names, other), other

    def take(self, names: list[str], options: dict[str, Any]) -> Any:
        """Return columns, read with these options."""
        types = {"schema_overrides": self.types} if self.types else {}
        places = {name: place for place, name in enumerate(self.schema)}
        # Not by name, which might be taken for a pattern.
        columns = import_polars().selectors.by_index(*(places[name] for name in names))
        return self.scan(self.path, glob=False, **options, **types).select(columns).collect()


def open_parquet(path: Path) -> Scan:
    """Open a Parquet file."""
    scan = import_polars().scan_parquet
    schema = attempt(path, lambda: scan(path, glob=False).collect_schema())
    return Scan(path, scan, {}, {}, dict(schema))


def open_text(path: Path, separator: str, texts: Iterable[str]) -> Scan:
    """Open a text file; the columns *texts* are text, whatever they look like."""
    polars = import_polars()
    options: dict[str, Any] = {} if separator == "," else {"separator": separator}
    refuse_repeated(path, options)
    options["infer_schema_length"] = GUESSED
    schema = attempt(path, lambda: polars.scan_csv(path, glob=False, **options).collect_schema())
    types = {name: polars.String for name in texts if name in schema}
    return Scan(path, polars.scan_csv, options, types, dict(schema) | types)


def refuse_repeated(path: Path, options: dict[str, Any]) -> None:
    """Refuse a file two of whose columns have one name: polars would rename one."""
    first = {"has_header": False, "n_rows": 1, "infer_schema_length": 0, "glob": False}
    scan = import_polars().scan_csv
    names = attempt(path, lambda: scan(path, **options, **first).collect()).row(0)
    if len(names) == 1 and ";" in (names[0] or ""):
        raise ValueError(f"{path} seems to be separated by ';'; only commas and tabs are read.")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path} has {names.count(name)} columns named {name or ''!r}.")


def refuse_type(path: Path, name: str, kind: Any) -> None:
    """Refuse columns that are neither numbers nor text."""
    polars = import_polars()
    if not (kind.is_numeric() or is_text(kind) or kind in (polars.Boolean, polars.Null)):
        raise ValueError(
            f"column {name!r} of {path} has the type {kind}, and only numbers, booleans and text "
            f"can be used: leave it out with --drop {shlex.quote(name)}."
        )
