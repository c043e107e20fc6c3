"""Pictures of the pages that are run: new figures, or axes, among a block's variables."""

import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

DPI = 160
drawn: weakref.WeakSet[Figure] = weakref.WeakSet()


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures that no earlier block has made; return the text that shows them."""
    variables = block_vars["example_globals"].values()
    figures = {id(f): f for value in variables for f in figures_in(value) if f not in drawn}
    paths, alts = [], []
    for figure, path in zip(figures.values(), block_vars["image_path_iterator"], strict=False):
        figure.savefig(path, dpi=DPI)
        drawn.add(figure)
        paths.append(path)
        alts.append(describe(figure))
    shown = [
        figure_rst([path], gallery_conf["src_dir"], alt)
        for path, alt in zip(paths, alts, strict=True)
    ]
    return "\n".join(shown)


def figures_in(value: Any) -> Iterator[Figure]:
    """Hand out the figures that a variable stands for."""
    if isinstance(value, Figure):
        yield value
    elif isinstance(value, Axes):
        yield value.figure
    elif isinstance(value, np.ndarray) and value.dtype == object:
        for entry in value.flat:
            yield from figures_in(entry)


def describe(figure: Figure) -> str:
    """Return what a reader who does not see the picture is told: its label, or its axes'."""
    labels = [f"{axis.get_ylabel()} against {axis.get_xlabel()}" for axis in figure.axes]
    return str(figure.get_label()) or "; ".join(labels)


def _get_sg_image_scraper() -> Any:
    """Return the scraper, by the name that the gallery looks for."""
    return scrape
