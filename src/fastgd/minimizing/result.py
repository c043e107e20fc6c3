"""The result of `minimize`: where it ended, what it did, and why it stopped."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.minimizing.function import DIFFERENCES
from fastgd.monitoring.reasons import StopReason
from fastgd.optimizers import Optimizer
from fastgd.schedules import Schedule
from fastgd.schedules.line_search import LineSearch

STATUS = {  # SciPy's 0 and 1 if they mean the same
    StopReason.TOLERANCE: 0,
    StopReason.MAX_ITER: 0,
    StopReason.CAPPED: 1,
    StopReason.STALLED: 2,
    StopReason.DIVERGED: 3,
    StopReason.TIME_LIMIT: 4,
    StopReason.CALLBACK: 99,
}
MESSAGES = {  # instead of those of `fit`, which speak of epochs and coefficients
    StopReason.MAX_ITER: "It made all the steps it was asked for.",
    StopReason.STALLED: "No step changes the point any more.",
    StopReason.DIVERGED: "It diverged; the last good point is returned.",
}
HISTORY = ("objective", "grad_norm", "learning_rate")


@dataclass(frozen=True, eq=False)
class Iterate:
    """What a callback of `minimize` sees after each step; the arrays are copies."""

    nit: int
    x: Any
    fun: float
    jac: Any
    learning_rate: float


@dataclass(frozen=True, eq=False)  # arrays do not compare to a single answer
class MinimizeResult:
    """What `minimize` returns, under SciPy's names.

    Attributes
    ----------
    x : float or ndarray, in the shape of x0
        Where it ended; of a run that diverged the last good point, or x0 if that was better.
    fun : float
        The function there.
    jac : float or ndarray, in the shape of x0
        The gradient there.
    nit : int
        Steps taken.
    nfev, njev : int
        How often the function and the gradient were evaluated. If `gradient` is "central
        differences", one gradient takes 2 n evaluations of the function, counted in `nfev`.
    gradient : {"jac", "fun", "central differences"}
        Where gradients came from.
    success : bool
        Whether the tolerance was met, or all steps were made if there was none.
    status : int
        0: success; 1: `max_iter` steps were not enough; 2: stalled, or there is a `doubt`;
        3: diverged; 4: the time limit; 99: the callback.
    stop_reason : StopReason
    message : str
        Why it stopped, in a sentence, which includes the `doubt`.
    doubt : str or None
        Why x may be no minimum although the gradient is about zero there; None if there is no
        reason.
    history : dict of ndarray, all of one length
        step, objective, grad_norm, learning_rate (of the step that led there; NaN at the start).
        Every step of the first 1,000; of longer runs every second, fourth, ... and the last.
    path : ndarray, or None
        The points at the steps `path_steps`, one below the other: (n_points,) for numbers,
        (n_points, n) for vectors.
    path_steps : ndarray of int, shape (n_points,), or None
    optimizer_ : Optimizer
    learning_rate_ : float, Schedule or LineSearch
    function : callable
        The function of a point alone: `args` are filled in.
    seconds, compile_seconds : float
        Time that the descent took, and that of compiling it, apart.
    """

    x: Any
    fun: float
    jac: Any
    nit: int
    nfev: int
    njev: int
    gradient: str
    stop_reason: StopReason
    history: dict[str, NDArray[Any]]
    path: NDArray[np.float64] | None
    path_steps: NDArray[np.int64] | None
    optimizer_: Optimizer
    learning_rate_: float | Schedule | LineSearch
    function: Callable[[Any], float] = field(repr=False)
    seconds: float
    compile_seconds: float
    doubt: str | None = field(default=None, repr=False)

    @property
    def status(self) -> int:
        """A number for the reason."""
        return STATUS[self.stop_reason]

    @property
    def success(self) -> bool:
        """Whether it did what it was asked for."""
        return self.status == 0

    @property
    def message(self) -> str:
        """Why it stopped, in a sentence."""
        if self.doubt is not None:
            return f"It is not known to have found a minimum: {self.doubt}."
        return MESSAGES.get(self.stop_reason, self.stop_reason.value)

    def summary(self) -> str:
        """Say in a few lines what ran, what it cost, how it ended."""
        n = int(np.size(self.x))
        calls = f"{self.nfev:,} of the function, {self.njev:,} of the gradient"
        if self.gradient == DIFFERENCES:
            spent = 2 * n * self.njev
            calls = (
                f"{self.nfev:,} of the function, {spent:,} of them for {self.njev:,} gradients by "
                f"central differences ({2 * n:,} each)"
            )
        lines = [
            f"{self.optimizer_} on {n:,} parameter{'s' if n > 1 else ''}",
            f"  learning rate  {self.learning_rate_}",
            f"  steps          {self.nit:,}",
            f"  evaluations    {calls}",
            f"  seconds        {self.seconds:.3g} (+ {self.compile_seconds:.2g} to compile)",
            f"  function       {self.fun:.6g}",
            f"  gradient       {np.linalg.norm(np.ravel(self.jac)):.3g}",
            f"  {self.message}",
        ]
        return "\n".join(lines)

    def plot(self, **keywords: Any) -> Any:
        """Draw the descent: in one dimension, in the plane, or as the objective against steps.

        Parameters
        ----------
        **keywords
            Of `plot.plot_descent_1d`, `plot.plot_descent_2d` or `plot.plot_loss`; where to draw,
            on three Axes or on one, is ``ax`` or ``axes`` for all.

        Returns
        -------
        Matplotlib's Axes

        Raises
        ------
        TypeError
            For other keywords.
        ImportError
            If Matplotlib is not installed.
        """
        from fastgd.plot.methods import plot_minimum

        return plot_minimum(self, keywords)

    def __repr__(self) -> str:
        """Say the essentials in one line."""
        x = np.array2string(np.asarray(self.x), precision=6, threshold=6, separator=", ")
        return (
            f"MinimizeResult({self.optimizer_.name}, {self.nit} step{'s' * (self.nit != 1)}, "
            f"x={' '.join(x.split())}, fun={self.fun:.6g}: {self.message})"
        )
