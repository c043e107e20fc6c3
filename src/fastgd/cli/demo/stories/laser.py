"""One dimension: a laser pointer, and what different rates do."""

from typing import Any

import numpy as np

import fastgd
from fastgd.cli.demo.stories.pictures import draw_laser
from fastgd.cli.demo.stories.story import (
    SEEN,
    Cells,
    Floats,
    Story,
    say_of,
    say_where_it_ended,
    write_factor,
    write_number,
    write_numbers,
    write_rate,
)

TARGET, START = 100.0, 103.0  # cm: where the pointer should point, and where it does
RATES = (0.005, 0.01, 0.1, 0.5, 1.5)
CLOSE = {"1 cm": 1.0, "1 mm": 0.1, "0.1 mm": 0.01}
ENOUGH = 10_000  # steps
SHOWN = 12  # steps in the table
DRAWN = 30  # steps in the figure


def tell(learning_rate: float) -> Story:
    """Point a laser by its error, in one dimension."""
    result = point_up(learning_rate, ENOUGH)
    path, factor = result.path, 1 - 2 * learning_rate
    steps = np.arange(min(len(path), SHOWN))
    rows = [
        (str(t), *write_numbers(y, y - TARGET, 2 * (y - TARGET), (y - TARGET) ** 2, truth))
        for t, y, truth in zip(steps, path, laser_position(steps, learning_rate), strict=False)
    ]
    header = ("step", "position cm", "error cm", "gradient", "cost", "exact position")
    return Story(
        [
            "A laser pointer points at 103 cm; the target is at 100 cm. The error is y - 100. The "
            "cost is its square, J = (y - 100)², with the gradient 2 (y - 100). Each step moves "
            "against the gradient: y <- y - rate * 2 (y - 100), here with a learning rate of "
            f"{write_rate(learning_rate)}.",
            (header, rows),
            "The exact position is 100 + 3 * factor^step. The factor, 1 - 2 * rate, is "
            f"{write_factor(factor)}: the error {say_of(factor)}."
            f"{say_where_it_ended(result) or _say_when_it_arrives(path)}",
            "Five learning rates compared:",
            _compare_rates(),
            "The error is multiplied by 1 - 2 * rate in every step. At a rate of "
            "0.5 = 1 / J'' it is zero after one step. It shrinks at every rate below 1 = 2 / J''. "
            "At 1 the pointer oscillates forever, and above 1 it diverges.",
        ],
        lambda: draw_laser(point_up(learning_rate, DRAWN), TARGET, CLOSE["1 mm"]),
    )


def laser_position(steps: Any, learning_rate: float) -> Floats:
    """Return where the pointer is after so many steps: the closed form."""
    return np.asarray(TARGET + (START - TARGET) * (1 - 2 * learning_rate) ** np.asarray(steps))


def point_up(learning_rate: float, max_iter: int) -> Any:
    """Return the run."""
    return fastgd.minimize(
        lambda y: (y - TARGET) ** 2,
        START,
        jac=lambda y: 2 * (y - TARGET),
        learning_rate=learning_rate,
        max_iter=max_iter,
        tol=1e-9,
        record_path=1,
    )


def _say_when_it_arrives(path: Floats) -> str:
    """Say when the error is below a centimetre, a millimetre, a tenth of one."""
    error = np.abs(path - TARGET)
    since = {limit: np.flatnonzero(error < size) for limit, size in CLOSE.items()}
    reached = {int(at[0]): limit for limit, at in since.items() if len(at)}  # least per step
    said = [f"below {limit} from step {step}" for step, limit in reached.items()]
    missed = [limit for limit, at in since.items() if not len(at)]
    if missed:
        said.append(
            f"not below {missed[0]} within {len(path) - 1:,} steps, "
            f"after which it is {write_number(error[-1])} cm"
        )
    return f" It is {', '.join(said)}."


def _compare_rates() -> Cells:
    rows: list[tuple[str, ...]] = []
    for rate in RATES:
        path = point_up(rate, ENOUGH).path
        near = np.flatnonzero(np.abs(path - TARGET) < CLOSE["1 mm"])
        factor = (path[1] - TARGET) / (path[0] - TARGET)
        factor = 0.0 if abs(factor) < SEEN else factor
        steps = str(near[0]) if len(near) else "never"
        rows.append((write_rate(rate), f"{factor:.3g}", steps, say_of(factor)))
    return ("rate", "error times", "steps to 1 mm", "the error"), rows
