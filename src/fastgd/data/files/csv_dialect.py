"""The format of a CSV or other text file, guessed: separator, decimal mark, encoding, header."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastgd.data.files.datafile import listed
from fastgd.data.files.read_options import Reading, write_flags

HEAD = 2**16  # bytes that guesses are made from
USUAL = 0.9  # of the lines have as many fields as the table has columns, if spaces separate them
SEPARATORS = (",", ";", "\t", "|")
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*")  # a number with a decimal comma, or of thousands
POINT = re.compile(r"\s*[-+]?\d*\.\d+\s*")
GROUPED = re.compile(r"\s*[-+]?[1-9]\d{0,2}(?:[.,]\d{3})+\s*")  # 1,234: it may be either
YEAR = re.compile(r"\s*[12]\d{3}\s*")  # numbers that are names of columns
BOTH = re.compile(r"\s*[-+]?\d{1,3}(?:\.\d{3})+,\d+\s*")  # 1.234,5
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True)
class Dialect:
    """How a text file is written."""

    separator: str = ","
    decimal: str = "."
    thousands: str | None = None
    header: bool = True
    skip_lines: int = 0
    encoding: str = "utf-8"
    quote: str | None = '"'
    comment: str | None = None
    end: str = "\n"
    ragged: bool = False  # empty fields at the ends of lines belong to no column

    def options(self) -> dict[str, Any]:
        """Return the keywords of `polars.read_csv` that say so."""
        found = {
            "separator": (self.separator, ","),
            "quote_char": (self.quote, '"'),
            "comment_prefix": (self.comment, None),
            "has_header": (self.header, True),
            "skip_lines": (self.skip_lines, 0),
            "eol_char": (self.end, "\n"),
            "truncate_ragged_lines": (self.ragged, False),
            "decimal_comma": (self.decimal == ",", False),
        }
        return {name: value for name, (value, default) in found.items() if value != default}

    @property
    def is_utf8(self) -> bool:
        """Whether polars reads the encoding by itself."""
        return self.encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


@dataclass(frozen=True)
class Record:
    """A line of a table: its fields, and the line of the file where it begins, from 1."""

    line: int
    fields: list[str]

    @property
    def filled(self) -> int:
        """How many fields hold something."""
        return sum(bool(field.strip()) for field in self.fields)


@dataclass(frozen=True)
class Guess:
    """A dialect, the names in the first line, and what is to be said about it."""

    dialect: Dialect
    names: list[str]
    remarks: tuple[str, ...]


def guess(path: Path, head: bytes, separator: str, reading: Reading) -> Guess:
    """Return how a file is written; *separator* is what its name says."""
    encoding = reading.encoding or guess_encoding(head, whole=len(head) < HEAD)
    text = decode_head(path, head, encoding)
    end = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    skipped = reading.skip_lines or 0
    body = "\n".join(lines[skipped:])
    whole = len(head) < HEAD
    named = separator
    separator = reading.separator or guess_separator(body, named, whole=whole)
    records = [*split(body, separator, whole=whole)]
    if not records:
        raise ValueError(f"{path} is empty.")
    width = usual_width(records)
    top = 0 if reading.skip_lines is not None else count_titles(records, width)
    records = records[top:]
    first = records[0]
    ragged = len(first.fields) < width and not any(
        field.strip() for record in records for field in record.fields[len(first.fields) :]
    )
    if len(first.fields) < width and not ragged:
        refuse_first(path, first, records[1:], width, skipped)
    header = True if reading.header is None else reading.header
    if reading.header is None and all(NUMBER.fullmatch(field) for field in first.fields):
        raise ValueError(
            f"line {first.line + skipped} of {path}, where names of columns are expected, holds "
            "numbers only: give --no-header if it is a row of data, or --header if these are names."
        )
    rows = records[1:] if header else records
    dialect = Dialect(
        separator,
        header=header,
        skip_lines=first.line - 1 + skipped,
        encoding=encoding,
        quote=guess_quote(body, separator, first.fields),
        comment=guess_comment(rows, width),
        end=end,
        ragged=ragged,
    )
    decimal, thousands = guess_marks(rows, separator, reading.likely)
    thousands = reading.thousands or (None if reading.decimal else thousands)
    dialect = replace(dialect, decimal=reading.decimal or decimal, thousands=thousands)
    quote = dialect.quote or ""
    names = [field.strip(quote) if quote == "'" else field for field in first.fields]
    remarks = describe(path, dialect, named, reading)
    numbers = [name for name in names if NUMBER.fullmatch(name) and not YEAR.fullmatch(name)]
    if header and numbers and reading.header is None:
        remarks = (
            *remarks,
            f"line {first.line + skipped} of {path} names columns {listed(numbers, 4)}; give "
            "--no-header or --skip-lines if these are not names",
        )
    return Guess(dialect, names if header else [], remarks)


def describe(path: Path, dialect: Dialect, named: str, reading: Reading) -> tuple[str, ...]:
    """Return what is to be said of guesses; the separator that the name says is none."""
    plain = Dialect(named, encoding=dialect.encoding if dialect.is_utf8 else "utf-8")
    names = ("separator", "decimal", "thousands", "skip_lines", "encoding")
    guessed = {
        name: getattr(dialect, name)
        for name in names
        if getattr(reading, name) is None and getattr(dialect, name) != getattr(plain, name)
    }
    remarks = []
    if guessed:
        remarks.append(
            f"{path} is read with {write_flags(guessed)}, a guess from its first lines that the "
            f"option{'s override' if len(guessed) > 1 else ' overrides'}"
        )
    if dialect.quote is None:
        remarks.append(f"quotation marks in {path} are read as ordinary text")
    if dialect.quote == "'":
        remarks.append(f"{path} is read with ' as its quotation mark")
    if dialect.ragged:
        remarks.append(f"empty fields at the ends of lines of {path} are left out")
    if dialect.comment:
        remarks.append(f"lines of {path} that begin with {dialect.comment} are left out")
    return tuple(remarks)


def guess_encoding(head: bytes, *, whole: bool) -> str:
    """Return the encoding that a mark at the start, zero bytes or invalid UTF-8 show."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head[:1000]:
        return "utf-16-le" if head[1:1000:2].count(0) > head[:1000:2].count(0) else "utf-16-be"
    return "utf-8" if is_valid(head, "utf-8", whole=whole) else "cp1252"


def is_valid(data: bytes, encoding: str, *, whole: bool = True) -> bool:
    """Return True if *data* can be decoded; its last character may be cut unless it is whole."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return not whole and error.end == len(data) and "end of data" in error.reason
    return True


def decode_head(path: Path, head: bytes, encoding: str) -> str:
    """Return the first lines as text."""
    if len(head) == HEAD:  # the last character may be cut
        return head.decode(encoding, errors="ignore").lstrip("\ufeff")
    try:
        return head.decode(encoding).lstrip("\ufeff")
    except UnicodeError as error:
        raise ValueError(
            f"{path} is not text in {encoding}: name its text encoding with --encoding."
        ) from error


def split(text: str, separator: str, *, whole: bool) -> Iterator[Record]:
    """Yield the records that are not blank; the last one only if the file ends there."""
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    line, last = 1, None
    try:
        for fields in reader:
            if last is not None:
                yield last
            if any(field.strip() for field in fields):
                last = Record(line, fields)
            else:
                last = None
            line = reader.line_num + 1
    except csv.Error:  # a field that never ends: reported later, with its line
        pass
    if last is not None and (whole or line <= 2):
        yield last


def usual_width(records: list[Record]) -> int:
    """Return how many fields most records have."""
    counts = Counter(len(record.fields) for record in records)
    return max(counts, key=lambda width: (counts[width], width))


def guess_separator(text: str, named: str, *, whole: bool) -> str:
    """Return the separator that splits most lines into as many fields; in doubt, *named*."""
    found = []
    for separator in dict.fromkeys([named, *SEPARATORS]):
        records = [*split(text, separator, whole=whole)]
        width = usual_width(records) if records else 1
        if width > 1:
            misfits = sum(len(record.fields) != width for record in records)
            found.append((misfits, -width, separator))
    if found:
        return min(found, key=lambda row: row[:2])[2]
    widths = [len(record.fields) for record in split(text, " ", whole=whole)]
    width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
    return " " if width > 1 and count >= USUAL * len(widths) else named


def count_titles(records: list[Record], width: int) -> int:
    """Return how many records stand above the table: titles and comments."""
    top = 0
    for record in records[:-1]:
        fits = len(record.fields) == width
        is_title = record.filled <= max(1, width // 2) and width > 1 + fits
        if not (is_title or (record.fields[0].startswith("#") and not fits)):
            break
        top += 1
    return top


def refuse_first(path: Path, first: Record, others: list[Record], width: int, skip: int) -> None:
    """Refuse a first line with fewer fields than most."""
    line = first.line + skip
    options = f"--skip-lines {line}"
    is_short = len(first.fields) == width - 1  # R names no column for the names of rows
    if is_short or (others and all(NUMBER.fullmatch(field) for field in others[0].fields)):
        options += " --no-header"
    mend = "name every column" if is_short else "mend it"
    raise ValueError(
        f"line {line} of {path} has {len(first.fields)} fields but most lines have {width}: "
        f"{mend}, or leave the lines above the table out with {options}."
    )


def guess_quote(text: str, separator: str, names: list[str]) -> str | None:
    """Return the quotation mark; None if such marks are part of the text, as in 5" pipe."""
    if all(re.fullmatch(r"'.+'", name) for name in names):
        return "'"
    begins = re.search(rf'(?:^|{re.escape(separator)})\s*"', text, flags=re.MULTILINE)
    return None if '"' in text and not begins else '"'


def guess_comment(rows: list[Record], width: int) -> str | None:
    """Return '#' if lines among the rows begin with it that do not fit the table."""
    found = [row for row in rows if row.fields[0].startswith("#")]
    return "#" if found and all(len(row.fields) != width for row in found) else None


def guess_marks(
    rows: list[Record], separator: str, likely: tuple[str, str | None] | None
) -> tuple[str, str | None]:
    """Return the decimal mark and what groups digits, if anything; *likely* ones in doubt."""
    fields = [field for row in rows for field in row.fields]
    both = any(BOTH.fullmatch(field) for field in fields)
    commas = any(COMMA.fullmatch(field) and not GROUPED.fullmatch(field) for field in fields)
    points = any(POINT.fullmatch(field) and not GROUPED.fullmatch(field) for field in fields)
    if separator == "," or points:
        return ".", None
    if both or commas:
        return ",", "." if both else likely[1] if likely and likely[0] == "," else None
    return likely or (".", None)
