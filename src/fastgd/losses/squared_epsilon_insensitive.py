"""Squared error beyond a margin."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.losses.epsilon_insensitive import EpsilonInsensitive
from fastgd.losses.loss import LossFunction


def _squared_epsilon_insensitive(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (epsilon,) = parameters
    r = z - y
    if abs(r) <= epsilon:
        return 0.0, 0.0
    beyond = r - math.copysign(epsilon, r)
    return beyond * beyond, 2.0 * beyond


@dataclass(frozen=True)
class SquaredEpsilonInsensitive(EpsilonInsensitive):
    """max(0, |z - y| - epsilon)², without the ½ of `squared_error`, as in scikit-learn.

    Parameters
    ----------
    epsilon : float
        Errors up to this, in units of y, cost nothing.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.SquaredEpsilonInsensitive(epsilon=0.5).curvature
    2.0
    """

    name: ClassVar[str] = "squared_epsilon_insensitive"
    function: ClassVar[LossFunction] = staticmethod(_squared_epsilon_insensitive)
    curvature: ClassVar[float | None] = 2.0
    robust: ClassVar[bool] = False
