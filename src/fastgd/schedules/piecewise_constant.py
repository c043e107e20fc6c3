"""Rates that hold from given steps on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.validation import as_float, as_int, refusal
from fastgd.schedules.schedule import Rates, Schedule, Steps


@dataclass(frozen=True)
class PiecewiseConstant(Schedule):
    """A rate from each of some steps on, constant until the next: what a dictionary means.

    Parameters
    ----------
    rates : dict or sequence of pairs
        The rates by the first step at which they hold; steps count from 1.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.PiecewiseConstant({1: 0.1, 3: 0.01})(np.array([1, 2, 3, 4]))
    array([0.1 , 0.1 , 0.01, 0.01])
    """

    rates: Any = ((1, 0.01),)

    def __post_init__(self) -> None:
        """Check the rates, and keep them as pairs in order."""
        given = self.rates.items() if isinstance(self.rates, Mapping) else self.rates
        try:
            pairs = [(as_int(step), as_float(rate)) for step, rate in given]
        except (TypeError, ValueError):
            pairs = []
        steps = [step or 0 for step, _ in pairs]
        if (
            min(steps, default=0) != 1
            or len({*steps}) < len(steps)
            or not all(0 < rate < math.inf for _, rate in pairs)
        ):
            wanted = (
                "a dictionary {first step: rate} of integers that begin with 1, the first "
                "step, and finite rates above 0, as in {1: 0.1, 1000: 0.01}"
            )
            raise refusal("rates", wanted, self.rates, (Mapping, tuple, list))
        rates = [rate for _, rate in pairs]
        object.__setattr__(self, "rates", tuple(sorted(zip(steps, rates, strict=True))))

    def __call__(self, t: Steps) -> Rates:
        """Return the rate of the last step named that is not after t."""
        steps, rates = zip(*self.rates, strict=True)
        return np.asarray(rates)[np.searchsorted(steps, t, "right") - 1]
