"""Pictures: how far from the optimum the runs of a comparison were, against passes and seconds."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastgd.files import StrPath
from fastgd.validation import show

if TYPE_CHECKING:
    from fastgd.comparison import Comparison

# Okabe and Ito's colours, told apart by the colour-blind too; their yellow is too pale for lines.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
FLOOR = 1e-12  # relative suboptimality below which all are alike
NEEDS = 'pictures need Matplotlib: run `pip install "fastgd[plot]"`.'


def plot_comparison(comparison: "Comparison", path: StrPath | None = None) -> Any:
    """Return a Matplotlib figure of a comparison, and write it to *path* if one is given."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, NullLocator
    except ImportError as error:
        raise ImportError(NEEDS) from error
    if path is not None:
        check_picture(path)
    figure = Figure(figsize=(10, 5.5), layout="constrained", facecolor="white")
    left, right = axes = figure.subplots(1, 2, sharey=True)
    for k, entry in enumerate(comparison.entries):
        look = {
            "color": COLOURS[k % len(COLOURS)],
            "linestyle": STYLES[k // len(COLOURS) % len(STYLES)],
            "label": entry.name,
            "linewidth": 1.6,
        }
        height = [min(max(gap, FLOOR), 1e3) for gap in comparison.relative(entry.name)]
        draw(left, entry.passes, height, look)
        draw(right, entry.median_seconds, height, look)
    noise = comparison.statistical_error
    for axis, label in zip(axes, ("passes over the rows", "seconds"), strict=True):
        axis.set(xscale="log", yscale="log", facecolor="white")
        axis.set_xlabel(label)
        axis.grid(color="0.92")
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_minor_locator(NullLocator())
        if noise is not None:
            axis.axhline(noise / comparison.scale, color="0.4", linewidth=0.8)
    if noise is not None:
        left.annotate(
            "statistical error",
            (0.01, noise / comparison.scale),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            fontsize=8,
            color="0.3",
        )
    left.yaxis.set_major_locator(LogLocator(numticks=15))
    left.yaxis.set_minor_locator(NullLocator())
    left.set_ylabel(r"relative suboptimality $(F - F^*)\,/\,(F(0) - F^*)$")
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=9)
    if path is not None:
        figure.savefig(path, dpi=150)
    return figure


def check_picture(path: StrPath) -> None:
    """Refuse a file whose ending names no format of pictures."""
    from matplotlib.figure import Figure

    known = Figure().canvas.get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in known:
        raise ValueError(f"a picture's name must end in one of {sorted(known)}; got {show(path)}.")


def draw(axis: Any, places: list[float], height: list[float], look: dict[str, Any]) -> None:
    """Draw a curve; a method that is done in one go is a point."""
    shown = [(x, y) for x, y in zip(places, height, strict=True) if math.isfinite(x) and x > 0]
    if shown:
        marker = "o" if len(shown) == 1 else ""
        axis.plot(*zip(*shown, strict=True), marker=marker, **look)
