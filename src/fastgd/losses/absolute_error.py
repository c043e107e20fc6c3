"""Absolute error."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.losses.loss import Loss, LossFunction


def _absolute_error(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    r = z - y
    if r == 0:
        return 0.0, 0.0
    return abs(r), math.copysign(1.0, r) + 0.0 * r


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """|z - y|: its optimum is the conditional median, which outliers hardly move.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.AbsoluteError().name
    'absolute_error'
    """

    name: ClassVar[str] = "absolute_error"
    function: ClassVar[LossFunction] = staticmethod(_absolute_error)
    of_residual: ClassVar[bool] = True
    robust: ClassVar[bool] = True
