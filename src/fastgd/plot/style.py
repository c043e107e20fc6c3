"""Style: one look for all pictures, and what they need before anything is drawn."""

from pathlib import Path
from typing import Any

import numpy as np

from fastgd.base.files import StrPath
from fastgd.base.validation import describe_type, show

# Okabe and Ito's colours, told apart by the colour-blind too; their yellow is too pale for lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SMALL = 9  # points: of what is written within the axes
DPI = 150
LARGEST = 1e200  # number that is drawn: scales of decades need room up to 1e308
FEW_DECADES = 2.5  # on an axis: powers of ten alone would be too few
HALO = 2.0  # points of white around what is written over lines
PASSES = "passes over the rows"
LEARNING_RATE = "learning rate (per step, on the mean gradient)"
RELATIVE = r"relative suboptimality $(F - F^*)\,/\,(F(0) - F^*)$"
NEEDS = "figures need Matplotlib: run `pip install matplotlib`."


def need_matplotlib() -> None:
    """Refuse to draw without Matplotlib, in a sentence that says how to get it."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(NEEDS) from error


def new_figure(width: float, height: float) -> Any:
    """Return a figure of so many inches that no global state knows of."""
    need_matplotlib()
    from fastgd.plot.figure import OwnFigure

    return OwnFigure(figsize=(width, height), dpi=DPI, layout="constrained", facecolor="white")


def one_axes(ax: Any, width: float = 8.0, height: float = 5.2) -> Any:
    """Return *ax*, or the axes of a new figure where it is None, dressed."""
    need_matplotlib()
    if ax is None:
        ax = new_figure(width, height).subplots()
    _check_empty("ax", ax)
    dress(ax)
    return ax


def shared_axes(ax: Any) -> Any:
    """Return *ax* as it is, whatever it holds, or the axes of a new figure where it is None."""
    need_matplotlib()
    if ax is None:
        return one_axes(None)
    _check_axes("ax", ax)
    if not ax.has_data():
        dress(ax)
    return ax


def some_axes(axes: Any, count: int, width: float, height: float) -> Any:
    """Return an array of *count* axes, those given or those of a new figure, dressed."""
    need_matplotlib()
    if axes is None:
        axes = new_figure(width, height).subplots(1, count)
    found = np.asarray(axes, dtype=object).ravel()
    if len(found) != count:
        raise ValueError(
            f"axes must be {count} Matplotlib Axes; got {len(found)}: leave it out for a figure of "
            "its own."
        )
    for ax in found:
        _check_empty("each of axes", ax)
        dress(ax)
    return found


def _check_empty(name: str, ax: Any) -> None:
    """Refuse what is no Axes for this picture alone; its scales become plain."""
    _check_axes(name, ax)
    if ax.has_data():
        raise ValueError(
            f"{name} already holds a picture: draw all in one call, or call clear() on it before."
        )
    ax.set(xscale="linear", yscale="linear")


def _check_axes(name: str, ax: Any) -> None:
    """Refuse what is no Axes of two straight axes."""
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise TypeError(
            f"{name} must be a Matplotlib Axes; got {describe_type(ax)}: leave it out for a figure "
            "of its own."
        )
    if ax.name != "rectilinear":
        raise TypeError(f"{name} must be plain Axes, of two straight axes; got {ax.name} ones.")


def dress(ax: Any) -> None:
    """Give axes a light grid behind the data and no frame above and to the right."""
    ax.set_facecolor("white")
    ax.grid(color="0.92")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=SMALL)


def colour(k: int) -> str:
    """Return the k-th colour; they come round again."""
    return COLOURS[k % len(COLOURS)]


def line_style(k: int) -> Any:
    """Return the k-th line's style; it changes where colours come round again."""
    return STYLES[k // len(COLOURS) % len(STYLES)]


def look(k: int, label: str) -> dict[str, Any]:
    """Return how the k-th line is drawn; its style tells it apart where colours come round."""
    return {
        "color": colour(k),
        "linestyle": line_style(k),
        "label": label,
        "linewidth": 1.6,
    }


def marker(k: int) -> str:
    """Return the k-th marker, the second cue beside the colour."""
    return MARKERS[k % len(MARKERS)]


def write(ax: Any, text: str, place: tuple[float, float], **keywords: Any) -> Any:
    """Write small text with a white halo, so that it can be read over lines."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=HALO, foreground="white")]
    return ax.annotate(
        text, place, **{"fontsize": SMALL, "color": "0.25", "path_effects": halo, **keywords}
    )


def add_legend(ax: Any, loc: str = "best", **keywords: Any) -> Any:
    """Return a legend that lets the grid, but no line, through."""
    return ax.legend(
        loc=loc, **{"fontsize": SMALL, "framealpha": 0.9, "edgecolor": "none", **keywords}
    )


def add_legend_above(ax: Any, **keywords: Any) -> Any:
    """Return a legend above the axes, where it hides nothing."""
    place = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.2}
    return add_legend(ax, **{**place, "framealpha": 0.0, **keywords})


def add_legend_beside(ax: Any, **keywords: Any) -> Any:
    """Return a legend to the right of the axes, where it hides nothing."""
    return add_legend(ax, "upper left", bbox_to_anchor=(1.0, 1.0), framealpha=0.0, **keywords)


def tick_decades(axis: Any) -> None:
    """Label an axis of decades at powers of ten; at 1, 2 and 5, plainly, where those are few."""
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    low, high = axis.get_view_interval()
    axis.set_minor_locator(NullLocator())
    if high < 10**FEW_DECADES * low:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))


def check_picture(path: StrPath) -> None:
    """Refuse a file whose ending names no format of pictures."""
    need_matplotlib()
    from matplotlib.figure import Figure

    known = Figure().canvas.get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in known:
        raise ValueError(
            "a picture's name must end in .png, .pdf, .svg or what else Matplotlib writes; got "
            f"{show(str(path))}."
        )
