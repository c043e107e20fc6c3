"""Exponential decay."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_fraction, check_positive
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class Exponential(Schedule):
    """eta0 * gamma**(t - 1).

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Exponential(eta0=1.0, gamma=0.5)(np.array([1, 2, 3]))
    array([1.  , 0.5 , 0.25])
    """

    eta0: float = 0.01
    gamma: float = 0.999
    word: ClassVar[str] = "exponential"
    written: ClassVar[str] = "Exponential(eta0=0.01, gamma=0.999)"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_fraction("gamma", self.gamma, or_one=True)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 * gamma**(t - 1)."""
        return np.asarray(self.eta0 * np.power(float(self.gamma), t - 1.0))
