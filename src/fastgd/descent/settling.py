"""Settling: once distance no longer dominates noise, every step takes all rows.

The steps are multiplied by the inverse of about the curvature, so that a few of them reach the
optimum; how long each one is tells how far it was (half of g'H^-1 g, the Newton decrement: Boyd,
Vandenberghe, "Convex optimization", 2004, section 9.5.1). How the last step changed the gradient
tells the next rate (Barzilai, Borwein, "Two-point step size gradient methods", 1988). A step
after which the objective is higher is taken back by half.
"""

import numpy as np

from fastgd.base.types import Floats
from fastgd.descent.rates import back_off, set_refinement_rate
from fastgd.descent.state import Settled, State
from fastgd.planning.plan import Plan

LEAST_CONTRACTION = 0.3  # of the decrement, that is relied on before the next one is seen
FADING = 0.5  # of what an earlier step showed of it, from step to step
ROUNDING = 1e-12  # of an objective


def begin_to_settle(state: State, coef: Floats) -> None:
    """Go on from the mean of the iterates."""
    state.coef[:] = coef
    state.total[:] = 0.0
    state.counted = state.older_counted = 0
    state.settled = Settled(state.coef)


def went_too_far(settled: Settled, objective: float) -> bool:
    """Tell whether the last step led to an objective that is higher than where it began."""
    return objective > settled.objective + ROUNDING * abs(objective)


def settle(state: State, plan: Plan, objective: float) -> None:
    """Look at the step just taken: take the one before back by half, or choose the next one's rate.

    The *objective* is that where the step began.
    """
    settled, curvature = state.settled, plan.curvature
    assert settled is not None and curvature is not None
    rounding = np.finfo(state.coef.dtype).eps * abs(objective)
    has_fallen = objective < settled.least - rounding
    settled.least = objective if has_fallen else settled.least
    settled.epochs_at_rest = 0 if has_fallen else settled.epochs_at_rest + 1
    if went_too_far(settled, objective):
        settled.step = settled.step / 2
        state.coef[:] = settled.best + settled.step
        back_off(state, 0.5)
    else:
        pull = settled.coming
        decrement = 0.5 * curvature.between(pull, pull)
        if settled.decrement < np.inf:
            contraction = decrement / (settled.decrement or 1.0)
            settled.contraction = max(contraction, FADING * settled.contraction)
            change = pull - settled.pull
            bend = curvature.between(change, change)
            along = curvature.between(change, settled.step)
            if bend > 0 and along > 0:
                set_refinement_rate(state, plan, along / bend)
        settled.objective, settled.best = objective, settled.anchor
        settled.decrement, settled.pull = decrement, pull
        settled.step = state.coef - settled.anchor
    settled.anchor = state.coef.astype(np.float64)


def remaining(state: State, plan: Plan) -> float:
    """Return how far the objective probably is above its optimum by now."""
    settled = state.settled
    if settled is None or plan.curvature is None:
        return np.inf
    slowest = plan.settling_rate / plan.curvature.uncertainty
    contraction = max(LEAST_CONTRACTION, (1.0 - slowest) ** 2)
    if settled.contraction > 0:
        contraction = max(LEAST_CONTRACTION, settled.contraction)
        if contraction >= 1:
            return np.inf
        # The slower it goes, the less of the distance a single step shows.
        contraction = contraction / (1.0 - np.sqrt(contraction))
    return float(settled.decrement * contraction)
