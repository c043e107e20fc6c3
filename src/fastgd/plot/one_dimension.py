"""Descent in one dimension: the cost curve, the parameter and its error, step by step."""

from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import check_positive
from fastgd.plot.curve import TARGET, Scene, draw_curve, make_scene
from fastgd.plot.notebook import displayed
from fastgd.plot.style import LARGEST, add_legend_above, colour, some_axes, write

LABELLED = 10  # of the first steps, where there is room
ROOM = 0.065  # of the axes that a label takes
MIN_STEPS = 6  # that are shown of a path that diverges
FEW = 60  # points that are marked one by one


@displayed
def plot_descent_1d(
    fun: Any, result: Any, target: float | None = None, *, threshold: float | None = None,
    axes: Any = None,
) -> Any:  # fmt: skip
    """Draw how one parameter descends: its cost curve, its value and its error, step by step.

    Where the path diverges, the first two pictures end where it leaves the part that tells the
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
        If Matplotlib is not installed.

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
    """Return True if no place is nearer than *room*, across or up."""
    return bool((np.abs(places - seat).max(axis=1) >= room).all())


def _draw_parameter(ax: Any, scene: Scene) -> None:
    """Draw the parameter against steps, as far as it stays in view."""
    steps, values = scene.trail.steps, scene.trail.points[:, 0]
    drawn = scene.span.shown(scene.trail.points)[:, 0]
    mark = "o" if len(drawn) <= FEW else ""
    ax.plot(steps[: len(drawn)], drawn, color=colour(0), marker=mark, ms=4, lw=1.4)
    ax.axhline(scene.target, label=f"target {scene.target:.4g}", **TARGET)
    last = steps[-1] if scene.left_at is None else max(steps[scene.left_at], MIN_STEPS)
    room = 0.04 * max(last, 1)
    ax.set(xlim=(-room, last + room), ylim=scene.limits, xlabel="step")
    ax.set_ylabel(scene.name)
    _whole_steps(ax)
    if scene.farewell and len(values) > len(drawn):
        ax.set_xlabel(f"step (of {steps[-1]} in all)")
    add_legend_above(ax, loc="lower right", bbox_to_anchor=(1.0, 1.0))  # beside the axis' factor


def _draw_error(ax: Any, scene: Scene, threshold: float | None) -> None:
    """Draw |x - target| by decades; what is exactly zero lies on the lower edge."""
    steps = scene.trail.steps
    with np.errstate(all="ignore"):
        error = np.abs(scene.trail.points[:, 0] - scene.target)
    known = error < LARGEST
    steps, error = steps[known], error[known]
    positive = error > 0
    mark = "o" if len(steps) <= FEW else ""
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
        when = f"reached at step {reached[0]}" if len(reached) else "not reached"
        label = f"threshold {threshold:g}: {when}"
        ax.axhline(threshold, color=colour(1), linestyle="-.", linewidth=1.2, label=label)
    _whole_steps(ax)
    add_legend_above(ax)


def _whole_steps(ax: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
