"""Mini-batch gradient descent: one step per `batch_size` rows."""

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import Array, Data, Model, Settings

add_gradients = unbound
prepare = unbound
move = unbound
move_intercept = unbound


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
) -> int:
    """Visit *rows*, stepping whenever a batch is full; the first step is t, at rates[0].

    A batch may span two calls: *g* holds the gradients of the *filled* rows met so far, and what
    is returned is the new number of them. A short batch steps where the epoch ends.
    """
    X, y, weights, weight_scale = data
    w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    parameters, hyper, l1, l2, guard, fit_intercept = settings
    T = X.dtype.type
    g_w, g_b = g[: w.shape[0]], g[w.shape[0] :]
    steps = 0
    start = 0
    while start < rows.shape[0]:
        stop = min(rows.shape[0], start + batch_size - filled)
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
            guard,
            g_w,
            g_b,
            tally,
        )
        filled += stop - start
        start = stop
        if filled == batch_size or (ends_epoch and stop == rows.shape[0]):
            scale = T(1.0 / filled)
            scalars = prepare(t + steps, rates[steps], hyper, T)
            move(w, w_first, w_second, w_total, g_w, scale, scalars, l1, l2)
            if fit_intercept:
                move_intercept(b, b_first, b_second, b_total, g_b, scale, scalars, l1, l2)
            g[:] = 0.0
            filled = 0
            steps += 1
    return filled
