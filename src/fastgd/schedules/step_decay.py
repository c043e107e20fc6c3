"""Step decay."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_count, check_fraction, check_positive
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class StepDecay(Schedule):
    """eta0 * gamma**floor((t - 1) / decay_steps): a lower rate every *decay_steps* steps.

    Steps count from 1: steps 1 to *decay_steps* have the rate eta0, the next *decay_steps* steps
    the rate eta0 * gamma, and so on. These are the rates of PyTorch's
    `StepLR(step_size=decay_steps, gamma=gamma)`, if `scheduler.step()` is called after every step,
    and of Keras' `ExponentialDecay` with `staircase=True`. Both count from 0: step t here is their
    t - 1.

    Parameters
    ----------
    eta0 : float
        The rate of the first *decay_steps* steps.
    gamma : float
        What the rate is multiplied by after every *decay_steps* steps, in [0, 1].
    decay_steps : int
        How many steps a rate holds. To lower it every k epochs of n rows with mini-batches of b
        rows, give k * ceil(n / b).

    References
    ----------
    He, Zhang, Ren, Sun, "Deep residual learning for image recognition", 2016, section 3.4.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.StepDecay(eta0=1.0, gamma=0.5, decay_steps=2)(np.array([1, 2, 3, 4, 5]))
    array([1.  , 1.  , 0.5 , 0.5 , 0.25])
    """

    eta0: float = 0.01
    gamma: float = 0.1
    decay_steps: int = 1000
    word: ClassVar[str] = "step_decay"
    written: ClassVar[str] = "StepDecay(eta0=0.01, gamma=0.1, decay_steps=1000)"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_fraction("gamma", self.gamma, or_one=True)
        check_count("decay_steps", self.decay_steps)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 * gamma**floor((t - 1) / decay_steps)."""
        return np.asarray(self.eta0 * np.power(float(self.gamma), (t - 1) // self.decay_steps))
