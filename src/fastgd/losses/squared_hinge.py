"""Squared hinge loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.losses.loss import Loss, LossFunction


def _squared_hinge(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    missing = 1.0 - y * z
    if missing < 0:
        return 0.0, 0.0
    return missing * missing, -2.0 * y * missing


@dataclass(frozen=True)
class SquaredHinge(Loss):
    """max(0, 1 - yz)², without a ½, as in scikit-learn; two labels, mapped to y = -1 and +1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.SquaredHinge().curvature
    2.0
    """

    name: ClassVar[str] = "squared_hinge"
    function: ClassVar[LossFunction] = staticmethod(_squared_hinge)
    target: ClassVar[str] = "binary"
    curvature: ClassVar[float | None] = 2.0
