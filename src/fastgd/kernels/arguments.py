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


class RowList(NamedTuple):
    """Which rows are visited, and which are prefetched meanwhile; both empty: rows in order."""

    rows: Array  # int64
    prefetched: Array  # as many


class Model(NamedTuple):
    """What a step changes in place. The intercept is the last element."""

    coef: Array  # (features + 1,): coefficients and intercept as they are
    point: Array  # the same where steps are taken: in x * units + shift, or *coef* itself
    slots: tuple[Array, ...]  # what the optimizer keeps per coefficient, (features + 1,) each
    total: Array  # (features + 1,) or (0,): sum of the iterates to average, float64


class Settings(NamedTuple):
    """Numbers that stay the same for a whole run; another value compiles nothing."""

    loss: tuple[float, ...]  # parameters of the loss
    hyper: tuple[float, ...]  # parameters of the optimizer
    l1: Array  # (features,), or (0,) without a penalty; where steps are taken
    l2: Array
    units: Array  # (features,): x * units + shift are the coordinates, or (0,): x itself
    shift: Array
    clip: float  # a derivative is multiplied by min(1, clip / (rate weight ||(u, 1)||^2))
    fit_intercept: bool


class Workspace(NamedTuple):
    """Where a block of rows is worked on; each thread needs its own."""

    block_rows: int  # how many rows, at most
    rows_ahead: int  # between rows taken in order and those prefetched meanwhile
    floats: Array  # (5, block rows at most): see the places below
    lists: Array  # (2, block rows at most), int64


class Groups(NamedTuple):
    """Groups of rows, each summed into a row of its own, or all of them into the only one."""

    rows: int  # in a group
    sums: Array  # (groups, features + 1 or more): gradients
    tallies: Array  # (groups, TALLY_SIZE)
    board: Array  # (BOARD_SIZE,): where threads share them out


class Span(NamedTuple):
    """A stretch of visits."""

    start: int
    stop: int
    filled: int  # rows of the first group that were summed before
    row: int  # of the sums, for the first group


class Batch(NamedTuple):
    """Where a mini-batch stands when a call begins."""

    size: int
    filled: int  # rows of the first batch that were summed before
    before: int  # rows of the first group that were summed before
    ends_epoch: bool  # the last batch steps even if it is short


Z, TARGETS, WEIGHTS, NORMS, DERIVATIVES = range(5)  # places in a workspace's floats
VISITED, PREFETCHED = range(2)  # and in its lists

# Places in a tally, the float64 array in which kernels add up what they met. It starts at zero
# in each epoch and is carried from call to call, so that cutting calls changes no bit of it.
LOSS, WEIGHT, NOT_FINITE = range(3)
TALLY_SIZE = 3

LINE_BYTES = 32  # of the vectors in which kernels take a row
