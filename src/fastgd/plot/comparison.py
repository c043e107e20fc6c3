"""The picture of a race: how far from the optimum its runs were, against passes and seconds."""

import math
from typing import TYPE_CHECKING, Any

from fastgd.base.files import StrPath
from fastgd.plot.notebook import displayed
from fastgd.plot.style import (
    DPI,
    PASSES,
    RELATIVE,
    SMALL,
    check_picture,
    look,
    need_matplotlib,
    some_axes,
    tick_decades,
    write,
)

if TYPE_CHECKING:
    from fastgd.comparing.comparison import Comparison

FLOOR = 1e-12  # relative suboptimality below which all are alike
CEILING = 1e3


@displayed
def plot_comparison(comparison: "Comparison", path: StrPath | None = None) -> Any:
    """Return a Matplotlib figure of a comparison, and write it to *path* if one is given.

    Parameters
    ----------
    comparison : Comparison
        What `fastgd.compare` returned.
    path : str or path-like, optional
        Where to write it too, in the format that the name ends in.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        If Matplotlib is not installed.
    ValueError
        Where the name's ending is no format of pictures.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(500, 2, random_state=0)
    >>> comparison = fastgd.compare(X, y, ["batch"], repeats=1)
    >>> [ax.get_xlabel() for ax in fastgd.plot.plot_comparison(comparison).axes]
    ['passes over the rows', 'seconds']
    """
    need_matplotlib()
    if path is not None:
        check_picture(path)
    left, right = some_axes(None, 2, 10, 5.5)
    for k, entry in enumerate(comparison.entries):
        drawn = look(k, entry.name)
        height = [min(max(gap, FLOOR), CEILING) for gap in comparison.relative(entry.name)]
        _draw(left, entry.passes, height, drawn)
        _draw(right, entry.median_seconds, height, drawn)
    right.sharey(left)
    right.tick_params(labelleft=False)
    _scale(left, PASSES)
    _scale(right, "seconds")
    left.set_ylabel(RELATIVE)
    if comparison.statistical_error is not None:
        _mark_noise(left, right, comparison.statistical_error / comparison.scale)
    handles, labels = right.get_legend_handles_labels()
    figure = left.figure
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=SMALL)
    if path is not None:
        figure.savefig(path, dpi=DPI)
    return figure


def _scale(ax: Any, label: str) -> None:
    """Scale both axes by decades."""
    from matplotlib.ticker import LogLocator

    ax.set(xscale="log", yscale="log", xlabel=label)
    ax.yaxis.set_major_locator(LogLocator(numticks=15))
    tick_decades(ax.xaxis)
    tick_decades(ax.yaxis)


def _mark_noise(left: Any, right: Any, level: float) -> None:
    """Draw the line below which optimising further fits noise."""
    for ax in (left, right):
        ax.axhline(level, color="0.4", linewidth=0.8)
    write(
        left,
        "statistical error",
        (0.01, level),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
    )


def _draw(ax: Any, places: list[float], height: list[float], drawn: dict[str, Any]) -> None:
    """Draw a curve; a method that is done in one go is a point."""
    shown = [(x, y) for x, y in zip(places, height, strict=True) if math.isfinite(x) and x > 0]
    if shown:
        ax.plot(*zip(*shown, strict=True), marker="o" if len(shown) == 1 else "", **drawn)
