"""Batch gradient descent: a step along the gradient of all rows."""

from fastgd.base.types import Array
from fastgd.kernels.arguments import Model, Settings
from fastgd.kernels.compiler.jit import unbound

prepare = unbound
move_all = unbound
move_intercept = unbound


def take_batch_step(
    model: Model, settings: Settings, g: Array, scale: float, t: int, learning_rate: float
) -> None:
    """Take step t along the gradient scale * g."""
    _, w, w_first, w_second, w_total, b, b_first, b_second, b_total = model
    l1, l2 = settings.l1, settings.l2
    T = w.dtype.type
    d = w.shape[0]
    scalars = prepare(t, learning_rate, settings.hyper, T)
    move_all(g[:d], T(scale), w, w_first, w_second, w_total, scalars, l1, l2)
    if settings.fit_intercept:
        g_b = T(scale * g[d])
        move_intercept(0, g_b, b, b_first, b_second, b_total, scalars, l1, l2)
