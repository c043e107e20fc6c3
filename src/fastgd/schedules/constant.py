"""A constant learning rate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_positive
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every step: what a plain number means.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Constant(0.1)(np.array([1, 2]))
    array([0.1, 0.1])
    """

    eta0: float = 0.01
    word: ClassVar[str] = "constant"
    written: ClassVar[str] = "Constant(eta0=0.01)"

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_positive("eta0", self.eta0)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 for every step."""
        return np.full(len(t), float(self.eta0))
