"""Hinge loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.losses.loss import Loss, LossFunction


def _hinge(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    missing = 1.0 - y * z  # from a margin of 1
    if missing < 0:
        return 0.0, 0.0
    return missing, -y + 0.0 * missing


@dataclass(frozen=True)
class Hinge(Loss):
    """max(0, 1 - yz): the linear support vector machine; two labels, mapped to y = -1 and +1.

    References
    ----------
    Cortes, Vapnik, "Support-vector networks", 1995, section 3.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Hinge().target
    'binary'
    """

    name: ClassVar[str] = "hinge"
    function: ClassVar[LossFunction] = staticmethod(_hinge)
    target: ClassVar[str] = "binary"
