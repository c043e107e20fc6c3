"""The cost curve of one parameter: what is seen of it, where its target is, a path on it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import as_float, refusal
from fastgd.plot.style import SMALL, colour
from fastgd.plot.surface import Surface, make_surface, value_at
from fastgd.plot.trails import Trail, read_trails
from fastgd.plot.view import Span, find_span, pad

REACH = 5.0  # times the distance at the start: where a path that diverges leaves the picture
CURVE_POINTS = 401
MAX_ON_CURVE = 500  # points of a path that are drawn on it
ZOOMS, ZOOM = 4, 50.0  # how often, and how much nearer, the lowest point is looked for
TARGET = {"color": "0.35", "linestyle": "--", "linewidth": 1.0}


@dataclass
class Scene:
    """All that the pictures of one parameter show."""

    trail: Trail
    surface: Surface
    target: float
    span: Span
    left_at: int | None  # the place of the first point out of view
    on_curve: Trail  # what is drawn on the cost curve
    heights: Floats  # the objective there

    @property
    def name(self) -> str:
        """What the parameter is called."""
        name = self.trail.axis_names[0]
        return "parameter x" if name == "x[0]" else name

    @property
    def limits(self) -> tuple[float, float]:
        """The parameter's least and largest value in view."""
        shown = self.trail.points[: self.left_at, 0]
        values = [*shown, self.target]
        low, high = min(values), max(values)
        if low == high:
            low, high = low - self.span.limit, high + self.span.limit
        return pad(low, high)

    @cached_property
    def curve(self) -> tuple[Floats, Floats]:
        """Values of the parameter, and the objective there."""
        x = np.linspace(*self.limits, CURVE_POINTS)
        return x, along_line(self.surface, x)

    @property
    def farewell(self) -> str:
        """Where the path leaves the view, in words; "" where it does not."""
        if self.left_at is None:
            return ""
        place = self.trail.points[self.left_at, 0]
        return f"leaves the view at step {self.trail.steps[self.left_at]} (at {place:.3g})"


def make_scene(fun: Any, result: Any, target: Any = None) -> Scene:
    """Look at everything once: the path, its target, the view, the objective along the path."""
    (trail,) = read_trails([result])
    if trail.points.shape[1] != 1:
        raise ValueError(
            f"plot_descent_1d draws one parameter; got a path of {trail.points.shape[1]}: use "
            "plot_descent_2d."
        )
    if target is not None and not np.isfinite(as_float(target)):
        raise refusal("target", "a finite number", target)
    surface = make_surface(fun, [trail])
    settled = _settle_target(surface, trail) if target is None else float(target)
    span = find_span(np.array([settled]), [trail.points], REACH)
    left_at = span.leaves(trail.points)
    shown = span.shown(trail.points)
    on_curve = Trail(trail.label, shown, trail.steps[: len(shown)], result).thinned(MAX_ON_CURVE)
    heights = along_line(surface, on_curve.points[:, 0])
    scene = Scene(trail, surface, settled, span, left_at, on_curve, heights)
    surface.check_values(np.append(heights, scene.curve[1]))
    return scene


def along_line(surface: Surface, x: Floats) -> Floats:
    """Return the objective at values of the one parameter."""
    return surface.along(np.zeros(1), np.ones((1, 1)), x[:, None])


def _settle_target(surface: Surface, trail: Trail) -> float:
    """Return the last point of a path; that of one that ends higher than it starts is no target.

    Then it is the lowest point in view, on the path or beside it.
    """
    first, last = (value_at(surface, trail.points[k]) for k in (0, -1))
    if np.isfinite(trail.points[-1]).all() and last <= first:
        return float(trail.points[-1, 0])
    some = trail.thinned(MAX_ON_CURVE).points
    values = along_line(surface, some[:, 0])
    best = some[_lowest(values)]
    span = find_span(best, [trail.points], REACH)
    size = span.limit
    for _ in range(ZOOMS):
        nearby = best + size * np.append(0.0, np.linspace(-1, 1, CURVE_POINTS))
        best, size = nearby[[_lowest(along_line(surface, nearby))]], size / ZOOM
    return float(best[0])


def _lowest(values: Floats) -> int:
    return int(np.argmin(np.where(np.isfinite(values), values, np.inf)))


def draw_curve(ax: Any, scene: Scene, k: int) -> Any:
    """Draw the cost curve, and return the line of the path on it, still empty."""
    ax.plot(*scene.curve, color="0.55", linewidth=1.4, zorder=2)
    ax.axvline(scene.target, **TARGET)
    ax.set(xlim=scene.limits, ylim=_heights_in_view(scene), xlabel=scene.name, ylabel="objective")
    (line,) = ax.plot([], [], "o-", color=colour(k), ms=4, lw=1.0, zorder=3)
    if scene.farewell:
        ax.set_title(scene.farewell, fontsize=SMALL, color=colour(1))
    return line


def _heights_in_view(scene: Scene) -> tuple[float, float]:
    """Return the limits of the objective: those of the path, unless that is flat."""
    curve = scene.curve[1]
    curve = curve[np.isfinite(curve)]
    path = scene.heights[: scene.left_at]
    path = path[np.isfinite(path)]
    if len(curve) == 0:
        return 0.0, 1.0
    low = min(curve.min(), path.min(initial=np.inf))
    high = path.max(initial=-np.inf)
    if not high > low + 0.05 * (curve.max() - low):
        high = curve.max()
    room = 0.08 * (high - low) or 1.0
    return float(low - room), float(high + 2 * room)
