"""Least squares: a line through points, in the long valley of slope and intercept."""

from typing import Any

import numpy as np

import fastgd
from fastgd.cli.demo.stories.pictures import draw_line
from fastgd.cli.demo.stories.story import (
    Floats,
    Story,
    say_of,
    say_where_it_ended,
    write_factor,
    write_numbers,
    write_rate,
)

STEPS = 1000
SHOWN = (0, 1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 500, 1000)
NEAR = 0.01  # both numbers to least squares


def tell(learning_rate: float) -> Story:
    """Fit a line to points."""
    X, y = points_on_a_line()
    result: Any = fastgd.fit(
        X, y, "batch", learning_rate=learning_rate, max_iter=STEPS, record_path=1
    )
    path, last = result.path, len(result.path) - 1
    best, exact = line_path(X, y, learning_rate, last)
    least, *costs = _costs(X, y, np.vstack([best, path]))
    rows = [
        (str(t), *write_numbers(*path[t], costs[t], *exact[t]))
        for t in sorted({*SHOWN, last})
        if t <= last
    ]
    header = ("step", "slope a", "intercept b", "cost", "exact a", "exact b")
    gentle, steep = np.linalg.eigvalsh(_curvature(X))
    along, across = 1 - learning_rate * gentle, 1 - learning_rate * steep
    return Story(
        [
            f"{len(y)} points near the line 0.5 x + 2. The cost is half the mean square of "
            "a x + b - y; its gradient has two components, for a and for b. From a = b = 0, with "
            f"a learning rate of {write_rate(learning_rate)}:",
            (header, rows),
            f"Least squares gives a = {best[0]:.6g}, b = {best[1]:.6g}, and a cost of {least:.3g}: "
            "not 0, because the points are not on a line."
            f"{say_where_it_ended(result) or _say_when_it_is_near(path, best)}",
            "Slope and intercept move the line at the points in nearly the same way, so the cost "
            f"is a long valley: its second derivative across is {steep / gentle:.0f} times that "
            "along it. Across the valley the whole line rises or falls: each step multiplies that "
            f"error by {write_factor(across)}, so it {say_of(across)}. Along the valley the slope "
            "is traded for the intercept: each step multiplies that error by "
            f"{write_factor(along)}, so it {say_of(along)}. Above a rate of 2 / {steep:.4g} = "
            f"{2 / steep:.4g} the iterates diverge.",
        ],
        lambda: draw_line(X, y, result),
    )


def points_on_a_line() -> tuple[Floats, Floats]:
    """Return twelve points about the line 0.5 x + 2."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0.0, 5.0, 12))
    return x[:, None], 0.5 * x + 2.0 + 0.3 * rng.standard_normal(12)


def line_path(X: Floats, y: Floats, learning_rate: float, steps: int) -> tuple[Floats, Floats]:
    """Return the best (a, b), and where descent from zero is after each step, in closed form.

    w_t = w* + U (1 - rate lambda)^t U' (w_0 - w*), lambda and U those of the cost's curvature.
    """
    best: Floats = np.linalg.lstsq(_columns(X), y)[0].astype(np.float64)
    curvatures, axes = np.linalg.eigh(_curvature(X))
    shrinking = (1 - learning_rate * curvatures) ** np.arange(steps + 1.0)[:, None]
    return best, best + (shrinking * (axes.T @ -best)) @ axes.T


def _columns(X: Floats) -> Floats:
    return np.column_stack([X, np.ones(len(X))])


def _curvature(X: Floats) -> Floats:
    columns = _columns(X)
    return np.asarray(columns.T @ columns / len(X))


def _costs(X: Floats, y: Floats, points: Floats) -> Floats:
    """Return the cost at each (a, b)."""
    return np.asarray(0.5 * np.mean((points @ _columns(X).T - y) ** 2, axis=1))


def _say_when_it_is_near(path: Floats, best: Floats) -> str:
    """Say from which step on both numbers are those of least squares."""
    far = np.flatnonzero(np.abs(path - best).max(axis=1) >= NEAR)[-1]
    if far == len(path) - 1:
        return f" After {far:,} steps a and b are not within {NEAR:g} of these."
    return f" From step {far + 1} on both a and b are within {NEAR:g} of these."
