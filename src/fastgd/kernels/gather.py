"""Rows of a table that lies column after column, gathered row after row."""

from fastgd.kernels._jit import compiled_apart
from fastgd.kernels.arguments import Array
from fastgd.kernels.lines import ask, at, turn, width

LONGEST_RUN = 32
BYTES_AHEAD = 16384  # between what is gathered and what is asked for meanwhile


@compiled_apart
def gather(columns: Array, rows: Array, out: Array) -> None:
    """Write these rows of a table, given as its columns, to *out*.

    Rows that follow each other are taken together, some columns at a time.
    """
    d, n = columns.shape
    last = rows.shape[0] - 1
    square = width(at(columns, 0))
    rows_ahead = max(1, BYTES_AHEAD // (d * columns.itemsize))
    k = 0
    while k <= last:
        first, run = rows[k], 1
        while run < LONGEST_RUN and k + run <= last and rows[k + run] == first + run:
            run += 1
        soon = rows[min(k + max(run, rows_ahead // run * run), last)]
        for j in range(0, d, square):
            for c in range(j, min(j + square, d)):
                for i in range(0, run, square):
                    ask(at(columns, c * n + soon), i)
                ask(at(columns, c * n + soon), run - 1)
            for i in range(0, run, square):
                here = at(columns, j * n + first + i)
                turn(here, n, at(out, (k + i) * d + j), d, run - i, d - j)
        k += run
