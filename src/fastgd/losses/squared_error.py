"""Squared error, and half the square of the prediction alone."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.robust import Targets
from fastgd.losses.loss import Loss, LossFunction


def _squared_error(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    r = z - y
    return 0.5 * r * r, r


def _half_square(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    return 0.5 * z * z, z


@dataclass(frozen=True)
class SquaredError(Loss):
    """½(z - y)²: ordinary least squares, whose optimum is the conditional mean.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[0.0], [1.0]], [1.0, 3.0], "batch", loss=fastgd.SquaredError()).coef_.round(3)
    array([2.])
    """

    name: ClassVar[str] = "squared_error"
    function: ClassVar[LossFunction] = staticmethod(_squared_error)
    of_residual: ClassVar[bool] = True
    quadratic: ClassVar[bool] = True
    curvature: ClassVar[float | None] = 1.0

    def best_constant(self, targets: Targets) -> float:
        """Return the mean."""
        return targets.mean


@dataclass(frozen=True)
class HalfSquare(Loss):
    """½z², whatever the target: its gradient at v is X'Xv / n, which a power iteration needs."""

    name: ClassVar[str] = "half_square"
    function: ClassVar[LossFunction] = staticmethod(_half_square)
    curvature: ClassVar[float | None] = 1.0
