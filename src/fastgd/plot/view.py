"""The view: which part of a picture tells the story where a path diverges."""

from dataclasses import dataclass

import numpy as np

from fastgd.base.types import Floats

LOST = 10.0  # times the usual distance of a path: beyond it diverges
MARGIN = 0.12  # of the view on each side
BEYOND = 20.0  # times the view's size: as far as lines are drawn, whatever the numbers


@dataclass(frozen=True)
class Span:
    """How far about *centre* a picture has to show, for paths of which some may diverge."""

    centre: Floats
    limit: float  # the largest distance that is shown
    is_cut: bool  # whether some path goes farther

    def leaves(self, points: Floats) -> int | None:
        """Return the place of the first point that is not shown, None where all are."""
        inside = distances_to(self.centre, points) <= self.limit * (1 + 1e-9)
        return None if inside.all() else int(np.argmin(inside))

    def shown(self, points: Floats) -> Floats:
        """Return what is drawn of a path: up to the first point out of view, that one drawn near.

        A path that is lost for good says nothing after it; one that stays is left as it is.
        """
        place = self.leaves(points)
        if place is None:
            return points
        last = points[place] - self.centre
        size = float(np.linalg.norm(last))
        if not np.isfinite(size):
            return points[:place]
        nearer = self.centre + last * min(1.0, BEYOND * self.limit / size)
        return np.vstack([points[:place], nearer])


def distances_to(centre: Floats, points: Floats) -> Floats:
    """Return how far each point is, infinity where that is no number."""
    with np.errstate(all="ignore"):
        distances: Floats = np.linalg.norm(points - centre, axis=1)
    return np.where(np.isfinite(distances), distances, np.inf)


def find_span(centre: Floats, paths: list[Floats], reach: float) -> Span:
    """Return how far to look: as far as all paths go that stay.

    A path that diverges counts with *reach* times the distance at which it starts.
    """
    limits, cut = [0.0], False
    for points in paths:
        distances = distances_to(centre, points)
        if not is_lost(distances):
            limits.append(float(distances.max()))
            continue
        cut = True
        moved = distances[(distances > 0) & np.isfinite(distances)]
        start = distances[0] if 0 < distances[0] < np.inf else moved.min(initial=np.inf)
        limits.append(reach * float(start) if np.isfinite(start) else 0.0)
    size = float(np.abs(centre).max(initial=0.0))
    return Span(centre, max(limits) or 0.5 * size or 1.0, cut)


def is_lost(distances: Floats) -> bool:
    """Return True if a path diverges: it ends far beyond where it starts and mostly is."""
    usual = max(float(distances[0]), float(np.median(distances)))
    return not np.isfinite(distances).all() or bool(distances.max() > LOST * usual > 0)


def pad(low: float, high: float) -> tuple[float, float]:
    """Return the limits of an axis that shows low to high with a margin."""
    room = MARGIN * (high - low) or 0.5 * max(abs(low), abs(high)) or 1.0
    return low - room, high + room
