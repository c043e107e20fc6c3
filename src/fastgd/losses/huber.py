"""Huber's loss."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.validation import check_positive
from fastgd.losses.loss import Loss, LossFunction


def _huber(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (delta,) = parameters
    r = z - y
    if abs(r) <= delta:
        return 0.5 * r * r, r
    return delta * (abs(r) - 0.5 * delta), math.copysign(delta, r) + 0.0 * r


@dataclass(frozen=True)
class Huber(Loss):
    """½r² where |r| = |z - y| <= delta, delta(|r| - ½delta) beyond: outliers pull boundedly.

    Parameters
    ----------
    delta : float
        Where the loss turns from quadratic to linear, in units of y. The default, 1.35, keeps
        95 % of the efficiency of least squares if the noise is normal with variance 1.

    References
    ----------
    Huber, "Robust estimation of a location parameter", 1964, section 4.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Huber(delta=2.0).parameters
    (2.0,)
    """

    delta: float = 1.35
    name: ClassVar[str] = "huber"
    function: ClassVar[LossFunction] = staticmethod(_huber)
    of_residual: ClassVar[bool] = True
    robust: ClassVar[bool] = True
    curvature: ClassVar[float | None] = 1.0

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_positive("delta", self.delta)
