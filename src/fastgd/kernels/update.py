"""One step: the optimizer's recurrence over every coefficient, then over the intercept."""

import math

from fastgd.base.types import Array, Scalar
from fastgd.kernels.compiler.jit import compiled, unbound

step = unbound
move_one = unbound
SLOTS = 0  # how many numbers the optimizer keeps per coefficient
PENALISED = False
AVERAGED = False


@compiled
def shrink(w: Scalar, threshold: Scalar) -> Scalar:
    """Return the proximal point of threshold * |w| (soft thresholding); NaN stays NaN."""
    if abs(w) <= threshold:
        return w - w
    return w - math.copysign(threshold, w)


def move_coefficient(
    j: int,
    g: Scalar,
    w: Array,
    first: Array,
    second: Array,
    total: Array,
    scalars: tuple[Scalar, ...],
    l1: Array,
    l2: Array,
) -> None:
    """Step w_j along its gradient g, then take the proximal step of the L1 penalty.

    Where iterates are averaged, *total* is their sum.
    """
    if PENALISED:
        g += l2[j] * w[j]
    u = w[j]
    if SLOTS == 0:
        u, rate = step(u, g, *scalars)
    elif SLOTS == 1:
        u, rate, first[j] = step(u, g, first[j], *scalars)
    else:
        u, rate, first[j], second[j] = step(u, g, first[j], second[j], *scalars)
    if PENALISED:
        u = shrink(u, rate * l1[j])
    w[j] = u
    if AVERAGED:
        total[j] += u


def move_all(
    v: Array,
    scale: Scalar,
    w: Array,
    first: Array,
    second: Array,
    total: Array,
    scalars: tuple[Scalar, ...],
    l1: Array,
    l2: Array,
) -> None:
    """Step every coefficient along the gradient scale * v."""
    T = w.dtype.type
    for j in range(v.shape[0]):
        move_one(j, T(scale * v[j]), w, first, second, total, scalars, l1, l2)
