"""Where the learning rate is chosen: as it was given, or from a pilot sample of rows."""

import math
from dataclasses import dataclass, replace

import numpy as np

from fastgd.base.types import Floats
from fastgd.data.sources import Source
from fastgd.gradients.gram import Gram
from fastgd.losses import Loss
from fastgd.optimizers import AdaGrad, Momentum, Optimizer
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.eigenvalues import (
    largest_eigenvalue,
    largest_of_sample,
    mean_squared_norm,
)
from fastgd.planning.pilot.estimates import Estimates
from fastgd.planning.pilot.optimum import Optimum
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.pilot.sample import draw_targets
from fastgd.planning.pilot.unbounded import largest_near_constant, largest_second_derivative
from fastgd.planning.request import Request
from fastgd.planning.steps import Steps
from fastgd.schedules import Constant, InverseScaling, InverseTimeDecay, Schedule

TIME_CONSTANTS = 16.0  # of the typical direction of the Hessian, before rates fall
FEW_TIME_CONSTANTS = 4.0  # the same if a loss that is not quadratic adds something to the mean
EPOCHS_FOR_THE_SLOWEST = 0.06  # at most
EPOCHS_AT_FIRST_RATE = 30.0  # if there is no Hessian


@dataclass(frozen=True)
class ChosenRate:
    """A learning rate and its reason, and what it cost beyond the pilot sample."""

    schedule: Schedule
    clip: float  # bound of a step's rate times a row's squared norm: longer steps are clipped
    reason: str
    start: Floats | None = None  # coefficients and intercept to start from; None is zero
    passes: float = 0.0


def given_rate(schedule: Schedule, request: Request) -> ChosenRate:
    """Return the rate that was given."""
    return ChosenRate(schedule.settled(request.alpha, request.loss), math.inf, "given")


def choose_rate(
    pilot: Pilot, objective: Objective, steps: Steps, estimates: Estimates, gram: Gram | None
) -> ChosenRate:
    """Choose the rate of a self-tuned run."""
    if steps.preconditioned:
        return _of_preconditioned_steps(pilot.source.n, steps, estimates.optimum)
    loss, optimizer = objective.loss, steps.optimizer
    optimum = estimates.optimum
    start = _best_constant(pilot.source, loss) if optimum is None else optimum.start
    if not loss.smooth and (not optimizer.adaptive or isinstance(optimizer, AdaGrad)):
        chosen = _without_second_derivative(pilot.source, objective.loss, steps)
    elif optimizer.adaptive:
        targets = draw_targets(pilot.source)
        size, usual = loss.scale(targets, targets.median), optimizer.default_rate
        units = "of the logarithm of the mean" if loss.has_link else "of y"
        reason = f"{usual:g}, the usual one of its kind, in units {units}"
        chosen = ChosenRate(Constant(_finite(usual * size)), math.inf, reason)
    elif steps.variant == "batch":
        chosen = _of_full_gradients(pilot, objective, estimates, gram, start)
    else:
        chosen = _of_batches(pilot, objective, steps, estimates)
    return replace(chosen, start=start)


def refinement_rate(optimum: Optimum | None) -> float:
    """Return the rate of refinement: no direction overshoots, as far as the sample tells."""
    return math.nan if optimum is None else 1.0 / optimum.uncertainty


def _best_constant(source: Source, loss: Loss) -> Floats | None:
    """Return coefficients that predict the middle of y, or the intercept would have far to go."""
    centre = loss.start(draw_targets(source))
    return None if centre == 0 else np.append(np.zeros(source.d), centre)


def _of_full_gradients(
    pilot: Pilot,
    objective: Objective,
    estimates: Estimates,
    gram: Gram | None,
    start: Floats | None,
) -> ChosenRate:
    """Choose 1 / L for steps along the gradient of all rows."""
    here = estimates.coordinates
    loss, how = objective.loss, (estimates.rows, objective.fit_intercept)
    if loss.curvature is None:
        at = start if start is not None else np.zeros(pilot.source.d + 1)
        largest, passes = largest_second_derivative(pilot, loss, at, *how, here)
    else:
        eigenvalue, passes = largest_eigenvalue(pilot, *how, gram, here)
        largest = loss.curvature * eigenvalue
    L = largest + _of_penalty(objective.l2, here)
    reason = "1 / L, L the largest eigenvalue of the Hessian, from a power iteration"
    rate = _finite(1.0 / max(L, np.finfo(np.float64).tiny))
    return ChosenRate(Constant(rate), math.inf, reason, passes=passes)


def _of_batches(
    pilot: Pilot, objective: Objective, steps: Steps, estimates: Estimates
) -> ChosenRate:
    """Choose rates for steps of some rows: at first, half of the largest stable one."""
    batch_size, optimum = steps.batch_size, estimates.optimum
    size = mean_squared_norm(estimates.rows) * pilot.source.weight_spread or 1.0
    if batch_size > 1:
        size += (batch_size - 1) * largest_of_sample(estimates.rows, pilot.seed)
    largest = objective.loss.curvature if optimum is None else optimum.max_second_derivative
    if largest is None:
        largest = largest_near_constant(pilot.source, objective.loss)
    bound = largest * size + batch_size * _of_penalty(objective.l2, estimates.coordinates)
    rate = 0.5 * batch_size / bound
    if optimum is not None:  # twice of it is calm enough, for this rate will fall
        rate = min(rate, 2.0 * _calm_rate(batch_size, optimum, optimum.noise))
    rate = _finite(rate)
    # The eigenvalues of the Hessian are those of standardised columns.
    known = optimum if estimates.scaling == "standardize" else None
    decay_steps = _decay_steps(rate, pilot.source.n / batch_size, known)
    schedule = InverseTimeDecay(_damped(rate, steps.optimizer), decay_steps, power_t=1.0)
    reason = (
        "b / (2 (S + (b - 1) L)) for b rows a step, with S the mean squared norm and L the largest "
        "eigenvalue of a sample of rows, falling as 1 / t once columns have converged; steps of "
        "rows too large for that rate are clipped"
    )
    return ChosenRate(schedule, batch_size / largest, reason)


def _calm_rate(batch_size: int, optimum: Optimum, noise: float) -> float:
    """Return the rate at which the noise of steps leaves predictions where the Hessian holds.

    Near the optimum their variance is rate noise / (2 b second derivative). If a label is rare, a
    row of it is noise of the size of a thousand others.
    """
    calm = 2.0 * batch_size * optimum.hessian.of_intercept * optimum.valid_variance
    return calm / noise if noise > 0 else math.inf


def _of_penalty(l2: float, coordinates: Coordinates) -> float:
    """Return the largest second derivative of the penalty in these coordinates."""
    return l2 * float(np.max(np.square(coordinates.scale), initial=0.0)) if l2 > 0 else 0.0


def _decay_steps(rate: float, epoch: float, optimum: Optimum | None) -> float:
    """Return after how many steps, of so many an epoch, a rate may begin to fall.

    Sooner, and directions with small eigenvalues do not converge; later, and what a loss that is
    not quadratic adds to the mean of the iterates stays in it.
    """
    if optimum is None:
        return max(1.0, EPOCHS_AT_FIRST_RATE * epoch)
    wanted = TIME_CONSTANTS if math.isinf(optimum.valid_variance) else FEW_TIME_CONSTANTS
    typical = wanted * optimum.uncertainty / (rate * optimum.hessian.typical)
    slowest = min(1.0 / (rate * optimum.hessian.slowest), EPOCHS_FOR_THE_SLOWEST * epoch)
    return max(1.0, typical, slowest)


def _of_preconditioned_steps(rows: int, steps: Steps, optimum: Optimum | None) -> ChosenRate:
    """Choose a rate for steps multiplied by the inverse Hessian.

    If the sample is like the rows, rates below about 2b / (S + b) are stable for batches of b rows,
    S = E[l^2] / E[l] with l = n times the leverage of a row (Ma, Bassily, Belkin, 2018). A quarter
    of that leaves the mean of the iterates, which is what counts, as close, and less of what a loss
    that is not quadratic adds to it; steps of larger rows are clipped.
    """
    assert optimum is not None
    if steps.variant == "batch":
        reason = (
            "at first, of steps multiplied by the inverse Hessian of a sample of rows; then by the "
            "change of the gradient (Barzilai, Borwein, 1988)"
        )
        rate = refinement_rate(optimum)
        return ChosenRate(Constant(rate), math.inf, reason, optimum.start)
    batch_size = steps.batch_size
    rate = 0.5 * batch_size / (optimum.leverage + batch_size)
    if math.isfinite(optimum.statistical_error):
        noise = optimum.statistical_error * 2.0 * rows
        rate = min(rate, _calm_rate(batch_size, optimum, noise))
    rate = _finite(rate)
    clip = batch_size / (optimum.max_second_derivative * optimum.max_sensitivity)
    reason = (
        "b / (2 (S + b)) for b rows a step, multiplied by the inverse Hessian of a sample of rows, "
        "with S the mean squared leverage of its rows over the mean"
    )
    return ChosenRate(Constant(rate), clip, reason, optimum.start)


def _without_second_derivative(source: Source, loss: Loss, steps: Steps) -> ChosenRate:
    """Choose rates for a loss with kinks: no constant rate is small enough to converge.

    Steps must shrink, so AdaGrad's are taken, or eta0 / sqrt(t); the iterates are averaged (Duchi,
    Hazan, Singer 2011, section 1.1; Ross, Mineiro, Langford, "Normalized online learning", 2013).
    """
    if loss.has_margin:
        eta0, reason = 0.5, "0.5, half the margin wanted"
    else:
        eta0 = draw_targets(source).spread_about_median
        reason = "median distance of y from its median"
    if isinstance(steps.optimizer, AdaGrad):
        return ChosenRate(Constant(_finite(eta0)), math.inf, reason)
    # The largest subgradients have a norm of sqrt(d + 1), their mean over all rows 1.
    largest = 1.0 if steps.variant == "batch" else math.sqrt(source.d + 1)
    schedule = InverseScaling(_finite(_damped(eta0 / largest, steps.optimizer)), power_t=0.5)
    reason = f"{reason} over the size of the derivative, falling as 1 / sqrt(t)"
    return ChosenRate(schedule, math.inf, reason)


def _damped(rate: float, optimizer: Optimizer) -> float:
    return rate * (1.0 - optimizer.mu) if isinstance(optimizer, Momentum) else rate


def _finite(rate: float) -> float:
    return min(max(rate, np.finfo(np.float64).tiny), np.finfo(np.float64).max)
