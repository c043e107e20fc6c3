"""The Poisson loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.types import Array
from fastgd.kernels.elementary import exp_and_rise, log
from fastgd.losses.log_link import NEARLY_ZERO, LogLink, refuse_targets
from fastgd.losses.loss import LossFunction


def _poisson(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    some = y > NEARLY_ZERO
    distance = z - log(y if some else 1.0)
    mean, rise = exp_and_rise(distance)  # of 1 to exp(distance)
    if some:
        return y * (rise - distance), y * rise
    return mean + 0.0 * y, mean + 0.0 * y


@dataclass(frozen=True)
class Poisson(LogLink):
    """exp(z) - y + y (log(y) - z), half the Poisson deviance: Poisson regression with a log link.

    Targets are counts, or any numbers that are not negative; z is the logarithm of their mean, and
    `predict` returns the mean, exp(z).

    References
    ----------
    McCullagh, Nelder, "Generalized linear models", 1989, section 2.3.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[0.0], [1.0]], [1, 3], "batch", loss="poisson").predict([[2.0]]).round(3)
    array([9.])
    """

    name: ClassVar[str] = "poisson"
    function: ClassVar[LossFunction] = staticmethod(_poisson)

    @property
    def variance_power(self) -> float:
        """The variance is the mean."""
        return 1.0

    @property
    def flattens(self) -> bool:
        """Return True: targets of zero pull z to minus infinity."""
        return True

    def check_targets(self, y: Array) -> None:
        """Raise ValueError for negative targets."""
        refuse_targets(self, y, y < 0, "zero or more")
