"""Rates of self-tuned runs, from a sample of rows: its curvature and the norms of its rows."""

import contextlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from fastgd.base.threads import Workers
from fastgd.base.types import Floats
from fastgd.data.sources import Source
from fastgd.gradients.full_pass import FullPass
from fastgd.gradients.gram import Gram
from fastgd.losses import HalfSquare, Loss
from fastgd.optimizers import AdaGrad, Momentum, Optimizer
from fastgd.planning.pilot.coordinates import Coordinates, identity, standardise
from fastgd.planning.pilot.curvature import Curvature, look
from fastgd.planning.pilot.sample import (
    POWER_ITERATIONS,
    SAMPLE_VALUES,
    draw,
    draw_targets,
    largest_of_sample,
    mean_squared_norm,
    norm,
    refuse_overflow,
    top_direction,
)
from fastgd.planning.pilot.unbounded import largest_curvature, sharpest_near_constant
from fastgd.schedules import Constant, InverseScaling, InverseTimeDecay, Schedule

POWER_TOLERANCE = 0.01  # a rate of 1/L needs L within a factor of two
CURVATURE_VALUES = 1 << 22  # of a sample that tells of curvature
TIME_CONSTANTS = 16.0  # of the curvature's typical direction, before rates fall
FEW_TIME_CONSTANTS = 4.0  # where a loss that is not quadratic adds something to the mean
EPOCHS_FOR_THE_SLOWEST = 0.06  # at most
EPOCHS_AT_FIRST_RATE = 30.0  # where no curvature is known

Scaling = Literal["standardize", "rms", "none"]


@dataclass(frozen=True)
class Tuned:
    """A learning rate, what it was built on, and what that cost beyond a look."""

    schedule: Schedule
    guard: float  # bound that a step's rate times a row's squared norm is held to
    reason: str
    start: Floats | None = None  # coefficients and intercept to start from; None is zero
    passes: float = 0.0


def largest_eigenvalue(
    source: Source,
    rows: Floats,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    gram: Gram | None = None,
    coordinates: Coordinates | None = None,
    tolerance: float = POWER_TOLERANCE,
    most_passes: int = POWER_ITERATIONS,
) -> tuple[float, float]:
    """Return the largest eigenvalue of X'X/n (a column of ones added) and the passes it took.

    Power iteration, which approaches the value from below; it starts in the direction that *rows*,
    a sample, point to, since from a random one it may rest on a smaller eigenvalue. In
    *coordinates*, those of the rows, too, X is what it is there.
    """
    v = top_direction(rows, seed)
    v[-1] *= fit_intercept
    largest, passes = 0.0, 0
    with FullPass(source, HalfSquare(), n_threads, gradients=True) as full:
        while passes < most_passes:
            passes += 1
            v /= norm(v)
            v = v if coordinates is None else coordinates.leave(v)
            v = gram.times(v) / source.n if gram else full.over_all(v.astype(source.dtype))[1]
            v = v if coordinates is None else coordinates.gradient(v)
            v[-1] *= fit_intercept
            before, largest = largest, norm(v)
            if not largest > 0 or abs(largest - before) <= tolerance * largest:
                break
    return largest, float(passes)


@dataclass(frozen=True)
class Look:
    """What a sample of rows shows."""

    sample: Floats  # of rows as they are, a column of ones added (of zeros without an intercept)
    standard: Coordinates  # in which it has mean 0 and spread 1
    coordinates: Coordinates  # in which steps are taken, where they are not preconditioned
    curvature: Curvature | None
    passes: float
    scaling: Scaling  # of the coordinates

    @cached_property
    def rows(self) -> Floats:
        """The sample in the coordinates."""
        return self.coordinates.rows(self.sample)


def look_at(
    source: Source,
    loss: Loss,
    l2: float,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    *,
    wants_curvature: bool,
    scaling: Scaling,
) -> Look:
    """Look at a sample of rows; leave the curvature out where it is not wanted, or no number."""
    most_values = CURVATURE_VALUES if wants_curvature else SAMPLE_VALUES
    drawn = draw(source, fit_intercept, seed, most_values)
    rows = drawn.rows
    refuse_overflow(source, mean_squared_norm(rows))
    standard, unseen = standardise(source, rows[:, :-1], drawn.shares, fit_intercept)
    curvature = None
    if wants_curvature:
        with contextlib.suppress(np.linalg.LinAlgError), Workers(n_threads) as workers:
            curvature = look(drawn, loss, l2, standard, unseen, workers)
    coordinates = identity(source.d)
    if scaling != "none":
        columns = standard.uncentred() if scaling == "rms" else standard
        bent = loss if curvature is None else curvature.loss_function
        typical = 1.0 if curvature is None else curvature.of_intercept  # where there is no bound
        coordinates = columns.damped(l2 / (bent.curvature or typical))
    passes = len(rows) / source.n + standard.passes
    return Look(rows, standard, coordinates, curvature, passes, scaling)


def tune(
    source: Source,
    variant: str,
    loss: Loss,
    optimizer: Optimizer,
    l2: float,
    fit_intercept: bool,
    n_threads: int,
    seed: int,
    seen: Look,
    gram: Gram | None,
    batch_size: int,
) -> Tuned:
    """Choose the simplest rate that is safe, of steps in coordinates where columns count alike."""
    start = _best_constant(source, loss) if seen.curvature is None else seen.curvature.start
    if not loss.smooth and (not optimizer.adaptive or isinstance(optimizer, AdaGrad)):
        tuned = _tune_without_curvature(source, variant, loss, optimizer)
    elif optimizer.adaptive:
        targets = draw_targets(source)
        size = loss.scale(targets, targets.median)
        usual = optimizer.default_rate
        units = "of the logarithm of the mean" if loss.has_link else "of y"
        reason = f"{usual:g}, the usual one of its kind, in units {units}"
        tuned = Tuned(Constant(_finite(usual * size)), math.inf, reason)
    elif variant == "batch":
        how = seen.rows, fit_intercept, n_threads, seed
        if loss.curvature is None:
            at = start if start is not None else np.zeros(source.d + 1)
            largest, passes = largest_curvature(source, loss, at, *how, seen.coordinates)
        else:
            eigenvalue, passes = largest_eigenvalue(source, *how, gram, seen.coordinates)
            largest = loss.curvature * eigenvalue
        L = largest + _of_penalty(l2, seen.coordinates)
        reason = "1 / L, L the largest curvature of the objective, from a power iteration"
        rate = _finite(1.0 / max(L, np.finfo(np.float64).tiny))
        tuned = Tuned(Constant(rate), math.inf, reason, passes=passes)
    else:
        tuned = _tune_batches(source, loss, optimizer, l2, batch_size, seen, seed)
    return replace(tuned, start=start)


def _best_constant(source: Source, loss: Loss) -> Floats | None:
    """Return coefficients that predict the middle of y, or the intercept would have far to go."""
    centre = loss.start(draw_targets(source))
    return None if centre == 0 else np.append(np.zeros(source.d), centre)


def _tune_batches(
    source: Source,
    loss: Loss,
    optimizer: Optimizer,
    l2: float,
    batch_size: int,
    seen: Look,
    seed: int,
) -> Tuned:
    """Choose rates for steps of some rows: at first, half of what such batches stand."""
    size = mean_squared_norm(seen.rows) * source.weight_spread or 1.0
    if batch_size > 1:
        size += (batch_size - 1) * largest_of_sample(seen.rows, seed)
    sharpest = loss.curvature if seen.curvature is None else seen.curvature.sharpest
    if sharpest is None:
        sharpest = sharpest_near_constant(source, loss)
    bound = sharpest * size + batch_size * _of_penalty(l2, seen.coordinates)
    rate = 0.5 * batch_size / bound
    if seen.curvature is not None:  # twice of it is calm enough, for this rate will fall
        rate = min(rate, 2.0 * _calm_rate(batch_size, seen.curvature, seen.curvature.noise))
    rate = _finite(rate)
    # What the curvature tells of time is told of standardised columns.
    curvature = seen.curvature if seen.scaling == "standardize" else None
    decay_steps = _decay_steps(rate, source.n / batch_size, curvature)
    schedule = InverseTimeDecay(_damped(rate, optimizer), decay_steps, power_t=1.0)
    reason = (
        "b / (2 (S + (b - 1) L)) for b rows a step, with S the mean squared norm and L the largest "
        "eigenvalue of a sample of rows, falling as 1 / t once columns have settled; steps of rows "
        "too large for that rate are clipped"
    )
    return Tuned(schedule, batch_size / sharpest, reason)


def _calm_rate(batch_size: int, curvature: Curvature, noise: float) -> float:
    """Return the rate at which the noise of steps keeps predictions where the curvature holds.

    In rest they vary by rate noise / (2 b curvature); where a label is rare, a row of it is noise
    of a thousand others' size.
    """
    calm = 2.0 * batch_size * curvature.of_intercept * curvature.stands
    return calm / noise if noise > 0 else math.inf


def _of_penalty(l2: float, coordinates: Coordinates) -> float:
    """Return the largest curvature of the penalty in these coordinates."""
    return l2 * float(np.max(np.square(coordinates.units), initial=0.0)) if l2 > 0 else 0.0


def _decay_steps(rate: float, epoch: float, curvature: Curvature | None) -> float:
    """Return after how many steps, of so many an epoch, a rate may begin to fall.

    Sooner, and directions along which the objective curves less stay where they are; later, and
    what a loss that is not quadratic adds to the mean of the iterates stays in it.
    """
    if curvature is None:
        return max(1.0, EPOCHS_AT_FIRST_RATE * epoch)
    wanted = TIME_CONSTANTS if math.isinf(curvature.stands) else FEW_TIME_CONSTANTS
    settled = wanted * curvature.uncertainty / (rate * curvature.typical)
    slowest = min(1.0 / (rate * curvature.slowest), EPOCHS_FOR_THE_SLOWEST * epoch)
    return max(1.0, settled, slowest)


def tune_preconditioned(
    variant: str, rows: int, batch_size: int, settling_rate: float, seen: Look
) -> Tuned:
    """Choose a rate for steps multiplied by the inverse of the curvature.

    If the sample shows what rows there are, rates below about 2b / (S + b) are stable for batches
    of b rows, S = E[l^2] / E[l] with l = n times the leverage of a row (Ma, Bassily, Belkin,
    2018). A quarter of that leaves the mean of the iterates, which is what counts, as close, and
    less of what a loss that is not quadratic adds to it; steps of larger rows are clipped.
    """
    curvature = seen.curvature
    assert curvature is not None
    if variant == "batch":
        reason = (
            "at first, of steps multiplied by the inverse of the curvature of a sample; then as "
            "the change of the gradient tells (Barzilai, Borwein, 1988)"
        )
        return Tuned(Constant(settling_rate), math.inf, reason, curvature.start)
    rate = 0.5 * batch_size / (curvature.leverage + batch_size)
    if math.isfinite(curvature.statistical_error):
        noise = curvature.statistical_error * 2.0 * rows
        rate = min(rate, _calm_rate(batch_size, curvature, noise))
    rate = _finite(rate)
    guard = batch_size / (curvature.sharpest * curvature.reach)
    reason = (
        "b / (2 (S + b)) for b rows a step, multiplied by the inverse of the curvature of a sample "
        "of rows, with S the mean squared leverage of its rows over the mean"
    )
    return Tuned(Constant(rate), guard, reason, curvature.start)


def _tune_without_curvature(
    source: Source, variant: str, loss: Loss, optimizer: Optimizer
) -> Tuned:
    """Choose rates for a loss whose slope may jump: no rate is small enough to settle at one.

    Steps must shrink, so AdaGrad's are taken, or eta0 / sqrt(t); the iterates are averaged (Duchi,
    Hazan, Singer 2011, section 1.1; Ross, Mineiro, Langford, "Normalized online learning", 2013).
    """
    if loss.has_margin:
        eta0, reason = 0.5, "0.5, half the margin wanted"
    else:
        eta0, reason = (
            draw_targets(source).spread_about_median,
            "median distance of y from its median",
        )
    if isinstance(optimizer, AdaGrad):
        return Tuned(Constant(_finite(eta0)), math.inf, reason)
    # The largest subgradients have a norm of sqrt(d + 1), their mean over all rows 1.
    steepest = 1.0 if variant == "batch" else math.sqrt(source.d + 1)
    schedule = InverseScaling(_finite(_damped(eta0 / steepest, optimizer)), power_t=0.5)
    return Tuned(schedule, math.inf, f"{reason} over the slope's size, falling as 1 / sqrt(t)")


def _damped(rate: float, optimizer: Optimizer) -> float:
    return rate * (1.0 - optimizer.mu) if isinstance(optimizer, Momentum) else rate


def _finite(rate: float) -> float:
    return min(max(rate, np.finfo(np.float64).tiny), np.finfo(np.float64).max)
