"""Adam."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.validation import check_fraction, check_not_negative
from fastgd.optimizers.optimizer import Optimizer


def _prepare_adam(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    beta_1, beta_2, eps = hyper
    scale_m = 1.0 / (1.0 - beta_1**t)
    scale_root_v = 1.0 / math.sqrt(1.0 - beta_2**t)
    return T(lr), T(1.0 - beta_1), T(beta_2), T(1.0 - beta_2), T(scale_m), T(scale_root_v), T(eps)


def _adam(
    w: Any,
    g: Any,
    m: Any,
    v: Any,
    lr: Any,
    fresh_1: Any,
    beta_2: Any,
    fresh_2: Any,
    scale_m: Any,
    scale_root_v: Any,
    eps: Any,
) -> tuple[Any, ...]:
    m = m + fresh_1 * (g - m)
    v = beta_2 * v + fresh_2 * g * g
    rate = lr / (math.sqrt(v) * scale_root_v + eps)
    return w - rate * (scale_m * m), rate, m, v


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam: running means m of g and v of g², bias-corrected; w -= lr m̂ / (√v̂ + eps).

    Parameters
    ----------
    beta_1, beta_2 : float
        Memory of the two running means, in [0, 1).
    eps : float
        Keeps the division defined while all gradients so far are zero.

    References
    ----------
    Kingma, Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Adam().hyper
    (0.9, 0.999, 1e-08)
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    eps: float = 1e-8
    name: ClassVar[str] = "adam"
    slots: ClassVar[int] = 2
    adaptive: ClassVar[bool] = True
    default_rate: ClassVar[float] = 0.001  # PyTorch's
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_adam)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_adam)

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        check_fraction("beta_1", self.beta_1)
        check_fraction("beta_2", self.beta_2)
        check_not_negative("eps", self.eps)
