"""Descent in two dimensions: paths over the contours of the objective."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.plot.contours import Grid, draw_contours, find_lowest, make_grid
from fastgd.plot.notebook import displayed
from fastgd.plot.plane import REACH, Plane, choose_plane
from fastgd.plot.style import (
    SMALL,
    add_legend,
    add_legend_beside,
    colour,
    line_style,
    marker,
    one_axes,
)
from fastgd.plot.surface import Surface, best_known, make_surface
from fastgd.plot.trails import Trail, read_trails
from fastgd.plot.view import MARGIN, Span, find_span

FEW = 60  # points that are marked one by one
CORNERS = {"upper right": (1, 1), "upper left": (0, 1), "lower right": (1, 0), "lower left": (0, 0)}
LEGEND = (0.33, 0.3)  # of the axes that a legend takes, about
MAX_WITHIN = 5  # entries of a legend within the axes
BETWEEN = 20  # places on each line between two points that a legend should not hide
MANY = 1000  # points from which on a line is thin


@dataclass
class Scene:
    """All that a picture of paths on a plane shows."""

    trails: list[Trail]
    plane: Plane
    grid: Grid
    optimum: Floats | None  # (2,), in the plane; None where none is known near the paths
    least: float
    span: Span

    @cached_property
    def paths(self) -> list[Floats]:
        """What is drawn of the paths, in the plane, each of shape (n_points, 2)."""
        return [self.span.shown(self.plane.project(trail.points)) for trail in self.trails]


@displayed
def plot_descent_2d(fun: Any, results: Any, *, plane: Any = "auto", ax: Any = None) -> Any:
    """Draw paths over the contours of what they minimise.

    Contours lie densest about the optimum, the star; there is none where a function is flat, or
    falls on and on, or is lowest far from all paths. A path of up to 60 points has a marker at
    each; its start is a ring. A path that diverges does not set the scale: it leaves the picture,
    and the legend says at which step.

    Parameters
    ----------
    fun : callable, or tuple
        A function of a point, an array of shape (n_parameters,), that returns a number; or the
        table ``(X, y)`` or ``(X, y, sample_weight)`` that was fitted: then the objective is that of
        the fit, its loss and penalty included.
    results : FitResult, MinimizeResult, or list or dict of such
        With paths (``record_path=True``, or 1 for every step); a dict names them.
    plane : {"auto", "leading"} or pair
        "leading": the two directions in which the paths together move most about the optimum, the
        share of the movement at each axis. A pair of parameters, as numbers, column names
        ("intercept" too) or places in an array, ((0, 1), (1, 2)): a slice through the optimum, the
        other parameters there; paths are projected onto it. "auto" is the two parameters
        where there are two, else "leading".
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        ``ax.figure.savefig("paths.png")`` writes it.

    Raises
    ------
    ValueError, TypeError
        Where a result has no path, or one of one parameter, where the results have different
        objectives, or *plane* names no two parameters.
    ImportError
        If Matplotlib is not installed.

    References
    ----------
    Li, Xu, Taylor, Studer, Goldstein, "Visualizing the loss landscape of neural nets", 2018,
    section 7: the leading directions.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(200, 1, random_state=0)
    >>> result = fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=9, record_path=True)
    >>> fastgd.plot.plot_descent_2d((X, y), result).get_ylabel()
    'intercept'
    """
    ax = one_axes(ax)
    scene = make_scene(fun, results, plane)
    for line, points in zip(draw_scene(ax, scene), scene.paths, strict=True):
        line.set_data(*points.T)
    return ax


def make_scene(fun: Any, results: Any, plane: Any) -> Scene:
    """Look at everything once: the plane, the view, the objective on it, the optimum."""
    trails = read_trails(results)
    surface = make_surface(fun, trails)
    known = best_known(surface, trails)
    chosen = choose_plane(plane, trails, known.point)
    paths = [chosen.project(trail.points) for trail in trails]
    best: tuple[Floats, float] | None = (chosen.offset, known.value)
    span, grid = _look(surface, chosen, paths, chosen.offset)
    if not known.is_optimum:
        best = find_lowest(surface, chosen, grid, (chosen.offset, known.value))
        if best is not None and not grid.shows(best[0]):
            span, grid = _look(surface, chosen, paths, best[0])
    surface.check_values(np.append(grid.values, known.value))
    optimum, least = (None, grid.lowest[1]) if best is None else best
    return Scene(trails, chosen, grid, optimum, least, span)


def _look(surface: Surface, plane: Plane, paths: list[Floats], centre: Floats) -> tuple[Span, Grid]:
    """Return how far a picture about *centre* shows, and the objective there."""
    span = find_span(centre, paths, REACH)
    box = view_box(span, [span.shown(path) for path in paths])
    return span, make_grid(surface, plane, box)


def view_box(span: Span, paths: list[Floats]) -> tuple[Floats, Floats]:
    """Return two corners of what is shown: all points within the span, and a margin."""
    inside = [points[: span.leaves(points)] for points in paths]
    points = np.vstack([span.centre, *inside])
    low, high = points.min(axis=0), points.max(axis=0)
    sizes = high - low
    usual = sizes.max() if sizes.max() > 0 else 2 * span.limit
    room = np.where(sizes > 0, MARGIN * sizes, (0.5 + MARGIN) * usual)
    return low - room, high + room


def draw_scene(ax: Any, scene: Scene) -> list[Any]:
    """Draw all but the paths, and return a line for each of them, still empty."""
    ax.grid(False)  # contours lead the eye
    draw_contours(ax, scene.grid, scene.least)
    first, second = scene.grid.first, scene.grid.second
    ax.set(xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))
    ax.set(xlabel=scene.plane.labels[0], ylabel=scene.plane.labels[1])
    ax.set_title(scene.plane.note, fontsize=SMALL, color="0.25")
    lines = []
    for k, trail in enumerate(scene.trails):
        start = scene.plane.project(trail.points[:1])
        lines.append(_new_line(ax, k, len(trail.points), _label(scene, trail)))
        ax.plot(*start.T, "o", ms=9, mfc="none", mec=colour(k), mew=1.5, zorder=5)
    ring = {"ls": "", "mfc": "none", "mec": "0.4", "mew": 1.5}
    ax.plot([], [], "o", ms=8, label="start", **ring)
    if scene.optimum is not None:
        best = {"ms": 15, "mfc": "#F0E442", "mec": "black", "mew": 0.9, "zorder": 6}
        ax.plot(*scene.optimum[:, None], "*", label="optimum", **best)
    if len(ax.get_legend_handles_labels()[1]) > MAX_WITHIN:
        add_legend_beside(ax)
    else:
        add_legend(ax, free_corner(scene))
    return lines


def _new_line(ax: Any, k: int, count: int, label: str) -> Any:
    """Return the line of a path of *count* points; the fewer, the heavier and the further up."""
    is_marked = count <= FEW
    (line,) = ax.plot(
        [],
        [],
        color=colour(k),
        linestyle=line_style(k),
        label=label,
        marker=marker(k) if is_marked else "",
        markersize=4.5,
        linewidth=1.4 if is_marked else 1.1 if count < MANY else 0.7,
        alpha=1.0 if count < MANY else 0.85,
        zorder=4 if is_marked else 3 if count < MANY else 2,
    )
    return line


def _label(scene: Scene, trail: Trail) -> str:
    """Return a path's name, and when it leaves the picture where it does for good."""
    place = scene.span.leaves(scene.plane.project(trail.points))
    return trail.label if place is None else f"{trail.label} (leaves at step {trail.steps[place]})"


def free_corner(scene: Scene) -> str:
    """Return the corner with the least of the paths in it, for the legend.

    Matplotlib's own "best" is slow for long paths, and knows nothing of those that are still to
    grow.
    """
    low, high = scene.grid.corners
    ends = [path[:1] for path in scene.paths]
    if scene.optimum is not None:
        ends.append(scene.optimum[None, :])
    places = [(_dense(path) - low) / (high - low) for path in (*scene.paths, *ends)]

    def crowd(corner: str) -> float:
        """Return the shares of the paths in a corner, summed up."""
        near = [np.abs(place - CORNERS[corner]) < LEGEND for place in places]
        return float(sum(np.mean(inside.all(axis=1)) for inside in near))

    return min(CORNERS, key=crowd)


def _dense(path: Floats) -> Floats:
    """Return a path of few points with more on the lines between them."""
    if not 1 < len(path) < MANY:
        return path
    at = np.arange(len(path))
    fine = np.linspace(0, len(path) - 1, BETWEEN * (len(path) - 1) + 1)
    return np.column_stack([np.interp(fine, at, path[:, j]) for j in range(2)])
