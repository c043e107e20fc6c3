"""The sum of the rows' gradients: batch and mini-batch descent stand on it.

Rows are taken a block at a time, small enough to stay in the first-level cache: their predictions,
four by four; then what the loss says of them, in a plain loop that becomes vectors; then the sum.
"""

import numpy as np

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Array, Data, Room, Settings
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
    guard: float,
    room: Room,
    left: int,
    group_rows: int,
    g: Array,
    tally: Array,
) -> None:
    """Add each row's gradient to *g* and its loss to *tally*: of *rows*, or as they lie.

    Where *rows* are listed, those *coming* are asked of the memory meanwhile; where none are, every
    row is met. They are taken in groups, of which the first has *left* rows. Blocks begin anew with
    each group: so it is the same bits from wherever their rows were gathered.
    A block's last quad may be short: it repeats its last row with slope zero. The *guard* is that
    of the settings over the rate of the step.
    """
    X, y, weights, weight_scale = data
    parameters, units, shift = settings.loss, settings.units, settings.shift
    block_rows, floats, numbers = room
    T = X.dtype.type
    d = X.shape[1]
    as_they_lie = rows.shape[0] == 0
    n = X.shape[0] if as_they_lie else rows.shape[0]
    one = 1.0 if settings.fit_intercept else 0.0
    rows_ahead = QUAD * max(1, AHEAD_BYTES // max(1, QUAD * d * X.itemsize))
    z, targets, shares, pulls, slopes = floats[0], floats[1], floats[2], floats[3], floats[4]
    here, ahead = numbers[0], numbers[1]
    coef = at(w, 0)
    is_weighted = weights.shape[0] > 0
    is_guarded = guard < np.inf
    for m in range(BLOCK_ROWS):
        shares[m] = 1.0
    total = at(g, 0)
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    start = 0
    while start < n:
        stop = min(n, start + left)
        for first in range(start, stop, block_rows):
            count = min(block_rows, stop - first)
            for m in range(block_rows):
                k = min(first + m, stop - 1)
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
            z_sum, slope_sum, intercept = 0.0, 0.0, float(b[0])
            for m in range(count):
                value, slope = loss(z[m] + intercept, targets[m], parameters)
                slopes[m] = shares[m] * slope
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
                    slopes[m] *= guard / pulls[m] if pulls[m] > guard else 1.0
            for m in range(count):
                slope_sum += slopes[m]
            for m in range(count, block_rows):
                slopes[m] = 0.0
            not_finite += not np.isfinite(z_sum + intercept)
            g[d] += slope_sum
            for m in range(0, count, QUAD):
                x0, x1, x2, x3 = four_rows(X, here, m)
                r0, r1, r2, r3 = slopes[m], slopes[m + 1], slopes[m + 2], slopes[m + 3]
                ahead0, ahead1 = two_ahead(X, y, ahead, asked + m // 2)
                add_four(total, x0, x1, x2, x3, T(r0), T(r1), T(r2), T(r3), d, ahead0, ahead1)
        start, left = stop, group_rows
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite
