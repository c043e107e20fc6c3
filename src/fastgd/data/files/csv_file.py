"""CSV and other text files: polars reads them once their format is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from fastgd.data.files.ambiguous_numbers import find_doubts
from fastgd.data.files.column_types import Rules, detect_types
from fastgd.data.files.csv_bytes import TextSource, open_source
from fastgd.data.files.csv_dialect import HEAD, Dialect, guess
from fastgd.data.files.csv_errors import check_quotes, mend
from fastgd.data.files.datafile import find_name, find_place
from fastgd.data.files.missing_values import find_marks, split_columns
from fastgd.data.files.polars_table import Frame, import_polars
from fastgd.data.files.problems import Problem
from fastgd.data.files.python_code import write_call, write_value
from fastgd.data.files.read_options import MISSING, Reading

GUESSED = 10_000  # rows that types are guessed from; all, if that proves wrong


@dataclass(frozen=True)
class TextFile:
    """A text file that was opened."""

    source: TextSource
    dialect: Dialect
    reading: Reading
    missing: str  # what becomes of missing values
    texts: frozenset[str] | None  # columns that are text whatever they look like; None in a fit
    remarks: tuple[str, ...]
    found: tuple[str, ...] = ()  # names that polars gives the columns
    others: ClassVar[tuple[str, ...]] = ()

    @property
    def path(self) -> Path:
        """Its name in messages."""
        return self.source.path

    @property
    def notes(self) -> dict[str, Any]:
        """What a model keeps of how the file was read."""
        marks = (self.dialect.decimal, self.dialect.thousands)
        return replace(self.reading, likely=None if marks == (".", None) else marks).notes

    @property
    def named(self) -> bool:
        """Whether columns have names of their own."""
        return self.dialect.header

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns."""
        return self.found if self.named else tuple(f"x{k}" for k in range(len(self.found)))

    def find(self, text: str) -> str:
        """Return the name of the column meant, which may be a number if there are no names."""
        if self.named:
            return find_name(self.path, text, self.names)
        return find_place(self.path, text, self.names)

    def read(self, features: Sequence[str], beside: Sequence[str] = ()) -> Frame:
        """Read columns: those for X, and those beside it."""
        names = [*dict.fromkeys([*features, *beside])]
        marks = [mark for mark in self.reading.missing or () if mark]
        reader, table, options = self.take(names, marks)
        if usual := find_marks(split_columns(table), self.usual_marks):
            reader, table, options = reader.take(names, [*marks, *usual])
        lines = reader.lines(options)
        blank = reader.find_blank(table)
        remarks = [*reader.remarks]
        if blank is not None:
            table, count = table.filter(~blank), int(blank.sum())
            lines.append("table = table.filter(~polars.all_horizontal(polars.all().is_null()))")
            remarks.append(f"{count:,} empty line{'s' * (count > 1)} of {self.path} left out")
        if table.height == 0:
            raise ValueError(f"{self.path} has no rows.")
        dialect = reader.dialect
        marks_of_numbers = (dialect.decimal, dialect.thousands)
        rules = Rules(self.path, self.reading, self.missing, *marks_of_numbers, self.texts)
        problems, doubts = reader.check_groups(table, blank)
        text_at = partial(reader.text_at, blank)
        typed = detect_types(table, features, beside, rules, text_at, problems)
        return Frame(
            self.path,
            self.names,
            "\n".join([*lines, *typed.lines]),
            typed.frame,
            dict(typed.frame.schema),
            library=" ".join(["polars", *reader.imports]),
            remarks=(*remarks, *doubts, *typed.remarks),
        )

    def check_groups(self, table: Any, blank: Any) -> tuple[list[Problem], list[str]]:
        """Return the problems of columns of decimals or thousands, and remarks about others."""
        is_said = self.reading.decimal is not None or self.reading.thousands is not None
        if is_said or self.dialect.decimal != ".":
            return [], []
        columns = split_columns(table)
        for name in self.texts or ():
            columns.pop(name, None)

        def texts_of(names: list[str]) -> Any:
            texts = self.collect_texts(names)
            return texts if blank is None else texts.filter(~blank)

        separator = self.dialect.separator
        doubts = find_doubts(columns, separator, self.reading.marks, texts_of)
        return doubts.split(self.path, separator, fitting=self.texts is None)

    def take(self, names: list[str], marks: list[str]) -> tuple["TextFile", Any, dict[str, Any]]:
        """Return columns, the options with which they could be read, and the file with these."""
        options = self.dialect.options() | {"infer_schema_length": GUESSED}
        if marks:
            options["null_values"] = marks
        errors = import_polars().exceptions
        try:
            return self, self.collect(names, options), options
        except (errors.PolarsError, errors.PanicException):
            options["infer_schema_length"] = None
        try:
            return self, self.collect(names, options), options
        except (errors.PolarsError, errors.PanicException):
            return self.mended().take(names, marks)

    def collect(self, names: Sequence[str], options: dict[str, Any]) -> Any:
        """Return columns, read with these options."""
        polars = import_polars()
        place = {name: k for k, name in enumerate(self.names)}
        if texts := {self.found[place[name]]: polars.String for name in self.texts or ()}:
            options = options | {"schema_overrides": texts}
        # Not by name, which might be taken for a pattern.
        columns = polars.selectors.by_index(*(place[name] for name in names))
        table = polars.scan_csv(self.content, glob=False, **options).select(columns).collect()
        return table.rename(dict(zip(table.columns, names, strict=True)))

    def collect_texts(self, names: Sequence[str]) -> Any:
        """Return columns as they stand in the file."""
        errors = import_polars().exceptions
        try:
            return self.collect(names, self.dialect.options() | {"infer_schema": False})
        except (errors.PolarsError, errors.PanicException):
            return self.mended().collect_texts(names)

    @property
    def content(self) -> Path | bytes:
        """What polars reads: the file itself, or its text in UTF-8."""
        if self.dialect.is_utf8:
            return self.source.direct or self.source.content
        return self.source.decoded(self.dialect.encoding).encode()

    def mended(self) -> "TextFile":
        """Return the file read in another way, as polars cannot read it; refuse it if none is."""
        other = mend(self.source, self.dialect, self.reading)
        return replace(self, dialect=other.dialect, remarks=(*self.remarks, other.remark))

    @property
    def usual_marks(self) -> list[str]:
        """Those of the usual marks of missing values that are not taken away."""
        return [mark for mark in MISSING if mark in self.reading.marks]

    def find_blank(self, table: Any) -> Any:
        """Return which rows are empty in every column of the file; None if none is."""
        polars = import_polars()
        nothing = polars.all_horizontal(polars.all().is_null())
        if not table.select(nothing.any()).item():
            return None
        every = self.collect_texts(self.names)
        blank = every.select(nothing).to_series()
        return blank if blank.any() else None

    def text_at(self, blank: Any, name: str, row: int) -> str | None:
        """Return what a row holds; fields that are *blank* do not count."""
        column = self.collect_texts([name])
        text: str | None = (column if blank is None else column.filter(~blank)).item(row, 0)
        return text

    @property
    def imports(self) -> tuple[str, ...]:
        """What the lines of Python import beside polars."""
        return () if self.dialect.is_utf8 and self.source.direct else self.source.libraries

    def lines(self, options: dict[str, Any]) -> list[str]:
        """Return the lines of Python that read the file."""
        expression = self.source.expression
        if not self.dialect.is_utf8:
            expression += f".decode({write_value(self.dialect.encoding)}).encode()"
        elif self.source.direct:
            expression = write_value(str(self.source.direct))
        lines = [write_call("table", "polars.read_csv", expression, **options)]
        if not self.named:
            lines.append('table.columns = [f"x{k}" for k in range(table.width)]')
        return lines


def open_text(
    path: Path, separator: str, texts: Iterable[str] | None, reading: Reading, missing: str
) -> TextFile:
    """Open a text file; *separator* is what its name says."""
    polars = import_polars()
    source = open_source(path)
    found = guess(source.path, source.take(HEAD), separator, reading)
    for name in found.names:
        if (count := found.names.count(name)) > 1:
            raise ValueError(f"{source.path} has {count} columns named {name!r}.")
    known = None if texts is None else frozenset(texts)
    file = TextFile(source, found.dialect, reading, missing, known, found.remarks)
    check_quotes(source, file.dialect)
    errors = polars.exceptions
    while True:
        options = file.dialect.options() | {"infer_schema_length": GUESSED}
        try:
            scan = polars.scan_csv(file.content, glob=False, **options)
            names = tuple(scan.collect_schema())
            break
        except (errors.PolarsError, errors.PanicException):
            file = file.mended()
    file = replace(file, found=names)
    return file if known is None else replace(file, texts=known & {*file.names})
