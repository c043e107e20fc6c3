"""Notebooks: a figure or an animation that a function of this package made is displayed once.

These figures are unknown to pyplot, whose hook displays its own at the end of a cell; here is the
same hook for ours. Figures of the user's own, drawn into by `ax=`, are left to whoever made them.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
R = TypeVar("R")

pending: list[Any] = []  # to be displayed at the end of the cell


def displayed(draw: Callable[P, R]) -> Callable[P, R]:
    """Return *draw*, whose figure is displayed at the end of the cell if it runs in a notebook."""

    @functools.wraps(draw)
    def draw_and_display(*arguments: P.args, **keywords: P.kwargs) -> R:
        drawn = draw(*arguments, **keywords)
        _display_later(drawn)
        return drawn

    return draw_and_display


def find_notebook() -> Any:
    """Return the IPython shell this runs in if it can display images, else None."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    shell = get_shell()
    if shell is None or "image/png" not in shell.display_formatter.active_types:
        return None  # such as IPython in a terminal
    return shell


def was_displayed(picture: Any) -> None:
    """Note that a picture has been displayed, such as the value of the last line of a cell."""
    pending[:] = [other for other in pending if other is not picture]


def _display_later(drawn: Any) -> None:
    from fastgd.plot.figure import Film, OwnFigure

    shell = find_notebook()
    if shell is None:
        return
    first = drawn.flat[0] if isinstance(drawn, np.ndarray) else drawn
    picture = getattr(first, "figure", first)
    if isinstance(picture, (Film, OwnFigure)):
        was_displayed(picture)  # drawn into again: once is enough
        pending.append(picture)
        shell.events.register("post_execute", _display_pending)


def _display_pending() -> None:
    """Display what is left at the end of a cell."""
    from IPython.display import display

    while pending:
        display(pending.pop(0))
