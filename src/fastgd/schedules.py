"""Schedules: the learning rate of every step, from the steps' numbers.

A schedule is called with an array of step numbers (they count from 1, over the whole run) and
returns as many rates. `Adaptive` also looks at each epoch's loss: what it remembers is part of a
run's state, so that a run can be stopped and gone on with.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastgd.losses import Loss
from fastgd.namespaces import own_names
from fastgd.validation import check_fraction, check_not_negative, check_positive, show

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
        parameters = loss.parameters if loss.built_in else ()
        slope = loss.function(-typical, 1.0, *([parameters] if loss.built_in else []))[1]
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
class FromCallable(Schedule):
    """A user's own function of an array of step numbers."""

    function: Callable[[Steps], Any]

    def __call__(self, t: Steps) -> Rates:
        """Call the function and check what it returns."""
        try:
            answer = self.function(t)
        except ValueError as error:
            if "is ambiguous" not in str(error):
                raise
            raise ValueError(
                "learning_rate, a callable, gets an array of step numbers, which no `if` can ask: "
                "write numpy.where(t < 5, 0.1, 0.01), say."
            ) from None
        try:
            rates = np.asarray(answer, dtype=np.float64)
        except (TypeError, ValueError):
            rates = np.array(np.nan)
        fits = rates.shape in ((), (len(t),))
        bad = np.flatnonzero(~(np.isfinite(rates) & (rates >= 0)))
        if not fits or len(bad):
            is_list = fits and rates.ndim == 1
            got = f"{rates[bad[0]]} at step {t[bad[0]]}" if is_list else show(answer)
            raise ValueError(
                "learning_rate, a callable, must return a finite rate >= 0 for each of the step "
                f"numbers it gets; got {got} for {len(t)} steps."
            )
        return np.ascontiguousarray(np.broadcast_to(rates, (len(t),)))


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
    )
}


def __dir__() -> list[str]:
    """List the names that this module defines."""
    return own_names(globals())
