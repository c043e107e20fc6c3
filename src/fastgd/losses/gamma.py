"""The gamma loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.types import Array
from fastgd.kernels.elementary import exp_and_rise, log
from fastgd.losses.log_link import LogLink, refuse_targets
from fastgd.losses.loss import LossFunction


def _gamma(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    distance = z - log(y)
    _, rise = exp_and_rise(-distance)  # of 1 to y / exp(z)
    return rise + distance, -rise


@dataclass(frozen=True)
class Gamma(LogLink):
    """y exp(-z) - 1 + z - log(y), half the gamma deviance: gamma regression with a log link.

    Targets are above zero, such as durations and costs, with a spread proportional to their mean;
    z is the logarithm of that, and `predict` returns the mean, exp(z).

    References
    ----------
    McCullagh, Nelder, "Generalized linear models", 1989, section 8.3.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[0.0], [1.0]], [1, 3], "batch", loss="gamma").predict([[2.0]]).round(3)
    array([9.])
    """

    name: ClassVar[str] = "gamma"
    function: ClassVar[LossFunction] = staticmethod(_gamma)

    @property
    def variance_power(self) -> float:
        """The variance is the squared mean, up to a factor."""
        return 2.0

    def check_targets(self, y: Array) -> None:
        """Raise ValueError for targets that are not above zero."""
        refuse_targets(self, y, y <= 0, "above zero")
