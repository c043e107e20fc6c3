"""Numbers and dates as people write them in text files."""

import re
from collections.abc import Sequence
from typing import Any

from fastgd.data.files.polars_table import import_polars
from fastgd.data.files.read_options import quote

GROUPS = {" ": "[ \u00a0\u202f]", "'": "['\u2019]"}  # what groups digits; others are themselves
DIGITS = r"(?:\d{1,3}(?:[,. '\u2019\u00a0\u202f_]\d{3})+|\d+|[.,]\d)"
NUMERAL = rf"^[-+]?{DIGITS}(?:[.,]?\d*)?(?:[eE][-+]?\d+)?$"
SIGNS = "%$€£¥"
SIGNED = rf"^(?:[-+]?[{SIGNS}]\s?{NUMERAL[1:-1]}|{NUMERAL[1:-1]}\s?[{SIGNS}])$"
MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
DATE = "|".join(
    [
        r"\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.]" + DAY,
        r"\d{4}-(?:0[1-9]|1[0-2])",
        DAY + r"[-/.]" + DAY + r"[-/.]\d{4}",
        DAY + "/" + DAY + r"/\d{2}",
        DAY + r"[-. ]{0,2}" + MONTH + r"[-., ]{0,2}\d{2,4}",
        MONTH + r"[-. ]{1,2}" + DAY + r"[-, ]{1,2}\d{2,4}",
    ]
)
CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[ap]m|z|[-+]\d{2}:?\d{2}| ?utc)?"
DATES = rf"(?i)^(?:(?:{DATE})(?:[t ]{CLOCK})?|{CLOCK})$"


def find_numerals(texts: Any) -> Any:
    """Return where texts look like numbers, with whatever marks."""
    return texts.str.contains(NUMERAL)


def find_signed(texts: Any) -> Any:
    """Return where texts are numbers with the sign of a unit, such as 53% and $1,234."""
    return texts.str.contains(SIGNED)


def strip_sign(text: str) -> str:
    """Return such a number as it may stand in a file: without its sign and groups of digits."""
    number = re.sub(rf"[{SIGNS}\s]", "", text)
    if re.fullmatch(r"[-+]?\d*\.?\d*", number):
        return number
    return re.sub(r"[.,'\u2019_](?=\d{3}(?!\d))", "", number)


def find_dates(texts: Any) -> Any:
    """Return where texts look like dates or times of the day."""
    return texts.str.contains(DATES)


def read_numbers(texts: Any, decimal: str, thousands: str | None) -> Any:
    """Return the numbers that texts stand for, null if they stand for none."""
    polars = import_polars()
    if decimal == "." and thousands is None:
        return texts.cast(polars.Float64, strict=False)
    group, point = group_pattern(thousands), re.escape(decimal)
    digits = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d+" if thousands else r"\d+"
    pattern = rf"^[-+]?(?:(?:{digits})(?:{point}\d*)?|{point}\d+)(?:[eE][-+]?\d+)?$"
    plain = texts.str.replace_all(group, "") if thousands else texts
    plain = plain.str.replace(decimal, ".", literal=True)
    values = plain.cast(polars.Float64, strict=False)
    return values.set(~texts.str.contains(pattern).fill_null(True), None)


def group_pattern(thousands: str | None) -> str:
    """Return the regular expression of what groups digits."""
    return GROUPS.get(thousands or "", re.escape(thousands or ""))


def write_numbers(names: Sequence[str], decimal: str, thousands: str | None) -> str:
    """Return in Python what makes numbers of columns."""
    steps = [".str.strip_chars()"]
    if thousands:
        steps.append(f'.str.replace_all(r"{group_pattern(thousands)}", "")')
    if decimal == ",":
        steps.append('.str.replace(",", ".", literal=True)')
    steps.append(".cast(polars.Float64, strict=False)")
    columns = ", ".join(
        '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names
    )
    inside = "\n".join(f"    {step}" for step in [f"polars.col([{columns}])", *steps])
    return f"table = table.with_columns(\n{inside}\n)"


def find_cure(text: str, decimal: str) -> str:
    """Return the options with which a text is a number, if there are such."""
    marks = [mark for mark in text if mark in ",. '\u2019\u00a0\u202f_"]
    if not marks or not re.fullmatch(NUMERAL[1:-1], text):
        return ""
    kinds = list(
        dict.fromkeys({"\u2019": "'", "\u00a0": " ", "\u202f": " "}.get(m, m) for m in marks)
    )
    grouped = re.fullmatch(r"[-+]?\d{1,3}(?:[^\d]\d{3})+", text)
    if len(kinds) == 2 and kinds[1] in ",.":
        group, point = kinds
    elif grouped:
        group, point = (
            kinds[0],
            decimal if kinds[0] != decimal else ("," if decimal == "." else "."),
        )
    else:
        group, point = "", kinds[0]
    options = [f"--decimal {quote(point)}"] if point != decimal else []
    word = "space" if group == " " else quote(group)
    return " ".join([*options, *([f"--thousands {word}"] if group else [])])
