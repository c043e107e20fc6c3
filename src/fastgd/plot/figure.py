"""Figures and animations of this package: Matplotlib's, and what a notebook displays of them."""

from io import BytesIO
from typing import Any

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from fastgd.plot.notebook import find_notebook, was_displayed

PIXELS_PER_INCH = 100  # at which a notebook shows a figure, whatever its resolution


class OwnFigure(Figure):
    """A figure that notebooks display even if pyplot was never imported."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the image; its size alone if the user's settings of Matplotlib make the image."""
        was_displayed(self)
        width = {"image/png": {"width": round(PIXELS_PER_INCH * self.get_figwidth())}}
        if self._has_formatter():
            return {}, width
        image = BytesIO()
        self.savefig(image, format="png")
        return {"image/png": image.getvalue()}, width

    def _has_formatter(self) -> bool:
        shell = find_notebook()
        formatters = [] if shell is None else shell.display_formatter.formatters.values()
        return any(Figure in formatter.type_printers for formatter in formatters)


class Film(FuncAnimation):
    """An animation that notebooks display as a player, whatever Matplotlib's settings."""

    def _repr_html_(self) -> str:
        was_displayed(self)
        player: str = self.to_jshtml()
        return player
