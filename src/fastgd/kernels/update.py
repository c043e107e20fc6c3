"""One step: the optimizer's recurrence over every coefficient, then over the intercept."""

import math

from fastgd.base.types import Array, Scalar
from fastgd.kernels.arguments import Model, Settings
from fastgd.kernels.compiler.jit import compiled, unbound
from fastgd.kernels.slots import load_slots, store_slots

step = unbound
prepare = unbound
move_one = unbound
move_all_coefficients = unbound
move_intercept = unbound
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
    point: Array,
    slots: tuple[Array, ...],
    total: Array,
    scalars: tuple[Scalar, ...],
    l1: Array,
    l2: Array,
) -> None:
    """Step coefficient j along its gradient g, then take the proximal step of the L1 penalty.

    Where iterates are averaged, *total* is their sum.
    """
    if PENALISED:
        g += l2[j] * point[j]
    found = step(point[j], g, *(load_slots(slots, j) + scalars))
    u, rate = found[0], found[1]
    store_slots(slots, j, found[2:])
    if PENALISED:
        u = shrink(u, rate * l1[j])
    point[j] = u
    if AVERAGED:
        total[j] += u


def move_all(
    v: Array,
    scale: Scalar,
    point: Array,
    slots: tuple[Array, ...],
    total: Array,
    scalars: tuple[Scalar, ...],
    l1: Array,
    l2: Array,
) -> None:
    """Step every coefficient along the gradient scale * v."""
    T = point.dtype.type
    for j in range(v.shape[0]):
        move_one(j, T(scale * v[j]), point, slots, total, scalars, l1, l2)


def take_step(
    v: Array, scale: Scalar, g_b: Scalar, model: Model, settings: Settings, t: int, rate: float
) -> None:
    """Take step t along the gradient scale * v of the coefficients, *g_b* of the intercept."""
    _, point, slots, total = model
    l1, l2 = settings.l1, settings.l2
    T = point.dtype.type
    scalars = prepare(t, rate, settings.hyper, T)
    move_all(v, T(scale), point, slots, total, scalars, l1, l2)
    if settings.fit_intercept:
        move_intercept(v.shape[0], T(g_b), point, slots, total, scalars, l1, l2)
