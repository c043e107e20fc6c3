"""Batch gradient descent: the gradient of all rows, block by block, then one step."""

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import Array, Data, Model, Room, Settings
from fastgd.kernels.precondition import precondition

add_gradients = unbound
prepare = unbound
move_all = unbound
move_intercept = unbound
PRECONDITIONED = False


def sum_blocks(
    data: Data,
    coef: Array,
    settings: Settings,
    block_rows: int,
    room: Room,
    sums: Array,
    tallies: Array,
) -> None:
    """Write the gradient sum and the tally of each block of rows to a row of *sums*, *tallies*.

    Blocks are fixed, so that the sums are the same bits whoever computes them, in any order.
    """
    X, y, weights, weight_scale = data
    d = X.shape[1]
    together, floats, numbers = room
    no_list = sums[0]  # rows as they lie are not listed
    for m in range(sums.shape[0]):
        start = m * block_rows
        stop = min(start + block_rows, X.shape[0])
        for j in range(d + 1):
            sums[m, j] = 0.0
        for j in range(tallies.shape[1]):
            tallies[m, j] = 0.0
        add_gradients(
            X[start:stop],
            y[start:stop],
            weights[start:stop],
            weight_scale,
            no_list,
            no_list,
            coef[:d],
            coef[d:],
            settings.loss,
            settings.units,
            settings.shift,
            1.0,
            settings.guard,
            sums[m, :d],
            sums[m, d:],
            tallies[m],
            together,
            floats,
            numbers,
        )


def take_batch_step(
    model: Model, settings: Settings, g: Array, scale: float, t: int, learning_rate: float
) -> None:
    """Take step t along the gradient scale * g."""
    w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    l1, l2, units = settings.l1, settings.l2, settings.units
    T = w.dtype.type
    d = w.shape[0]
    if PRECONDITIONED:
        inverse, of_intercept, room = settings.preconditioner
        g_w, g_b, rows = g[:d], g[d:], 1.0 / scale
        precondition(g_w, g_b, rows, w, l2, units, settings.shift, inverse, of_intercept, room)
    scalars = prepare(t, learning_rate, settings.hyper, T)
    move_all(g[:d], T(scale), w, w_first, w_second, w_total, scalars, l1, l2, units)
    if settings.fit_intercept:
        g_b = T(scale * g[d])
        move_intercept(0, g_b, b, b_first, b_second, b_total, scalars, l1, l2, units)
