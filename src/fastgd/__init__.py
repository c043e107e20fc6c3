"""Gradient descent for linear models, as fast as memory delivers the data."""

from fastgd import datasets, plot
from fastgd.compare import compare
from fastgd.comparison import Comparison
from fastgd.fitting import fit
from fastgd.line_search import LineSearch
from fastgd.losses import (
    AbsoluteError,
    CustomLoss,
    EpsilonInsensitive,
    Hinge,
    Huber,
    LogLoss,
    ModifiedHuber,
    Quantile,
    SquaredEpsilonInsensitive,
    SquaredError,
    SquaredHinge,
)
from fastgd.minimizing import minimize
from fastgd.minimum import Iterate, MinimizeResult
from fastgd.optimizers import GD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from fastgd.order import visiting_order
from fastgd.result import (
    ConvergenceWarning,
    DivergenceWarning,
    FitResult,
    Progress,
    StopReason,
    load,
)
from fastgd.schedules import (
    Adaptive,
    Constant,
    Cosine,
    Exponential,
    InverseScaling,
    InverseTimeDecay,
    Optimal,
    PiecewiseConstant,
)
from fastgd.suggest import Suggestion, suggest

__version__ = "0.1.0"

__all__ = [
    "GD",
    "AbsoluteError",
    "AdaGrad",
    "Adam",
    "Adaptive",
    "Comparison",
    "Constant",
    "ConvergenceWarning",
    "Cosine",
    "CustomLoss",
    "DivergenceWarning",
    "EpsilonInsensitive",
    "Exponential",
    "FitResult",
    "Hinge",
    "Huber",
    "InverseScaling",
    "InverseTimeDecay",
    "Iterate",
    "LineSearch",
    "LogLoss",
    "MinimizeResult",
    "ModifiedHuber",
    "Momentum",
    "Nesterov",
    "Optimal",
    "PiecewiseConstant",
    "Progress",
    "Quantile",
    "RMSprop",
    "SquaredEpsilonInsensitive",
    "SquaredError",
    "SquaredHinge",
    "StopReason",
    "Suggestion",
    "compare",
    "datasets",
    "fit",
    "load",
    "minimize",
    "plot",
    "suggest",
    "visiting_order",
]


def __dir__() -> list[str]:
    """List the public names; internal modules are none of them."""
    return sorted([*__all__, "__version__", "losses", "optimizers", "schedules"])
