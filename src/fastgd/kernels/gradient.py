"""The sum of the rows' gradients, four rows at a time: batch and mini-batch descent stand on it."""

import numpy as np

from fastgd.kernels._jit import compiled, unbound
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Array, Scalar
from fastgd.kernels.rows import dot, fetch, weight_of

meet = unbound
AS_THEY_LIE = False  # True: every row of the block, in place; False: those that `rows` names

QUAD = 4  # rows taken together: the dots share each load of w, one pass adds all four to g
# From here on rows are first read one after another: four streams at once lose the hardware's
# prefetching (100 features, float64: 15 GB/s instead of 7).
WIDE = 48


@compiled
def four_dots(
    x0: Array, x1: Array, x2: Array, x3: Array, w: Array
) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """Return the dots of four rows with w: each element of w is loaded once."""
    z0 = z1 = z2 = z3 = w.dtype.type(0)
    for j in range(w.shape[0]):
        w_j = w[j]
        z0 += x0[j] * w_j
        z1 += x1[j] * w_j
        z2 += x2[j] * w_j
        z3 += x3[j] * w_j
    return z0, z1, z2, z3


@compiled
def add_four(
    g: Array,
    x0: Array,
    x1: Array,
    x2: Array,
    x3: Array,
    r0: Scalar,
    r1: Scalar,
    r2: Scalar,
    r3: Scalar,
) -> None:
    """Add four scaled rows to g, which is loaded and stored once."""
    for j in range(g.shape[0]):
        g[j] += (r0 * x0[j] + r1 * x1[j]) + (r2 * x2[j] + r3 * x3[j])


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
    n = X.shape[0] if AS_THEY_LIE else rows.shape[0]
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    for k in range(0, n, QUAD):
        k1, k2, k3 = min(k + 1, n - 1), min(k + 2, n - 1), min(k + 3, n - 1)
        if AS_THEY_LIE:
            i0, i1, i2, i3 = k, k1, k2, k3
        else:
            i0, i1, i2, i3 = rows[k], rows[k1], rows[k2], rows[k3]
            for m in range(k, min(k + QUAD, n)):
                fetch(X, y, coming[m])
        x0, x1, x2, x3 = X[i0], X[i1], X[i2], X[i3]
        if w.shape[0] < WIDE:
            z0, z1, z2, z3 = four_dots(x0, x1, x2, x3, w)
        else:
            z0, z1, z2, z3 = dot(x0, w), dot(x1, w), dot(x2, w), dot(x3, w)
        s0 = weight_of(weights, weight_scale, i0)
        s1 = weight_of(weights, weight_scale, i1) if k + 1 < n else 0.0
        s2 = weight_of(weights, weight_scale, i2) if k + 2 < n else 0.0
        s3 = weight_of(weights, weight_scale, i3) if k + 3 < n else 0.0
        value0, r0 = meet(x0, z0 + b[0], y[i0], s0, parameters, guard)
        value1, r1 = meet(x1, z1 + b[0], y[i1], s1, parameters, guard)
        value2, r2 = meet(x2, z2 + b[0], y[i2], s2, parameters, guard)
        value3, r3 = meet(x3, z3 + b[0], y[i3], s3, parameters, guard)
        loss_sum += (value0 + value1) + (value2 + value3)
        weight_sum += (s0 + s1) + (s2 + s3)
        not_finite += not np.isfinite((z0 + z1) + (z2 + z3) + b[0])
        add_four(g_w, x0, x1, x2, x3, r0, r1, r2, r3)
        g_b[0] += (r0 + r1) + (r2 + r3)
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite
