"""The loss of predictions that are there already: no row of the table is read."""

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.gradients.binding import loss_arguments, prediction_kernel
from fastgd.kernels.compiler.jit import load
from fastgd.losses import Loss

NOTHING = np.empty(0)


class LossOfPredictions:
    """A loss and its derivative by z, of as many predictions as there are targets."""

    def __init__(self, loss: Loss, targets: Array = NOTHING) -> None:
        """Compile or fetch the kernel, for targets of the type of these."""
        self._kernel, self._arguments = prediction_kernel(loss), loss_arguments(loss)
        load(self._kernel, NOTHING, targets[:0], self._arguments, NOTHING, NOTHING)

    def __call__(self, z: Floats, y: Array) -> tuple[Floats, Floats]:
        """Return each row's value and derivative, without weights."""
        values, derivatives = np.empty(len(z)), np.empty(len(z))
        self._kernel(z, y, self._arguments, values, derivatives)
        return values, derivatives
