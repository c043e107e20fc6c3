"""Descent on any function: the loop, and how a value and a gradient are got from the function.

The loop is the same where the function is compiled, and where it is plain Python: then the loop is
run as Python, too, and only the optimizer's step is compiled.
"""

import math
from typing import NamedTuple

import numpy as np

from fastgd.base.types import Args, Array
from fastgd.kernels.compiler.jit import compiled_as_written, unbound
from fastgd.kernels.elementary import is_finite

fun = unbound
jac = unbound
evaluate = unbound
search = unbound
prepare = unbound
move_all = unbound
as_given = unbound
put = unbound
value_of = unbound
SHAPE: tuple[int, ...] = ()
SEARCHES = False

GOING_ON, REACHED, AT_REST, DIVERGED = range(4)
VALUE, NORM, RATE, STILL = range(4)  # places in what is known; STILL: steps without a move
PATIENCE = 3  # of them are enough
VALUES, GRADIENTS = range(2)  # places in the counts of evaluations


@compiled_as_written
def length(g: Array) -> float:
    """Return the Euclidean norm; squares of very small or large numbers are not lost."""
    largest = 0.0
    for j in range(g.shape[0]):
        size = abs(g[j])
        if not size <= largest:
            largest = size
    if largest == 0.0 or not is_finite(largest):
        return largest
    total = 0.0
    for j in range(g.shape[0]):
        total += (g[j] / largest) ** 2
    return largest * math.sqrt(total)


@compiled_as_written
def share(gradient: Array, g: Array, norm: float) -> float:
    """Return gradient'g / norm²."""
    total = 0.0
    for j in range(g.shape[0]):
        total += (gradient[j] / norm) * (g[j] / norm)
    return total


@compiled_as_written
def copy_to(place: Array, x: Array) -> None:
    """Write x there: this loop compiles in a third of the time of a slice's assignment."""
    for j in range(x.shape[0]):
        place[j] = x[j]


@compiled_as_written
def ray(x: Array, g: Array, rate: float, point: Array) -> None:
    """Put x - rate g into *point*."""
    for j in range(x.shape[0]):
        point[j] = x[j] - rate * g[j]


@compiled_as_written
def moved(x: Array, point: Array) -> bool:
    """Return True if two points differ in a bit."""
    count = 0
    for j in range(x.shape[0]):
        count += x[j] != point[j]
    return count > 0


class Workspace(NamedTuple):
    """What a descent keeps from step to step, and where it works."""

    before: Array  # the last point
    good: Array  # the last point whose value was sound
    trial: Array  # of a line search
    gradient: Array  # there
    slots: tuple[Array, ...]  # what the optimizer keeps per parameter, (n,) each


class Limits(NamedTuple):
    """Where it ends."""

    least: float  # norm of the gradient; negative: no end
    limit: float  # value


class Records(NamedTuple):
    """What is kept, of the steps whose numbers are multiples of these."""

    row_every: int  # a row (value, norm of the gradient, rate)
    point_every: int
    value_every: int  # the value is wanted in any case
    rows: Array
    points: Array
    counts: Array  # of evaluations


class Parameters(NamedTuple):
    """Of the optimizer and of the line search."""

    hyper: tuple[float, ...]
    search: tuple[float, ...]


def descend(
    x: Array,
    g: Array,
    known: Array,
    rates: Array,
    t: int,
    workspace: Workspace,
    limits: Limits,
    records: Records,
    parameters: Parameters,
    args: Args,
) -> tuple[int, int]:
    """Take a step per rate from x, whose gradient is g; return how many, and why no more."""
    before, good, trial, gradient, slots = workspace
    least, limit = limits
    row_every, point_every, value_every, rows, points, counts = records
    nothing = rates[:0]
    for k in range(rates.shape[0]):
        copy_to(before, x)
        rate, value = rates[k], math.nan
        if SEARCHES:
            rate, value = search(x, g, known, trial, gradient, parameters.search, args, counts)
            if rate == 0.0:
                return k, AT_REST
        scalars = prepare(t + k + 1, rate, parameters.hyper, x.dtype.type)
        move_all(g, 1.0, x, slots, nothing, scalars, nothing, nothing)
        step = t + k + 1
        is_row = step % row_every == 0
        wanted = is_row or step % value_every == 0
        met = evaluate(x, g, wanted and not SEARCHES, args, counts)
        value = value if SEARCHES else met
        norm = length(g)
        known[VALUE], known[NORM], known[RATE] = value, norm, rate
        known[STILL] = 0.0 if moved(before, x) else known[STILL] + 1.0
        if is_row:
            place = step // row_every - t // row_every - 1
            rows[place, VALUE], rows[place, NORM], rows[place, RATE] = value, norm, rate
        if step % point_every == 0:
            copy_to(points[step // point_every - t // point_every - 1], x)
        sound = is_finite(norm)
        if wanted or SEARCHES:
            sound = sound and is_finite(value) and value <= limit
            if sound:
                copy_to(good, x)
        if not sound:
            return k + 1, DIVERGED
        if norm <= least:
            return k + 1, REACHED
        if known[STILL] == PATIENCE and least >= 0.0:
            return k + 1, AT_REST
    return rates.shape[0], GOING_ON


# What a compiled function is called with, and where its gradient goes: x0 was a number, an array
# of one dimension, or of more. A function gets a copy: what it does with it is its own affair.


def number(x: Array) -> float:
    """Return the only parameter."""
    return float(x[0])


def vector(x: Array) -> Array:
    """Return the parameters."""
    return x.copy()


def reshaped(x: Array) -> Array:
    """Return the parameters in the shape of x0."""
    return x.copy().reshape(SHAPE)


def put_number(gradient: float, g: Array) -> None:
    """Keep the derivative."""
    g[0] = gradient


def put_vector(gradient: Array, g: Array) -> None:
    """Keep the gradient; NaNs where it has another length than it had at first."""
    for j in range(len(g)):
        g[j] = gradient[j] if len(gradient) == len(g) else math.nan


def put_reshaped(gradient: Array, g: Array) -> None:
    """Keep the gradient, row by row."""
    put(gradient.ravel(), g)


def value_alone(x: Array, args: Args, counts: Array) -> float:
    """Return the value of a function that gives nothing else."""
    counts[VALUES] += 1
    return float(fun(as_given(x), *args))


def value_of_both(x: Array, args: Args, counts: Array) -> float:
    """Return the value of a function that gives the gradient, too."""
    counts[VALUES] += 1
    counts[GRADIENTS] += 1
    value, _ = fun(as_given(x), *args)
    return float(value)


def evaluate_both(x: Array, g: Array, wanted: bool, args: Args, counts: Array) -> float:
    """Call a function that returns the value and the gradient."""
    counts[VALUES] += 1
    counts[GRADIENTS] += 1
    value, gradient = fun(as_given(x), *args)
    put(gradient, g)
    return float(value)


def evaluate_apart(x: Array, g: Array, wanted: bool, args: Args, counts: Array) -> float:
    """Call the gradient, and the function where its value is wanted."""
    counts[GRADIENTS] += 1
    put(jac(as_given(x), *args), g)
    return value_of(x, args, counts) if wanted else math.nan


def evaluate_by_differences(x: Array, g: Array, wanted: bool, args: Args, counts: Array) -> float:
    """Take central differences (Nocedal, Wright, "Numerical optimization", 2006, section 8.1)."""
    counts[GRADIENTS] += 1
    value = value_of(x, args, counts) if wanted else math.nan
    relative_step = np.finfo(np.float64).eps ** (1 / 3)
    for j in range(x.shape[0]):
        at = x[j]
        step = relative_step * max(1.0, abs(at))
        x[j] = at + step
        above, value_above = x[j], value_of(x, args, counts)
        x[j] = at - step
        below, value_below = x[j], value_of(x, args, counts)
        x[j] = at
        g[j] = (value_above - value_below) / (above - below)
    return value
