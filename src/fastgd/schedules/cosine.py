"""Cosine annealing."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_not_negative, check_positive
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class Cosine(Schedule):
    """From eta0 at the first step to eta_min at step n_steps along half a cosine, then eta_min.

    References
    ----------
    Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Cosine(eta0=1.0, n_steps=3)(np.array([1, 2, 3, 4])).round(12)
    array([1. , 0.5, 0. , 0. ])
    """

    eta0: float = 0.01
    n_steps: int = 1000
    eta_min: float = 0.0
    word: ClassVar[str] = "cosine"
    written: ClassVar[str] = "Cosine(eta0=0.01, n_steps=1000)"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_positive("n_steps", self.n_steps)
        check_not_negative("eta_min", self.eta_min)

    def __call__(self, t: Steps) -> Rates:
        """Return eta_min + (eta0 - eta_min) (1 + cos(pi (t - 1) / (n_steps - 1))) / 2."""
        share = np.minimum((t - 1.0) / max(self.n_steps - 1, 1), 1.0)
        return np.asarray(
            self.eta_min + (self.eta0 - self.eta_min) * (1 + np.cos(np.pi * share)) / 2
        )
