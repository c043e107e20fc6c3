"""Mini-batch gradient descent: one step per `batch_size` rows."""

import numpy as np

from fastgd.base.types import Array
from fastgd.kernels.arguments import Data, Model, Room, Settings
from fastgd.kernels.compiler.jit import unbound
from fastgd.kernels.coordinates import leave, turn_gradient

sum_gradients = unbound
prepare = unbound
move_all = unbound
move_intercept = unbound
IN_COORDINATES = False  # steps are taken in x * units + shift


def minibatch(
    data: Data,
    rows: Array,
    coming: Array,
    model: Model,
    settings: Settings,
    rates: Array,
    t: int,
    tallies: Array,
    sums: Array,
    filled: int,
    batch_size: int,
    ends_epoch: bool,
    before: int,
    buffer_rows: int,
    room: Room,
    guard: Array,
    board: Array,
) -> None:
    """Visit *rows*, stepping whenever a batch is full; the first step is t, at rates[0].

    A batch may span two calls: *sums*, of one row, holds the gradients of the *filled* rows met so
    far, and *rates*, where there is a guard, one more, for a batch that is not full yet. A short
    batch steps where the epoch ends. The rows of a buffer are a group; the first was begun *before*
    by so many. *guard* and *board* are room for what `sum_gradients` needs.
    """
    coef, w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    hyper, l1, l2, fit_intercept = settings.hyper, settings.l1, settings.l2, settings.fit_intercept
    units, shift = settings.units, settings.shift
    T = data.X.dtype.type
    g = sums[0]
    d = w.shape[0]
    coef_w, coef_b = coef[:d], coef[d:]
    steps = 0
    start = 0
    while start < rows.shape[0]:
        stop = min(rows.shape[0], start + batch_size - filled)
        guard[0] = settings.guard
        if settings.guard < np.inf:
            guard[0] /= rates[steps]
        point = coef_w, coef_b, settings, guard, room
        groups = buffer_rows, sums, tallies, board, True
        sum_gradients(data, rows, coming, *point, *groups, start, stop, before, 0)
        filled += stop - start
        before = (before + stop - start) % buffer_rows
        start = stop
        if filled == batch_size or (ends_epoch and stop == rows.shape[0]):
            if IN_COORDINATES:
                turn_gradient(g, units, shift)
            scale = T(1.0 / filled)
            scalars = prepare(t + steps, rates[steps], hyper, T)
            move_all(g[:d], scale, w, w_first, w_second, w_total, scalars, l1, l2)
            if fit_intercept:
                derivative = T(scale * g[d])
                move_intercept(0, derivative, b, b_first, b_second, b_total, scalars, l1, l2)
            if IN_COORDINATES:
                leave(w, b, coef, units, shift)
            for j in range(d + 1):
                g[j] = 0.0
            filled = 0
            steps += 1
