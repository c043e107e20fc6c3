"""A rate that falls as a power of the step number."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_not_negative, check_positive
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """eta0 / t**power_t (scikit-learn's "invscaling").

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.InverseScaling(eta0=0.1, power_t=0.5)(np.array([1, 4]))
    array([0.1 , 0.05])
    """

    eta0: float = 0.01
    power_t: float = 0.25
    word: ClassVar[str] = "invscaling"
    written: ClassVar[str] = "InverseScaling(eta0=0.01, power_t=0.25)"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_not_negative("power_t", self.power_t)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 / t**power_t."""
        return self.eta0 / np.power(t, float(self.power_t))
