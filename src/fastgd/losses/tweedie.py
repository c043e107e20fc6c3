"""The Tweedie loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.types import Array
from fastgd.base.validation import is_number, refusal
from fastgd.kernels.elementary import exp_and_rise, log
from fastgd.losses.log_link import NEARLY_ZERO, LogLink, refuse_targets
from fastgd.losses.loss import LossFunction


def _tweedie(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (power,) = parameters
    a, b = 1.0 - power, 2.0 - power
    some = y > NEARLY_ZERO
    log_y = log(y if some else 1.0)
    distance = z - log_y  # with t = exp(distance), the half deviance is y^b times that of (1, t)
    _, rise_a = exp_and_rise(a * distance)
    grown_b, rise_b = exp_and_rise(b * distance)
    if some:
        of_a = rise_a / a if a < 0 else distance
        of_b = rise_b / b if b != 0 else distance
        size, _ = exp_and_rise(b * log_y)
        return size * (of_b - of_a), size * (rise_b - rise_a)
    return grown_b / (b if b > 0 else 1.0) + 0.0 * y, grown_b + 0.0 * y


@dataclass(frozen=True)
class Tweedie(LogLink):
    """Half the Tweedie deviance: regression with a log link, the variance being mean^power.

    Targets may be zero if `power` is below 2, as sums of a random number of claims are; z is the
    logarithm of their mean, and `predict` returns the mean, exp(z). With `power` 1 it is the
    Poisson loss, with 2 the gamma loss, with 3 that of the inverse Gaussian distribution. Above 2
    it is not convex.

    Parameters
    ----------
    power : float
        From 1 to 3.

    References
    ----------
    Jorgensen, "Exponential dispersion models", 1987, section 4.

    Examples
    --------
    >>> import fastgd
    >>> loss = fastgd.Tweedie(power=1.9)
    >>> fastgd.fit([[0.0], [1.0]], [1, 3], "batch", loss=loss).predict([[2.0]]).round(3)
    array([9.])
    """

    power: float = 1.5
    name: ClassVar[str] = "tweedie"
    function: ClassVar[LossFunction] = staticmethod(_tweedie)

    def __post_init__(self) -> None:
        """Check the parameter."""
        if not (is_number(self.power) and 1 <= self.power <= 3):
            raise refusal("power", "a number from 1 to 3", self.power)

    @property
    def variance_power(self) -> float:
        """The variance is this power of the mean, up to a factor."""
        return self.power

    @property
    def flattens(self) -> bool:
        """Return True if targets may be zero, which pull z to minus infinity."""
        return self.power < 2

    def check_targets(self, y: Array) -> None:
        """Raise ValueError for targets that have no such distribution."""
        if self.power < 2:
            refuse_targets(self, y, y < 0, f"zero or more, with power={self.power:g},")
        else:
            refuse_targets(self, y, y <= 0, f"above zero, with power={self.power:g},")
