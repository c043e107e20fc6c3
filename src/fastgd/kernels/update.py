"""One step: the optimizer's recurrence over every coefficient, then over the intercept."""

import math

from fastgd.kernels._jit import compiled, unbound
from fastgd.kernels.arguments import Array, Scalar

prepare = unbound
step = unbound
move = unbound
move_intercept = unbound  # `move` without the penalty
SLOTS = 0  # how many numbers the optimizer keeps per coefficient
PENALISED = False


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
    v: Array,
    scale: Scalar,
    scalars: tuple[Scalar, ...],
    l1: Array,
    l2: Array,
) -> None:
    """Step every w_j along the gradient scale * v_j, then take the proximal step of the L1."""
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


def take_step(
    coef: Array,
    first: Array,
    second: Array,
    total: Array,
    v: Array,
    v_intercept: Array,
    scale: Scalar,
    t: int,
    learning_rate: float,
    hyper: tuple[float, ...],
    l1: Array,
    l2: Array,
    fit_intercept: bool,
) -> None:
    """Take step t along the gradient scale * (v, v_intercept) and add the iterate to *total*."""
    d = v.shape[0]
    scalars = prepare(t, learning_rate, hyper, coef.dtype.type)
    move(coef[:d], first[:d], second[:d], v, scale, scalars, l1, l2)
    if fit_intercept:
        move_intercept(coef[d:], first[d:], second[d:], v_intercept, scale, scalars, l1, l2)
    for j in range(total.shape[0]):
        total[j] += coef[j]
