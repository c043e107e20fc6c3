"""A rate that is lowered when the loss stalls."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fastgd.base.validation import check_fraction, check_not_negative, check_positive
from fastgd.schedules.schedule import Memory, Rates, Schedule, Steps


@dataclass(frozen=True)
class Adaptive(Schedule):
    """eta0 until the loss stalls for *patience* epochs, then a *factor* of it, and so on.

    An epoch makes progress when the mean loss met in it is at least *tol* below the best so far
    (scikit-learn's "adaptive", whose factor is 0.2).

    Examples
    --------
    >>> import fastgd
    >>> rate = fastgd.Adaptive(eta0=0.1, patience=1)
    >>> rate.after_epoch(rate.after_epoch(fastgd.schedules.Memory(), 1.0), 1.0).factor
    0.2
    """

    eta0: float = 0.01
    factor: float = 0.2
    patience: int = 5
    tol: float = 1e-3
    word: ClassVar[str] = "adaptive"
    written: ClassVar[str] = "Adaptive(eta0=0.01)"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_fraction("factor", self.factor)
        check_positive("patience", self.patience)
        check_not_negative("tol", self.tol)

    @property
    def uses_losses(self) -> bool:
        """Whether `after_epoch` has to be told every epoch's loss: it has."""
        return True

    def __call__(self, t: Steps) -> Rates:
        """Return eta0; a run multiplies it by the factor it remembers."""
        return np.full(len(t), float(self.eta0))

    def after_epoch(self, memory: Memory, loss: float) -> Memory:
        """Lower the rate once *patience* epochs brought no progress."""
        stalled = 0 if loss <= memory.best_loss - self.tol else memory.epochs_without_progress + 1
        best = min(memory.best_loss, loss)
        if stalled < self.patience:
            return Memory(memory.factor, best, stalled)
        return Memory(memory.factor * self.factor, best, 0)
