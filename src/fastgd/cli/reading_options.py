"""The options that say how a file is to be read."""

import codecs
from collections.abc import Callable
from typing import Any

import click

from fastgd.data.files.read_options import FLAGS, Reading

WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
DECIMALS, THOUSANDS = (".", ","), (",", ".", " ", "'", "_")
IMPLIED = {".": ",", ",": "."}  # the decimal mark beside a mark of thousands


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
            "Field separator of a text file: a character, or comma, semicolon, tab, pipe or "
            "space.  [default: guessed]",
        ),
        character("--decimal", one_of(DECIMALS), ".|,", "Decimal mark.  [default: guessed]"),
        character(
            "--thousands",
            one_of(THOUSANDS),
            "CHAR",
            "Thousands separator, such as the comma in 1,234. A point implies a decimal "
            "comma.  [default: none]",
        ),
        click.Option(
            ["--header/--no-header"],
            default=None,
            help="Whether the first line holds the column names. Without names, columns are x0, "
            "x1, ..., and --target -1 is the last one.  [default: --header]",
        ),
        click.Option(
            ["--skip-lines"],
            type=read_count,
            metavar="N",
            help="Number of lines above the table to skip, such as titles.  [default: guessed]",
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
            help="Values to read as missing, separated by commas, such as -999, in addition to "
            "empty fields, NA, N/A, NaN, NULL and the like; '' among them turns those off.",
        ),
    ]
