"""The sum of the rows' gradients, four rows at a time: batch and mini-batch descent stand on it."""

import numpy as np

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Array
from fastgd.kernels.lines import at
from fastgd.kernels.rows import QUAD, add_four, fetch_end, four_dots, weight_of

meet = unbound
AS_THEY_LIE = False  # True: every row of the block, in place; False: those that `rows` names

AHEAD_BYTES = 16384  # between rows that are visited as they lie and those asked for meanwhile


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
    guard: float,
    g_w: Array,
    g_b: Array,
    tally: Array,
) -> None:
    """Add each row's gradient to *g_w* and *g_b* and its loss to *tally*.

    The last quad may be short: it repeats its last row with weight zero.
    """
    T = X.dtype.type
    d = X.shape[1]
    n = X.shape[0] if AS_THEY_LIE else rows.shape[0]
    rows_ahead = QUAD * max(1, AHEAD_BYTES // (QUAD * d * X.itemsize))
    coef, total = at(w, 0), at(g_w, 0)
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    for k in range(0, n, QUAD):
        k1, k2, k3 = min(k + 1, n - 1), min(k + 2, n - 1), min(k + 3, n - 1)
        if AS_THEY_LIE:
            i0, i1, i2, i3 = k, k1, k2, k3
            c0, c1, c2, c3 = k + rows_ahead, k1 + rows_ahead, k2 + rows_ahead, k3 + rows_ahead
        else:
            i0, i1, i2, i3 = rows[k], rows[k1], rows[k2], rows[k3]
            c0, c1, c2, c3 = coming[k], coming[k1], coming[k2], coming[k3]
            fetch_end(X, y, c0)
            fetch_end(X, y, c1)
            fetch_end(X, y, c2)
            fetch_end(X, y, c3)
        x0, x1, x2, x3 = at(X, i0 * d), at(X, i1 * d), at(X, i2 * d), at(X, i3 * d)
        z0, z1, z2, z3 = four_dots(x0, x1, x2, x3, coef, d, at(X, c0 * d), at(X, c1 * d))
        s0 = weight_of(weights, weight_scale, i0)
        s1 = weight_of(weights, weight_scale, i1) if k + 1 < n else 0.0
        s2 = weight_of(weights, weight_scale, i2) if k + 2 < n else 0.0
        s3 = weight_of(weights, weight_scale, i3) if k + 3 < n else 0.0
        value0, r0 = meet(x0, d, z0 + b[0], y[i0], s0, parameters, guard)
        value1, r1 = meet(x1, d, z1 + b[0], y[i1], s1, parameters, guard)
        value2, r2 = meet(x2, d, z2 + b[0], y[i2], s2, parameters, guard)
        value3, r3 = meet(x3, d, z3 + b[0], y[i3], s3, parameters, guard)
        loss_sum += (value0 + value1) + (value2 + value3)
        weight_sum += (s0 + s1) + (s2 + s3)
        not_finite += not np.isfinite((z0 + z1) + (z2 + z3) + b[0])
        ahead2, ahead3 = at(X, c2 * d), at(X, c3 * d)
        add_four(total, x0, x1, x2, x3, T(r0), T(r1), T(r2), T(r3), d, ahead2, ahead3)
        g_b[0] += (r0 + r1) + (r2 + r3)
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite
