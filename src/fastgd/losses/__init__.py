"""Losses: one scalar function ``(z, y, parameters) -> (value, slope)`` and one row each.

z is the prediction, y the target; the slope is the derivative by z (at a kink: a number between
the derivatives on its two sides). To add a loss, write its function and its row in a file of its
own and name the row in `LOSSES`: it is then compiled, checked and tested with the others. Labels of
a "binary" target reach the function as -1 and +1. A NaN must give NaNs: "+ 0.0 * r" makes a slope
NaN that would otherwise be a number.
"""

from fastgd.losses.absolute_error import AbsoluteError
from fastgd.losses.custom import CustomLoss, check_loss_function
from fastgd.losses.epsilon_insensitive import EpsilonInsensitive
from fastgd.losses.hinge import Hinge
from fastgd.losses.huber import Huber
from fastgd.losses.log_loss import LogLoss
from fastgd.losses.loss import Loss
from fastgd.losses.loss import LossFunction as LossFunction
from fastgd.losses.loss import Probability as Probability
from fastgd.losses.modified_huber import ModifiedHuber
from fastgd.losses.quantile import Quantile
from fastgd.losses.squared_epsilon_insensitive import SquaredEpsilonInsensitive
from fastgd.losses.squared_error import HalfSquare, SquaredError
from fastgd.losses.squared_hinge import SquaredHinge

LOSSES: dict[str, type[Loss]] = {
    row.name: row
    for row in (
        SquaredError,
        Huber,
        AbsoluteError,
        Quantile,
        EpsilonInsensitive,
        SquaredEpsilonInsensitive,
        LogLoss,
        Hinge,
        SquaredHinge,
        ModifiedHuber,
    )
}

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "CustomLoss",
    "EpsilonInsensitive",
    "HalfSquare",
    "Hinge",
    "Huber",
    "LogLoss",
    "Loss",
    "ModifiedHuber",
    "Quantile",
    "SquaredEpsilonInsensitive",
    "SquaredError",
    "SquaredHinge",
    "check_loss_function",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
