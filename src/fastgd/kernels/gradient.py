"""The sum of the rows' gradients: batch and mini-batch descent stand on it.

Rows are taken a block at a time, small enough to stay in the first-level cache: their predictions,
four by four; then what the loss says of them, in a plain loop that becomes vectors; then the sum.
"""

import numpy as np

from fastgd.base.types import Array
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Data, Room, Settings
from fastgd.kernels.atomics import add
from fastgd.kernels.compiler.jit import unbound
from fastgd.kernels.elementary import is_finite
from fastgd.kernels.lines import at
from fastgd.kernels.rows import (
    QUAD,
    add_four,
    four_dots,
    four_rows,
    four_squared_norms,
    two_ahead,
    weight_of,
)
from fastgd.kernels.team import (
    DONE,
    FILLED,
    FIRST,
    ROW,
    START,
    STOP,
    list_groups,
    next_group,
    wait_for_others,
)

loss = unbound

BLOCK_ROWS = 16  # at most
BLOCK_BYTES = 16384
AHEAD_BYTES = 16384  # between rows that are visited as they lie and those asked for meanwhile


def make_room(d: int, itemsize: int) -> Room:
    """Return room for a block of rows, whole quads."""
    rows = max(QUAD, min(BLOCK_ROWS, BLOCK_BYTES // max(1, d * itemsize)) // QUAD * QUAD)
    return Room(rows, np.empty((5, BLOCK_ROWS)), np.empty((2, BLOCK_ROWS), np.int64))


def sum_gradients(
    data: Data,
    rows: Array,
    coming: Array,
    w: Array,
    b: Array,
    settings: Settings,
    guard: Array,
    room: Room,
    group_rows: int,
    sums: Array,
    tallies: Array,
    board: Array,
    leads: bool,
    start: int,
    stop: int,
    filled: int,
    row: int,
) -> None:
    """Add the gradients and losses of the visits start..stop to *sums* and *tallies*.

    Visits are of *rows*, while those *coming* are asked of the memory, or where none are listed of
    the rows as they lie. They are taken by groups from the list on the *board*; the first may have
    begun before, with *filled* rows. Each is added to a row of the sums of its own, from *row* on,
    or all to the only one. Blocks begin anew with each group: so it is the same bits whoever takes
    it, and from wherever its rows were gathered. A block's last quad may be short: it repeats its
    last row with derivative zero. *guard* holds one number, that of the settings over the rate.

    The leader returns when all are summed, a helper, to whom visits are no matter, when nothing is
    left to do. What stands before *board* is the same for all of a team but *room*.
    """
    X, y, weights, weight_scale = data
    parameters, units, shift = settings.loss, settings.units, settings.shift
    block_rows, floats, numbers = room
    T = X.dtype.type
    d = X.shape[1]
    as_they_lie = rows.shape[0] == 0
    one = 1.0 if settings.fit_intercept else 0.0
    rows_ahead = QUAD * max(1, AHEAD_BYTES // max(1, QUAD * d * X.itemsize))
    z, targets, shares, pulls, derivatives = floats[0], floats[1], floats[2], floats[3], floats[4]
    here, ahead = numbers[0], numbers[1]
    coef = at(w, 0)
    is_weighted = weights.shape[0] > 0
    is_guarded = settings.guard < np.inf
    for m in range(BLOCK_ROWS):
        shares[m] = 1.0
    if leads:
        list_groups(board, start, stop, filled, row, group_rows)
    while True:
        number = next_group(board, leads)
        if number < 0:
            break
        group = number - board[FIRST]
        begin = board[START] - board[FILLED] + group * group_rows
        end = min(board[STOP], begin + group_rows)
        begin = max(board[START], begin)
        place = board[ROW] + group if sums.shape[0] > 1 else 0
        total = at(sums, place * sums.shape[1])
        loss_sum, weight_sum = tallies[place, LOSS], tallies[place, WEIGHT]
        not_finite = tallies[place, NOT_FINITE]
        for first in range(begin, end, block_rows):
            count = min(block_rows, end - first)
            for m in range(block_rows):
                k = min(first + m, end - 1)
                here[m] = k if as_they_lie else rows[k]
                ahead[m] = k + rows_ahead if as_they_lie else coming[k]
            # Half of what comes is asked for with the dots, half with the sums.
            for m in range(0, count, QUAD):
                x0, x1, x2, x3 = four_rows(X, here, m)
                ahead0, ahead1 = two_ahead(X, y, ahead, m // 2)
                z0, z1, z2, z3 = four_dots(x0, x1, x2, x3, coef, d, ahead0, ahead1)
                z[m], z[m + 1], z[m + 2], z[m + 3] = z0, z1, z2, z3
            asked = (count + QUAD - 1) // QUAD * 2
            for m in range(count):
                targets[m] = y[here[m]]
            if is_weighted:
                for m in range(count):
                    shares[m] = weight_of(weights, weight_scale, here[m])
            z_sum, derivative_sum, intercept = 0.0, 0.0, float(b[0])
            for m in range(count):
                value, derivative = loss(z[m] + intercept, targets[m], parameters)
                derivatives[m] = shares[m] * derivative
                loss_sum += shares[m] * value
                weight_sum += shares[m]
                z_sum += z[m]
            if is_guarded:
                for m in range(0, count, QUAD):
                    x0, x1, x2, x3 = four_rows(X, here, m)
                    lengths = four_squared_norms(x0, x1, x2, x3, at(units, 0), at(shift, 0), d)
                    pulls[m] = shares[m] * (one + lengths[0])
                    pulls[m + 1] = shares[m + 1] * (one + lengths[1])
                    pulls[m + 2] = shares[m + 2] * (one + lengths[2])
                    pulls[m + 3] = shares[m + 3] * (one + lengths[3])
                for m in range(count):
                    derivatives[m] *= guard[0] / pulls[m] if pulls[m] > guard[0] else 1.0
            for m in range(count):
                derivative_sum += derivatives[m]
            for m in range(count, block_rows):
                derivatives[m] = 0.0
            not_finite += not is_finite(z_sum + intercept)
            sums[place, d] += derivative_sum
            for m in range(0, count, QUAD):
                x0, x1, x2, x3 = four_rows(X, here, m)
                r0, r1 = derivatives[m], derivatives[m + 1]
                r2, r3 = derivatives[m + 2], derivatives[m + 3]
                ahead0, ahead1 = two_ahead(X, y, ahead, asked + m // 2)
                add_four(total, x0, x1, x2, x3, T(r0), T(r1), T(r2), T(r3), d, ahead0, ahead1)
        tallies[place, LOSS], tallies[place, WEIGHT] = loss_sum, weight_sum
        tallies[place, NOT_FINITE] = not_finite
        add(board, DONE, 1)
    if leads:
        wait_for_others(board)
