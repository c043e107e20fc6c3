"""Losses: the objective of results, or the loss they met, against what it cost."""

from itertools import count
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.validation import check_name
from fastgd.plot.notebook import displayed
from fastgd.plot.style import LARGEST, PASSES, SMALL, add_legend, look, marker, shared_axes
from fastgd.plot.trails import read_results

# What may be asked for: the column of the history, and the name of the axis.
COSTS = {
    "passes": ("passes", PASSES),
    "epochs": ("epoch", "epochs"),
    "steps": ("step", "steps"),
    "seconds": ("seconds", "seconds (compiling and evaluating left out)"),
}
HEIGHTS = {
    "objective": "objective",
    "loss": "mean loss of the rows met since the last record",
}
FEW = 40  # records that are marked one by one
DECADES_FROM = 20.0  # largest over smallest value from which on the scale is one of decades
TALLEST = 100.0  # times the highest start: what diverges further leaves the picture


@displayed
def plot_loss(results: Any, *, x: str = "passes", ax: Any = None) -> Any:
    """Draw how the objective of one or several results fell.

    Where all results recorded it, it is the objective (fits to small tables do so by themselves,
    others with ``record="objective"``), else the mean loss of the rows met since the last record.

    Parameters
    ----------
    results : FitResult, MinimizeResult, or list or dict of such
        A dict names them.
    x : {"passes", "epochs", "steps", "seconds"}
        What it cost. Results of `minimize` count steps: they are drawn against these where
        "passes" is all that is asked for.
    ax : matplotlib.axes.Axes, optional
        Where to draw, beside the lines that are there; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        ``ax.figure.savefig("loss.png")`` writes it.

    Raises
    ------
    ValueError, TypeError
        Where *x* is no such word, or the results do not record the same.
    ImportError
        If Matplotlib is not installed.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(200, 2, random_state=0)
    >>> result = fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=9)
    >>> ax = fastgd.plot.plot_loss(result)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('passes over the rows', 'objective')
    """
    check_name("x", x, COSTS)
    named = read_results(results)
    column, label = _choose_cost(x, [result.history for result in named.values()])
    height = _choose_height(named)
    ax = shared_axes(ax)
    taken = [str(line.get_label()) for line in ax.get_lines()]
    _check_labels(ax, label, HEIGHTS[height])
    for k, (name, result) in enumerate(named.items(), start=len(taken)):
        cost, value = (np.asarray(result.history[key], dtype=float) for key in (column, height))
        known = np.abs(value) < LARGEST
        mark = marker(k) if known.sum() <= FEW else ""
        drawn = look(k, _new_name(name, taken))
        ax.plot(cost[known], value[known], marker=mark, markersize=4, **drawn)
    ax.set(xlabel=label, ylabel=HEIGHTS[height])
    _scale(ax, [line.get_ydata(orig=False) for line in ax.get_lines()])
    add_legend(ax)
    return ax


def _choose_cost(x: str, histories: list[dict[str, Any]]) -> tuple[str, str]:
    """Return the column to draw against, and its axis' name."""
    lacking = [history for history in histories if COSTS[x][0] not in history]
    if len(lacking) == len(histories) and x == "passes":
        x = "steps"
    elif lacking:
        raise ValueError(
            f'x={x!r} is not counted by all of these results: write x="steps", which all count.'
        )
    return COSTS[x]


def _choose_height(named: dict[str, Any]) -> str:
    """Return the column that all results have: the objective, if it was recorded."""
    unrecorded = [
        name for name, result in named.items() if np.isnan(result.history["objective"][0])
    ]
    if not unrecorded:
        return "objective"
    if all("loss" in result.history for result in named.values()):
        return "loss"
    raise ValueError(
        f"results must all record the objective, or all the loss; got {unrecorded[0]!r} without "
        'the objective: fit it with record="objective".'
    )


def _check_labels(ax: Any, x: str, y: str) -> None:
    """Refuse axes on which an earlier call counted something else."""
    words = {name for _, name in COSTS.values()} | {*HEIGHTS.values()}
    for drawn, wanted in ((ax.get_xlabel(), x), (ax.get_ylabel(), y)):
        if drawn in words - {wanted}:
            raise ValueError(
                f"ax already holds {drawn!r}, beside which {wanted!r} means nothing: draw them in "
                "pictures of their own."
            )


def _new_name(name: str, taken: list[str]) -> str:
    """Return a name that no line has yet: it, or it with a number."""
    numbered = (f"{name} ({k})" for k in count(2))
    return name if name not in taken else next(new for new in numbered if new not in taken)


def _scale(ax: Any, curves: list[Floats]) -> None:
    """Scale the heights by decades where they span some; cut off what diverges."""
    curves = [curve for curve in curves if len(curve)]
    if not curves:
        return
    values = np.concatenate(curves)
    low, top = float(values.min()), TALLEST * max(float(curve[0]) for curve in curves)
    if low > 0 and min(values.max(), top) > DECADES_FROM * low:
        ax.set_yscale("log")
    if top > 0 and values.max() > top:
        is_decades = ax.get_yscale() == "log"
        floor = low / 1.5 if is_decades else low - 0.05 * (top - low)
        ax.set_ylim(None if is_decades and low <= 0 else floor, top)
        ax.set_title("what diverges leaves the view", fontsize=SMALL, color="0.25")
