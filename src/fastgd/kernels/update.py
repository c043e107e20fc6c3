"""One step: the optimizer's recurrence over every coefficient, then over the intercept."""

import math

from fastgd.kernels._jit import compiled, unbound
from fastgd.kernels.arguments import Array, Scalar

step = unbound
SLOTS = 0  # how many numbers the optimizer keeps per coefficient
PENALISED = False
AVERAGED = False


@compiled
def shrink(w: Scalar, threshold: Scalar) -> Scalar:
    """Return the proximal point of threshold * |w| (soft thresholding); NaN stays NaN."""
    if abs(w) <= threshold:
        return w - w
    return w - math.copysign(threshold, w)


def move_each(
    w: Array,
    first: Array,
    second: Array,
    total: Array,
    v: Array,
    scale: Scalar,
    scalars: tuple[Scalar, ...],
    l1: Array,
    l2: Array,
) -> None:
    """Step every w_j along the gradient scale * v_j, then take the proximal step of the L1.

    Where iterates are averaged, *total* is their sum.
    """
    T = w.dtype.type
    for j in range(v.shape[0]):
        g = T(scale * v[j])
        if PENALISED:
            g += l2[j] * w[j]
        if SLOTS == 0:
            w_j, rate = step(w[j], g, *scalars)
        elif SLOTS == 1:
            w_j, rate, first[j] = step(w[j], g, first[j], *scalars)
        else:
            w_j, rate, first[j], second[j] = step(w[j], g, first[j], second[j], *scalars)
        if PENALISED:
            w_j = shrink(w_j, rate * l1[j])
        w[j] = w_j
        if AVERAGED:
            total[j] += w_j
