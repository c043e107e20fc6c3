"""The figures of `fastgd demo`."""

from typing import Any

import numpy as np

from fastgd.cli.demo.stories.story import Floats, write_rate
from fastgd.plot import plot_descent_1d, plot_descent_2d
from fastgd.plot.style import add_legend, look, some_axes

WIDTH, HEIGHT = 10.0, 4.6  # inches
LINES = (1, 10, 100, 1000)  # steps after which the line is drawn


def draw_laser(result: Any, target: float, threshold: float) -> Any:
    """Draw the pointer's cost, position and error."""
    axes = plot_descent_1d(result.function, result, target, threshold=threshold)
    axes[0].set(xlabel="position, cm", ylabel="cost")
    axes[1].set_ylabel("position, cm")
    axes[2].set_ylabel("absolute error, cm")
    return axes[0].figure


def draw_laser2d(round_: Any, steep: Any, learning_rate: float, squares: float) -> Any:
    """Draw the way to the spot over both costs."""
    axes = some_axes(None, 2, WIDTH, HEIGHT)
    titles = "both errors count alike", f"errors upwards count {squares:g} times"
    for ax, run, title in zip(axes, (round_, steep), titles, strict=True):
        plot_descent_2d(run.function, {f"rate {write_rate(learning_rate)}": run}, ax=ax)
        ax.set(xlabel="across, cm", ylabel="up, cm", title=title)
    return axes[0].figure


def draw_line(X: Floats, y: Floats, result: Any) -> Any:
    """Draw the points with lines on the way, and the way over the cost."""
    left, right = some_axes(None, 2, WIDTH, HEIGHT)
    left.plot(X[:, 0], y, "o", color="black", label="points")
    ends = np.array([X.min(), X.max()])
    for k, t in enumerate(step for step in LINES if step < len(result.path)):
        a, b = result.path[t]
        left.plot(ends, a * ends + b, **look(k, f"after step {t}"))
    left.set(xlabel="x", ylabel="y")
    add_legend(left)
    plot_descent_2d((X, y), {"batch": result}, ax=right)
    right.set(xlabel="slope a", ylabel="intercept b")
    return left.figure


def draw_valley(X: Floats, y: Floats, runs: dict[str, Any]) -> Any:
    """Draw the three variants over one cost."""
    return plot_descent_2d((X, y), runs).figure
