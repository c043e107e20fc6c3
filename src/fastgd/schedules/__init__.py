"""Schedules: the learning rate of every step, from the steps' numbers.

A schedule is called with an array of step numbers (they count from 1, over the whole run) and
returns as many rates; a user's own function may take one number at a time. `Adaptive` also looks
at each epoch's loss: what it remembers is part of a run's state, so that a run can be stopped and
gone on with.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fastgd.base.namespaces import own_names
from fastgd.base.validation import (
    as_float,
    as_int,
    check_fraction,
    check_not_negative,
    check_parameters,
    check_positive,
    refusal,
    show,
)
from fastgd.losses import Loss

Steps = NDArray[np.int64]
Rates = NDArray[np.float64]

CLOSE = 1e-9  # a relative difference between a rate asked singly and in an array: rounding
FIRST_STEPS = np.arange(1, 4)  # tell whether a function takes arrays


class Memory(NamedTuple):
    """What a schedule has learnt from the epochs so far."""

    factor: float = 1.0  # multiplies every rate
    best_loss: float = math.inf
    epochs_without_progress: int = 0


@dataclass(frozen=True)
class Schedule:
    """A rule for the learning rate."""

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the schedule does not have."""
        check_parameters(cls, values, parameters)
        return super().__new__(cls)

    def __str__(self) -> str:
        """Name the numbers, to four digits."""
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        shown = [f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v!r}" for k, v in values]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __call__(self, t: Steps) -> Rates:
        """Return the rates of the steps *t*."""
        raise NotImplementedError

    def settled(self, alpha: float, loss: Loss) -> "Schedule":
        """Return the schedule with what it takes from the problem filled in."""
        return self

    def after_epoch(self, memory: Memory, loss: float) -> Memory:
        """Return what is remembered once an epoch's loss is known."""
        return memory


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every step: what a plain number means.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Constant(0.1)(np.array([1, 2]))
    array([0.1, 0.1])
    """

    eta0: float = 0.01

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_positive("eta0", self.eta0)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 for every step."""
        return np.full(len(t), float(self.eta0))


@dataclass(frozen=True)
class InverseScaling(Schedule):
    """eta0 / t**power_t (scikit-learn's "invscaling").

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.InverseScaling(eta0=0.1, power_t=0.5)(np.array([1, 4]))
    array([0.1 , 0.05])
    """

    eta0: float = 0.01
    power_t: float = 0.25

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_not_negative("power_t", self.power_t)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 / t**power_t."""
        return self.eta0 / np.power(t, float(self.power_t))


@dataclass(frozen=True)
class InverseTimeDecay(Schedule):
    """eta0 / (1 + t / decay_steps)**power_t: about constant at first, then falling.

    Parameters
    ----------
    eta0 : float
        The first rate.
    decay_steps : float
        Steps after which it has fallen to 1 / 2**power_t.
    power_t : float
        How fast it falls in the end.

    References
    ----------
    Bottou, "Stochastic gradient descent tricks", 2012, section 5.2, whose rates have power 1.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.InverseTimeDecay(eta0=0.1, decay_steps=100, power_t=1.0)(np.array([1, 100, 900]))
    array([0.0990099, 0.05     , 0.01     ])
    """

    eta0: float = 0.01
    decay_steps: float = 1000.0
    power_t: float = 0.5

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_positive("decay_steps", self.decay_steps)
        check_not_negative("power_t", self.power_t)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 / (1 + t / decay_steps)**power_t."""
        return self.eta0 / np.power(1.0 + t / self.decay_steps, float(self.power_t))


@dataclass(frozen=True)
class Optimal(Schedule):
    """1 / (alpha (t0 + t - 1)) (scikit-learn's "optimal"): for objectives with an L2 penalty.

    Parameters
    ----------
    alpha : float, optional
        Strength of the penalty; `fit`'s own where it is not given.
    t0 : float, optional
        Where the schedule starts; Bottou's heuristic where it is not given: the first rate moves
        the weights about as far as the penalty lets them be. (scikit-learn takes the slope there
        with its sign, so its first rates are larger, and diverge, for squared errors.)

    References
    ----------
    Bottou, "Stochastic gradient descent tricks", 2012, section 5.2.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Optimal(alpha=0.1, t0=10)(np.array([1, 11]))
    array([1. , 0.5])
    """

    alpha: float | None = None
    t0: float | None = None

    def __post_init__(self) -> None:
        """Check the parameters."""
        if self.alpha is not None:
            check_positive("alpha", self.alpha)
        if self.t0 is not None:
            check_positive("t0", self.t0)

    def settled(self, alpha: float, loss: Loss) -> "Optimal":
        """Take alpha from the problem and t0 from Bottou's heuristic."""
        strength = alpha if self.alpha is None else self.alpha
        if strength <= 0:
            raise ValueError(
                "fastgd.Optimal needs a penalty; give fit an alpha above 0, "
                "or write fastgd.Optimal(alpha=...)."
            )
        if self.t0 is not None:
            return replace(self, alpha=strength)
        typical = math.sqrt(1.0 / math.sqrt(strength))
        parameters = [loss.parameters] if loss.takes_parameters else []
        slope = loss.function(-typical, 1.0, *parameters)[1]
        return Optimal(strength, max(1.0, abs(slope)) / (typical * strength))

    def __call__(self, t: Steps) -> Rates:
        """Return 1 / (alpha (t0 + t - 1))."""
        if self.alpha is None or self.t0 is None:
            raise ValueError("fastgd.Optimal(alpha, t0) needs both to be called outside of fit.")
        return np.asarray(1.0 / (self.alpha * (self.t0 + t - 1.0)))


@dataclass(frozen=True)
class Exponential(Schedule):
    """eta0 * gamma**(t - 1).

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Exponential(eta0=1.0, gamma=0.5)(np.array([1, 2, 3]))
    array([1.  , 0.5 , 0.25])
    """

    eta0: float = 0.01
    gamma: float = 0.999

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_fraction("gamma", self.gamma, or_one=True)

    def __call__(self, t: Steps) -> Rates:
        """Return eta0 * gamma**(t - 1)."""
        return np.asarray(self.eta0 * np.power(float(self.gamma), t - 1.0))


@dataclass(frozen=True)
class Cosine(Schedule):
    """From eta0 at the first step to eta_min at step n_steps along half a cosine, then eta_min.

    References
    ----------
    Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, equation 5.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.Cosine(eta0=1.0, n_steps=3)(np.array([1, 2, 3, 4])).round(12)
    array([1. , 0.5, 0. , 0. ])
    """

    eta0: float = 0.01
    n_steps: int = 1000
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_positive("n_steps", self.n_steps)
        check_not_negative("eta_min", self.eta_min)

    def __call__(self, t: Steps) -> Rates:
        """Return eta_min + (eta0 - eta_min) (1 + cos(pi (t - 1) / (n_steps - 1))) / 2."""
        share = np.minimum((t - 1.0) / max(self.n_steps - 1, 1), 1.0)
        return np.asarray(
            self.eta_min + (self.eta0 - self.eta_min) * (1 + np.cos(np.pi * share)) / 2
        )


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

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_positive("eta0", self.eta0)
        check_fraction("factor", self.factor)
        check_positive("patience", self.patience)
        check_not_negative("tol", self.tol)

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


@dataclass(frozen=True)
class PiecewiseConstant(Schedule):
    """A rate from each of some steps on, constant until the next: what a dictionary means.

    Parameters
    ----------
    rates : dict or sequence of pairs
        The rates by the first step at which they hold; steps count from 1.

    Examples
    --------
    >>> import fastgd, numpy as np
    >>> fastgd.PiecewiseConstant({1: 0.1, 3: 0.01})(np.array([1, 2, 3, 4]))
    array([0.1 , 0.1 , 0.01, 0.01])
    """

    rates: Any = ((1, 0.01),)

    def __post_init__(self) -> None:
        """Check the rates, and keep them as pairs in order."""
        given = self.rates.items() if isinstance(self.rates, Mapping) else self.rates
        try:
            pairs = [(as_int(step), as_float(rate)) for step, rate in given]
        except (TypeError, ValueError):
            pairs = []
        steps = [step or 0 for step, _ in pairs]
        if (
            min(steps, default=0) != 1
            or len({*steps}) < len(steps)
            or not all(0 < rate < math.inf for _, rate in pairs)
        ):
            wanted = (
                "a dictionary {first step: rate} of whole numbers that begin with 1, the first "
                "step, and finite rates above 0, as in {1: 0.1, 1000: 0.01}"
            )
            raise refusal("rates", wanted, self.rates, (Mapping, tuple, list))
        rates = [rate for _, rate in pairs]
        object.__setattr__(self, "rates", tuple(sorted(zip(steps, rates, strict=True))))

    def __call__(self, t: Steps) -> Rates:
        """Return the rate of the last step named that is not after t."""
        steps, rates = zip(*self.rates, strict=True)
        return np.asarray(rates)[np.searchsorted(steps, t, "right") - 1]


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


def shown_rate(rates: Any) -> Any:
    """Return what a result shows: the number if the rate was constant, a user's own schedule."""
    if isinstance(rates, FromCallable) and isinstance(rates.function, Schedule):
        return rates.function
    return rates.eta0 if isinstance(rates, Constant) else rates


SCHEDULES: dict[str, type[Schedule]] = {
    row.__name__: row
    for row in (
        Constant,
        InverseScaling,
        InverseTimeDecay,
        Optimal,
        Exponential,
        Cosine,
        Adaptive,
        PiecewiseConstant,
    )
}


def __dir__() -> list[str]:
    """List the names that this module defines."""
    return own_names(globals())
