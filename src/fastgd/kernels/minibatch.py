"""Mini-batch gradient descent: one step per `batch_size` rows."""

import numpy as np

from fastgd.base.types import Array
from fastgd.kernels.arguments import Batch, Data, Groups, Model, RowList, Settings, Span, Workspace
from fastgd.kernels.compiler.jit import unbound
from fastgd.kernels.coordinates import inverse_transform, transform_gradient

sum_gradients = unbound
take_step = unbound
IN_COORDINATES = False  # steps are taken in x * units + shift


def minibatch(
    data: Data,
    listed: RowList,
    model: Model,
    settings: Settings,
    rates: Array,
    t: int,
    batch: Batch,
    workspace: Workspace,
    clip: Array,
    groups: Groups,
) -> None:
    """Visit the rows stepping whenever a batch is full; the first step is t, at rates[0].

    A batch may span two calls: the sums, of one row, hold the gradients of the rows visited so far,
    and *rates*, if steps are clipped, one more, for a batch that is not full yet. The rows of a
    buffer are a group. *clip* is where `sum_gradients` finds the clipping of a step.
    """
    g, T = groups.sums[0], data.X.dtype.type
    d = data.X.shape[1]
    length, filled, before = listed.rows.shape[0], batch.filled, batch.before
    steps = 0
    start = 0
    while start < length:
        stop = min(length, start + batch.size - filled)
        clip[0] = settings.clip
        if settings.clip < np.inf:
            clip[0] /= rates[steps]
        span = Span(start, stop, before, 0)
        sum_gradients(data, listed, model.coef, settings, clip, workspace, groups, True, span)
        filled += stop - start
        before = (before + stop - start) % groups.rows
        start = stop
        if filled == batch.size or (batch.ends_epoch and stop == length):
            if IN_COORDINATES:
                transform_gradient(g, settings.units, settings.shift)
            scale = T(1.0 / filled)
            take_step(g[:d], scale, scale * g[d], model, settings, t + steps, rates[steps])
            if IN_COORDINATES:
                inverse_transform(model.point, model.coef, settings.units, settings.shift)
            for j in range(d + 1):
                g[j] = 0.0
            filled = 0
            steps += 1
