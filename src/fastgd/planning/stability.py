"""The largest learning rates that theory calls stable, from all rows of a table."""

import math
from dataclasses import dataclass

from fastgd.data.sources import Source
from fastgd.optimizers import Momentum, Nesterov, Optimizer
from fastgd.planning.moments import Moments, has_moments, largest_squared_norm, sum_moments
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.eigenvalues import largest_eigenvalue
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.pilot.sample import draw

POWER_TOLERANCE, POWER_PASSES = 1e-5, 100  # of an eigenvalue that is reported


@dataclass(frozen=True)
class Smoothness:
    """How much gradients change with the coefficients: those of single rows, and their mean.

    A batch of b rows is stable below 2b / (B + (b - 1) L), which is a sufficient condition: if
    B / b is about L, and the rows that make B large are not those that make L large, rates up to
    twice as large may be stable.
    """

    row_bound: float  # B
    largest_eigenvalue: float  # L, of the objective's Hessian
    is_exact: bool  # False: B is only known to be at most row_bound

    def stable_rate(self, batch_size: int) -> float:
        """Return the rate below which steps of so many rows are stable."""
        return stable_rate(batch_size, self.row_bound, self.largest_eigenvalue)


@dataclass(frozen=True)
class StableRate:
    """The largest stable rate that is known."""

    value: float
    is_exact: bool  # False: larger rates may be stable, too


def smoothness(source: Source, objective: Objective, n_threads: int) -> Smoothness:
    """Return how smooth the objective is, for a loss that has a bounded second derivative.

    B is exact for up to 1024 columns, and else the largest ||x||^2.
    """
    l2, fit_intercept = objective.l2, objective.fit_intercept
    if has_moments(source):
        return smoothness_of(sum_moments(source, fit_intercept, n_threads), objective)
    c = objective.loss.curvature or 0.0
    largest = _by_power_iteration(source, fit_intercept, n_threads)
    row_bound = largest_squared_norm(source, fit_intercept)
    return Smoothness(c * row_bound + 2.0 * l2, c * largest + l2, is_exact=False)


def smoothness_of(moments: Moments, objective: Objective) -> Smoothness:
    """Return how smooth the objective is, given the moments of all rows."""
    c = objective.loss.curvature or math.nan
    if not moments.is_finite:
        return Smoothness(math.nan, math.nan, is_exact=True)
    l2 = objective.l2 / c
    largest = c * moments.largest_eigenvalue(l2)
    return Smoothness(c * moments.row_bound(l2), largest, is_exact=True)


def largest_stable_rate(
    source: Source,
    objective: Objective,
    variant: str,
    optimizer: Optimizer,
    batch_size: int,
    n_threads: int,
) -> StableRate | None:
    """Return the largest learning rate that theory calls stable, or None if it has none.

    For batch that is 2/L, with momentum 2(1 + mu)/L, with Nesterov's 2(1 + mu)/((1 + 2 mu)L); for
    a batch of b rows 2b/(B + (b - 1)L), where B is the row bound: the smallest number with
    E[||x||^2 x x'] <= B E[x x'].
    """
    loss, has_memory = objective.loss, isinstance(optimizer, Momentum)
    if loss.curvature is None or optimizer.adaptive or (has_memory and variant != "batch"):
        return None
    if variant == "batch" and not has_moments(source):
        largest = _by_power_iteration(source, objective.fit_intercept, n_threads)
        L = loss.curvature * largest + objective.l2
        found = StableRate(largest_rate(optimizer, L), is_exact=True)
    else:
        smooth = smoothness(source, objective, n_threads)
        is_batch = variant == "batch"
        rate = (
            largest_rate(optimizer, smooth.largest_eigenvalue)
            if is_batch
            else smooth.stable_rate(batch_size)
        )
        found = StableRate(rate, smooth.is_exact)
    return found if math.isfinite(found.value) and found.value > 0 else None


def largest_rate(optimizer: Optimizer, L: float) -> float:
    """Return the rate below which full gradients are stable, with Hessians of at most *L*.

    Infinity if the objective is flat, and NaN if theory says nothing.
    """
    if optimizer.adaptive:
        return math.nan
    mu = optimizer.mu if isinstance(optimizer, Momentum) else 0.0
    damping = 1 + 2 * mu if isinstance(optimizer, Nesterov) else 1.0
    return math.inf if L <= 0 else 2 * (1 + mu) / (damping * L)


def stable_rate(batch_size: int, row_bound: float, L: float) -> float:
    """Return the rate below which steps of so many rows are stable (Ma, Bassily, Belkin, 2018)."""
    bound = row_bound + (batch_size - 1) * L
    return math.inf if bound <= 0 else 2.0 * batch_size / bound


def _by_power_iteration(source: Source, fit_intercept: bool, n_threads: int) -> float:
    rows = draw(source, fit_intercept, seed=0).rows
    given = Pilot(source, n_threads), rows, fit_intercept
    return largest_eigenvalue(*given, tolerance=POWER_TOLERANCE, max_passes=POWER_PASSES)[0]
