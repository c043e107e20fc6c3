"""Rows drawn by weight: the heaviest for certain, the others with chances in proportion.

A sample drawn without regard to weights has as many effective rows as (sum w)^2 / sum w^2, which
may be a few dozen of thousands: whatever it estimates is then off by as much as theirs.
"""

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Floats


def draw_by_weight(
    weights: Floats, size: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Floats]:
    """Return about *size* places, and for how many places each stands.

    A place has the chance min(1, c w), with c such that the chances add up to *size*; the sum of f
    over the places drawn, each times what it stands for, then has the sum over all as its mean
    (Horvitz, Thompson, 1952). No place of weight 0 is drawn.
    """
    chances = _chances(weights, size)
    certain = np.flatnonzero(chances >= 1.0)
    chances[certain] = 0.0
    ends = np.cumsum(chances)
    count = round(float(ends[-1]))
    if count == 0:
        return certain, np.ones(len(certain))
    # One place in each of *count* stretches of equal chance; it may be the same in two of them.
    points = (np.arange(count) + rng.random(count)) * (ends[-1] / count)
    last = int(np.flatnonzero(chances)[-1])
    drawn = np.minimum(np.searchsorted(ends, points, side="right"), last)
    others, times = np.unique(drawn, return_counts=True)
    each = np.concatenate([np.ones(len(certain)), times / chances[others]])
    return np.concatenate([certain, others]), each


def _chances(weights: Floats, size: int) -> Floats:
    """Return the chance of each place."""
    size = min(size, int(np.count_nonzero(weights)))
    first = len(weights) - size
    parted = np.partition(weights, first) if first > 0 else weights
    heaviest = np.sort(parted[first:])[::-1]
    # What is left, in sum, if so many of the heaviest are drawn for certain.
    left = np.cumsum(heaviest[::-1])[::-1] + parted[:first].sum()
    places_left = np.arange(size, 0, -1)
    uncertain = np.flatnonzero(heaviest * places_left < left)
    k = int(uncertain[0]) if len(uncertain) else size - 1
    with np.errstate(over="ignore"):
        chances: Floats = np.minimum(weights * (places_left[k] / left[k]), 1.0)
    return chances
