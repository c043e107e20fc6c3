"""Gradient descent for linear models, as fast as memory delivers the data."""

from fastgd import datasets, plot
from fastgd.base.old_modules import register_old_modules
from fastgd.base.own import name_public_classes
from fastgd.comparing.compare import compare
from fastgd.comparing.comparison import Comparison
from fastgd.data.orders import visiting_order
from fastgd.fitting.fit import fit
from fastgd.fitting.result import FitResult, load
from fastgd.fitting.suggest import Suggestion, suggest
from fastgd.losses import CustomLoss
from fastgd.losses import table as _losses
from fastgd.losses.table import *  # noqa: F403
from fastgd.minimizing.minimize import minimize
from fastgd.minimizing.result import Iterate, MinimizeResult
from fastgd.monitoring.reasons import ConvergenceWarning, DivergenceWarning, Progress, StopReason
from fastgd.optimizers import table as _optimizers
from fastgd.optimizers.table import *  # noqa: F403
from fastgd.schedules import table as _schedules
from fastgd.schedules.line_search import LineSearch
from fastgd.schedules.table import *  # noqa: F403

register_old_modules()

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "ConvergenceWarning",
    "CustomLoss",
    "DivergenceWarning",
    "FitResult",
    "Iterate",
    "LineSearch",
    "MinimizeResult",
    "Progress",
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
__all__ += _losses.__all__
__all__ += _optimizers.__all__
__all__ += _schedules.__all__

name_public_classes(globals(), __all__)


def __dir__() -> list[str]:
    """List the public names; internal modules are none of them."""
    return sorted([*__all__, "__version__", "losses", "optimizers", "schedules"])
