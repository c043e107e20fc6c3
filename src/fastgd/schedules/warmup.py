"""Linear warm-up in front of any schedule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from fastgd.base.own import is_own
from fastgd.base.validation import NUMBER, as_float, check_count, refusal
from fastgd.losses import Loss
from fastgd.schedules.constant import Constant
from fastgd.schedules.from_callable import FromCallable
from fastgd.schedules.piecewise_constant import PiecewiseConstant
from fastgd.schedules.schedule import Memory, Rates, Schedule, Steps


@dataclass(frozen=True)
class Warmup(Schedule):
    """A linear rise to the first rate of a schedule, which begins when it is reached.

    Steps count from 1. Step t up to n_steps has t / n_steps times the schedule's first rate: step 1
    has 1 / n_steps of it, step n_steps all of it. Each later step t has the rate of the schedule's
    step t - n_steps + 1. With n_steps above 1 these are the rates of PyTorch's `SequentialLR` with
    `LinearLR(start_factor=1 / n_steps, total_iters=n_steps - 1)`, the schedule and
    `milestones=[n_steps - 1]`, which counts from 0. `fastgd.Adaptive` counts all epochs, those of
    the rise included.

    Parameters
    ----------
    schedule : float, schedule, dict or callable
        What `learning_rate` of `fit` takes, except "auto" and a class.
    n_steps : int
        The step at which the first rate of the schedule is reached.

    References
    ----------
    Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, section 2.2.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Warmup(0.1, n_steps=4)(np.array([1, 2, 3, 4, 5]))
    array([0.025, 0.05 , 0.075, 0.1  , 0.1  ])
    >>> falling = fastgd.Exponential(eta0=1.0, gamma=0.5)
    >>> fastgd.Warmup(falling, n_steps=2)(np.array([1, 2, 3, 4]))
    array([0.5 , 1.  , 0.5 , 0.25])
    """

    schedule: Any = 0.01
    n_steps: int = 100
    word: ClassVar[str] = "warmup"
    written: ClassVar[str] = "Warmup(0.01, n_steps=100)"

    def __post_init__(self) -> None:
        """Check the parameters, and keep what was given as a schedule."""
        object.__setattr__(self, "schedule", _as_schedule(self.schedule))
        check_count("n_steps", self.n_steps)

    @property
    def uses_losses(self) -> bool:
        """Whether the wrapped schedule does."""
        return bool(self.schedule.uses_losses)

    def __call__(self, t: Steps) -> Rates:
        """Return the rates of the rise and, after it, those of the schedule."""
        first_and_later = np.append(1, np.maximum(t - self.n_steps + 1, 1))
        rates: Rates = self.schedule(first_and_later)
        return np.where(t < self.n_steps, rates[0] * (t / self.n_steps), rates[1:])

    def settled(self, alpha: float, loss: Loss) -> "Warmup":
        """Return the warm-up of the settled schedule."""
        return replace(self, schedule=self.schedule.settled(alpha, loss))

    def after_epoch(self, memory: Memory, loss: float) -> Memory:
        """Return what the wrapped schedule remembers."""
        remembered: Memory = self.schedule.after_epoch(memory, loss)
        return remembered


def _as_schedule(given: Any) -> Schedule:
    if isinstance(given, Schedule):  # one of the user's own may take one step number at a time
        return given if is_own(type(given)) else FromCallable(given)
    if isinstance(given, Mapping):
        return PiecewiseConstant(given)
    if 0 < as_float(given) < math.inf:
        return Constant(float(given))
    if callable(given) and not isinstance(given, type):
        return FromCallable(given)
    wanted = "a positive number, a schedule, a dictionary {first step: rate} or a callable"
    raise refusal("schedule", wanted, given, NUMBER)
