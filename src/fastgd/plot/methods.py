"""What the `.plot` methods of results draw, and the keywords they take."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from fastgd.base.validation import did_you_mean
from fastgd.plot.losses import plot_loss
from fastgd.plot.one_dimension import plot_descent_1d
from fastgd.plot.two_dimensions import plot_descent_2d

FILLED_IN = {"fun", "result", "results"}  # by the method


def plot_fit(result: Any, keywords: dict[str, Any]) -> Any:
    """Draw what `fit` returned."""
    return plot_loss(result, **_read(plot_loss, keywords))


def plot_minimum(result: Any, keywords: dict[str, Any]) -> Any:
    """Draw what `minimize` returned, by the number of its parameters."""
    size = np.size(result.x)
    if result.path is None or size > 2:
        return plot_loss(result, **_read(plot_loss, keywords))
    draw: Callable[..., Any] = plot_descent_1d if size == 1 else plot_descent_2d
    return draw(result.function, result, **_read(draw, keywords))


def _read(draw: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return keywords as *draw* takes them, `ax` and `axes` alike; refuse others."""
    known = [name for name in inspect.signature(draw).parameters if name not in FILLED_IN]
    seat = "axes" if "axes" in known else "ax"
    if "ax" in given and "axes" in given:
        raise TypeError(".plot takes ax or axes, not both.")
    read = {seat if name in ("ax", "axes") else name: value for name, value in given.items()}
    for name in read:
        if name not in known:
            raise TypeError(
                f".plot takes {known} for this result, as {draw.__name__} does; got {name!r}."
                f"{did_you_mean(name, known)}"
            )
    return read
