"""Descent in one dimension: the cost curve, the parameter and its error, step by step."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.passes import Floats
from fastgd.plot.style import LARGEST, SMALL, add_legend_above, colour, some_axes, write
from fastgd.plot.surface import Surface, make_surface, value_at
from fastgd.plot.trails import Trail, read_trails
from fastgd.plot.view import Span, find_span, pad
from fastgd.validation import as_float, check_positive, refusal

REACH = 5.0  # times the distance at the start: where a path that runs away leaves the picture
CURVE_POINTS = 401
MOST_ON_CURVE = 500  # points of a path that are drawn on it
ZOOMS, ZOOM = 4, 50.0  # how often, and how much nearer, the lowest point is looked for
LABELLED = 10  # of the first steps, where there is room
ROOM = 0.065  # of the axes that a label takes
FEWEST_STEPS = 6  # that are shown of a path that runs away
TARGET = {"color": "0.35", "linestyle": "--", "linewidth": 1.0}


def plot_descent_1d(
    fun: Any, result: Any, target: float | None = None, *, threshold: float | None = None,
    axes: Any = None,
) -> Any:  # fmt: skip
    """Draw how one parameter descends: its cost curve, its value and its error, step by step.

    Where the path runs away, the first two pictures end where it leaves the part that tells the
    story, and say at which step; the third shows all of it.

    Parameters
    ----------
    fun : callable, or tuple
        A function of a number that returns a number, or the table ``(X, y)`` that was fitted (one
        column, no intercept).
    result : FitResult or MinimizeResult
        With a path of one parameter (``record_path=True``, or 1 for every step).
    target : float, optional
        Where the optimum is. By default the path's last point, or the lowest point in view where
        the path ends higher than it starts.
    threshold : float, optional
        A distance from the target to mark, with the step at which it is first reached.
    axes : sequence of 3 matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    ndarray of 3 matplotlib.axes.Axes
        ``axes[0].figure.savefig("descent.png")`` writes them.

    Raises
    ------
    ValueError, TypeError
        Where the result has no path, or one of more parameters, or a number is none.
    ImportError
        Where Matplotlib (extra `plot`) is not installed.

    Examples
    --------
    >>> import fastgd
    >>> X, y = [[1.0], [-1.0]], [2.0, -2.0]
    >>> result = fastgd.fit(
    ...     X, y, "batch", learning_rate=0.5, max_iter=9, fit_intercept=False, record_path=True
    ... )
    >>> axes = fastgd.plot.plot_descent_1d((X, y), result, target=2.0, threshold=0.01)
    >>> [text.get_text() for text in axes[2].get_legend().get_texts()]
    ['error', 'threshold 0.01: reached at step 8']
    """
    scene = make_scene(fun, result, target)
    if threshold is not None:
        threshold = check_positive("threshold", threshold)
    axes = some_axes(axes, 3, 10.5, 4)
    line = draw_curve(axes[0], scene, 0)
    line.set_data(scene.on_curve.points[:, 0], scene.heights)
    _label_steps(axes[0], scene)
    _draw_parameter(axes[1], scene)
    _draw_error(axes[2], scene, threshold)
    return axes


@dataclass(frozen=True)
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
    def limits(self) -> tuple[float, float]:
        """The parameter's least and largest value in view."""
        shown = self.trail.points[: self.left_at, 0]
        values = [*shown, self.target]
        low, high = min(values), max(values)
        if low == high:
            low, high = low - self.span.limit, high + self.span.limit
        return pad(low, high)

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
    on_curve = Trail(trail.label, shown, trail.steps[: len(shown)], result).thinned(MOST_ON_CURVE)
    heights = along_line(surface, on_curve.points[:, 0])
    return Scene(trail, surface, settled, span, left_at, on_curve, heights)


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
    some = trail.thinned(MOST_ON_CURVE).points
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
    limits = scene.limits
    x = np.linspace(*limits, CURVE_POINTS)
    ax.plot(x, along_line(scene.surface, x), color="0.55", linewidth=1.4, zorder=2)
    ax.axvline(scene.target, **TARGET)
    name = scene.trail.axis_names[0]
    ax.set(xlim=limits, ylim=_heights_in_view(scene, x), xlabel=_name(name), ylabel="objective")
    (line,) = ax.plot([], [], "o-", color=colour(k), ms=4, lw=1.0, zorder=3)
    if scene.farewell:
        ax.set_title(scene.farewell, fontsize=SMALL, color=colour(1))
    return line


def _name(name: str) -> str:
    return "parameter x" if name == "x[0]" else name


def _heights_in_view(scene: Scene, x: Floats) -> tuple[float, float]:
    """Return the limits of the objective: those of the path, unless that is flat."""
    curve = along_line(scene.surface, x)
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


def _label_steps(ax: Any, scene: Scene) -> None:
    """Write the numbers of the first steps outside the curve, where they have room."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    x, heights = scene.on_curve.points[:, 0], scene.heights
    places = np.column_stack([(x - left) / (right - left), (heights - bottom) / (top - bottom)])
    taken = np.full((0, 2), np.inf)
    for k in range(min(LABELLED, len(x))):
        if not ((places[k] >= 0) & (places[k] <= 1)).all():
            continue
        # Chords lie within a bowl, so its outside is free: left of the target to the left.
        side = -1 if x[k] < scene.target else 1
        seat = places[k] + [side * 0.6 * ROOM, 0.0]
        others = np.delete(places, k, axis=0)
        if _is_free(seat, taken, ROOM) and _is_free(seat, others, 0.4 * ROOM):
            taken = np.vstack([taken, seat])
            offset = {"xytext": (7 * side, -2), "textcoords": "offset points", "va": "center"}
            anchor = {"ha": "right" if side < 0 else "left", **offset}
            write(ax, str(scene.on_curve.steps[k]), (x[k], heights[k]), **anchor)


def _is_free(seat: Floats, places: Floats, room: float) -> bool:
    """Tell whether no place is nearer than *room*, across or up."""
    return bool((np.abs(places - seat).max(axis=1) >= room).all())


def _draw_parameter(ax: Any, scene: Scene) -> None:
    """Draw the parameter against steps, as far as it stays in view."""
    steps, values = scene.trail.steps, scene.trail.points[:, 0]
    drawn = scene.span.shown(scene.trail.points)[:, 0]
    mark = "o" if len(drawn) <= 60 else ""
    ax.plot(steps[: len(drawn)], drawn, color=colour(0), marker=mark, ms=4, lw=1.4)
    ax.axhline(scene.target, label=f"target {scene.target:.4g}", **TARGET)
    last = steps[-1] if scene.left_at is None else max(steps[scene.left_at], FEWEST_STEPS)
    room = 0.04 * max(last, 1)
    ax.set(xlim=(-room, last + room), ylim=scene.limits, xlabel="step")
    ax.set_ylabel(_name(scene.trail.axis_names[0]))
    _whole_steps(ax)
    if scene.farewell and len(values) > len(drawn):
        ax.set_title(f"{steps[-1]} steps in all", fontsize=SMALL, color=colour(1), loc="right")
    add_legend_above(ax)


def _draw_error(ax: Any, scene: Scene, threshold: float | None) -> None:
    """Draw |x - target| by decades; what is exactly zero lies on the lower edge."""
    steps = scene.trail.steps
    with np.errstate(all="ignore"):
        error = np.abs(scene.trail.points[:, 0] - scene.target)
    known = error < LARGEST
    steps, error = steps[known], error[known]
    positive = error > 0
    mark = "o" if len(steps) <= 60 else ""
    ax.plot(steps[positive], error[positive], color=colour(0), marker=mark, ms=4, label="error")
    bounds = [*error[positive], *([] if threshold is None else [threshold])] or [1.0]
    low, high = min(bounds), max(bounds)
    room = min(max(high**0.06 / low**0.06, 2.0), 1e3)
    ax.set_yscale("log")
    ax.set(ylim=(low / room**2, high * room), xlabel="step", ylabel="absolute error |x - target|")
    if not positive.all():
        floor = np.full(int(np.sum(~positive)), low / room)
        ax.plot(steps[~positive], floor, "v", color=colour(0), ms=6, mfc="none", label="exactly 0")
    if threshold is not None:
        reached = steps[error <= threshold]
        when = f"reached at step {reached[0]}" if len(reached) else "never reached"
        label = f"threshold {threshold:g}: {when}"
        ax.axhline(threshold, color=colour(1), linestyle="-.", linewidth=1.2, label=label)
    _whole_steps(ax)
    add_legend_above(ax)


def _whole_steps(ax: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
