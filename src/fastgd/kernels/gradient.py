"""The sum of the rows' gradients: batch and mini-batch descent stand on it.

Rows are taken a block at a time, small enough to stay in the first-level cache: their predictions,
four by four; then what the loss says of them, in a plain loop that becomes vectors; then the sum.
"""

import numpy as np

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Array, Room
from fastgd.kernels.lines import at
from fastgd.kernels.rows import (
    QUAD,
    add_four,
    dot,
    four_dots,
    four_rows,
    squared_norm,
    two_ahead,
    weight_of,
)

loss = unbound
AS_THEY_LIE = False  # True: every row of the block, in place; False: those that `rows` names
GUARDED = False
IN_UNITS = False  # the guard looks at x * units + shift

BLOCK_ROWS = 16  # at most
BLOCK_BYTES = 16384
AHEAD_BYTES = 16384  # between rows that are visited as they lie and those asked for meanwhile


def make_room(d: int, itemsize: int) -> Room:
    """Return room for a block of rows, whole quads."""
    rows = max(QUAD, min(BLOCK_ROWS, BLOCK_BYTES // max(1, d * itemsize)) // QUAD * QUAD)
    return Room(rows, np.empty((5, BLOCK_ROWS)), np.empty((2, BLOCK_ROWS), np.int64))


def add_gradients(
    X: Array,
    y: Array,
    weights: Array,
    weight_scale: float,
    rows: Array,
    coming: Array,
    w: Array,
    b: Array,
    parameters: tuple[float, ...],
    units: Array,
    shift: Array,
    one: float,
    guard: float,
    g_w: Array,
    g_b: Array,
    tally: Array,
    block_rows: int,
    floats: Array,
    numbers: Array,
) -> None:
    """Add each row's gradient to *g_w* and *g_b* and its loss to *tally*.

    The last quad may be short: it repeats its last row with slope zero. *floats* and *numbers* are
    room for a block.
    """
    T = X.dtype.type
    d = X.shape[1]
    n = X.shape[0] if AS_THEY_LIE else rows.shape[0]
    rows_ahead = QUAD * max(1, AHEAD_BYTES // max(1, QUAD * d * X.itemsize))
    z, targets, shares, pulls, slopes = floats[0], floats[1], floats[2], floats[3], floats[4]
    here, ahead = numbers[0], numbers[1]
    coef, total = at(w, 0), at(g_w, 0)
    is_weighted = weights.shape[0] > 0
    for m in range(BLOCK_ROWS):
        shares[m] = 1.0
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    for first in range(0, n, block_rows):
        count = min(block_rows, n - first)
        for m in range(block_rows):
            k = min(first + m, n - 1)
            here[m] = k if AS_THEY_LIE else rows[k]
            ahead[m] = k + rows_ahead if AS_THEY_LIE else coming[k]
        soon = 0  # half of what comes is asked for with the dots, half with the sums
        for m in range(0, count, QUAD):
            x0, x1, x2, x3 = four_rows(X, here, m)
            ahead0, ahead1 = two_ahead(X, y, ahead, soon)
            z0, z1, z2, z3 = four_dots(x0, x1, x2, x3, coef, d, ahead0, ahead1)
            z[m], z[m + 1], z[m + 2], z[m + 3] = z0, z1, z2, z3
            soon += 2
        for m in range(count):
            targets[m] = y[here[m]]
        if is_weighted or GUARDED:
            for m in range(count):
                shares[m] = weight_of(weights, weight_scale, here[m])
                if GUARDED:
                    x = at(X, here[m] * d)
                    if IN_UNITS:
                        length = squared_norm(x, at(units, 0), at(shift, 0), d)
                    else:
                        length = dot(x, x, d)
                    pulls[m] = shares[m] * (one + length)
        z_sum, slope_sum, intercept = 0.0, 0.0, float(b[0])
        for m in range(count):
            value, slope = loss(z[m] + intercept, targets[m], parameters)
            if GUARDED:
                slope *= guard / pulls[m] if pulls[m] > guard else 1.0
            slopes[m] = shares[m] * slope
            loss_sum += shares[m] * value
            weight_sum += shares[m]
            slope_sum += slopes[m]
            z_sum += z[m]
        for m in range(count, block_rows):
            slopes[m] = 0.0
        not_finite += not np.isfinite(z_sum + intercept)
        g_b[0] += slope_sum
        for m in range(0, count, QUAD):
            x0, x1, x2, x3 = four_rows(X, here, m)
            r0, r1, r2, r3 = slopes[m], slopes[m + 1], slopes[m + 2], slopes[m + 3]
            ahead0, ahead1 = two_ahead(X, y, ahead, soon)
            add_four(total, x0, x1, x2, x3, T(r0), T(r1), T(r2), T(r3), d, ahead0, ahead1)
            soon += 2
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite
