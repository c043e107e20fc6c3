"""Stopping rules: the tests of convergence that a run makes after every epoch."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fastgd.descent.refinement import remaining
from fastgd.descent.run import Run
from fastgd.planning.pilot.hessian import CAUTION
from fastgd.planning.plan import Plan
from fastgd.planning.stopping import PATIENCE, has_gradient_test

ROUNDING = 1e-13  # of the objective
EPOCHS_WITHOUT_PROGRESS = 5
STEPS_WITHOUT_PROGRESS = 100  # of batch, if the gradient does not vanish


class StoppingRule(Protocol):
    """A test of convergence."""

    def is_met(self, run: Run) -> bool:
        """Return True if the run has converged; call it once after every epoch."""


@dataclass(frozen=True)
class GradientNorm:
    """The gradient norm has fallen to *tol* times its value at the start."""

    tol: float

    def is_met(self, run: Run) -> bool:
        """Return True if the gradient norm before the last step was small enough.

        A start from the optimum of a sample has a small gradient already; the norm at
        coefficients of zero is the reference then.
        """
        state, first = run.state, run.state.progress.first_norm
        if math.isnan(first):
            first = state.scaled_grad_norm
            if run.plan.starts_from_sample:
                first = run.evaluation.scaled_gradient_norm(np.zeros(run.source.d + 1))
            state.progress = state.progress._replace(first_norm=first)
        return state.scaled_grad_norm <= self.tol * first


@dataclass(frozen=True)
class NoProgress:
    """The objective has not fallen by more than *tol*, relative to its best, for some epochs."""

    tol: float
    epochs: int

    def is_met(self, run: Run) -> bool:
        """Return True if the last *epochs* epochs made no progress."""
        value = run.loss_of_epoch + run.penalty.value(run.state.coef)
        progress = run.state.progress
        best, epochs = progress.best, progress.epochs_without_progress
        stalled = best < math.inf and not value < best - self.tol * abs(best)
        epochs = epochs + 1 if stalled else 0
        best = min(best, value)
        run.state.progress = progress._replace(best=best, epochs_without_progress=epochs)
        return epochs >= self.epochs


@dataclass(frozen=True)
class Suboptimality:
    """The objective is estimated to be within *exact* of its minimum.

    After `PATIENCE` epochs it is enough to be within *statistical* of it.
    """

    exact: float
    statistical: float

    def is_met(self, run: Run) -> bool:
        """Return True if two estimates of the suboptimality are small enough."""
        state, refinement = run.state, run.state.refinement
        if refinement is not None and refinement.epochs_without_fall >= PATIENCE:
            return refinement.decrement <= self.statistical  # the precision of X allows no more
        near = max(self._wanted(run), _rounding(run))
        decrement = state.decrement
        if refinement is not None:
            decrement = remaining(state, run.plan)
            if run.plan.stopping.ends_short and state.evaluated is not None:
                decrement = min(decrement, state.decrement)
        if decrement > near or run.scales_up(near):
            return False
        return run.evaluation.suboptimality() <= CAUTION * near

    def _wanted(self, run: Run) -> float:
        goes_on = run.state.refinement is None or run.state.epoch < PATIENCE
        return self.exact if goes_on else self.statistical


def _rounding(run: Run) -> float:
    """Return by how much rounding may change the objective."""
    size = abs(run.loss_of_epoch)
    if run.plan.is_smoothed and run.plan.optimum is not None:
        size = min(size, run.plan.optimum.fall)  # outliers do not make its gradients large
    return ROUNDING * size


def choose_rule(plan: Plan) -> StoppingRule | None:
    """Return the rule that ends a run of this plan; None if only the number of epochs does."""
    stopping, is_batch = plan.stopping, plan.variant == "batch"
    if stopping.tol is None:
        return None
    if stopping.is_by_suboptimality:
        return Suboptimality(stopping.suboptimality, stopping.late_suboptimality)
    if has_gradient_test(plan.variant, plan.loss):
        return GradientNorm(stopping.tol)
    return NoProgress(stopping.tol, STEPS_WITHOUT_PROGRESS if is_batch else EPOCHS_WITHOUT_PROGRESS)
