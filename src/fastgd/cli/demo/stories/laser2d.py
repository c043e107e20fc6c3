"""Two dimensions: the same rate for a gentle direction and a steep one."""

from typing import Any

import numpy as np

import fastgd
from fastgd.cli.demo.stories.pictures import draw_laser2d
from fastgd.cli.demo.stories.story import (
    SEEN,
    Story,
    say_of,
    say_where_it_ended,
    write_factor,
    write_numbers,
)

SQUARES = 16.0  # how many times errors upwards count
STEPS = 40
SHOWN = 7  # of them in a table
HEADER = ("step", "across cm", "up cm", "sum of errors", "cost", "exact across", "exact up")


def tell(learning_rate: float) -> Story:
    """Point a laser in two dimensions, straight or in a zig-zag."""
    round_, steep = (point_at_a_spot(learning_rate, squares) for squares in (1.0, SQUARES))
    across, up = factors(learning_rate, SQUARES)
    return Story(
        [
            "The pointer is 3 cm to the left of its spot and 3 cm above it. The errors, -3 and 3, "
            "add up to 0, but their squares do not: J = across² + up². The gradient has one "
            "component per coordinate, and each step changes both.",
            (HEADER, _spots(round_, learning_rate, 1.0)),
            f"Both errors are multiplied by {write_factor(across)} in every step, so the pointer "
            "never leaves the straight line through its start and the spot; each error "
            f"{say_of(across)}.{say_where_it_ended(round_)} Now weight the upward error "
            f"{SQUARES:g} times: J = across² + {SQUARES:g} up². The same rate multiplies the error "
            f"across by {write_factor(across)}, and that upwards by {write_factor(up)}.",
            (HEADER, _spots(steep, learning_rate, SQUARES)),
            f"The error upwards {say_of(up)}; that across {say_of(across)}."
            f"{say_where_it_ended(steep)} {_say_what_it_means(across, up)}",
        ],
        lambda: draw_laser2d(round_, steep, learning_rate, SQUARES),
    )


def factors(learning_rate: float, squares: float) -> tuple[float, float]:
    """Return what a step multiplies the errors by, across and up."""
    return 1 - 2 * learning_rate, 1 - 2 * learning_rate * squares


def spot_position(steps: Any, learning_rate: float, squares: float) -> Any:
    """Return where the pointer is after so many steps, across and up: the closed form."""
    return [-3.0, 3.0] * np.array(factors(learning_rate, squares)) ** np.asarray(steps)[..., None]


def point_at_a_spot(learning_rate: float, squares: float) -> Any:
    """Return the run."""
    weights = np.array([1.0, squares])
    return fastgd.minimize(
        lambda x: float(weights @ x**2),
        [-3.0, 3.0],
        jac=lambda x: 2 * weights * x,
        learning_rate=learning_rate,
        max_iter=STEPS,
        tol=None,
        record_path=1,
    )


def _spots(result: Any, learning_rate: float, squares: float) -> list[tuple[str, ...]]:
    path = result.path[:SHOWN]
    exact = spot_position(np.arange(len(path)), learning_rate, squares)
    return [
        (str(t), *write_numbers(across, up, across + up, across**2 + squares * up**2, *exact[t]))
        for t, (across, up) in enumerate(path)
    ]


def _say_what_it_means(across: float, up: float) -> str:
    """Say what the steep direction does to the other."""
    if abs(across) >= 1 - SEEN:
        if across > 0:
            return f"At such a small rate, nothing visible happens in {STEPS} steps."
        return "One learning rate applies to every direction, and this one is too large for both."
    if abs(up) >= 1 - SEEN:
        return "The rate must suit the steepest direction, and this one is too large for it."
    if up < -SEEN:
        return (
            "So it zig-zags from side to side of a valley while it moves along the floor. The rate "
            "must suit the steepest direction, and the other directions converge slowly."
        )
    return "There is no zig-zag at this rate: it moves down to the floor of a valley and along it."
