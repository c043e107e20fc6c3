"""AdaGrad."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.validation import check_not_negative
from fastgd.optimizers.optimizer import Optimizer


def _prepare_adagrad(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    (eps,) = hyper
    return T(lr), T(eps)


def _adagrad(w: Any, g: Any, s: Any, lr: Any, eps: Any) -> tuple[Any, ...]:
    s = s + g * g
    rate = lr / (math.sqrt(s) + eps)
    return w - rate * g, rate, s


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """AdaGrad: s += g²; w -= lr g / (√s + eps).

    Parameters
    ----------
    eps : float
        Keeps the division defined while all gradients so far are zero.

    References
    ----------
    Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011, section 1.1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.AdaGrad().hyper
    (1e-10,)
    """

    eps: float = 1e-10
    name: ClassVar[str] = "adagrad"
    slots: ClassVar[int] = 1
    adaptive: ClassVar[bool] = True
    default_rate: ClassVar[float] = 0.01  # PyTorch's
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_adagrad)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_adagrad)

    def __post_init__(self) -> None:
        """Check the hyper-parameter."""
        check_not_negative("eps", self.eps)
