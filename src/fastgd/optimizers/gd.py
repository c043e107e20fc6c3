"""Plain gradient descent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.optimizers.optimizer import Optimizer


def _prepare_gd(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    return (T(lr),)


def _gd(w: Any, g: Any, lr: Any) -> tuple[Any, ...]:
    return w - lr * g, lr


@dataclass(frozen=True)
class GD(Optimizer):
    """Plain gradient descent: w -= lr g.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[1.0]], [100.0], "batch", optimizer=fastgd.GD(), learning_rate=0.2, max_iter=2,
    ...            coef_init=[103.0], fit_intercept=False).coef_.round(10)
    array([101.92])
    """

    name: ClassVar[str] = "gd"
    slots: ClassVar[int] = 0
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_gd)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_gd)

    @property
    def is_plain(self) -> bool:
        """Whether its steps are its own, and not those of a user's subclass."""
        return (self.prepare, self.step) == (_prepare_gd, _gd)
