"""Smoothed losses: piecewise linear ones whose kinks are rounded, so that they have a Hessian.

A kink is a multiple of max(0, u). Its smoothed form is (u + width)^2 / (4 width) if u is within
*width* of zero: at most width / 4 too large there, and exact elsewhere (Nesterov, "Smooth
minimization of non-smooth functions", 2005).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.robust import Targets
from fastgd.losses import AbsoluteError, EpsilonInsensitive, Hinge, Loss, LossFunction, Quantile


def _smoothed_error(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    below, first, first_jump, second, second_jump, width = parameters
    r = z - y
    a, b = r - first, r - second
    rise_a = min(max((a + width) / (2.0 * width), 0.0), 1.0)
    rise_b = min(max((b + width) / (2.0 * width), 0.0), 1.0)
    ramp_a = width * rise_a * rise_a + max(a - width, 0.0)
    ramp_b = width * rise_b * rise_b + max(b - width, 0.0)
    value = below * a + first_jump * ramp_a + second_jump * ramp_b
    return value, below + first_jump * rise_a + second_jump * rise_b + 0.0 * r


def _smoothed_hinge(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (width,) = parameters
    missing = 1.0 - y * z  # from a margin of 1
    rise = min(max((missing + width) / (2.0 * width), 0.0), 1.0)
    return width * rise * rise + max(missing - width, 0.0), -y * rise + 0.0 * missing


@dataclass(frozen=True)
class SmoothedError(Loss):
    """below (r - first) + first_jump max(0, r - first) + second_jump max(0, r - second), smoothed.

    The loss is one of r = z - y.
    """

    below: float  # the derivative below the first kink
    first: float
    first_jump: float
    second: float
    second_jump: float
    width: float
    name: ClassVar[str] = "smoothed error"
    function: ClassVar[LossFunction] = staticmethod(_smoothed_error)

    def __post_init__(self) -> None:
        """State the bound of the second derivative."""
        overlap = self.second - self.first < 2.0 * self.width
        jumps = self.first_jump, self.second_jump
        jump = sum(jumps) if overlap else max(jumps)
        object.__setattr__(self, "curvature", jump / (2.0 * self.width))

    @property
    def quantile(self) -> float:
        """Which quantile of the targets is the best constant prediction."""
        return -self.below / (self.first_jump + self.second_jump)

    def best_constant(self, targets: Targets) -> float:
        """Return the quantile."""
        return targets.quantile(self.quantile)


@dataclass(frozen=True)
class SmoothedHinge(Loss):
    """max(0, 1 - yz), smoothed."""

    width: float
    name: ClassVar[str] = "smoothed hinge"
    function: ClassVar[LossFunction] = staticmethod(_smoothed_hinge)
    target: ClassVar[str] = "binary"

    def __post_init__(self) -> None:
        """State the bound of the second derivative."""
        object.__setattr__(self, "curvature", 0.5 / self.width)


def can_smooth(loss: Loss) -> bool:
    """Return True if a loss is piecewise linear with known kinks."""
    return type(loss) in (AbsoluteError, Quantile, EpsilonInsensitive, Hinge)


def smoothed(loss: Loss, width: float) -> Loss:
    """Return a loss that `can_smooth`, with its kinks rounded within *width*."""
    if isinstance(loss, Hinge):
        return SmoothedHinge(width)
    if isinstance(loss, Quantile):
        return SmoothedError(-loss.quantile, 0.0, 1.0, 0.0, 0.0, width)
    if isinstance(loss, EpsilonInsensitive):
        return SmoothedError(-1.0, -loss.epsilon, 1.0, loss.epsilon, 1.0, width)
    return SmoothedError(-1.0, 0.0, 2.0, 0.0, 0.0, width)
