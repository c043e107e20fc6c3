"""Batch gradient descent: the gradient of all rows, block by block, then one step."""

from fastgd.kernels._jit import unbound
from fastgd.kernels.arguments import Array, Data, Model, Settings

add_gradients = unbound
take_step = unbound


def sum_blocks(
    data: Data,
    coef: Array,
    settings: Settings,
    block_rows: int,
    sums: Array,
    tallies: Array,
) -> None:
    """Write the gradient sum and the tally of each block of rows to a row of *sums*, *tallies*.

    Blocks are fixed, so that the sums are the same bits whoever computes them, in any order.
    """
    X, y, weights, weight_scale = data
    no_list = sums[0]  # rows as they lie are not listed
    for m in range(sums.shape[0]):
        start = m * block_rows
        stop = min(start + block_rows, X.shape[0])
        sums[m] = 0.0
        tallies[m] = 0.0
        add_gradients(
            X[start:stop],
            y[start:stop],
            weights[start:stop],
            weight_scale,
            no_list,
            no_list,
            coef,
            settings.loss,
            settings.guard,
            sums[m],
            tallies[m],
        )


def take_batch_step(
    model: Model, settings: Settings, g: Array, scale: float, t: int, learning_rate: float
) -> None:
    """Take step t along the gradient scale * g."""
    coef, first, second, total = model
    d = coef.shape[0] - 1
    take_step(
        coef,
        first,
        second,
        total,
        g[:d],
        g[d:],
        coef.dtype.type(scale),
        t,
        learning_rate,
        settings.hyper,
        settings.l1,
        settings.l2,
        settings.fit_intercept,
    )
