"""Heavy-ball momentum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.validation import check_fraction
from fastgd.optimizers.optimizer import Optimizer


def _prepare_momentum(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    (mu,) = hyper
    return T(lr), T(mu), T(lr / (1.0 - mu))


def _momentum(w: Any, g: Any, b: Any, lr: Any, mu: Any, rate: Any) -> tuple[Any, ...]:
    b = mu * b + g
    return w - lr * b, rate, b


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball: b = mu b + g; w -= lr b (Polyak 1964).

    Parameters
    ----------
    mu : float
        Share of the last step's direction that is kept, in [0, 1).

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Momentum(mu=0.5).hyper
    (0.5,)
    """

    mu: float = 0.9
    name: ClassVar[str] = "momentum"
    slots: ClassVar[int] = 1
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_momentum)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_momentum)

    def __post_init__(self) -> None:
        """Check the hyper-parameter."""
        check_fraction("mu", self.mu)
