"""The table of optimizers: which there are, and under which names.

`fastgd` and `fastgd.optimizers` take their names from here. A new optimizer is a file beside this
one, its import, a row of `OPTIMIZERS` and a name in `__all__`, which type checkers read.
"""

from fastgd.optimizers.adagrad import AdaGrad
from fastgd.optimizers.adam import Adam
from fastgd.optimizers.gd import GD
from fastgd.optimizers.momentum import Momentum
from fastgd.optimizers.nesterov import Nesterov
from fastgd.optimizers.optimizer import Optimizer
from fastgd.optimizers.rmsprop import RMSprop

OPTIMIZERS: dict[str, type[Optimizer]] = {
    row.name: row for row in (GD, Momentum, Nesterov, AdaGrad, RMSprop, Adam)
}

__all__ = ["GD", "AdaGrad", "Adam", "Momentum", "Nesterov", "RMSprop"]
