"""Rows of a table that lies column after column, gathered row after row."""

from fastgd.base.types import Array
from fastgd.kernels.compiler.jit import compiled_apart
from fastgd.kernels.lines import ask, at, turn, width

# Between what is gathered and what is asked for meanwhile; more at once, and some is forgotten.
BYTES_AHEAD = 12800
MAX_ROWS_AHEAD = 32


@compiled_apart
def gather(columns: Array, rows: Array, out: Array) -> None:
    """Write these rows of a table, given as its columns, to *out*.

    Rows that follow each other are turned together, two squares of values at a time: a column's
    values then fill a line of the memory, which is asked for and met once.
    """
    d, n = columns.shape
    last = rows.shape[0] - 1
    square = width(at(columns, 0))
    rows_ahead = max(1, min(MAX_ROWS_AHEAD, BYTES_AHEAD // (d * columns.itemsize)))
    k = 0
    while k <= last:
        first, count = rows[k], 1
        while count < 2 * square and k + count <= last and rows[k + count] == first + count:
            count += 1
        soon = rows[min(k + rows_ahead, last)]
        for j in range(0, d, square):
            for c in range(j, min(j + square, d)):
                ask(at(columns, c * n + soon), 0)
                ask(at(columns, c * n + soon), count - 1)
            for i in range(0, count, square):
                here, there = at(columns, j * n + first + i), at(out, (k + i) * d + j)
                turn(here, n, there, d, count - i, d - j)
        k += count
