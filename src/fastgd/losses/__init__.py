"""Losses: one scalar function ``(z, y, parameters) -> (value, derivative)`` and one row each.

z is the prediction, y the target, the derivative is that by z (at a kink: a number between the
derivatives on its two sides). To add a loss, write its function and its row in a file of its
own and name the row in `table.py`: it is then compiled, checked and tested with the others. Labels
of a "binary" target reach the function as -1 and +1. A NaN must give NaNs: "+ 0.0 * r" makes a
derivative NaN that would otherwise be a number.
"""

from fastgd.losses import table
from fastgd.losses.custom import CustomLoss, check_loss_function
from fastgd.losses.loss import Loss
from fastgd.losses.loss import LossFunction as LossFunction
from fastgd.losses.loss import Probability as Probability
from fastgd.losses.squared_error import HalfSquare
from fastgd.losses.table import *  # noqa: F403
from fastgd.losses.table import LOSSES

__all__ = ["LOSSES", "CustomLoss", "HalfSquare", "Loss", "check_loss_function"]
__all__ += table.__all__


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
