"""Where targets lie and how far they spread, whatever a few of them are.

A mean or a variance of the targets may be that of one row with a wrong unit. Medians are not, and
those of weighted targets are the medians of rows repeated as often as their weights say.
"""

from dataclasses import dataclass

import numpy as np

from fastgd.base.types import Floats

ROUNDING = 1e-12  # of a sum of weights
QUANTILES = (0.5, 0.75, 0.9, 0.99, 1.0)  # of distances; the later ones where most are zero


@dataclass(frozen=True)
class Targets:
    """Some targets, and how much each counts."""

    y: Floats
    weights: Floats
    offset: Floats | None = None  # what predictions begin with

    @property
    def mean(self) -> float:
        """The weighted mean of the targets."""
        return float(np.average(self.y, weights=self.weights))

    def quantile(self, level: float) -> float:
        """Return the weighted quantile of the targets."""
        return weighted_quantile(self.y, self.weights, level)

    def spread(self, z: Floats | float) -> float:
        """Return the median distance of the targets from predictions, or 1 if all are zero.

        If the median is zero, it is a higher quantile: the least that is not zero.
        """
        distances = np.abs(self.y - z)
        for level in QUANTILES:
            found = weighted_quantile(distances, self.weights, level)
            if found > 0:
                return found
        return 1.0

    @property
    def median(self) -> float:
        """The weighted median of the targets."""
        return self.quantile(0.5)

    @property
    def spread_about_median(self) -> float:
        """The median distance of the targets from their median, or 1 if all are equal."""
        return self.spread(self.median)


def weighted_quantile(values: Floats, weights: Floats, level: float) -> float:
    """Return the middle of the values that minimise the weighted quantile loss."""
    order = np.argsort(values, kind="stable")
    ends = np.cumsum(weights[order])
    wanted, slack = level * ends[-1], ROUNDING * ends[-1]
    last = len(order) - 1
    lower, upper = np.searchsorted(ends, [wanted - slack, wanted + slack], side="left")
    low, high = values[order[min(lower, last)]], values[order[min(upper, last)]]
    return float(low if low == high else 0.5 * low + 0.5 * high)
