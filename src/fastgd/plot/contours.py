"""Contours: the objective on a plane, as light bands that get narrower towards the optimum."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.plot.plane import Plane
from fastgd.plot.surface import Surface

BANDS = 16
LIGHT, DEEP = "#f7fafc", "#b9cbd9"  # at the optimum, and far above it
LINE = "#9fb4c4"
ZOOMS = 12  # of the search for the lowest point: so often its grids get narrower
MAX_GRIDS = 80  # of that search
NEAR = 2.0  # times the view: how far from its middle that search goes
FINE = 4  # times finer than it was computed is a grid drawn


@dataclass(frozen=True)
class Grid:
    """The objective at the crossings of two axes."""

    first: Floats  # (n,)
    second: Floats  # (m,)
    values: Floats  # (m, n)

    @property
    def lowest(self) -> tuple[Floats, float]:
        """The coordinates of the least value, and that value; infinity where none is a number."""
        known = np.where(np.isfinite(self.values), self.values, np.inf)
        row, column = np.unravel_index(int(known.argmin()), known.shape)
        return np.array([self.first[column], self.second[row]]), float(known[row, column])

    @property
    def corners(self) -> tuple[Floats, Floats]:
        """The two ends of the diagonal, the lower left one first."""
        low, high = (np.array([self.first[k], self.second[k]]) for k in (0, -1))
        return low, high

    def shows(self, place: Floats) -> bool:
        """Return True if a place is in view."""
        low, high = self.corners
        return bool(((low <= place) & (place <= high)).all())

    def finer(self) -> "Grid":
        """Return the grid between its points, by cubics: exact for a quadratic bowl."""
        first, second = (_between(axis) for axis in (self.first, self.second))
        across, up = (cubic_weights(len(axis)) for axis in (self.first, self.second))
        if not np.isfinite(self.values).all():
            return self
        return Grid(first, second, up @ self.values @ across.T)


def make_grid(
    surface: Surface, plane: Plane, box: tuple[Floats, Floats], side: int | None = None
) -> Grid:
    """Return the objective on a plane, from one corner of a box to the other."""
    side = side or int(np.sqrt(surface.grid_points))
    first, second = (np.linspace(low, high, side) for low, high in zip(*box, strict=True))
    places = np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    values = surface.along(plane.origin, plane.directions, places - plane.offset)
    return Grid(first, second, values.reshape(side, side))


def find_lowest(
    surface: Surface, plane: Plane, grid: Grid, known: tuple[Floats, float]
) -> tuple[Floats, float] | None:
    """Return the place of the least value in view or near it, and that value.

    None where there is no such place: the objective is flat, or falls on and on. Small grids about
    the lowest point so far: the next is twice as wide if that lies on the edge, else half as wide.
    """
    best = min(known, grid.lowest, key=lambda found: found[1])
    low, high = grid.corners
    if not (grid.values[np.isfinite(grid.values)] > best[1]).any():
        return None
    step = (high - low) / (len(grid.first) - 1)
    narrow = step / 2**ZOOMS
    for _ in range(MAX_GRIDS):
        box = (best[0] - 4 * step, best[0] + 4 * step)
        lowest = min(best, make_grid(surface, plane, box, 9).lowest, key=lambda found: found[1])
        moved, best = np.abs(lowest[0] - best[0]), lowest
        step = step * 2 if (moved > 3.5 * step).any() else step / 2
        if (np.abs(best[0] - (low + high) / 2) > NEAR * (high - low)).any():
            return None
        if (step < narrow).all():
            return best
    return None


def choose_levels(values: Floats, lowest: float) -> Floats:
    """Return where bands end: the k-th of K holds what lies below the share (k / K)² of the view.

    About a quadratic bowl that makes ellipses at equal distances, whatever its condition, and it
    shows a valley of any other shape, too. Empty where there is nothing to see.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0 or not known.max() > lowest:
        return np.empty(0)
    shares = (np.arange(1, BANDS + 1) / BANDS) ** 2
    levels: Floats = np.unique(np.quantile(known, shares))
    return np.concatenate([[min(lowest, float(known.min()))], levels[levels > lowest]])


def draw_contours(ax: Any, grid: Grid, lowest: float) -> None:
    """Fill the axes with bands of the objective."""
    from matplotlib.colors import LinearSegmentedColormap

    levels = choose_levels(grid.values, lowest)
    if len(levels) < 2:
        return
    fine = grid.finer()
    known = np.ma.masked_invalid(np.maximum(fine.values, levels[0]))
    shades = LinearSegmentedColormap.from_list("height", [LIGHT, DEEP])
    colours = shades(np.linspace(0, 1, len(levels) - 1))
    where = (fine.first, fine.second, known)
    ax.contourf(*where, levels=levels, colors=colours, extend="max", zorder=0)
    ax.contour(*where, levels=levels[1:], colors=LINE, linewidths=0.5, zorder=0.5)


def _between(axis: Floats) -> Floats:
    return np.linspace(axis[0], axis[-1], FINE * (len(axis) - 1) + 1)


def cubic_weights(count: int) -> Floats:
    """Return the matrix that interpolates values at *count* equidistant places FINE times finer.

    Each new value lies on the cubic through the four values nearest to it (Lagrange).
    """
    places = np.arange(FINE * (count - 1) + 1) / FINE
    starts = np.clip(np.floor(places).astype(int) - 1, 0, count - 4)
    t = places - starts
    weights = np.zeros((len(places), count))
    rows = np.arange(len(places))
    for k in range(4):
        others = [j for j in range(4) if j != k]
        weights[rows, starts + k] = np.prod([(t - j) / (k - j) for j in others], axis=0)
    return weights
