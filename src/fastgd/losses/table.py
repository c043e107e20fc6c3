"""The table of losses: which there are, and under which names.

`fastgd` and `fastgd.losses` take their names from here. A new loss is a file beside this one, its
import, a row of `LOSSES` and a name in `__all__`, which type checkers read.
"""

from fastgd.losses.absolute_error import AbsoluteError
from fastgd.losses.epsilon_insensitive import EpsilonInsensitive
from fastgd.losses.gamma import Gamma
from fastgd.losses.hinge import Hinge
from fastgd.losses.huber import Huber
from fastgd.losses.log_loss import LogLoss
from fastgd.losses.loss import Loss
from fastgd.losses.modified_huber import ModifiedHuber
from fastgd.losses.poisson import Poisson
from fastgd.losses.quantile import Quantile
from fastgd.losses.squared_epsilon_insensitive import SquaredEpsilonInsensitive
from fastgd.losses.squared_error import SquaredError
from fastgd.losses.squared_hinge import SquaredHinge
from fastgd.losses.tweedie import Tweedie

LOSSES: dict[str, type[Loss]] = {
    row.name: row
    for row in (
        SquaredError,
        Huber,
        AbsoluteError,
        Quantile,
        EpsilonInsensitive,
        SquaredEpsilonInsensitive,
        Poisson,
        Gamma,
        Tweedie,
        LogLoss,
        Hinge,
        SquaredHinge,
        ModifiedHuber,
    )
}

__all__ = [
    "AbsoluteError",
    "EpsilonInsensitive",
    "Gamma",
    "Hinge",
    "Huber",
    "LogLoss",
    "ModifiedHuber",
    "Poisson",
    "Quantile",
    "SquaredEpsilonInsensitive",
    "SquaredError",
    "SquaredHinge",
    "Tweedie",
]
