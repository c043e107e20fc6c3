"""Random orders of rows, made a window at a time; every bit follows from (seed, epoch, place).

Numbers come from splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
2014), bounded without bias by Lemire's method ("Fast random integer generation in an interval",
2019, algorithm 5) on 32 bits. The generator's state is the only element of a uint64 array.
"""

import numpy as np

from fastgd.kernels._jit import compiled, compiled_apart
from fastgd.kernels.arguments import Array

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
LOW_32 = np.uint64(0xFFFFFFFF)
BITS_30, BITS_27, BITS_31, BITS_32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)


@compiled
def draw(state: Array) -> np.uint64:
    """Return the next 64 random bits."""
    state[0] += GOLDEN
    z = state[0]
    z = (z ^ (z >> BITS_30)) * MIX_1
    z = (z ^ (z >> BITS_27)) * MIX_2
    return np.uint64(z ^ (z >> BITS_31))


@compiled
def draw_below(bound: np.uint64, state: Array) -> np.uint64:
    """Return a uniform integer in [0, bound), bound < 2^32."""
    product = (draw(state) >> BITS_32) * bound
    if (product & LOW_32) < bound:
        threshold = (LOW_32 + np.uint64(1) - bound) % bound
        while (product & LOW_32) < threshold:
            product = (draw(state) >> BITS_32) * bound
    return np.uint64(product >> BITS_32)


@compiled_apart
def seed_place(seed: np.uint64, epoch: np.uint64, place: np.uint64, state: Array) -> None:
    """Set the state for one place of one epoch, far from that of every other."""
    state[0] = seed
    state[0] = draw(state) ^ epoch
    state[0] = draw(state) ^ place
    state[0] = draw(state)


@compiled_apart
def shuffle(values: Array, state: Array) -> None:
    """Put *values* in random order, in place (Fisher-Yates)."""
    for i in range(values.shape[0] - 1, 0, -1):
        j = np.int64(draw_below(np.uint64(i + 1), state))
        values[i], values[j] = values[j], values[i]


@compiled_apart
def lay_out(pieces: Array, piece_rows: int, offset: int, n: int, start: int, out: Array) -> None:
    """Write the rows of positions start, start + 1, ... of the pieces laid end to end.

    Piece p holds the rows from offset + p piece_rows on, counted round the end of the table; the
    rows that fill no piece come last. *start* is where a piece begins.
    """
    k = 0
    while k < out.shape[0]:
        p = (start + k) // piece_rows
        first = offset + (pieces[p] if p < pieces.shape[0] else p) * piece_rows
        for i in range(min(piece_rows, out.shape[0] - k)):
            row = first + i
            out[k + i] = row - n if row >= n else row
        k += piece_rows


@compiled_apart
def fill_shuffled(
    pieces: Array,
    new_pieces: bool,
    piece_rows: int,
    buffer_rows: int,
    n: int,
    start: int,
    seed: np.uint64,
    epoch: np.uint64,
    rows: Array,
    coming: Array,
    state: Array,
) -> None:
    """Fill *rows* with the visits from *start* on (where a buffer begins), and *coming*.

    *pieces* is the epoch's random order of pieces, put there where *new_pieces* says so.
    *coming* holds, for each visit, the row at the same place of the next buffer as it was before
    the shuffle: asking for those keeps the memory reading whole pieces.
    """
    seed_place(seed, epoch, np.uint64(0), state)
    offset = np.int64(draw_below(np.uint64(n), state))
    if new_pieces:
        for p in range(pieces.shape[0]):
            pieces[p] = p
        shuffle(pieces, state)
    lay_out(pieces, piece_rows, offset, n, start, rows)
    ahead = max(0, min(rows.shape[0], n - start - buffer_rows))
    lay_out(pieces, piece_rows, offset, n, start + buffer_rows, coming[:ahead])
    for k in range(0, rows.shape[0], buffer_rows):
        place = (start + k) // buffer_rows + 1
        seed_place(seed, epoch, np.uint64(place), state)
        shuffle(rows[k : min(k + buffer_rows, rows.shape[0])], state)
    for k in range(ahead, rows.shape[0]):
        coming[k] = rows[k]


@compiled_apart
def fill_with_replacement(
    n: int, seed: np.uint64, epoch: np.uint64, place: np.uint64, rows: Array, state: Array
) -> None:
    """Fill *rows* with independent uniform rows."""
    seed_place(seed, epoch, place, state)
    for k in range(rows.shape[0]):
        rows[k] = np.int64(draw_below(np.uint64(n), state))
