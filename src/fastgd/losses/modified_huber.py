"""Modified Huber loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fastgd.losses.loss import Loss, LossFunction, Probability


def _modified_huber(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    missing = 1.0 - y * z
    if missing < 0:
        return 0.0, 0.0
    if missing <= 2:
        return missing * missing, -2.0 * y * missing
    return 4.0 * (missing - 1.0), -4.0 * y + 0.0 * missing


def _clipped(z: Any) -> Any:
    return (np.clip(z, -1.0, 1.0) + 1.0) / 2.0


@dataclass(frozen=True)
class ModifiedHuber(Loss):
    """max(0, 1 - yz)² where yz >= -1, -4yz beyond: a hinge that outliers pull on boundedly.

    Two labels, mapped to y = -1 and +1; (z + 1) / 2, held to [0, 1], is the probability of the
    second one.

    References
    ----------
    Zhang, "Solving large scale linear prediction problems using stochastic gradient descent
    algorithms", 2004, section 3.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.ModifiedHuber().curvature
    2.0
    """

    name: ClassVar[str] = "modified_huber"
    function: ClassVar[LossFunction] = staticmethod(_modified_huber)
    target: ClassVar[str] = "binary"
    curvature: ClassVar[float | None] = 2.0
    probability: ClassVar[Probability | None] = staticmethod(_clipped)
