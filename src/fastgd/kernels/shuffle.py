"""Random orders of rows.

Numbers come from splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
2014), bounded without bias by Lemire's method ("Fast random integer generation in an interval",
2019, algorithm 5) on 32 bits. The generator's state is the only element of a uint64 array.
"""

import numpy as np

from fastgd.base.types import Array
from fastgd.kernels.compiler.jit import compiled_apart, compiled_as_written

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
LOW_32 = np.uint64(0xFFFFFFFF)
BITS_30, BITS_27, BITS_31, BITS_32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)


@compiled_as_written
def draw_below(bound: np.uint64, state: Array) -> np.uint64:
    """Return a uniform integer in [0, bound), bound < 2^32."""
    while True:
        state[0] += GOLDEN
        z = state[0]
        z = (z ^ (z >> BITS_30)) * MIX_1
        z = (z ^ (z >> BITS_27)) * MIX_2
        product = ((z ^ (z >> BITS_31)) >> BITS_32) * bound
        low = product & LOW_32
        # The second test, which divides, is seldom reached.
        if low >= bound or low >= (LOW_32 + np.uint64(1) - bound) % bound:
            return np.uint64(product >> BITS_32)


@compiled_apart
def shuffle(values: Array, state: Array) -> None:
    """Put *values* in random order, in place (Fisher-Yates)."""
    for i in range(values.shape[0] - 1, 0, -1):
        j = np.int64(draw_below(np.uint64(i + 1), state))
        kept = values[i]
        values[i] = values[j]
        values[j] = kept


@compiled_apart
def fill_below(bound: np.uint64, values: Array, state: Array) -> None:
    """Fill *values* with independent uniform integers in [0, bound)."""
    for k in range(values.shape[0]):
        values[k] = np.int64(draw_below(bound, state))


@compiled_apart
def lay_out(
    pieces: Array,
    piece_rows: int,
    offset: int,
    n: int,
    start: int,
    laid: Array,
    places: Array,
    visits: Array,
) -> None:
    """Write the rows of positions start, start + 1, ... of the pieces laid end to end to *laid*.

    Piece p holds the rows from offset + p piece_rows on, counted round the end of the table; the
    rows that fill no piece come last. *start* is where a piece begins. To *visits* each buffer's
    rows are written in the order that *places* gives.
    """
    for k in range(0, laid.shape[0], piece_rows):
        p = (start + k) // piece_rows
        first = offset + (pieces[p] if p < pieces.shape[0] else p) * piece_rows
        piece = laid[k : k + piece_rows]
        for i in range(piece.shape[0]):
            row = first + i
            piece[i] = row - n if row >= n else row
    for k in range(0, visits.shape[0], places.shape[0]):
        buffer, visited = laid[k:], visits[k:]
        for i in range(places.shape[0]):
            visited[i] = buffer[places[i]]
