"""Refinement with full gradients: near the optimum, every step takes all rows.

Gradients are multiplied by the inverse Hessian of the pilot sample, so that a few steps reach the
optimum. The length of a step estimates the suboptimality (half of g'H^-1 g, the Newton decrement:
Boyd, Vandenberghe, "Convex optimization", 2004, section 9.5.1). The change of the gradient sets
the next rate (Barzilai, Borwein, "Two-point step size gradient methods", 1988). If a step raises
the objective, half of it is taken back.
"""

import numpy as np

from fastgd.base.types import Floats
from fastgd.descent.rates import back_off, set_refinement_rate
from fastgd.descent.state import Refinement, State
from fastgd.planning.plan import Plan

MIN_CONTRACTION = 0.3  # of the decrement per step: estimates are never more hopeful
FADING = 0.5  # weight of the earlier contraction, from step to step
ROUNDING = 1e-12  # of an objective


def begin_refinement(state: State, coef: Floats) -> None:
    """Begin at *coef*, the average of the iterates."""
    state.coef[:] = coef
    state.total[:] = 0.0
    state.counted = state.older_counted = 0
    state.refinement = Refinement.at(state.coef)


def overshot(refinement: Refinement, objective: float) -> bool:
    """Return True if the last step raised the objective, which is *objective* now."""
    return objective > refinement.objective + ROUNDING * abs(objective)


def refine(state: State, plan: Plan, objective: float) -> None:
    """Take back half of the step before the last, or choose the rate of the next step.

    The *objective* is that where the last step began.
    """
    refinement, hessian = state.refinement, plan.hessian
    assert refinement is not None and hessian is not None
    rounding = np.finfo(state.coef.dtype).eps * abs(objective)
    has_fallen = objective < refinement.least - rounding
    refinement.least = objective if has_fallen else refinement.least
    refinement.epochs_without_fall = 0 if has_fallen else refinement.epochs_without_fall + 1
    if overshot(refinement, objective):
        refinement.step = refinement.step / 2
        state.coef[:] = refinement.best + refinement.step
        back_off(state, 0.5)
    else:
        direction = refinement.last_direction
        decrement = 0.5 * hessian.between(direction, direction)
        if refinement.decrement < np.inf:
            contraction = decrement / (refinement.decrement or 1.0)
            refinement.contraction = max(contraction, FADING * refinement.contraction)
            change = direction - refinement.direction
            squared = hessian.between(change, change)
            along = hessian.between(change, refinement.step)
            if squared > 0 and along > 0:
                set_refinement_rate(state, plan, along / squared)
        refinement.objective, refinement.best = objective, refinement.anchor
        refinement.decrement, refinement.direction = decrement, direction
        refinement.step = state.coef - refinement.anchor
    refinement.anchor = state.coef.astype(np.float64)


def remaining(state: State, plan: Plan) -> float:
    """Return an estimate of the suboptimality after the last step."""
    refinement = state.refinement
    if refinement is None or plan.optimum is None:
        return np.inf
    slowest = plan.refinement_rate / plan.optimum.uncertainty
    contraction = max(MIN_CONTRACTION, (1.0 - slowest) ** 2)
    if refinement.contraction > 0:
        contraction = max(MIN_CONTRACTION, refinement.contraction)
        if contraction >= 1:
            return np.inf
        # The slower the convergence, the less of the distance a single step covers.
        contraction = contraction / (1.0 - np.sqrt(contraction))
    return float(refinement.decrement * contraction)
