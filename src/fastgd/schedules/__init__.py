"""Schedules: the learning rate of every step, from the steps' numbers.

A schedule is called with an array of step numbers (they count from 1, over the whole run) and
returns as many rates; a user's own function may take one number at a time. `Adaptive` also looks
at each epoch's loss: what it remembers is part of a run's state, so that a run can be stopped and
gone on with.

To add a schedule, write its class in a file of its own and name it in `table.py`.
"""

from fastgd.schedules import table
from fastgd.schedules.from_callable import CLOSE, FIRST_STEPS, FromCallable
from fastgd.schedules.schedule import Memory, Schedule
from fastgd.schedules.schedule import Rates as Rates
from fastgd.schedules.schedule import Steps as Steps
from fastgd.schedules.shown import shown_rate
from fastgd.schedules.table import *  # noqa: F403
from fastgd.schedules.table import SCHEDULES

__all__ = [
    "CLOSE",
    "FIRST_STEPS",
    "SCHEDULES",
    "FromCallable",
    "Memory",
    "Schedule",
    "shown_rate",
]
__all__ += table.__all__


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
