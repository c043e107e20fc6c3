"""scikit-learn's schedule "optimal"."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_positive
from fastgd.losses import Loss
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class Optimal(Schedule):
    """1 / (alpha (t0 + t - 1)) (scikit-learn's "optimal"): for objectives with an L2 penalty.

    Parameters
    ----------
    alpha : float, optional
        Strength of the penalty; that of `fit` if it is not given.
    t0 : float, optional
        Where the schedule starts; Bottou's heuristic if it is not given: the first rate moves
        the weights about as far as the penalty lets them be. (scikit-learn takes the slope there
        with its sign, so its first rates are larger, and diverge, for squared errors.)

    References
    ----------
    Bottou, "Stochastic gradient descent tricks", 2012, section 5.2.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Optimal(alpha=0.1, t0=10)(np.array([1, 11]))
    array([1. , 0.5])
    """

    alpha: float | None = None
    t0: float | None = None
    word: ClassVar[str] = "optimal"
    written: ClassVar[str] = "Optimal()"

    def __post_init__(self) -> None:
        """Check the parameters."""
        if self.alpha is not None:
            check_positive("alpha", self.alpha)
        if self.t0 is not None:
            check_positive("t0", self.t0)

    def settled(self, alpha: float, loss: Loss) -> "Optimal":
        """Take alpha from the problem and t0 from Bottou's heuristic."""
        strength = alpha if self.alpha is None else self.alpha
        if strength <= 0:
            raise ValueError(
                "fastgd.Optimal needs a penalty; give fit an alpha above 0, "
                "or write fastgd.Optimal(alpha=...)."
            )
        if self.t0 is not None:
            return replace(self, alpha=strength)
        typical = math.sqrt(1.0 / math.sqrt(strength))
        parameters = [loss.parameters] if loss.takes_parameters else []
        slope = loss.function(-typical, 1.0, *parameters)[1]
        return Optimal(strength, max(1.0, abs(slope)) / (typical * strength))

    def __call__(self, t: Steps) -> Rates:
        """Return 1 / (alpha (t0 + t - 1))."""
        if self.alpha is None or self.t0 is None:
            raise ValueError("fastgd.Optimal(alpha, t0) needs both to be called outside of fit.")
        return np.asarray(1.0 / (self.alpha * (self.t0 + t - 1.0)))
