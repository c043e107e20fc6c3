"""Pictures of the pages that are run: new figures, axes or films, among a block's variables."""

import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import Animation
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import figure_rst

from fastgd.plot.gif import FlatGif

DPI, FILM_DPI = 160, 100
BROAD = 9  # inches
drawn: weakref.WeakSet[Figure] = weakref.WeakSet()


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures that no earlier block has made; return the text that shows them."""
    variables = block_vars["example_globals"].values()
    films = [v for v in variables if isinstance(v, Animation) and v._fig not in drawn]
    played = "\n".join(play(film, block_vars, gallery_conf) for film in films)
    figures = {id(f): f for value in variables for f in figures_in(value) if f not in drawn}
    paths, alts = [], []
    for figure, path in zip(figures.values(), block_vars["image_path_iterator"], strict=False):
        figure.savefig(path, dpi=DPI)
        drawn.add(figure)
        paths.append(path)
        alts.append(describe(figure))
    shown = [
        in_a_box(figure_rst([path], gallery_conf["src_dir"], alt), figure)
        for path, alt, figure in zip(paths, alts, figures.values(), strict=True)
    ]
    return "\n".join([*shown, played])


def play(film: Animation, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save a film; return the text that shows it, in a box that a reader can close."""
    path = str(Path(next(block_vars["image_path_iterator"])).with_suffix(".gif"))
    film.save(path, writer=FlatGif(1000 / film.event_source.interval), dpi=FILM_DPI)
    drawn.add(film._fig)
    told = f"Film: {describe(film._fig)}"
    shown = in_a_box(figure_rst([path], gallery_conf["src_dir"], told), film._fig)
    return f".. dropdown:: The film\n   :open:\n\n{textwrap.indent(shown, '   ')}\n"


def in_a_box(shown: str, figure: Figure) -> str:
    """Return what shows a picture, in a box in which it can be moved where the page is narrow."""
    size = "broad" if figure.get_figwidth() >= BROAD else "usual"
    return f".. container:: picture {size}\n\n{textwrap.indent(shown, '   ')}\n"


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
