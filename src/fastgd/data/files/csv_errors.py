"""Errors in CSV and other text files that polars cannot read: what is wrong, in which line."""

import csv
import io
import re
from dataclasses import dataclass, replace

from fastgd.data.files.csv_bytes import TextSource
from fastgd.data.files.csv_dialect import Dialect, is_valid
from fastgd.data.files.read_options import Reading

LONGEST = 2**20  # characters of a field


@dataclass(frozen=True)
class Mended:
    """A dialect in which a file can be read, and what is to be said about it."""

    dialect: Dialect
    remark: str


def mend(source: TextSource, dialect: Dialect, reading: Reading) -> Mended:
    """Return another dialect for a file that cannot be read; else say which line is wrong."""
    path = source.path
    if dialect.is_utf8 and reading.encoding is None and not is_valid(source.content, "utf-8"):
        remark = f"{path} is read with --encoding cp1252, as it is not UTF-8"
        return Mended(replace(dialect, encoding="cp1252"), remark)
    text = source.decoded(dialect.encoding)
    if not text.strip():
        raise ValueError(f"{path} is empty.")
    longer = find_longer(source, dialect, text)
    if longer and not dialect.ragged:
        remark = f"empty fields at the ends of lines of {path} are left out"
        return Mended(replace(dialect, ragged=True), remark)
    mark = dialect.quote
    begins = rf"(?:^|{re.escape(dialect.separator)}){mark}"
    if mark and mark in text and not re.search(begins, text, flags=re.MULTILINE):
        return Mended(
            replace(dialect, quote=None), f"quotation marks in {path} are read as ordinary text"
        )
    stray = find_stray(text, dialect)
    where = f"line {stray:,} has" if stray else "some line has"
    raise OSError(
        f"{path} cannot be read: {where} a quotation mark inside a field that is not written twice."
    )


def check_quotes(source: TextSource, dialect: Dialect) -> None:
    """Refuse a quotation mark that is a whole field: polars would panic, and say so on stderr."""
    mark, separator = (dialect.quote or "").encode(), dialect.separator.encode()
    ends = (separator, b"\n", b"\r")
    with source.mapped() as data:
        lone = mark and (
            any(data.find(a + mark + b) >= 0 for a in (separator, b"\n") for b in ends)
            or data[-2:] in (separator + mark, b"\n" + mark)
        )
    if lone:
        find_longer(source, dialect, source.decoded(dialect.encoding))


def find_longer(source: TextSource, dialect: Dialect, text: str) -> bool:
    """Return True if lines have empty fields too many; refuse other fields too many."""
    body = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    for _ in range(dialect.skip_lines):
        body = body.partition("\n")[2]
    csv.field_size_limit(LONGEST)
    reader = csv.reader(
        io.StringIO(body),
        delimiter=dialect.separator,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        strict=True,
    )
    width, begin, longer = 0, 1, False
    try:
        for fields in reader:
            line = begin + dialect.skip_lines
            begin = reader.line_num + 1
            width = width or len(fields)
            if dialect.comment and fields and fields[0].startswith(dialect.comment):
                continue
            if any(field.strip() for field in fields[width:]):
                raise ValueError(describe_longer(source, dialect, line, len(fields), width))
            longer |= len(fields) > width
    except csv.Error as error:
        line = begin + dialect.skip_lines
        if "unexpected end" in str(error) or "field larger" in str(error):
            fault = f"a quotation mark that opens in line {line:,} is never closed"
        else:
            fault = f"line {line:,} has a quotation mark inside a field that is not written twice"
        raise OSError(f"{source.path} cannot be read: {fault}.") from error
    return longer


def describe_longer(source: TextSource, dialect: Dialect, line: int, count: int, width: int) -> str:
    """Return the sentence about a line with too many fields."""
    top = dialect.skip_lines + 1
    return (
        f"line {line:,} of {source.path} has {count} fields, and line {top:,}, where the table "
        f"begins, has {width}: correct it, or give the field separator with --separator, or the "
        "number of lines above the table with --skip-lines."
    )


def find_stray(text: str, dialect: Dialect) -> int:
    """Return the line of a quotation mark inside a field, 0 if none is found."""
    mark, separator = re.escape(dialect.quote or '"'), re.escape(dialect.separator)
    stray = re.compile(rf"(?:^|{separator})[^{mark}{separator}]+{mark}")
    for number, line in enumerate(text.splitlines(), start=1):
        if stray.search(line):
            return number
    return 0
