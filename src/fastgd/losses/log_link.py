"""Losses whose prediction z is the logarithm of the mean: half of a deviance.

Each is zero at z = log(y), where the mean is the target, and positive elsewhere. None has a bound
of its second derivative, which grows with exp(z) or with the target.
"""

import math
from typing import Any

import numpy as np

from fastgd.base.robust import Targets
from fastgd.base.types import Array, Floats
from fastgd.losses.loss import Loss

NEARLY_ZERO = 1e-100  # targets below it count as zero: exp(z - log(y)) might overflow


class LogLink(Loss):
    """A loss of z = log(mean)."""

    @property
    def smooth(self) -> bool:
        """Return True: there is a second derivative, but no bound of it."""
        return True

    @property
    def score(self) -> str:
        """The fraction of the deviance explained."""
        return "D^2"

    def inverse_link(self, z: Any) -> Any:
        """Return the mean, exp(z)."""
        with np.errstate(over="ignore"):
            return np.exp(z)

    @property
    def variance_power(self) -> float:
        """The variance of targets is this power of their mean, up to a factor."""
        raise NotImplementedError

    def best_constant(self, targets: Targets) -> float:
        """Return log(mean).

        With offsets, rows are those of targets y / exposure, exposure = exp(offset), which count
        exposure^(2 - power) times.
        """
        y, weights = targets.y, targets.weights
        if targets.offset is not None:
            exposure = np.exp(targets.offset)
            y, weights = y / exposure, weights * exposure ** (2.0 - self.variance_power)
        mean = float(np.average(y, weights=weights)) if weights.sum() > 0 else 0.0
        return math.log(mean) if mean > 0 else 0.0

    def scale(self, targets: Targets, z: Floats | float) -> float:
        """Return 1, a factor of e of the mean."""
        return 1.0


def refuse_targets(loss: Loss, y: Array, is_bad: Array, wanted: str) -> None:
    """Raise ValueError if a target is bad."""
    rows = np.flatnonzero(is_bad)
    if len(rows):
        raise ValueError(
            f"y must be {wanted} for the loss {loss.name!r}; got {y[rows[0]]} (first in row "
            f"{rows[0]}; {len(rows)} in all): drop those rows, or choose another loss."
        )
