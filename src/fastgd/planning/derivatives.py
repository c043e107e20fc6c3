"""Is the derivative that a loss returns that of its value? Asked once, before the first step.

The value's central differences say what the derivative should be, at predictions and targets that
occur in the data. A point counts against the loss only if differences over several distances and on
both sides agree on another derivative: kinks, rounding and values that are not finite say nothing.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.data.sources import Source
from fastgd.data.tables import take
from fastgd.kernels.compiler.jit import JIT_ENABLED, load
from fastgd.losses import Loss

TARGETS = 5  # quantiles of y that are tried
TAILS = (0.01, 0.04, 0.96, 0.99)  # more of them, beside the extremes
MAX_TARGETS_READ = 1000
STARTS = 7  # rows whose predictions at the start are tried
AROUND = (-3.1, -1.3, -0.4, 0.23, 0.9, 2.7)  # in units of the spread of y
NEAR = (-0.7, 0.4)  # from a target: a loss may have a scale of its own
DISTANCES = 10.0 ** np.arange(-13, -1)  # of the differences, relative to the prediction and target
COARSE = 1e-6  # a relative distance that float32 resolves
CLOSE = 0.02  # a relative difference that truncation and rounding may make
NEGLIGIBLE = 1e-6  # of the usual size of a derivative
EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 64.0  # of the value, which differences may be made of
MIN_WRONG = 3  # points, and a fraction of those that say something
MIN_WRONG_FRACTION = 0.025
MIN_WRONG_AT_TARGET = 0.25  # of those of one target

ScalarLoss = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Point:
    """A prediction and a target, the derivative that was returned there and that of the value."""

    z: float
    y: float
    returned: float
    difference: float  # the same if the derivative is right

    @property
    def is_right(self) -> bool:
        """Return True if the derivative is that of the value."""
        return self.returned == self.difference

    @property
    def relative_error(self) -> float:
        """How far the two are apart."""
        size = max(abs(self.returned), abs(self.difference))
        return abs(self.returned - self.difference) / size


def refuse_wrong_derivative(loss: Loss, source: Source, initial: Floats | None) -> None:
    """Raise ValueError if a loss of the user's does not return the derivative of its value."""
    if loss.built_in:
        return

    def check() -> None:
        places = [*_places(source, initial, loss.takes_labels)]
        with np.errstate(all="ignore"):
            _check(in_python(loss), loss, places)

    if JIT_ENABLED:  # it may call what is jitted
        load(check)
    else:
        check()


def _check(f: ScalarLoss, loss: Loss, places: list[tuple[float, float]]) -> None:
    wrong, right = _judge(f, places)
    if not _is_wrong(wrong, right):
        return
    point = max(wrong, key=lambda p: p.relative_error)
    begins = (
        f"the loss {loss.name!r} must return its value and the derivative of that value by the "
        f"prediction: at z = {point.z:.4g}, y = {point.y:.4g} it returns the derivative "
        f"{point.returned:.4g}, but the difference quotient of its value is {point.difference:.4g}"
    )
    order = "the prediction z is the first argument and the target y the second, f(z, y)"
    if not _is_wrong(*_judge(_with_opposite_sign(f), places)):
        advice = f"the sign is reversed, as it is if the arguments are swapped: {order}"
    elif _explains(lambda z, y: f(y, z), places):
        advice = f"the arguments seem to be swapped: {order}"
    else:
        advice = f"correct the derivative; {order}"
    raise ValueError(f"{begins}; {advice}.")


def _places(
    source: Source, initial: Floats | None, takes_labels: bool
) -> Iterator[tuple[float, float]]:
    """Yield predictions and targets: at the start, and around targets of the data."""
    rows = np.linspace(0, source.n - 1, min(source.n, MAX_TARGETS_READ)).astype(np.int64)
    if source.weighted:
        counted = rows[source.weights[rows] > 0]
        rows = counted if len(counted) else rows
    few = rows[np.linspace(0, len(rows) - 1, min(STARTS, len(rows))).astype(np.int64)]
    z = np.zeros(len(few))
    if initial is not None:
        z = take(source.table, few) @ initial[:-1] + initial[-1]
    yield from zip(z.tolist(), source.y[few].tolist(), strict=True)
    y = source.y[rows].astype(np.float64)
    y = np.sort(y[np.isfinite(y)])
    if not len(y):
        return
    inner = np.linspace(0, 1, 2 * TARGETS + 1)[1::2]
    places = np.concatenate([inner, TAILS]) * (len(y) - 1)
    targets = np.unique([*y[places.astype(np.int64)], *_extremes(source)])
    middle, spread = (0.0, 1.0) if takes_labels else _middle_and_spread(y)
    for target in targets.tolist():
        yield 0.0, target
        for k in AROUND:
            yield target + k * spread, target
            yield middle + k * spread, target
        for k in NEAR:
            yield target + k, target


def _extremes(source: Source) -> tuple[float, float]:
    """Return the least and the largest finite target of all rows that count."""
    counts = np.isfinite(source.y)
    if source.weighted and (source.weights[counts] > 0).any():
        counts &= source.weights > 0
    least = np.min(source.y, where=counts, initial=np.inf)
    largest = np.max(source.y, where=counts, initial=-np.inf)
    return float(least), float(largest)


def _middle_and_spread(y: Floats) -> tuple[float, float]:
    """Return the median of sorted targets, and a robust measure of how far they spread."""
    middle = float(y[len(y) // 2])
    distances = np.sort(np.abs(y - middle))
    sizes = (distances[len(y) // 2], distances[(9 * len(y)) // 10], abs(middle), 1.0)
    return middle, next(float(size) for size in sizes if size > 0)


def in_python(loss: Loss) -> ScalarLoss:
    """Return the loss as a function of two floats; NaNs if it raises."""
    function: Any = getattr(loss.function, "py_func", loss.function)
    more = (loss.parameters,) if loss.takes_parameters else ()

    def f(z: float, y: float) -> tuple[float, float]:
        try:
            value, derivative = function(np.float64(z), np.float64(y), *more)
            return float(value), float(derivative)
        except Exception:  # outside of its domain, or known to the compiler alone
            return math.nan, math.nan

    return f


def _with_opposite_sign(f: ScalarLoss) -> ScalarLoss:
    def opposite(z: float, y: float) -> tuple[float, float]:
        value, derivative = f(z, y)
        return value, -derivative

    return opposite


def _explains(f: ScalarLoss, places: list[tuple[float, float]]) -> bool:
    """Return True if the derivatives of *f* are those of its value, some of them not zero."""
    wrong, right = _judge(f, places)
    return not _is_wrong(wrong, right) and any(point.returned != 0 for point in right)


def _is_wrong(wrong: list[Point], right: list[Point]) -> bool:
    """Return True if enough of all points are wrong, or of those of one target, as in a tail."""
    if len(wrong) >= max(MIN_WRONG, MIN_WRONG_FRACTION * (len(wrong) + len(right))):
        return True
    bad, good = (Counter(point.y for point in points) for points in (wrong, right))
    return any(
        count >= max(MIN_WRONG, MIN_WRONG_AT_TARGET * (count + good[y])) for y, count in bad.items()
    )


def _judge(f: ScalarLoss, places: list[tuple[float, float]]) -> tuple[list[Point], list[Point]]:
    """Return the points at which the derivative is wrong, and those at which it is right."""
    returned = [abs(f(z, y)[1]) for z, y in places]
    finite = [size for size in returned if math.isfinite(size)]
    negligible = NEGLIGIBLE * float(np.quantile(finite, 0.75)) if finite else 0.0
    points = [
        point for z, y in dict.fromkeys(places) if (point := check_point(f, z, y, negligible))
    ]
    wrong = [point for point in points if not point.is_right]
    return wrong, [point for point in points if point.is_right]


def check_point(f: ScalarLoss, z: float, y: float, negligible: float) -> Point | None:
    """Return what is found at a point; None if differences agree on nothing there."""
    value, returned = f(z, y)
    if not (math.isfinite(value) and math.isfinite(returned)):
        return None
    scale, agreed, before = max(abs(z), abs(y)) or 1.0, math.nan, math.nan
    for relative in DISTANCES.tolist():
        distance = relative * scale
        below, above = _one_sided(f, z, value, y, distance)
        central = 0.5 * (below + above)
        noise = ROUNDINGS * EPS * (abs(value) + abs(returned) * scale)
        size = distance * max(abs(central), abs(returned))
        if not math.isfinite(central) or noise > CLOSE * size > 0:
            continue
        if abs(central - returned) <= CLOSE * max(abs(central), abs(returned)) + negligible:
            return Point(z, y, returned, returned)
        # A value that does not move may be one that is rounded.
        is_seen = central != 0 or (relative >= COARSE and size > ROUNDINGS * EPS)
        is_smooth = is_seen and _near(below, above, 5 * CLOSE)
        if math.isnan(agreed) and is_smooth and _near(central, before, CLOSE):
            agreed = central
        before = central if is_smooth else math.nan
    return None if math.isnan(agreed) else Point(z, y, returned, agreed)


def _one_sided(
    f: ScalarLoss, z: float, value: float, y: float, distance: float
) -> tuple[float, float]:
    """Return the difference quotients to both sides of z."""
    below, above = z - distance, z + distance
    if not below < z < above:
        return math.nan, math.nan
    return (value - f(below, y)[0]) / (z - below), (f(above, y)[0] - value) / (above - z)


def _near(a: float, b: float, close: float) -> bool:
    return abs(a - b) <= close * max(abs(a), abs(b))
