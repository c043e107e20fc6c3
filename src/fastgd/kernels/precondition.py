"""A gradient multiplied by about the inverse of the curvature: every direction then moves alike."""

import numpy as np

from fastgd.kernels._jit import compiled
from fastgd.kernels.arguments import Array, Preconditioner
from fastgd.kernels.lines import at
from fastgd.kernels.rows import dot


def no_preconditioner() -> Preconditioner:
    """Return one of no features, where none is used."""
    return Preconditioner(np.empty((0, 0)), 1.0, np.empty(0))


@compiled
def precondition(
    g_w: Array,
    g_b: Array,
    rows: float,
    w: Array,
    l2: Array,
    units: Array,
    shift: Array,
    inverse: Array,
    of_intercept: float,
    room: Array,
) -> None:
    """Turn a sum of *rows* gradients into as many times the step that a rate of 1 takes.

    In coordinates u = x * units + shift, of coefficients v and an intercept c, predictions are
    x.(units v) + (c + shift.v): so a gradient is taken there, and a step back. The L2 penalty,
    whose curvature is in the inverse, is part of the gradient.
    """
    d = g_w.shape[0]
    for j in range(l2.shape[0]):
        g_w[j] += rows * l2[j] * w[j]
    for j in range(d):
        room[j] = units[j] * g_w[j] + shift[j] * g_b[0]
    g_b[0] *= of_intercept
    for j in range(d):
        step = dot(at(inverse, j * d), at(room, 0), d)
        g_w[j] = units[j] * step
        g_b[0] += shift[j] * step
