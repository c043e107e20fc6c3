"""Parquet files, which polars opens and reads."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from fastgd.data.files.column_types import Rules, check_type, detect_types
from fastgd.data.files.datafile import find_name
from fastgd.data.files.polars_table import Frame, import_polars
from fastgd.data.files.python_code import write_call, write_value
from fastgd.data.files.read_options import FOR_PARQUET, Reading

Got = TypeVar("Got")


def attempt(path: Path, read: Callable[[], Got]) -> Got:
    """Return what *read* returns; say in a sentence that polars cannot read the file."""
    errors = import_polars().exceptions
    try:
        return read()
    except OSError as error:
        why = error.strerror or "it is damaged, or not a Parquet file"
        raise OSError(f"{path} cannot be read: {why}.") from error
    except (errors.PolarsError, errors.PanicException) as error:
        raise OSError(f"{path} cannot be read: it is damaged, or not a Parquet file.") from error


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file that was opened."""

    path: Path
    schema: dict[str, Any]
    rules: Rules
    named: ClassVar[bool] = True
    others: ClassVar[tuple[str, ...]] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns."""
        return tuple(self.schema)

    @property
    def notes(self) -> dict[str, Any]:
        """What a model keeps of how the file was read."""
        return self.rules.reading.notes

    def find(self, text: str) -> str:
        """Return the name of the column meant."""
        return find_name(self.path, text, self.names)

    def read(self, features: Sequence[str], beside: Sequence[str] = ()) -> Frame:
        """Read columns: those for X, and those beside it."""
        wanted = [*dict.fromkeys([*features, *beside])]
        found = {name: check_type(name, self.schema[name]) for name in wanted}
        problems = [problem for problem in found.values() if problem is not None]
        table = attempt(self.path, lambda: self.collect([n for n in wanted if found[n] is None]))
        if table.height == 0 and not problems:
            raise ValueError(f"{self.path} has no rows.")
        typed = detect_types(table, features, beside, self.rules, problems=problems)
        call = write_call("table", "polars.read_parquet", write_value(str(self.path)))
        return Frame(
            self.path,
            self.names,
            "\n".join([call, *typed.lines]),
            typed.frame,
            dict(typed.frame.schema),
            remarks=tuple(typed.remarks),
        )

    def collect(self, names: list[str]) -> Any:
        """Return columns."""
        polars = import_polars()
        places = {name: place for place, name in enumerate(self.schema)}
        # Not by name, which might be taken for a pattern.
        columns = polars.selectors.by_index(*(places[name] for name in names))
        return polars.scan_parquet(self.path, glob=False).select(columns).collect()


def open_parquet(
    path: Path, texts: Iterable[str] | None, reading: Reading, missing: str
) -> ParquetFile:
    """Open a Parquet file; *texts* are the columns that a model takes for text, None in a fit."""
    reading.refuse(".parquet", FOR_PARQUET)
    scan = import_polars().scan_parquet
    schema = attempt(path, lambda: scan(path, glob=False).collect_schema())
    known = None if texts is None else frozenset(texts)
    rules = Rules(path, reading, missing, texts=known, typed=True)
    return ParquetFile(path, dict(schema), rules)
