"""Ways of stepping: a class each, and the choice between them."""

from fastgd.data.sources import Source
from fastgd.descent.penalty import Penalty
from fastgd.descent.rates import LearningRates
from fastgd.descent.state import State
from fastgd.descent.steppers.base import Stepper
from fastgd.descent.steppers.batches import BatchStepper
from fastgd.descent.steppers.full_gradients import (
    FullGradientStepper,
    GramStepper,
    PreconditionedStepper,
    RefinementStepper,
)
from fastgd.descent.steppers.preconditioned import PreconditionedBatchStepper
from fastgd.descent.steppers.rows import RowStepper
from fastgd.gradients.full_pass import FullPass
from fastgd.planning.plan import Plan

__all__ = ["RefinementStepper", "Stepper", "choose_stepper"]


def choose_stepper(
    plan: Plan,
    source: Source,
    state: State,
    penalty: Penalty,
    rates: LearningRates,
    full: FullPass,
    *,
    peeks: bool,
) -> Stepper:
    """Return what takes the steps of a plan, until it refines."""
    of_run = plan, source, state, penalty, rates, full
    if plan.variant == "stochastic":
        return RowStepper(*of_run, peeks=peeks)
    if plan.variant == "minibatch":
        return PreconditionedBatchStepper(*of_run) if plan.preconditioned else BatchStepper(*of_run)
    if plan.preconditioned:
        return PreconditionedStepper(*of_run)
    return FullGradientStepper(*of_run) if plan.gram is None else GramStepper(*of_run)
