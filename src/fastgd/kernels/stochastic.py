"""Stochastic gradient descent: one step per row."""

from typing import Any

from fastgd.base.types import Array
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT, Data, Model, RowList, Settings
from fastgd.kernels.compiler.jit import compiled, unbound
from fastgd.kernels.coordinates import inverse_transform, transform_four, transform_one
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
take_step = unbound
IN_QUADS = False  # four rows at once: for steps that add a multiple of the gradient, no more
AVERAGED = False  # in a block of four
IN_COORDINATES = False  # steps are taken in x * units + shift


def stochastic(
    data: Data,
    listed: RowList,
    model: Model,
    settings: Settings,
    rates: Array,
    t: int,
    tally: Array,
    scaled_rows: Array,
) -> None:
    """Take one step per visit; the first is step t, at the rate rates[0].

    While a row is visited, another is prefetched. *scaled_rows* holds four rows in coordinates.
    """
    X, y, weights, weight_scale = data
    units, shift, clip = settings.units, settings.shift, settings.clip
    rows, prefetched, point = listed.rows, listed.prefetched, model.point
    T = X.dtype.type
    d = X.shape[1]
    one = T(settings.fit_intercept)
    in_quads = rows.shape[0] // QUAD * QUAD if IN_QUADS else 0
    for k in range(0, in_quads, QUAD):
        step_on_four(data, listed, k, model, settings, rates, tally, scaled_rows)
    loss_sum, weight_sum, not_finite = tally[LOSS], tally[WEIGHT], tally[NOT_FINITE]
    for k in range(in_quads, rows.shape[0]):
        fetch(X, y, prefetched[k])
        i = rows[k]
        x, x_row = at(X, i * d), X[i]
        if IN_COORDINATES:
            transform_one(x, at(scaled_rows, 0), at(units, 0), at(shift, 0), d)
            x, x_row = at(scaled_rows, 0), scaled_rows[0]
        z = dot(x, at(point, 0), d) + point[d]
        weight = weight_of(weights, weight_scale, i)
        value, derivative = meet(x, d, z, y[i], weight, settings.loss, clip / rates[k], one)
        loss_sum += value
        weight_sum += weight
        not_finite += not is_finite(z)
        take_step(x_row, T(derivative), derivative, model, settings, t + k, rates[k])
    if IN_COORDINATES:
        inverse_transform(point, model.coef, units, shift)
    tally[LOSS], tally[WEIGHT], tally[NOT_FINITE] = loss_sum, weight_sum, not_finite


def step_on_four(
    data: Data,
    listed: RowList,
    k: int,
    model: Model,
    settings: Settings,
    rates: Array,
    tally: Array,
    scaled_rows: Array,
) -> None:
    """Take the steps on four rows, from visit k on, together.

    The four dots are taken with the coefficients that the first row meets; what the steps on the
    rows before a row change of its own is the products of those rows with it: the same iterates up
    to rounding, without waiting for each other.
    """
    X, y, weights, weight_scale = data
    point, total, parameters = model.point, model.total, settings.loss
    clip, one = settings.clip, X.dtype.type(settings.fit_intercept)
    T, d = X.dtype.type, X.shape[1]
    rows = four_rows(X, listed.rows, k)
    ahead = two_ahead(X, y, listed.prefetched, k)
    later = two_ahead(X, y, listed.prefetched, k + 2)
    i0, i1, i2, i3 = listed.rows[k], listed.rows[k + 1], listed.rows[k + 2], listed.rows[k + 3]
    if IN_COORDINATES:
        made = (
            at(scaled_rows, 0),
            at(scaled_rows, d),
            at(scaled_rows, 2 * d),
            at(scaled_rows, 3 * d),
        )
        transform_four(rows, made, at(settings.units, 0), at(settings.shift, 0), d)
        rows = made
    x0, x1, x2, x3 = rows
    z, p = four_dots_and_products(rows, at(point, 0), d, ahead)
    z0, z1, z2, z3 = z
    p01, p02, p12, p03, p13, p23 = p
    s0, s1 = weight_of(weights, weight_scale, i0), weight_of(weights, weight_scale, i1)
    s2, s3 = weight_of(weights, weight_scale, i2), weight_of(weights, weight_scale, i3)
    b = point[d]
    z0 += b
    value0, derivative0 = meet(x0, d, z0, y[i0], s0, parameters, clip / rates[k], one)
    m0 = T(-rates[k] * derivative0)
    z1 += b + m0 * (p01 + one)
    value1, derivative1 = meet(x1, d, z1, y[i1], s1, parameters, clip / rates[k + 1], one)
    m1 = T(-rates[k + 1] * derivative1)
    z2 += b + (m0 * (p02 + one) + m1 * (p12 + one))
    value2, derivative2 = meet(x2, d, z2, y[i2], s2, parameters, clip / rates[k + 2], one)
    m2 = T(-rates[k + 2] * derivative2)
    z3 += b + ((m0 * (p03 + one) + m1 * (p13 + one)) + m2 * (p23 + one))
    value3, derivative3 = meet(x3, d, z3, y[i3], s3, parameters, clip / rates[k + 3], one)
    m3 = T(-rates[k + 3] * derivative3)
    tally[LOSS] += (value0 + value1) + (value2 + value3)
    tally[WEIGHT] += (s0 + s1) + (s2 + s3)
    tally[NOT_FINITE] += not is_finite((z0 + z1) + (z2 + z3))
    if AVERAGED:
        # The first move is in all four iterates, the last in one.
        n0, n1, n2 = T(4) * m0, T(3) * m1, T(2) * m2
        add_times(at(total, 0), at(point, 0), T(4), d)
        add_four(at(total, 0), rows, (n0, n1, n2, m3), d, (x0, x1))
        total[d] += 4.0 * b + one * ((n0 + n1) + (n2 + m3))
    add_four(at(point, 0), rows, (m0, m1, m2, m3), d, later)
    point[d] = b + one * ((m0 + m1) + (m2 + m3))


@compiled
def take_none(*_: Any) -> None:
    """Stand for `step_on_four` if rows are taken one by one."""


@compiled
def add_times(total: Pointer, w: Pointer, factor: float, d: int) -> None:
    """Add factor * w to *total*."""
    for j in range(0, d, width(w)):
        add_to(total, j, times(read(w, j, d - j), factor), d - j)
