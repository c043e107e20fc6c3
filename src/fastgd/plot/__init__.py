"""Figures of descent: paths, losses, learning rates, batch sizes, animations.

All functions draw into the Matplotlib Axes that they are given, or into a new figure, and return
the Axes: ``ax.figure.savefig("picture.png")`` writes it. In a notebook a new figure is displayed
at the end of the cell; nothing else is shown by itself, and no setting of Matplotlib's is changed.
They need Matplotlib.
"""

from fastgd.plot.animation import animate
from fastgd.plot.batch_sizes import plot_batch_sizes
from fastgd.plot.comparison import plot_comparison
from fastgd.plot.learning_rates import plot_learning_rates
from fastgd.plot.losses import plot_loss
from fastgd.plot.one_dimension import plot_descent_1d
from fastgd.plot.style import check_picture
from fastgd.plot.two_dimensions import plot_descent_2d

__all__ = [
    "animate",
    "check_picture",
    "plot_batch_sizes",
    "plot_comparison",
    "plot_descent_1d",
    "plot_descent_2d",
    "plot_learning_rates",
    "plot_loss",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
