"""Absolute error beyond a margin."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.validation import check_not_negative
from fastgd.losses.loss import Loss, LossFunction


def _epsilon_insensitive(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (epsilon,) = parameters
    r = z - y
    if abs(r) <= epsilon:
        return 0.0, 0.0
    return abs(r) - epsilon, math.copysign(1.0, r) + 0.0 * r


@dataclass(frozen=True)
class EpsilonInsensitive(Loss):
    """max(0, |z - y| - epsilon): linear support vector regression.

    Parameters
    ----------
    epsilon : float
        Errors up to this, in units of y, cost nothing.

    References
    ----------
    Vapnik, "The nature of statistical learning theory", 1995, section 6.1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.EpsilonInsensitive(epsilon=0.5).parameters
    (0.5,)
    """

    epsilon: float = 0.1
    name: ClassVar[str] = "epsilon_insensitive"
    function: ClassVar[LossFunction] = staticmethod(_epsilon_insensitive)
    of_residual: ClassVar[bool] = True
    robust: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_not_negative("epsilon", self.epsilon)
