"""What `lines` does, in NumPy: kernels that are not compiled run on it, every index checked.

A line is as long as need be: the whole row.
"""

from typing import Any

import numpy as np

from fastgd.base.types import Array, Scalar

LONGEST = 1 << 40

Pointer = Array  # the values from there on
Line = Array


def at(array: Array, i: int) -> Pointer:
    """Return where value i of a contiguous array lies."""
    return array.reshape(-1)[i:]


def width(pointer: Pointer) -> int:
    """Return how many values a line holds."""
    return LONGEST


def zeros(pointer: Pointer) -> Line:
    """Return a line of zeros: one, that stands for all."""
    return np.zeros(1, pointer.dtype)


def read(pointer: Pointer, j: int, count: int) -> Line:
    """Return *count* values from value j on."""
    if count <= 0:
        return zeros(pointer)
    line = pointer[j : j + count]
    if len(line) < count:
        raise IndexError(f"{count} values from {j} on of {len(pointer)}")
    return line


def write(pointer: Pointer, j: int, line: Line, count: int) -> None:
    """Write *count* values to those from value j on."""
    pointer[j : j + count] = line


def add_to(pointer: Pointer, j: int, line: Line, count: int) -> None:
    """Add *count* values to those from value j on, in their type."""
    values = pointer[j : j + count]
    values += line


def times(line: Line, factor: Scalar) -> Line:
    """Return *factor* times a line."""
    return np.multiply(line, factor)


def plus(first: Line, second: Line) -> Line:
    """Return the sum of two lines."""
    return np.add(first, second)


def plus_product(total: Line, first: Line, second: Line) -> Line:
    """Return total + first * second."""
    return np.add(total, np.multiply(first, second))


def total(line: Line) -> Scalar:
    """Return the sum of a line's values."""
    return line.sum()


def four_totals(a: Line, b: Line, c: Line, d: Line) -> Any:
    """Return the sums of four lines."""
    return a.sum(), b.sum(), c.sum(), d.sum()


def turn(
    source: Pointer, source_step: int, target: Pointer, target_step: int, rows: int, columns: int
) -> None:
    """Write values, which lie column after column, row after row."""
    for i in range(rows):
        row = target[i * target_step :][:columns]
        row[:] = source[i::source_step][:columns]


def ask(pointer: Pointer, j: int) -> None:
    """Without compiled code there is nothing to ask with."""
