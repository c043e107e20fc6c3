"""A rate that is nearly constant at first and then falls as a power of the step number."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_not_negative, check_positive
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class InverseTimeDecay(Schedule):
    """eta0 / (1 + t / decay_steps)**power_t: about constant at first, then falling.

    Parameters
    ----------
    eta0 : float
        The first rate.
    decay_steps : float
        Steps after which it has fallen to 1 / 2**power_t.
    power_t : float
        How fast it falls in the end.

    References
    ----------
    Bottou, "Stochastic gradient descent tricks", 2012, section 5.2, whose rates have power 1.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.InverseTimeDecay(eta0=0.1, decay_steps=100, power_t=1.0)(np.array([1, 100, 900]))
    array([0.0990099, 0.05     , 0.01     ])
    """

    eta0: float = 0.01
    decay_steps: float = 1000.0
    power_t: float = 0.5
    word: ClassVar[str] = "inverse_time_decay"
    written: ClassVar[str] = "InverseTimeDecay(eta0=0.01, decay_steps=1000)"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_positive("decay_steps", self.decay_steps)
        check_not_negative("power_t", self.power_t)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 / (1 + t / decay_steps)**power_t."""
        return self.eta0 / np.power(1.0 + t / self.decay_steps, float(self.power_t))
