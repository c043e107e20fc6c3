"""One row: its prediction, what the loss says of it, and asking the memory for it in time."""

from fastgd.kernels._jit import compiled, prefetch, unbound
from fastgd.kernels.arguments import Array, Scalar

loss = unbound
GUARDED = False

CACHE_LINE = 64  # bytes


@compiled
def dot(x: Array, w: Array) -> Scalar:
    """Return x.w in the arrays' own type."""
    z = x.dtype.type(0)
    for j in range(x.shape[0]):
        z += x[j] * w[j]
    return z


@compiled
def weight_of(weights: Array, weight_scale: float, i: int) -> float:
    """Return the weight of row i relative to the mean weight."""
    if weights.shape[0] > 0:
        return float(weights[i] * weight_scale)
    return 1.0


@compiled
def fetch(X: Array, y: Array, i: int) -> None:
    """Start to load row i into the second-level cache.

    In random order the hardware cannot guess what comes next. Asking for the first-level cache
    instead fills its few miss buffers: 113 ns a row against 55 (100 features, float64).
    """
    x = X[i]
    for j in range(0, x.shape[0], CACHE_LINE // x.itemsize):
        prefetch(x, j)
    prefetch(x, x.shape[0] - 1)  # a row need not begin where a line does
    prefetch(y, i)


def meet(
    x: Array, z: Scalar, y: Scalar, weight: float, parameters: tuple[float, ...], guard: float
) -> tuple[float, Scalar]:
    """Return a row's weighted loss and slope; the slope in X's type, the loss's own in float64."""
    value, slope = loss(float(z), float(y), parameters)
    if GUARDED:
        pull = weight * (1.0 + dot(x, x))
        if pull > guard:
            slope *= guard / pull
    return weight * value, x.dtype.type(weight * slope)
