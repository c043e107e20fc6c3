"""Evaluation: the objective, gradient norms and the suboptimality, by passes over all rows."""

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.descent.averaging import mean_iterate
from fastgd.descent.penalty import Penalty
from fastgd.descent.state import Evaluated, State
from fastgd.gradients.full_pass import FullPass, mean_loss
from fastgd.kernels.arguments import TALLY_SIZE
from fastgd.planning.plan import Plan

FEW_WRONG = 0.05  # of the loss at zero; with more, second derivatives say how far F can fall
CAUTION_IF_FEW = 10.0  # of rows with a second derivative
FIRST_MULTIPLE, LAST_MULTIPLE = 1.25, 2.0**20  # of the coefficients; each is twice the last


class Multiple(NamedTuple):
    """A multiple of coefficients."""

    factor: float
    objective: float
    passes: int  # over the rows, that it took to find it


class Evaluation:
    """Values of the objective of a run, at coefficients of any kind.

    Attributes
    ----------
    full
        Passes over all rows with the loss that makes the steps.
    asked
        The same with the loss of the objective, which differs if a smoothed one makes the steps.
    """

    def __init__(
        self,
        plan: Plan,
        source: Source,
        state: State,
        penalty: Penalty,
        full: FullPass,
        *,
        evaluates_gradients: bool,
        stop_workers: Callable[[], None],
    ) -> None:
        self.plan, self.source, self.state, self.penalty = plan, source, state, penalty
        self._stop_workers = stop_workers
        self.full = self.asked = self._with_gradients = full
        if evaluates_gradients:
            self._with_gradients = FullPass(source, plan.loss, plan.n_threads, gradients=True)
        if plan.is_smoothed:
            self.asked = FullPass(source, plan.objective.loss, plan.n_threads, gradients=False)

    def load(self) -> None:
        """Compile or fetch the kernels."""
        for full_pass in (self.full, self._with_gradients, self.asked):
            full_pass.load()

    def close(self) -> None:
        """Let no thread stay behind."""
        for full_pass in (self.full, self._with_gradients, self.asked):
            full_pass.close()

    def objective(self, coef: Floats) -> float:
        """Return the objective at *coef*."""
        loss, _ = self.asked.over_all(coef.astype(self.source.dtype))
        return loss + self.penalty.value(coef)

    def evaluate(self, coef: Array) -> tuple[float, float]:
        """Return the objective at *coef* and the norm of its (proximal) gradient.

        The norm is NaN unless the run evaluates gradients. Of a smoothed loss it is that of the
        gradients that make the steps.
        """
        coef = np.asarray(coef, dtype=self.source.dtype)
        loss, g = self.asked.over_all(coef)
        if self._with_gradients is not self.full:  # the loss is bitwise identical with or without
            g = self._with_gradients.over_all(coef)[1]
        return loss + self.penalty.value(coef), self.penalty.gradient_norm(coef, g)

    def scaled_gradient_norm(self, coef: Floats) -> float:
        """Return the norm of the gradient at *coef*, in the coordinates of the steps."""
        g = self.full.over_all(coef.astype(self.source.dtype))[1]
        return self.penalty.scaled_gradient_norm(coef, g)

    def assess(self, coef: Floats) -> tuple[float, float | None]:
        """Return the objective at *coef* and an upper estimate of its suboptimality, if known.

        If a smoothed loss makes the steps, the objective is that of the smoothed loss.
        """
        at_coef = self.at(coef)
        objective = mean_loss(at_coef.tally) + self.penalty.value(coef)
        if not self.plan.estimates_suboptimality:
            return objective, None
        fall = objective - self.best_multiple(coef, objective).objective
        distance = max(self._suboptimality(at_coef), fall)
        distance = min(distance, objective - self.plan.loss.lower_bound)
        return objective, distance + float(np.finfo(np.float64).eps) * abs(objective)

    def suboptimality(self) -> float:
        """Return an upper estimate of how far the objective is above its minimum now.

        It takes a pass over the rows. If the next step takes all rows, the step uses that pass;
        otherwise the pass is part of the evaluation of the result.
        """
        if not self.plan.estimates_suboptimality:
            return 0.0
        at_coef = self.at(mean_iterate(self.plan, self.state))
        if self.state.evaluated is None and self.state.refines(self.plan):
            self.state.evaluated, self.state.evaluated_counts = at_coef, False
        return self._suboptimality(at_coef)

    def estimate_decrement(self) -> None:
        """Make a pass over the rows, counted as one, and put the Newton decrement in the state."""
        state, hessian = self.state, self.plan.hessian
        assert hessian is not None
        coef = mean_iterate(self.plan, state)
        state.evaluated = self.at(coef)
        g = self.penalty.add_l2(state.evaluated.g / self.source.n, coef)
        state.decrement = hessian.decrement(g)
        state.extra_passes += 1
        state.evaluated_counts = True

    def at(self, coef: Floats) -> Evaluated:
        """Return loss and gradient at *coef*, by a pass over all rows if the last was elsewhere."""
        state, cast = self.state, coef.astype(self.source.dtype)
        if state.evaluated is not None and (state.evaluated.coef == cast).all():
            return state.evaluated
        self._stop_workers()
        at_coef = Evaluated(cast, np.zeros(len(coef)), np.zeros(TALLY_SIZE))
        self.full.add(cast, 0, self.source.n, at_coef.g, at_coef.tally)
        return at_coef

    def best_multiple(self, coef: Floats, objective: float) -> Multiple:
        """Return by what to multiply the coefficients, whose objective is *objective*.

        The factor is 1 unless few labels are predicted wrong.
        """
        best, factor, passes = Multiple(1.0, objective, 0), FIRST_MULTIPLE, 0
        if not self.few_are_wrong(objective):
            return best
        while factor < LAST_MULTIPLE:
            value, passes = self.objective(factor * coef), passes + 1
            if not value < best.objective:
                break
            best = Multiple(factor, value, passes)
            factor *= 2.0
        return best._replace(passes=passes)

    def few_are_wrong(self, objective: float) -> bool:
        """Return True if few labels are predicted wrong, of a loss that has a minimum."""
        loss = self.plan.objective.loss
        return loss.has_margin and objective < FEW_WRONG * self._loss_at_zero

    @cached_property
    def _loss_at_zero(self) -> float:
        return self.asked.loss_of_constant(0.0)

    def _suboptimality(self, at_coef: Evaluated) -> float:
        assert self.plan.hessian is not None
        gradient = self.penalty.add_l2(at_coef.g / self.source.n, at_coef.coef)
        caution = CAUTION_IF_FEW if self.few_are_wrong(mean_loss(at_coef.tally)) else 1.0
        return caution * self.plan.hessian.suboptimality(gradient)
