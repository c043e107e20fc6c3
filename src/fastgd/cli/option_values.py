"""The values of options: how they are written, and what they mean."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from fastgd.base.validation import did_you_mean


def read_integer(text: str) -> int:
    """Return an integer, which may be written as 1e6."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if number.is_integer():
            return int(number)
        raise


# Place-holder in the help, how to read it, what it is called.
NUMBERS: dict[str, tuple[Callable[[str], Any], str]] = {
    "N": (read_integer, "an integer"),
    "X": (float, "a number"),
}
WIDEST = 60  # characters of a place-holder
MEANINGS = {"true": True, "false": False, "none": None}  # any other word means itself


class Value:
    """What may be written after an option: one of some words, or a number (key of NUMBERS)."""

    def __init__(self, *words: str, number: str = "") -> None:
        self.words, self.number = words, number
        listed = "|".join(filter(None, [*words, number]))
        self.metavar = listed if len(listed) < WIDEST else "NAME"

    def read(self, text: str) -> Any:
        """Return what *text* means, or say what it should have been."""
        if text in self.words:
            return MEANINGS.get(text, text)
        wanted = list(self.words)
        if self.number:
            read, kind = NUMBERS[self.number]
            with suppress(ValueError):
                return read(text)
            wanted.append(kind)
        listed = " or ".join(", ".join(wanted).rsplit(", ", 1))
        raise click.BadParameter(f"{text!r} is not {listed}.{did_you_mean(text, self.words)}")

    @staticmethod
    def write(meant: Any) -> str:
        """Return what to write for a value of Python."""
        return str(meant).lower()


COUNT, NUMBER = Value(number="N"), Value(number="X")
