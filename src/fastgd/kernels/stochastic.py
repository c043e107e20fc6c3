"""Stochastic gradient descent: one step per row."""

from fastgd.base.types import Array
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Data, Model, Settings
from fastgd.kernels.compiler.jit import compiled, unbound
from fastgd.kernels.coordinates import enter_four, enter_one, leave
from fastgd.kernels.elementary import is_finite
from fastgd.kernels.lines import Pointer, add_to, at, read, times, width
from fastgd.kernels.rows import (
    QUAD,
    add_four,
    dot,
    fetch,
    four_dots_and_products,
    four_rows,
    two_ahead,
    weight_of,
)

meet = unbound
prepare = unbound
move_all = unbound
move_intercept = unbound
IN_QUADS = False  # four rows at once: for steps that add a multiple of the gradient, no more
AVERAGED = False
IN_COORDINATES = False  # rows are met as x * units + shift


def stochastic(
    data: Data,
    rows: Array,
    coming: Array,
    model: Model,
    settings: Settings,
    rates: Array,
    t: int,
    tally: Array,
    room: Array,
) -> None:
    """Take one step per entry of *rows*; the first is step t, at the rate rates[0].

    While row rows[k] is visited, row coming[k] is asked of the memory. In coordinates, *room* is
    where four rows are made.
    """
    X, y, weights, weight_scale = data
    coef, w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    parameters, hyper, guard = settings.loss, settings.hyper, settings.guard
    l1, l2, fit_intercept = settings.l1, settings.l2, settings.fit_intercept
    units, shift = settings.units, settings.shift
    T = X.dtype.type
    d = X.shape[1]
    v, one = at(w, 0), T(fit_intercept)
    u0, u1, u2, u3 = at(room, 0), at(room, d), at(room, 2 * d), at(room, 3 * d)
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    in_quads = rows.shape[0] // QUAD * QUAD if IN_QUADS else 0
    for k in range(0, in_quads, QUAD):
        # The four dots are taken with the w that the first row meets; what the steps on the rows
        # before a row change of its own is the products of those rows with it: the same iterates
        # up to rounding, without waiting for each other.
        x0, x1, x2, x3 = four_rows(X, rows, k)
        ahead0, ahead1 = two_ahead(X, y, coming, k)
        ahead2, ahead3 = two_ahead(X, y, coming, k + 2)
        i0, i1, i2, i3 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        if IN_COORDINATES:
            enter_four((x0, x1, x2, x3), (u0, u1, u2, u3), at(units, 0), at(shift, 0), d)
            x0, x1, x2, x3 = u0, u1, u2, u3
        z, p = four_dots_and_products(x0, x1, x2, x3, v, d, ahead0, ahead1)
        z0, z1, z2, z3 = z
        p01, p02, p12, p03, p13, p23 = p
        s0 = weight_of(weights, weight_scale, i0)
        s1 = weight_of(weights, weight_scale, i1)
        s2 = weight_of(weights, weight_scale, i2)
        s3 = weight_of(weights, weight_scale, i3)
        z0 += b[0]
        value0, slope0 = meet(x0, d, z0, y[i0], s0, parameters, guard / rates[k], one)
        m0 = T(-rates[k] * slope0)
        z1 += b[0] + m0 * (p01 + one)
        value1, slope1 = meet(x1, d, z1, y[i1], s1, parameters, guard / rates[k + 1], one)
        m1 = T(-rates[k + 1] * slope1)
        z2 += b[0] + (m0 * (p02 + one) + m1 * (p12 + one))
        value2, slope2 = meet(x2, d, z2, y[i2], s2, parameters, guard / rates[k + 2], one)
        m2 = T(-rates[k + 2] * slope2)
        z3 += b[0] + ((m0 * (p03 + one) + m1 * (p13 + one)) + m2 * (p23 + one))
        value3, slope3 = meet(x3, d, z3, y[i3], s3, parameters, guard / rates[k + 3], one)
        m3 = T(-rates[k + 3] * slope3)
        loss_sum += (value0 + value1) + (value2 + value3)
        weight_sum += (s0 + s1) + (s2 + s3)
        not_finite += not is_finite((z0 + z1) + (z2 + z3))
        if AVERAGED:
            # The first move is in all four iterates, the last in one.
            n0, n1, n2 = T(4) * m0, T(3) * m1, T(2) * m2
            add_times(at(w_total, 0), v, T(4), d)
            add_four(at(w_total, 0), x0, x1, x2, x3, n0, n1, n2, m3, d, x0, x1)
            b_total[0] += 4.0 * b[0] + one * ((n0 + n1) + (n2 + m3))
        add_four(v, x0, x1, x2, x3, m0, m1, m2, m3, d, ahead2, ahead3)
        b[0] += one * ((m0 + m1) + (m2 + m3))
    for k in range(in_quads, rows.shape[0]):
        fetch(X, y, coming[k])
        i = rows[k]
        x, x_row = at(X, i * d), X[i]
        if IN_COORDINATES:
            enter_one(x, u0, at(units, 0), at(shift, 0), d)
            x, x_row = u0, room[0]
        z = dot(x, v, d) + b[0]
        weight = weight_of(weights, weight_scale, i)
        value, derivative = meet(x, d, z, y[i], weight, parameters, guard / rates[k], one)
        loss_sum += value
        weight_sum += weight
        not_finite += not is_finite(z)
        scalars = prepare(t + k, rates[k], hyper, T)
        move_all(x_row, T(derivative), w, w_first, w_second, w_total, scalars, l1, l2)
        if fit_intercept:
            move_intercept(0, T(derivative), b, b_first, b_second, b_total, scalars, l1, l2)
    if IN_COORDINATES:
        leave(w, b, coef, units, shift)
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite


@compiled
def add_times(total: Pointer, w: Pointer, factor: float, d: int) -> None:
    """Add factor * w to *total*."""
    for j in range(0, d, width(w)):
        add_to(total, j, times(read(w, j, d - j), factor), d - j)
