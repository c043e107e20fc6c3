"""Nesterov's momentum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.optimizers.momentum import Momentum


def _nesterov(w: Any, g: Any, b: Any, lr: Any, mu: Any, rate: Any) -> tuple[Any, ...]:
    b = mu * b + g
    return w - lr * (g + mu * b), rate, b


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Nesterov's momentum: b = mu b + g; w -= lr (g + mu b); w is the look-ahead point.

    Parameters
    ----------
    mu : float
        Share of the last step's direction that is kept, in [0, 1).

    References
    ----------
    Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
    learning", 2013, section 2.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Nesterov(mu=0.95).hyper
    (0.95,)
    """

    name: ClassVar[str] = "nesterov"
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_nesterov)
