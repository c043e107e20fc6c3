"""The table of schedules: which there are.

`fastgd` and `fastgd.schedules` take their names from here. A new schedule is a file beside this
one, its import, a row of `SCHEDULES` and a name in `__all__`, which type checkers read.
"""

from fastgd.schedules.adaptive import Adaptive
from fastgd.schedules.constant import Constant
from fastgd.schedules.cosine import Cosine
from fastgd.schedules.exponential import Exponential
from fastgd.schedules.inverse_scaling import InverseScaling
from fastgd.schedules.inverse_time_decay import InverseTimeDecay
from fastgd.schedules.optimal import Optimal
from fastgd.schedules.piecewise_constant import PiecewiseConstant
from fastgd.schedules.schedule import Schedule
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
    "Adaptive",
    "Constant",
    "Cosine",
    "Exponential",
    "InverseScaling",
    "InverseTimeDecay",
    "Optimal",
    "PiecewiseConstant",
    "StepDecay",
    "Warmup",
]
