"""Averages of iterates: what is summed, from where on, and the mean that is returned."""

import numpy as np

from fastgd.base.types import Floats
from fastgd.descent.state import State
from fastgd.planning.plan import Plan


def mean_iterate(plan: Plan, state: State) -> Floats:
    """Return the average of the iterates, or the last iterate if there is no average yet."""
    counted = state.counted + state.older_counted
    if counted == 0 or (plan.average == "tail" and not state.in_tail):
        return state.coef.astype(np.float64)
    total = state.total + state.older_total if state.older_counted else state.total
    return (
        total / counted
        if plan.coordinates is None
        else plan.coordinates.inverse_transform(total / counted)
    )


def count_iterates(plan: Plan, state: State, steps: int) -> None:
    """Count iterates that were added to the sum."""
    if plan.average != "none":
        state.counted += steps


def is_epoch_of_tail(plan: Plan, state: State) -> bool:
    """Return True if averaging of the "tail" begins within this epoch."""
    return plan.average == "tail" and state.epoch == plan.averages_from[0]


def begin_tail(state: State) -> None:
    """Begin to average: iterates up to here do not count."""
    state.total[:], state.counted, state.in_tail = 0.0, 0, True


def drop_older_half(state: State) -> None:
    """Average the second half of the run or more: called after 1, 2, 4, 8, ... epochs."""
    state.older_total, state.older_counted = state.total.copy(), state.counted
    state.total[:] = 0.0
    state.counted = 0
