"""Why a run stopped, what it warns of, and what a callback sees."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class DivergenceWarning(UserWarning):
    """The iterates diverged; the better of the start and the last good ones is returned."""


class ConvergenceWarning(UserWarning):
    """The cap of epochs was hit before the tolerance was met."""


class StopReason(Enum):
    """Why a run ended; the value is the sentence for the user."""

    MAX_ITER = "It made all the epochs it was asked for."
    CAPPED = "It reached max_iter before the tolerance was met."
    TOLERANCE = "It reached its tolerance."
    SEPARABLE = "The labels are linearly separable: the loss has no minimum."
    STALLED = "It could get no nearer to the optimum, which is still some way off."
    TIME_LIMIT = "It reached its time limit."
    CALLBACK = "The callback asked it to stop."
    INTERRUPTED = "It was interrupted."
    DIVERGED = "It diverged; the last good coefficients are returned."

    def __str__(self) -> str:
        """Say the sentence."""
        return self.value


@dataclass(frozen=True)
class Progress:
    """What a callback sees after each epoch; the arrays are copies."""

    epoch: int
    step: int
    passes: float
    seconds: float
    learning_rate: float
    loss: float  # weighted mean loss of the rows of this epoch
    coef: NDArray[np.float64]
    intercept: float
    max_iter: int  # epochs that the fit makes at most
