"""Stochastic gradient descent: one step per row."""

import numpy as np

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Array, Data, Model, Settings
from fastgd.kernels.lines import at
from fastgd.kernels.rows import dot, fetch, weight_of

meet = unbound
prepare = unbound
move_all = unbound
move_intercept = unbound


def stochastic(
    data: Data,
    rows: Array,
    coming: Array,
    model: Model,
    settings: Settings,
    rates: Array,
    t: int,
    tally: Array,
) -> None:
    """Take one step per entry of *rows*; the first is step t, at the rate rates[0].

    While row rows[k] is visited, row coming[k] is asked of the memory.
    """
    X, y, weights, weight_scale = data
    w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    parameters, hyper, l1, l2, units, guard, fit_intercept = settings
    T = X.dtype.type
    d = X.shape[1]
    coef = at(w, 0)
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    for k in range(rows.shape[0]):
        fetch(X, y, coming[k])
        i = rows[k]
        x = X[i]
        z = dot(at(X, i * d), coef, d) + b[0]
        weight = weight_of(weights, weight_scale, i)
        value, slope = meet(at(X, i * d), d, z, y[i], weight, parameters, guard)
        slope = T(slope)
        loss_sum += value
        weight_sum += weight
        not_finite += not np.isfinite(z)
        scalars = prepare(t + k, rates[k], hyper, T)
        move_all(x, slope, w, w_first, w_second, w_total, scalars, l1, l2, units)
        if fit_intercept:
            move_intercept(0, slope, b, b_first, b_second, b_total, scalars, l1, l2, units)
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite
