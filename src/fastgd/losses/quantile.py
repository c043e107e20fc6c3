"""The quantile, or "pinball", loss."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastgd.base.robust import Targets
from fastgd.base.validation import check_fraction
from fastgd.losses.loss import Loss, LossFunction


def _quantile(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (quantile,) = parameters
    r = z - y
    if r == 0:
        return 0.0, 0.0
    slope = (1.0 - quantile if r > 0 else -quantile) + 0.0 * r
    return slope * r, slope


@dataclass(frozen=True)
class Quantile(Loss):
    """quantile (y - z) where y > z, (1 - quantile)(z - y) elsewhere: the "pinball" loss.

    Its optimum is the conditional quantile: a share `quantile` of the targets lie below it.

    Parameters
    ----------
    quantile : float
        In (0, 1); 0.5 is the median, and half the absolute error.

    References
    ----------
    Koenker, Bassett, "Regression quantiles", 1978, section 2.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Quantile(quantile=0.9).parameters
    (0.9,)
    """

    quantile: float = 0.5
    name: ClassVar[str] = "quantile"
    function: ClassVar[LossFunction] = staticmethod(_quantile)
    of_residual: ClassVar[bool] = True
    robust: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_fraction("quantile", self.quantile, or_zero=False)

    def best_constant(self, targets: Targets) -> float:
        """Return the quantile."""
        return targets.quantile(self.quantile)
