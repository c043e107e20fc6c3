"""Gradient descent for linear models, as fast as memory delivers the data."""

from fastgd import datasets
from fastgd.fitting import fit
from fastgd.losses import CustomLoss, Huber, LogLoss, SquaredError
from fastgd.optimizers import GD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from fastgd.order import visiting_order
from fastgd.result import (
    ConvergenceWarning,
    DivergenceWarning,
    FitResult,
    Progress,
    StopReason,
)
from fastgd.schedules import (
    Adaptive,
    Constant,
    Cosine,
    Exponential,
    InverseScaling,
    Optimal,
)

__version__ = "0.1.0"

__all__ = [
    "GD",
    "AdaGrad",
    "Adam",
    "Adaptive",
    "Constant",
    "ConvergenceWarning",
    "Cosine",
    "CustomLoss",
    "DivergenceWarning",
    "Exponential",
    "FitResult",
    "Huber",
    "InverseScaling",
    "LogLoss",
    "Momentum",
    "Nesterov",
    "Optimal",
    "Progress",
    "RMSprop",
    "SquaredError",
    "StopReason",
    "datasets",
    "fit",
    "visiting_order",
]
