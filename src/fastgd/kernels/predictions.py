"""Losses and slopes of predictions that are there already: no row of the table is read."""

from fastgd.base.types import Array
from fastgd.kernels.compiler.jit import unbound

loss = unbound


def meet_predictions(
    z: Array, y: Array, parameters: tuple[float, ...], values: Array, slopes: Array
) -> None:
    """Write the loss and the slope of each prediction z to *values* and *slopes*."""
    for i in range(z.shape[0]):
        values[i], slopes[i] = loss(z[i], y[i], parameters)
