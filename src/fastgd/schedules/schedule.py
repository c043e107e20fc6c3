"""What a schedule is: the class whose subclasses are the rows."""

import math
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fastgd.base.validation import check_parameters
from fastgd.losses import Loss

Steps = NDArray[np.int64]
Rates = NDArray[np.float64]


class Memory(NamedTuple):
    """What a schedule has learnt from the epochs so far."""

    factor: float = 1.0  # multiplies every rate
    best_loss: float = math.inf
    epochs_without_progress: int = 0


@dataclass(frozen=True)
class Schedule:
    """A rule for the learning rate."""

    word: ClassVar[str] = ""  # how a user may call it, and is shown what to write instead
    written: ClassVar[str] = ""  # what that is

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the schedule does not have."""
        check_parameters(cls, values, parameters)
        return super().__new__(cls)

    def __str__(self) -> str:
        """Name the numbers, to four digits."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        shown = [f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v!r}" for k, v in values]
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def uses_losses(self) -> bool:
        """Whether `after_epoch` has to be told every epoch's loss."""
        return False

    def __call__(self, t: Steps) -> Rates:
        """Return the rates of the steps *t*."""
        raise NotImplementedError

    def settled(self, alpha: float, loss: Loss) -> "Schedule":
        """Return the schedule with what it takes from the problem filled in."""
        return self

    def after_epoch(self, memory: Memory, loss: float) -> Memory:
        """Return what is remembered once an epoch's loss is known."""
        return memory
