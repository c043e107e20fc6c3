"""What kernels are given: tuples of arrays and numbers, never a string or an object.

A kernel unpacks its tuples once, before its loop: a tuple of arrays handed to a function inside
the loop is counted in and out there, which made a row of ten features cost 49 ns instead of 20.
"""

from typing import NamedTuple

from fastgd.base.types import Array


class Data(NamedTuple):
    """One C-order block of rows; `weights` is empty where every row counts the same."""

    X: Array  # (rows, features)
    y: Array  # (rows,), in X's type
    weights: Array  # (rows,) or (0,), float64
    weight_scale: float  # 1 / mean weight of the whole table


class Model(NamedTuple):
    """What a step changes in place; arrays that a run does not need are empty.

    The intercept's arrays hold one element. In coordinates x * units + shift, w and b are what
    predictions are made with there; otherwise they lie in *coef*.
    """

    coef: Array  # (features + 1,): coefficients and intercept as they are
    w: Array  # (features,)
    w_first: Array  # the optimizer's slots, (features,) or (0,)
    w_second: Array
    w_total: Array  # sum of the iterates to average, float64, (features,) or (0,)
    b: Array
    b_first: Array
    b_second: Array
    b_total: Array


class Settings(NamedTuple):
    """Numbers that stay the same for a whole run; another value compiles nothing."""

    loss: tuple[float, ...]  # parameters of the loss
    hyper: tuple[float, ...]  # parameters of the optimizer
    l1: Array  # (features,), or (0,) without a penalty; where steps are taken
    l2: Array
    units: Array  # (features,): x * units + shift are the coordinates, or (0,): x itself
    shift: Array
    guard: float  # a derivative is multiplied by min(1, guard / (rate weight ||(u, 1)||^2))
    fit_intercept: bool


class Room(NamedTuple):
    """Where rows that are taken together are worked on; each thread needs its own."""

    together: int  # how many rows
    floats: Array  # (5, rows at most)
    numbers: Array  # (2, rows at most), int64


# Places in a tally, the float64 array in which kernels add up what they met. It starts at zero
# in each epoch and is carried from call to call, so that cutting calls changes no bit of it.
LOSS, WEIGHT, NOT_FINITE = range(3)
TALLY_SIZE = 3

LINE_BYTES = 32  # of the vectors in which kernels take a row
