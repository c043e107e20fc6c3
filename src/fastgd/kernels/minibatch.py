"""Mini-batch gradient descent: one step per `batch_size` rows."""

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import Array, Data, Model, Room, Settings
from fastgd.kernels.precondition import precondition

add_gradients = unbound
prepare = unbound
move_all = unbound
move_intercept = unbound
PRECONDITIONED = False


def minibatch(
    data: Data,
    rows: Array,
    coming: Array,
    model: Model,
    settings: Settings,
    rates: Array,
    t: int,
    tally: Array,
    g: Array,
    filled: int,
    batch_size: int,
    ends_epoch: bool,
    left: int,
    buffer_rows: int,
    room: Room,
) -> None:
    """Visit *rows*, stepping whenever a batch is full; the first step is t, at rates[0].

    A batch may span two calls: *g* holds the gradients of the *filled* rows met so far. A short
    batch steps where the epoch ends. Rows that are taken together begin with each batch and with
    each buffer, of which the current one has *left* rows: so it is where they are gathered.
    """
    X, y, weights, weight_scale = data
    w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    parameters, hyper, l1, l2, units, shift, preconditioner, guard, fit_intercept = settings
    inverse, of_intercept, step_room = preconditioner
    one = 1.0 if fit_intercept else 0.0
    T = X.dtype.type
    together, floats, numbers = room
    g_w, g_b = g[: w.shape[0]], g[w.shape[0] :]
    steps = 0
    start = 0
    while start < rows.shape[0]:
        stop = min(rows.shape[0], start + batch_size - filled, start + left)
        add_gradients(
            X,
            y,
            weights,
            weight_scale,
            rows[start:stop],
            coming[start:stop],
            w,
            b,
            parameters,
            units,
            shift,
            one,
            guard,
            g_w,
            g_b,
            tally,
            together,
            floats,
            numbers,
        )
        filled += stop - start
        left -= stop - start
        if left == 0:
            left = buffer_rows
        start = stop
        if filled == batch_size or (ends_epoch and stop == rows.shape[0]):
            if PRECONDITIONED:
                count = float(filled)
                precondition(g_w, g_b, count, w, l2, units, shift, inverse, of_intercept, step_room)
            scale = T(1.0 / filled)
            scalars = prepare(t + steps, rates[steps], hyper, T)
            move_all(g_w, scale, w, w_first, w_second, w_total, scalars, l1, l2, units)
            if fit_intercept:
                slope = T(scale * g_b[0])
                move_intercept(0, slope, b, b_first, b_second, b_total, scalars, l1, l2, units)
            for j in range(g.shape[0]):
                g[j] = 0.0
            filled = 0
            steps += 1
