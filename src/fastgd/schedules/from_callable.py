"""A user's own function of step numbers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastgd.base.validation import show
from fastgd.losses import Loss
from fastgd.schedules.schedule import Memory, Rates, Schedule, Steps

CLOSE = 1e-9  # a relative difference between a rate asked singly and in an array: rounding
FIRST_STEPS = np.arange(1, 4)  # tell whether a function takes arrays


@dataclass(frozen=True)
class FromCallable(Schedule):
    """A user's own function of step numbers: of an array of them, or of one."""

    function: Callable[[Any], Any]

    def __call__(self, t: Steps) -> Rates:
        """Call the function, with the array if it takes one, and check what it returns."""
        if self._takes_arrays:
            with np.errstate(all="ignore"):  # integers overflow: then steps are asked one by one
                answer = self.function(t)
            rates = _as_rates(answer, len(t))
            if not self._takes_steps or (rates is not None and self._agree(t, rates)):
                return _checked(t, rates, answer)
        return _checked(t, np.array([self._rate_of(step) for step in t.tolist()], float))

    def settled(self, alpha: float, loss: Loss) -> "FromCallable":
        """Let a schedule of the user's own take what it needs from the problem."""
        own = self.function
        return FromCallable(own.settled(alpha, loss)) if isinstance(own, Schedule) else self

    def after_epoch(self, memory: Memory, loss: float) -> Memory:
        """Let a schedule of the user's own remember an epoch's loss."""
        own = self.function
        return own.after_epoch(memory, loss) if isinstance(own, Schedule) else memory

    @cached_property
    def _takes_steps(self) -> bool:
        """Return True if the function returns a number for a single step."""
        return all(self._ask(step) is not None for step in FIRST_STEPS.tolist())

    @cached_property
    def _takes_arrays(self) -> bool:
        """Return True if the function takes an array of steps and returns their rates."""
        try:
            rates = _as_rates(self.function(FIRST_STEPS.copy()), len(FIRST_STEPS))
        except Exception as error:  # of a function of a number, or of the user's own
            if self._takes_steps:
                return False
            if isinstance(error, TypeError) or "is ambiguous" in str(error):
                self.function(1)  # which says what is really wrong
            raise
        return rates is not None or not self._takes_steps

    def _agree(self, t: Steps, rates: Rates) -> bool:
        """Return True if some steps, asked singly, have the rates that the array has."""
        places = sorted({0, len(t) // 2, len(t) - 1}) if len(t) else []
        singly = [(self._ask(int(t[place])), rates[place]) for place in places]
        return all(rate is None or _is_close(rate, given) for rate, given in singly)

    def _ask(self, step: int) -> float | None:
        """Return the rate of a step; None if the function does not return a number for one."""
        try:
            return _as_rate(self.function(step))
        except Exception:  # of a function of arrays
            return None

    def _rate_of(self, step: int) -> float:
        answer = self.function(step)
        rate = _as_rate(answer)
        if rate is None:
            raise _no_rate(f"{show(answer)} at step {step}")
        return rate


def _checked(t: Steps, rates: Rates | None, answer: Any = None) -> Rates:
    """Return the rates if there is a finite one for each step; *answer* is what was returned."""
    if rates is None:
        raise _no_rate(f"{show(answer)} for {len(t)} steps")
    bad = np.flatnonzero(~(np.isfinite(rates) & (rates >= 0)))
    if len(bad):
        raise _no_rate(f"{rates[bad[0]]} at step {t[bad[0]]}")
    return rates


def _as_rates(answer: Any, n: int) -> Rates | None:
    """Return what was returned for an array of n steps as rates; None if it is something else."""
    try:
        rates = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if answer is None or rates.shape not in ((), (n,)):
        return None
    return np.ascontiguousarray(np.broadcast_to(rates, (n,)))


def _as_rate(answer: Any) -> float | None:
    """Return what was returned for one step as a number; None if it is something else."""
    if np.ndim(answer) != 0 or isinstance(answer, str):
        return None
    try:
        return float(answer)
    except (TypeError, ValueError):
        return None


def _is_close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=CLOSE) or (math.isnan(a) and math.isnan(b))


def _no_rate(got: str) -> ValueError:
    return ValueError(
        "learning_rate, a callable, must return a finite rate >= 0 for each of the step numbers "
        f"it gets; got {got}."
    )
