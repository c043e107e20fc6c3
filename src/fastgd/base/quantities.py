"""Quantities in words: three digits, a unit that suits them, singular and plural."""

import math
import textwrap

UNITS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))  # ASCII: every terminal can print it
LONG = (("h", 3600.0, 7200.0), ("min", 60.0, 1000.0))  # unit, its seconds, seconds from which on
EXPONENT_FROM = 1e6  # numbers below are written out
MAX_DIGITS = 17  # of a float64
LINE = 80  # characters: the width of the usual terminal


def write_number(value: float, unit: str = "", digits: int = 3) -> str:
    """Return a number with so many significant digits, a dash if it is not finite."""
    if not math.isfinite(value):
        return "-"
    rounded = float(f"{value:.{digits}g}")
    text = f"{rounded:,.12g}" if 1 <= abs(rounded) < EXPONENT_FROM else f"{rounded:.{digits}g}"
    return text + unit


def choose_unit(seconds: float) -> tuple[str, float]:
    """Return the unit in which a time is best read, and its length in seconds."""
    rounded = float(f"{seconds:.3g}") if math.isfinite(seconds) else 0.0
    for unit, size, least in LONG:
        if rounded >= least:
            return unit, size
    if rounded == 0:
        return UNITS[0]
    return next((row for row in UNITS if rounded >= row[1]), UNITS[-1])


def write_seconds(seconds: float) -> str:
    """Return a time with its unit, a dash if it is not finite."""
    unit, size = choose_unit(seconds)
    return write_number(seconds / size, f" {unit}") if math.isfinite(seconds) else "-"


def write_count(value: float, singular: str, plural: str = "") -> str:
    """Return a count and its noun: 1 pass, 0.5 passes."""
    text = write_number(value)
    return f"{text} {singular if text == '1' else plural or singular + 's'}"


def write_times_as_long(ratio: float) -> str:
    """Return how a time compares with a shorter one."""
    text = write_number(ratio, digits=2)
    return "about as long" if text == "1" else f"{text} times as long"


def wrap(text: str, width: int = LINE) -> str:
    """Return a sentence in lines that break at spaces, those after the first indented."""
    return textwrap.fill(text, width, subsequent_indent="  ", break_on_hyphens=False)


def tell_apart(a: float, b: float, digits: int = 3) -> tuple[str, str]:
    """Return two numbers with as many significant digits as tell them apart, if they differ."""
    while f"{a:.{digits}g}" == f"{b:.{digits}g}" and a != b and digits < MAX_DIGITS:
        digits += 1
    return f"{a:.{digits}g}", f"{b:.{digits}g}"
