"""Films: paths that grow over the objective."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fastgd.base.files import StrPath
from fastgd.base.types import Floats
from fastgd.base.validation import check_count, check_name, check_positive, show
from fastgd.plot import curve, two_dimensions
from fastgd.plot.notebook import displayed
from fastgd.plot.style import SMALL, colour, need_matplotlib, one_axes
from fastgd.plot.trails import Trail, read_trails

CLOCKS = ("share", "steps", "passes")
DPI = 100  # of a film: some hundred pictures
ENOUGH = 1e-9  # of the film: rounding of a clock


@dataclass(frozen=True)
class Actor:
    """One path in a film: what is drawn of it, and when each point is due, from 0 to 1."""

    label: str
    points: Floats  # (n_points, 2)
    steps: Any  # (n_points,)
    due: Floats  # (n_points,)
    line: Any
    head: Any

    def grow(self, now: float) -> str:
        """Draw all that is due, and return where that is, in words."""
        count = max(int(np.searchsorted(self.due, now + ENOUGH, side="right")), 1)
        self.line.set_data(*self.points[:count].T)
        self.head.set_data(*self.points[count - 1 : count].T)
        return f"{self.label}: step {self.steps[count - 1]}"


@displayed
def animate(
    fun: Any,
    results: Any,
    path: StrPath | None = None,
    *,
    fps: float = 10,
    frames: int = 100,
    clock: str = "share",
    plane: Any = "auto",
) -> Any:
    """Make a film of paths that grow over what they minimise.

    The picture is that of `plot_descent_2d`, or the cost curve of `plot_descent_1d` where there is
    one parameter.

    Parameters
    ----------
    fun, results, plane
        As in `plot_descent_2d`; of one parameter one result.
    path : str or path-like, optional
        Where to write the film: ``.gif``, or ``.mp4``, which needs ffmpeg.
    fps : float
        Frames per second.
    frames : int
        At most so many; longer paths grow by several steps from one to the next.
    clock : {"share", "steps", "passes"}
        What passes as time: each path's own share, so that all end together; steps; or passes over
        the rows.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        In a notebook it is displayed at the end of the cell, with buttons to play it. Elsewhere
        keep it until it is shown or saved.

    Raises
    ------
    ValueError, TypeError
        For what `plot_descent_2d` would refuse, a name of another ending, or a clock that a result
        does not have.
    RuntimeError
        Where an ``.mp4`` is asked for and ffmpeg is not installed.
    ImportError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(50, 1, random_state=0)
    >>> result = fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=3, record_path=True)
    >>> _ = fastgd.plot.animate((X, y), result, "descent.gif", frames=2)
    """
    need_matplotlib()
    from fastgd.plot.figure import Film

    check_name("clock", clock, CLOCKS)
    rate, most = check_positive("fps", fps), check_count("frames", frames)
    writer = None if path is None else _make_writer(path, rate)
    trails = read_trails(results)
    ax = one_axes(None)
    stage = _stage_curve if trails[0].points.shape[1] == 1 else _stage_plane
    actors = stage(ax, fun, results, plane, _clocks(trails, clock))
    count = min(most, max(len(actor.points) for actor in actors))

    def update(frame: int) -> list[Any]:
        now = 1.0 if count == 1 else frame / (count - 1)
        ax.set_title(", ".join(actor.grow(now) for actor in actors), fontsize=SMALL)
        return [artist for actor in actors for artist in (actor.line, actor.head)]

    _settle_layout(ax.figure, update)
    film: Any = Film(ax.figure, update, frames=count, interval=1000 / rate, repeat=False)
    if path is not None:
        film.save(path, writer=writer, dpi=DPI)
    return film


def _make_writer(path: StrPath, fps: Any) -> Any:
    """Return what writes films of this ending."""
    from matplotlib.animation import FFMpegWriter

    from fastgd.plot.gif import FlatGif

    ending = Path(path).suffix.lower()
    if ending == ".gif":
        return FlatGif(fps)
    if ending != ".mp4":
        raise ValueError(f"a film's name must end in .gif or .mp4; got {show(str(path))}.")
    if not FFMpegWriter.isAvailable():
        raise RuntimeError(
            "an .mp4 needs ffmpeg, which is not installed: write a .gif, which needs nothing more."
        )
    return FFMpegWriter(fps)


def _clocks(trails: list[Trail], clock: str) -> list[Floats]:
    """Return when each point of each path is due, from 0 to 1."""
    if clock == "share":
        return [np.linspace(0, 1, len(trail.points)) for trail in trails]
    if clock == "steps":
        times = [trail.steps.astype(np.float64) for trail in trails]
    else:
        times = []
        for trail in trails:
            passes = trail.passes()
            if passes is None:
                raise ValueError(
                    f'clock="passes" is not counted by the result {trail.label!r}: write '
                    'clock="steps".'
                )
            times.append(passes)
    last = max(float(time[-1]) for time in times) or 1.0
    return [time / last for time in times]


def _stage_plane(ax: Any, fun: Any, results: Any, plane: Any, clocks: list[Floats]) -> list[Actor]:
    """Set up the picture of `plot_descent_2d`."""
    scene = two_dimensions.make_scene(fun, results, plane)
    lines = two_dimensions.draw_scene(ax, scene)
    parts = zip(scene.trails, scene.paths, clocks, lines, strict=True)
    return [_actor(ax, k, *part) for k, part in enumerate(parts)]


def _stage_curve(ax: Any, fun: Any, results: Any, plane: Any, clocks: list[Floats]) -> list[Actor]:
    """Set up the cost curve of `plot_descent_1d`."""
    if len(clocks) > 1:
        raise ValueError(
            f"a film of one parameter shows one result; got {len(clocks)}: make a film of each."
        )
    scene = curve.make_scene(fun, results)
    line = curve.draw_curve(ax, scene, 0)
    points = np.column_stack([scene.on_curve.points[:, 0], scene.heights])
    return [_actor(ax, 0, scene.on_curve, points, clocks[0], line)]


def _actor(ax: Any, k: int, trail: Trail, points: Floats, due: Floats, line: Any) -> Actor:
    """Return a path that is ready to grow, with a dot where it stands."""
    (head,) = ax.plot([], [], "o", color=colour(k), ms=7, mec="white", zorder=7)
    count = len(points)
    return Actor(trail.label, points, trail.steps[:count], due[:count], line, head)


def _settle_layout(figure: Any, update: Callable[[int], Any]) -> None:
    """Lay the picture out once, so that it does not tremble from frame to frame."""
    figure.set_dpi(DPI)
    update(0)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
