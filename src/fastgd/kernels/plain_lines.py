"""What `lines` does, in NumPy: kernels that are not compiled run on it, every index checked."""

from typing import Any

import numpy as np

from fastgd.kernels.arguments import Array, Scalar

LINE_BYTES = 32

Pointer = Array  # the values from there on
Line = Array


def at(array: Array, i: int) -> Pointer:
    """Return where value i of a contiguous array lies."""
    return array.reshape(-1)[i:]


def width(pointer: Pointer) -> int:
    """Return how many values a line holds."""
    return LINE_BYTES // pointer.itemsize


def zeros(pointer: Pointer) -> Line:
    """Return a line of zeros."""
    return np.zeros(width(pointer), pointer.dtype)


def read(pointer: Pointer, j: int, count: int) -> Line:
    """Return up to *count* values from value j on, zeros after them."""
    line = zeros(pointer)
    count = min(count, len(line))
    line[:count] = pointer[j:][:count]
    return line


def add_to(pointer: Pointer, j: int, line: Line, count: int) -> None:
    """Add up to *count* values of *line* to those from value j on, in their type."""
    count = min(count, len(line))
    pointer[j:][:count] += line[:count]


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
    """Write up to a square of values, which lie column after column, row after row."""
    size = width(source)
    for i in range(min(rows, size)):
        for j in range(min(columns, size)):
            target[i * target_step + j] = source[j * source_step + i]


def ask(pointer: Pointer, j: int) -> None:
    """Without compiled code there is nothing to ask with."""
