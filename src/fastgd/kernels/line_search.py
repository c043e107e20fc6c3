"""Line searches: how far to go against the gradient, from what the function is like there.

Derivatives along the ray are fractions of that at its start, which is -1. A value that is infinite
or NaN is too far.
"""

import math

from fastgd.base.types import Args, Array
from fastgd.kernels.compiler.jit import Kernel, unbound
from fastgd.kernels.elementary import is_finite
from fastgd.kernels.minimize import NORM, RATE, VALUE, moved, ray, share

evaluate: Kernel = unbound
value_of: Kernel = unbound
along: Kernel = unbound
sufficient: Kernel = unbound

ROUNDING = 4e-16  # of the value: less tells nothing
REST = 0.5  # fraction of the derivative that a step may leave if values tell nothing
SHARPNESS = 1e-10  # of the derivative: what an exact search leaves of it
MAX_TRIALS = 100_000
MAX_CUTS = 100  # of a bracket
LARGEST = 1e308


def derivative_along(
    x: Array,
    g: Array,
    known: Array,
    rate: float,
    trial: Array,
    gradient: Array,
    args: Args,
    counts: Array,
) -> float:
    """Return the derivative along the ray at x - rate g."""
    ray(x, g, rate, trial)
    evaluate(trial, gradient, False, args, counts)
    return -float(share(gradient, g, known[NORM]))


def armijo(
    x: Array,
    g: Array,
    known: Array,
    trial: Array,
    gradient: Array,
    searching: tuple[float, ...],
    args: Args,
    counts: Array,
) -> tuple[float, float]:
    """Return the first rate that lowers the value enough, and that value; 0 where none does.

    The rates tried begin at *growth* times the last one and shrink (Armijo 1966).
    """
    eta0, decrease, shrink, growth = searching
    rate = eta0 if math.isnan(known[RATE]) else growth * known[RATE]
    ray(x, g, rate, trial)
    while not moved(x, trial) and rate <= LARGEST:  # no trial at all
        rate *= 2.0
        ray(x, g, rate, trial)
    accepted: tuple[float, float] = sufficient(
        x, g, known, rate, decrease, shrink, trial, gradient, args, counts
    )
    return accepted


def first_sufficient(
    x: Array,
    g: Array,
    known: Array,
    rate: float,
    decrease: float,
    shrink: float,
    trial: Array,
    gradient: Array,
    args: Args,
    counts: Array,
) -> tuple[float, float]:
    """Shrink *rate* until it lowers the value by a fraction of what the derivative promises.

    If the value has no digits left to tell, the derivative does (Hager, Zhang 2005, section 2): it
    must be small or, at the first trial, promise no more than rounding hides.
    """
    for k in range(MAX_TRIALS):
        ray(x, g, rate, trial)
        if not moved(x, trial):
            break
        value = value_of(trial, args, counts)
        fall, unseen = rate * known[NORM] * known[NORM], ROUNDING * abs(known[VALUE])
        enough = False
        if abs(value - known[VALUE]) <= unseen:
            left = along(x, g, known, rate, trial, gradient, args, counts)
            enough = abs(left) <= REST or (k == 0 and -unseen <= left * fall <= 0.0)
        elif value < math.inf:  # minus infinity, too: it falls without end
            enough = value <= known[VALUE] - decrease * fall
        if enough:
            return rate, value
        rate *= shrink
    return 0.0, known[VALUE]


def exact(
    x: Array,
    g: Array,
    known: Array,
    trial: Array,
    gradient: Array,
    searching: tuple[float, ...],
    args: Args,
    counts: Array,
) -> tuple[float, float]:
    """Return the rate at which the derivative along the ray vanishes, and the value there.

    A bracket by doubling, then the Illinois form of the false position (Dowell, Jarratt 1971): of
    a quadratic function it finds the rate at the first attempt. Where the value falls without end,
    it goes as far as numbers go.
    """
    eta0, decrease, shrink, _ = searching
    low, derivative_low = 0.0, -1.0
    high = eta0 if math.isnan(known[RATE]) else known[RATE]
    derivative_high = along(x, g, known, high, trial, gradient, args, counts)
    while derivative_high < 0.0 and 2.0 * high <= LARGEST:
        low, derivative_low, high = high, derivative_high, 2.0 * high
        derivative_high = along(x, g, known, high, trial, gradient, args, counts)
    rate, last, found = high, 0, derivative_high
    for _ in range(MAX_CUTS):
        if derivative_high < 0.0 or abs(found) <= SHARPNESS:
            break
        rate = 0.5 * (low + high)
        if is_finite(derivative_high):
            rate = low - derivative_low * (high - low) / (derivative_high - derivative_low)
        if not low < rate < high:
            break
        found = along(x, g, known, rate, trial, gradient, args, counts)
        if found < 0.0:
            low, derivative_low = rate, found
            derivative_high *= 0.5 if last < 0 else 1.0
            last = -1
        else:
            high, derivative_high = rate, found
            derivative_low *= 0.5 if last > 0 else 1.0
            last = 1
    ray(x, g, rate, trial)
    value = value_of(trial, args, counts)
    if value <= known[VALUE] + ROUNDING * abs(known[VALUE]):
        return rate, value
    accepted: tuple[float, float] = sufficient(
        x, g, known, rate, decrease, shrink, trial, gradient, args, counts
    )
    return accepted
