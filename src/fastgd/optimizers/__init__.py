"""Optimizers: two scalar functions and one row each.

``prepare(t, lr, hyper, T)`` runs once per step (t counts from 1) in float64 and returns the
scalars of that step as numbers of the data's type T. ``step(w, g, *slots, *scalars)`` runs per
coefficient and returns ``(w, rate, *slots)``: the new coefficient, the rate that multiplies a
stationary gradient there (it scales the L1 penalty's proximal step), and the new slots. To add an
optimizer, write the two and its row in a file of its own and name the row in `table.py`. Inside
`step` a literal number would turn float32 arithmetic into float64: let `prepare` hand it over.

The formulas are PyTorch's, with its defaults.
"""

from fastgd.optimizers import table
from fastgd.optimizers.optimizer import HINTS, LEARNING_RATE, Optimizer
from fastgd.optimizers.table import *  # noqa: F403
from fastgd.optimizers.table import OPTIMIZERS

__all__ = ["HINTS", "LEARNING_RATE", "OPTIMIZERS", "Optimizer"]
__all__ += table.__all__


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
