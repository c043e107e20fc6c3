"""Batch gradient descent: a step along the gradient of all rows."""

from fastgd.base.types import Array
from fastgd.kernels.arguments import Model, Settings
from fastgd.kernels.compiler.jit import unbound

take_step = unbound


def take_batch_step(
    model: Model, settings: Settings, g: Array, scale: float, t: int, learning_rate: float
) -> None:
    """Take step t along the gradient scale * g."""
    d = g.shape[0] - 1
    take_step(g[:d], scale, scale * g[d], model, settings, t, learning_rate)
