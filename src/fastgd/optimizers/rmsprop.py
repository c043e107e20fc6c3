"""RMSprop."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.validation import check_fraction, check_not_negative
from fastgd.optimizers.optimizer import Optimizer


def _prepare_rmsprop(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    rho, eps = hyper
    return T(lr), T(rho), T(1.0 - rho), T(eps)


def _rmsprop(w: Any, g: Any, v: Any, lr: Any, rho: Any, fresh: Any, eps: Any) -> tuple[Any, ...]:
    v = rho * v + fresh * g * g
    rate = lr / (math.sqrt(v) + eps)
    return w - rate * g, rate, v


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """RMSprop: v = rho v + (1 - rho) g²; w -= lr g / (√v + eps).

    Parameters
    ----------
    rho : float
        Memory of the squared gradients' running mean, in [0, 1).
    eps : float
        Keeps the division defined while all gradients so far are zero.

    References
    ----------
    Tieleman, Hinton, "Neural networks for machine learning", lecture 6.5, 2012.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.RMSprop().hyper
    (0.99, 1e-08)
    """

    rho: float = 0.99
    eps: float = 1e-8
    name: ClassVar[str] = "rmsprop"
    slots: ClassVar[int] = 1
    adaptive: ClassVar[bool] = True
    default_rate: ClassVar[float] = 0.01  # PyTorch's
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_rmsprop)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_rmsprop)

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        check_fraction("rho", self.rho)
        check_not_negative("eps", self.eps)
