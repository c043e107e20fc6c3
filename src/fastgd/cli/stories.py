"""The stories of `fastgd demo`: what runs, what it comes to beside the closed form, and why."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.cli.story_pictures import draw_laser, draw_laser2d, draw_line, draw_valley

Floats = NDArray[np.float64]
Cells: TypeAlias = tuple[tuple[str, ...], list[tuple[str, ...]]]  # a header and rows

TARGET = 100.0  # cm: where the laser pointer should point
RATES = (0.005, 0.01, 0.1, 0.5, 1.5)
CLOSE = {"1 cm": 1.0, "1 mm": 0.1, "0.1 mm": 0.01}
ENOUGH = 10_000  # steps
SHOWN = 12  # steps in a table
DRAWN = 30  # steps in a picture
SQUARES = 4.0  # how much steeper it is upwards than across
CORRELATION = 0.5  # of the valley's columns
ROWS = 128
EPOCHS = 50
BATCH = 32  # rows


@dataclass(frozen=True)
class Story:
    """Paragraphs and tables, in order, and a function that draws the picture."""

    parts: list[str | Cells]
    draw: Callable[[], Any]


def laser(learning_rate: float) -> Story:
    """Point a laser, told how far it is off."""
    result = _point_up(learning_rate, ENOUGH)
    steps = np.arange(min(len(result.path), SHOWN))
    exact = laser_position(steps, learning_rate)
    rows = [
        (str(t), *_texts(y, y - TARGET, 2 * (y - TARGET), (y - TARGET) ** 2, truth))
        for t, y, truth in zip(steps, result.path, exact, strict=False)
    ]
    header = ("step", "position cm", "error cm", "gradient", "cost", "exact position")
    return Story(
        [
            "A laser pointer points at 103 cm, and should at 100. A friend shouts the error, "
            "y - 100; the cost is its square, J = (y - 100)², its slope 2 (y - 100). Each step "
            f"goes against the slope: y <- y - {learning_rate:g} * 2 (y - 100).",
            (header, rows),
            f"Exact is 100 + 3 * ({1 - 2 * learning_rate:g})^step. {_arrivals(result.path)}",
            "What other rates do:",
            _what_rates_do(),
            "The error is multiplied by 1 - 2 * rate in every step. So a rate of 0.5 = 1 / J'' "
            "lands at once, rates below 1 = 2 / J'' arrive, and larger ones run away.",
        ],
        lambda: draw_laser(_point_up(learning_rate, DRAWN), TARGET, CLOSE["1 mm"]),
    )


def laser_position(steps: Any, learning_rate: float, start: float = 103.0) -> Floats:
    """Return where the pointer is after so many steps: the closed form."""
    return np.asarray(TARGET + (start - TARGET) * (1 - 2 * learning_rate) ** np.asarray(steps))


def laser2d(learning_rate: float) -> Story:
    """Point it up and across: straight, or zig-zag."""
    round_, steep = (_point_at_a_spot(learning_rate, c) for c in (1.0, SQUARES))
    header = ("step", "across cm", "up cm", "sum of errors", "cost", "exact across", "exact up")
    return Story(
        [
            "The pointer is 3 cm to the left of its spot and 3 cm above it. The errors, -3 and 3, "
            "add up to 0, as if all were well; their squares do not: J = across² + up². Each "
            "coordinate has its own slope, and both step at once.",
            (header, _spots(round_, learning_rate, 1.0)),
            "It goes straight to the spot, for both errors shrink alike. Now let errors upwards "
            f"count {SQUARES:g} times: J = across² + {SQUARES:g} up². The same rate multiplies the "
            f"error across by {1 - 2 * learning_rate:g} in every step, and that upwards by "
            f"{1 - 2 * SQUARES * learning_rate:g}.",
            (header, _spots(steep, learning_rate, SQUARES)),
            _say_of_the_valley(learning_rate),
        ],
        lambda: draw_laser2d(round_, steep, learning_rate, SQUARES),
    )


def line(learning_rate: float) -> Story:
    """Lay a line through points."""
    X, y = points_on_a_line()
    result: Any = fastgd.fit(
        X, y, "batch", learning_rate=learning_rate, max_iter=1000, record_path=1
    )
    best, path = line_path(X, y, learning_rate, len(result.path) - 1)
    shown = [t for t in (0, 1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 500, 1000) if t < len(path)]
    rows = []
    for t in shown:
        point = result.path[t]
        rows.append((str(t), *_texts(*point, _line_cost(X, y, point), *path[t])))
    header = ("step", "slope a", "intercept b", "cost", "exact a", "exact b")
    return Story(
        [
            f"{len(y)} points that lie about the line 0.5 x + 2. The cost is half the mean square "
            "of a x + b - y; its gradient has two parts, one for a, one for b. From a = b = 0, at "
            f"a rate of {learning_rate:g}:",
            (header, rows),
            f"Least squares gives a = {best[0]:.6g}, b = {best[1]:.6g}. After one step the line "
            "passes through the middle of the points. What is left is to trade slope for "
            "intercept, and that takes hundreds of steps: both move the line at the points in "
            "nearly the same way, so the cost is a long valley. (Less so where x is centred: try "
            "it.) The cost does not reach 0, for the points do not lie on a line.",
        ],
        lambda: draw_line(X, y, result),
    )


def valley(learning_rate: float) -> Story:
    """See three variants in one valley."""
    X, y, runs = _run_down_the_valley(learning_rate)
    best, header = np.linalg.lstsq(X, y)[0], ("variant", "rows per step", "steps")
    least, start = _line_cost(X, y, best), _line_cost(X, y, np.zeros(2))
    rows = []
    for name, run in runs.items():
        per_epoch = run.t_ // run.n_iter_
        left = [
            (_line_cost(X, y, run.path[epochs * per_epoch]) - least) / (start - least)
            for epochs in (1, 5, EPOCHS)
        ]
        rows.append(
            (name, str(run.batch_size_), str(run.t_), *(f"{100 * gap:.2g} %" for gap in left))
        )
    return Story(
        [
            f"{ROWS} rows, two columns with a correlation of {CORRELATION:g}, noise. One learning "
            f"rate, {learning_rate:g}, for all; what is left of the distance to the optimum, "
            f"(F - F*) / (F(0) - F*), after 1, 5 and {EPOCHS} epochs:",
            ((*header, "after 1", "after 5", f"after {EPOCHS}"), rows),
            "An epoch of batch is one step along the exact gradient: smooth, and slow along the "
            "floor of the valley. Mini-batches make more steps of the same rows, and tremble. "
            "Single rows are there first, and then wander about by as much as the rate lets them.",
        ],
        lambda: draw_valley(X, y, runs),
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
    columns = np.column_stack([X, np.ones(len(X))])
    best: Floats = np.linalg.lstsq(columns, y)[0].astype(np.float64)
    curvatures, axes = np.linalg.eigh(columns.T @ columns / len(y))
    shrinking = (1 - learning_rate * curvatures) ** np.arange(steps + 1.0)[:, None]
    return best, best + (shrinking * (axes.T @ -best)) @ axes.T


def _point_up(learning_rate: float, max_iter: int) -> Any:
    return fastgd.minimize(
        lambda y: (y - TARGET) ** 2,
        103.0,
        jac=lambda y: 2 * (y - TARGET),
        learning_rate=learning_rate,
        max_iter=max_iter,
        tol=1e-9,
        record_path=1,
    )


def _arrivals(path: Floats) -> str:
    """Say when the error is below a centimetre, a millimetre, a tenth of one."""
    error = np.abs(path - TARGET)
    reached = {name: np.flatnonzero(error < limit) for name, limit in CLOSE.items()}
    said = [f"{name} from step {at[0]}" for name, at in reached.items() if len(at)]
    if not said:
        return f"The error never gets below 1 cm; it ends at {error[-1]:.3g} cm."
    return f"The error is below {', below '.join(said)}."


def _what_rates_do() -> Cells:
    rows: list[tuple[str, ...]] = []
    for rate in RATES:
        run = _point_up(rate, ENOUGH)
        near = np.flatnonzero(np.abs(run.path - TARGET) < CLOSE["1 mm"])
        steps = str(near[0]) if len(near) else "never"
        factor = (run.path[1] - TARGET) / (run.path[0] - TARGET)
        rows.append((f"{rate:g}", f"{factor:.3g}", steps, _describe(factor)))
    return ("rate", "error times", "steps to 1 mm", "what happens"), rows


def _describe(factor: float) -> str:
    if abs(factor) < 1e-9:
        return "lands in one step"
    if abs(factor) >= 1:
        return "each step is farther off, on the other side: it runs away"
    if factor < 0:
        return "jumps over the target, less each time"
    return "crawls" if factor > 0.95 else "walks down"


def _point_at_a_spot(learning_rate: float, curvature: float) -> Any:
    weights = np.array([1.0, curvature])
    return fastgd.minimize(
        lambda x: float(weights @ x**2),
        [-3.0, 3.0],
        jac=lambda x: 2 * weights * x,
        learning_rate=learning_rate,
        max_iter=40,
        tol=None,
    )


def _spots(result: Any, learning_rate: float, curvature: float) -> list[tuple[str, ...]]:
    path = result.path[: SHOWN // 2 + 1]
    return [
        (
            str(t),
            *_texts(across, up, across + up, across**2 + curvature * up**2),
            *_texts(*spot_position(t, learning_rate, curvature)),
        )
        for t, (across, up) in enumerate(path)
    ]


def spot_position(t: int, learning_rate: float, curvature: float) -> tuple[float, float]:
    """Return where the pointer is after *t* steps, across and up: the closed form."""
    factors = 1 - 2 * learning_rate, 1 - 2 * learning_rate * curvature
    return -3.0 * factors[0] ** t, 3.0 * factors[1] ** t


def _say_of_the_valley(learning_rate: float) -> str:
    upwards = 1 - 2 * SQUARES * learning_rate
    if abs(upwards) >= 1:
        return "Upwards that runs away: one rate has to serve the steepest direction."
    if upwards < 0:
        return (
            "Upwards it jumps from side to side of the valley while it creeps along its floor: it "
            "zig-zags. One rate has to serve the steepest direction, and the others wait for it."
        )
    return "Upwards it is there sooner, and then creeps along the floor of the valley."


def _run_down_the_valley(learning_rate: float) -> tuple[Floats, Floats, dict[str, Any]]:
    rng = np.random.default_rng(4)
    X = rng.standard_normal((ROWS, 2))
    X[:, 1] = CORRELATION * X[:, 0] + math.sqrt(1 - CORRELATION**2) * X[:, 1]
    y = X @ [1.0, -1.0] + 0.5 * rng.standard_normal(ROWS)
    keywords: dict[str, Any] = {
        "learning_rate": learning_rate,
        "max_iter": EPOCHS,
        "record_path": 1,
        "fit_intercept": False,
        "random_state": 0,
    }
    runs = {
        variant: fastgd.fit(X, y, variant, batch_size=size, **keywords)
        for variant, size in (("batch", "auto"), ("minibatch", BATCH), ("stochastic", "auto"))
    }
    return X, y, runs


def _line_cost(X: Floats, y: Floats, point: Any) -> float:
    """Return half the mean square; the last number is the intercept, where there is one more."""
    z = X @ point[: X.shape[1]] + (point[-1] if len(point) > X.shape[1] else 0.0)
    return float(0.5 * np.mean((z - y) ** 2))


def _texts(*numbers: float) -> list[str]:
    return [f"{round(number, 12) + 0.0:.6g}" for number in numbers]  # no -0, no rounding


STORIES = {
    "laser": (laser, 0.1),
    "laser2d": (laser2d, 0.2),
    "line": (line, 0.1),
    "valley": (valley, 0.05),
}
