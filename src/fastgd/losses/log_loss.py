"""Logistic loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fastgd.kernels.elementary import exp_of_negative, log_of_one_plus
from fastgd.losses.loss import Loss, LossFunction, Probability


def _log_loss(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    m = -y * z
    e = exp_of_negative(-abs(m))  # at most 1: nothing overflows, however large the margin
    share = 1.0 / (1.0 + e)
    value = (m if m > 0 else 0.0) + log_of_one_plus(e)
    return value, -y * (share if m > 0 else e * share)


def _logistic(z: Any) -> Any:
    small = np.exp(-np.abs(z))
    return np.where(z > 0, 1.0, small) / (1.0 + small)


@dataclass(frozen=True)
class LogLoss(Loss):
    """log(1 + exp(-yz)): logistic regression; two labels, mapped to y = -1 and +1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[-1.0], [1.0]], ["no", "yes"], loss=fastgd.LogLoss(), alpha=0.1).classes_
    array(['no', 'yes'], dtype='<U3')
    """

    name: ClassVar[str] = "log_loss"
    function: ClassVar[LossFunction] = staticmethod(_log_loss)
    target: ClassVar[str] = "binary"
    curvature: ClassVar[float | None] = 0.25
    probability: ClassVar[Probability | None] = staticmethod(_logistic)
    has_minimum: ClassVar[bool] = False
