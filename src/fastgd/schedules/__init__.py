"""Schedules: the learning rate of every step, from the steps' numbers.

A schedule is called with an array of step numbers (they count from 1, over the whole run) and
returns as many rates; a user's own function may take one number at a time. `Adaptive` also looks
at each epoch's loss: what it remembers is part of a run's state, so that a run can be stopped and
gone on with.

To add a schedule, write its class in a file of its own and name it in `SCHEDULES`.
"""

from fastgd.schedules.adaptive import Adaptive
from fastgd.schedules.constant import Constant
from fastgd.schedules.cosine import Cosine
from fastgd.schedules.exponential import Exponential
from fastgd.schedules.from_callable import CLOSE, FIRST_STEPS, FromCallable
from fastgd.schedules.inverse_scaling import InverseScaling
from fastgd.schedules.inverse_time_decay import InverseTimeDecay
from fastgd.schedules.optimal import Optimal
from fastgd.schedules.piecewise_constant import PiecewiseConstant
from fastgd.schedules.schedule import Memory, Schedule
from fastgd.schedules.schedule import Rates as Rates
from fastgd.schedules.schedule import Steps as Steps
from fastgd.schedules.shown import shown_rate
from fastgd.schedules.step_decay import StepDecay
from fastgd.schedules.warmup import Warmup

SCHEDULES: dict[str, type[Schedule]] = {
    row.__name__: row
    for row in (
        Constant,
        InverseScaling,
        InverseTimeDecay,
        Optimal,
        Exponential,
        StepDecay,
        Cosine,
        Adaptive,
        PiecewiseConstant,
        Warmup,
    )
}

__all__ = [
    "CLOSE",
    "FIRST_STEPS",
    "SCHEDULES",
    "Adaptive",
    "Constant",
    "Cosine",
    "Exponential",
    "FromCallable",
    "InverseScaling",
    "InverseTimeDecay",
    "Memory",
    "Optimal",
    "PiecewiseConstant",
    "Schedule",
    "StepDecay",
    "Warmup",
    "shown_rate",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
