"""Checks of single arguments, each with one sentence: what, which argument, what was got."""

import difflib
import math
import numbers
from collections.abc import Iterable
from typing import Any


def is_number(value: Any) -> bool:
    """Tell whether *value* is a real number (True and False are not)."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def check_positive(name: str, value: Any) -> None:
    """Refuse whatever is not a finite number above 0."""
    if not is_number(value) or not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be a finite number above 0; got {value!r}.")


def check_not_negative(name: str, value: Any) -> None:
    """Refuse whatever is not a finite number from 0 on."""
    if not is_number(value) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be a finite number >= 0; got {value!r}.")


def check_fraction(name: str, value: Any, *, or_one: bool = False) -> None:
    """Refuse whatever is not a number from 0 to below 1 (with *or_one*: to 1)."""
    if not is_number(value) or not (0 <= value < 1 or (or_one and value == 1)):
        raise ValueError(
            f"{name} must be a number in [0, 1{']' if or_one else ')'}; got {value!r}."
        )


def check_count(name: str, value: Any, hint: str = "") -> int:
    """Return *value* as an int; refuse whatever is not a whole number from 1 on."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < 1:
        raise ValueError(f"{name} must be a whole number >= 1{hint}; got {value!r}.")
    return int(value)


def check_flag(name: str, value: Any) -> bool:
    """Return *value* as a bool; refuse whatever is not True or False."""
    if value is True or value is False or type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise ValueError(f"{name} must be True or False; got {value!r}.")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" where a known word is close, else ""."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def check_name(argument: str, word: Any, known: Iterable[str], hint: str = "") -> str:
    """Return *word*; refuse one that is not among *known*."""
    names = list(known)
    if not isinstance(word, str):
        raise TypeError(f"{argument} must be one of {names}{hint}; got {word!r}.")
    if word not in names:
        raise ValueError(
            f"{argument} must be one of {names}{hint}; got {word!r}.{did_you_mean(word, names)}"
        )
    return word
