"""How a run ended: whether it is worse than where it began, and what is returned then."""

import math
from itertools import pairwise

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.data.tables import take
from fastgd.descent.run import Run
from fastgd.optimizers import Momentum
from fastgd.planning.derivatives import in_python
from fastgd.planning.pilot.sample import draw_targets, some_rows
from fastgd.planning.plan import Plan
from fastgd.planning.stability import smoothness

ROUNDING_UNITS = 16.0  # of a coefficient: what a change by rounding does to the objective
SUMMED_UNITS = 256.0  # of the objective itself
GROWTH = 4.0  # of the loss over the second half of a run, that noise alone does not show
NOISE = 0.5  # of the objective: what steps may add to it of which theory says nothing
FLUCTUATION = 4.0  # of that noise, at most, if few coefficients make it
RAY_ROWS = 100  # whose predictions set the distance
RAY = (1e3, 1e5, 1e7)  # how far the predictions go, times the size of targets and predictions
MIN_GROWTH = 5.0  # of the fall from one of them to the next, if it has no end
MAX_NOISE = 9.0  # of the objective: the same at rates close to the largest stable one


def rose(run: Run, start: Floats, began: float, ended: float, history: dict[str, Array]) -> bool:
    """Return True if the objective rose from *began* to *ended*, by more than rounding and noise.

    Both are objectives over all rows, *began* that at the coefficients *start*. Full gradients of
    a smooth loss have no noise. Other steps keep the objective above its least value by an amount
    that does not grow: a run that began at the optimum rises to there, and has not diverged.
    """
    if not ended > began or ended - began <= rounding(run, start, began):
        return False
    plan = run.plan
    if is_exact(run):
        return True
    fraction = fraction_of_stable_rate(run)
    if fraction >= 1 or (math.isnan(fraction) and may_grow(plan) and grows(history)):
        return True
    if plan.variant == "batch" and plan.initial is None:
        return True
    # At a fraction r of the largest stable rate, noise adds about r / (1 - r) of the least F
    # (Bach, Moulines, "Non-strongly-convex smooth stochastic approximation", 2013, section 2).
    noise = (
        NOISE if math.isnan(fraction) else min(FLUCTUATION * fraction / (1.0 - fraction), MAX_NOISE)
    )
    reference = max(began, run.full.loss_of_constant(0.0))
    return ended > reference + noise * abs(reference)


def falls_without_end(run: Run, start: Floats, coef: Floats) -> bool:
    """Return True if the objective of a user's loss falls, and faster, along a ray from the start.

    It goes to *coef*, or, if that is the start, along all coefficients to both sides. Some rows are
    asked first: a loss that rises, or fails, so far out costs no pass over the others.
    """
    loss, source = run.plan.loss, run.source
    if math.isfinite(loss.lower_bound):
        return False
    rays = [coef - start] if (coef != start).any() else []
    if not rays:
        rays = [np.append(np.full(source.d, side), side) for side in (1.0, -1.0)]
    rows = np.linspace(0, source.n - 1, min(source.n, RAY_ROWS)).astype(np.int64)
    X, y = take(source.table, rows).astype(np.float64), source.y[rows].astype(np.float64)
    weights = source.weights[rows] if source.weighted else np.ones(len(rows))
    offset = source.offset[rows] if len(source.offset) else 0.0
    f = in_python(loss)

    def of_some_rows(point: Floats) -> float:
        z = X @ point[:-1] + point[-1] + offset
        values = [f(*pair)[0] for pair in zip(z.tolist(), y.tolist(), strict=True)]
        return float(np.average(values, weights=weights)) + run.penalty.value(point)

    if not weights.sum() > 0:
        return False
    size = max(1.0, np.abs(y).max(), np.abs(X @ start[:-1] + start[-1]).max())
    for ray in rays:
        ray = ray / np.abs(ray).max()
        ray[-1] *= run.plan.objective.fit_intercept
        reach = float(np.abs(X @ ray[:-1] + ray[-1]).max())
        points = [start, *(start + far * size / reach * ray for far in RAY)] if reach > 0 else []
        if all(
            _falls_ever_faster([objective(point) for point in points])
            for objective in (of_some_rows, lambda point: run.evaluation.evaluate(point)[0])
        ):
            return True
    return False


def _falls_ever_faster(values: list[float]) -> bool:
    falls = [values[0] - value for value in values[1:]]
    grow = all(after >= MIN_GROWTH * fall > 0 for fall, after in pairwise(falls))
    return bool(falls) and grow and math.isfinite(falls[-1])


def is_exact(run: Run) -> bool:
    """Return True if the last steps have no noise, and converge at any stable rate."""
    plan = run.plan
    return run.stepper.takes_all_rows and plan.loss.smooth and not plan.optimizer.adaptive


def may_grow(plan: Plan) -> bool:
    """Return True if the iterates may grow geometrically: not if every step is bounded."""
    has_bounded_derivative = plan.loss.built_in and not plan.loss.smooth
    return not (plan.optimizer.adaptive or has_bounded_derivative)


def rounding(run: Run, coef: Floats, objective: float) -> float:
    """Return by how much rounding alone may change an objective."""
    unit = float(np.finfo(run.source.dtype).eps)
    signs = np.where(np.arange(len(coef)) % 2 == 0, 1.0, -1.0)
    moved = [coef * (1.0 + sign * ROUNDING_UNITS * unit * signs) for sign in (1.0, -1.0)]
    changes = [abs(run.evaluation.evaluate(point)[0] - objective) for point in moved]
    return max(changes) + SUMMED_UNITS * unit * abs(objective)


def grows(history: dict[str, Array]) -> bool:
    """Return True if the loss grew over the second half of the steps, and no slower than before."""
    steps, losses = history["step"], history["loss"]
    middle = int(np.searchsorted(steps, steps[-1] / 2))
    first, half, last = losses[0], losses[middle], losses[-1]
    return bool(last > GROWTH * half and last - half >= half - first)


def fraction_of_stable_rate(run: Run) -> float:
    """Return the last rate over the largest stable one of a sample of rows; NaN without theory.

    Momentum takes each step 1 / (1 - mu) times.
    """
    plan, source, optimizer = run.plan, run.source, run.plan.optimizer
    if plan.loss.curvature is None or optimizer.adaptive or plan.row_coordinates is not None:
        return math.nan
    smooth = smoothness(some_rows(source), plan.steps_objective, plan.n_threads)
    rate = run.learning_rate / (1.0 - (optimizer.mu if isinstance(optimizer, Momentum) else 0.0))
    return rate / smooth.stable_rate(plan.batch_size)


def is_above_constant(run: Run, objective: float) -> bool:
    """Return True if a constant prediction is better than a self-tuned fit, by more than `tol`."""
    plan = run.plan
    if plan.mode == "textbook" or not plan.objective.fit_intercept:
        return False
    least = run.full.loss_of_constant(plan.loss.start(draw_targets(run.source)))
    return objective > least + (plan.stopping.tol or 0.0) * abs(least)
