"""How a file is to be read: what the options say, and what a model keeps of it."""

import codecs
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import click

# Values that stand for a missing one, beside those of --missing.
MISSING = ("NA", "N/A", "#N/A", "n/a", "na", "NaN", "nan", "NULL", "Null", "null", "<NA>")
WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
DECIMALS, THOUSANDS = (".", ","), (",", ".", " ", "'", "_")
IMPLIED = {".": ",", ",": "."}  # the decimal mark beside a mark of thousands
FLAGS = {
    "separator": "--separator",
    "decimal": "--decimal",
    "thousands": "--thousands",
    "header": "--no-header",
    "skip_lines": "--skip-lines",
    "encoding": "--encoding",
    "missing": "--missing",
}
FOR_PARQUET = ("missing",)  # options that are not for text files alone


@dataclass(frozen=True)
class Reading:
    """What was said about reading a file; None if nothing was."""

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: bool | None = None
    skip_lines: int | None = None
    encoding: str | None = None
    missing: tuple[str, ...] | None = None
    likely: tuple[str, str | None] | None = (
        None  # decimal mark and thousands, if the file is unsure
    )

    @property
    def marks(self) -> tuple[str, ...]:
        """Values that stand for a missing one; an empty one given takes the usual ones away."""
        given = self.missing or ()
        return tuple(mark for mark in ((*given,) if "" in given else (*given, *MISSING)) if mark)

    @property
    def notes(self) -> dict[str, Any]:
        """What a model keeps of it: what was said."""
        known = {name: getattr(self, name) for name in (*FLAGS, "likely")}
        return {name: v for name, v in known.items() if v != getattr(NOTHING_SAID, name)}

    def refuse(self, kind: str, allowed: Iterable[str] = ()) -> None:
        """Refuse options that say nothing about files of this kind."""
        for name in FLAGS:
            if getattr(self, name) != getattr(NOTHING_SAID, name) and name not in allowed:
                raise click.UsageError(f"{FLAGS[name]} is for text files; got a file {kind}.")

    def or_else(self, other: "Reading") -> "Reading":
        """Return these options, with those of *other* for what they leave open."""
        names = [field.name for field in fields(self)]
        known = {name: getattr(self, name) for name in names}
        open_ = [name for name in names if known[name] == getattr(NOTHING_SAID, name)]
        return replace(self, **{name: getattr(other, name) for name in open_})


NOTHING_SAID = Reading()


def read_notes(notes: Any) -> Reading:
    """Return the options that a model was fitted with."""
    names = {field.name for field in fields(Reading)}
    try:
        known = {name: value for name, value in dict(notes).items() if name in names}
        if "missing" in known:
            known["missing"] = tuple(map(str, known["missing"]))
        if "likely" in known:
            decimal, thousands = known["likely"]
            known["likely"] = (decimal, thousands)
    except (TypeError, ValueError) as error:
        raise ValueError("the model's notes on its file are damaged: fit it again.") from error
    return Reading(**known)


def take_reading(values: dict[str, Any]) -> Reading:
    """Take the options of reading out of *values*."""
    found = {name: values.pop(name) for name in FLAGS}
    if found["missing"] is not None:
        found["missing"] = tuple(dict.fromkeys(found["missing"]))
    if found["decimal"] is None:
        found["decimal"] = IMPLIED.get(found["thousands"])
    reading = Reading(**found)
    if reading.thousands is not None and reading.thousands == reading.decimal:
        raise click.UsageError(
            f"--thousands and --decimal are the same character, {reading.thousands!r}."
        )
    return reading


def write_flags(options: dict[str, Any]) -> str:
    """Return options as they are typed."""
    names = {"\t": "tab", " ": "space"}
    parts = []
    for name, value in options.items():
        if name == "header":
            parts.append("--no-header" if value is False else "--header")
        else:
            parts.append(f"{FLAGS[name]} {quote(names.get(str(value), str(value)))}")
    return " ".join(parts)


def quote(text: str) -> str:
    """Return text as it is typed in a shell, a sign of punctuation in quotation marks too."""
    quoted = shlex.quote(text)
    return quoted if quoted != text or any(map(str.isalnum, text)) else f"'{text}'"


def one_of(characters: tuple[str, ...]) -> Callable[[str], str]:
    """Return a reader of one of these characters, some of which have names."""

    def read(text: str) -> str:
        character = WORDS.get(text, text)
        if character not in characters:
            listed = " ".join("space" if known == " " else known for known in characters)
            raise click.BadParameter(f"{text!r} is none of {listed}.")
        return character

    return read


def read_separator(text: str) -> str:
    """Return the character meant."""
    character = WORDS.get(text, text)
    if len(character.encode()) != 1 or character in '"\r\n':
        raise click.BadParameter(f"{text!r} is not one character, nor one of {', '.join(WORDS)}.")
    return character


def read_count(text: str) -> int:
    """Return a number of lines."""
    if text.isascii() and text.isdigit():
        return int(text)
    raise click.BadParameter(f"{text!r} is not an integer from 0.")


def read_encoding_name(text: str) -> str:
    """Return the name of a text encoding."""
    try:
        if codecs.lookup(text)._is_text_encoding:
            return text
    except (LookupError, ValueError):
        pass
    raise click.BadParameter(f"{text!r} is no text encoding, such as utf-8, cp1252 or utf-16.")


def read_marks(context: click.Context, option: click.Parameter, texts: Any) -> list[str] | None:
    """Return values parted by commas; None if there are none."""
    return [mark.strip() for text in texts for mark in text.split(",")] if texts else None


def reading_options() -> list[click.Parameter]:
    """Return the options about reading a file."""

    def character(flag: str, read: Callable[[str], str], metavar: str, text: str) -> click.Option:
        return click.Option([flag], type=read, metavar=metavar, help=text)

    return [
        character(
            "--separator",
            read_separator,
            "CHAR",
            "What separates the fields of a text file; comma, semicolon, tab, pipe and space may "
            "be written as words.  [default: guessed]",
        ),
        character("--decimal", one_of(DECIMALS), ".|,", "Decimal mark.  [default: guessed]"),
        character(
            "--thousands",
            one_of(THOUSANDS),
            "CHAR",
            "What groups digits, such as the comma of 1,234; a point makes the comma the decimal "
            "mark.  [default: nothing does]",
        ),
        click.Option(
            ["--header/--no-header"],
            default=None,
            help="Whether the first line names the columns; without one they are x0, x1, ..., and "
            "--target -1 is the last.  [default: it does]",
        ),
        click.Option(
            ["--skip-lines"],
            type=read_count,
            metavar="N",
            help="Lines above the table, such as titles.  [default: guessed]",
        ),
        character(
            "--encoding",
            read_encoding_name,
            "NAME",
            "Text encoding, such as cp1252.  [default: utf-8; utf-16 and cp1252 are guessed]",
        ),
        click.Option(
            ["--missing"],
            metavar="VALUES",
            multiple=True,
            callback=read_marks,
            help="Values, separated by commas, that stand for a missing one, such as -999, beside "
            "empty fields, NA, N/A, NaN, NULL and the like; '' among them takes those away.",
        ),
    ]
