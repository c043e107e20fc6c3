"""The learning rate of every step: its only owner while a run goes on.

It is the rate of the schedule (in refinement, that of the plan) times a factor in the state.
Backing off and the Barzilai-Borwein rule set that factor; a short batch scales its own step only.
"""

import numpy as np

from fastgd.descent.state import State
from fastgd.planning.plan import Plan
from fastgd.schedules import Constant, Rates

BACK_OFF = 0.25  # of the rate
MAX_REFINEMENT_RATE = 2.0  # times the step that the inverse Hessian gives


class LearningRates:
    """Rates of the steps to come."""

    def __init__(self, plan: Plan, state: State) -> None:
        self.plan, self.state = plan, state
        self._constant = np.empty(0)

    @property
    def current(self) -> float:
        """Return the rate of the last step; before any, that of the first."""
        return self.state.rate if self.state.t else float(self.upcoming(1)[0])

    def take(self, steps: int, ahead: int = 0) -> Rates:
        """Return the rates of the next steps, and of some more *ahead* that are not taken yet."""
        rates = self.upcoming(steps + ahead)
        if steps:
            self.state.rate = float(rates[steps - 1])
        return rates

    def take_for_batch(self, rows: int, batch_size: int) -> float:
        """Return the rate of the next step, along the gradient of a batch of *rows*.

        The gradient of a short batch is noisy: a self-tuned run shortens its step.
        """
        rate = float(self.take(1)[0])
        if self.plan.mode == "self-tuned":
            rate *= rows / batch_size
        return rate

    def upcoming(self, count: int) -> Rates:
        """Return the rates of the next *count* steps, which are not taken yet."""
        if count == 0:
            return np.empty(0)
        first, factor = self.state.t + 1, self.state.memory.factor
        if self.state.refines(self.plan):
            return np.full(count, self.plan.refinement_rate * factor)
        if isinstance(self.plan.schedule, Constant) and factor == 1.0:
            # Kept from call to call: new pages each time cost 9 ns a row.
            if len(self._constant) < count:
                self._constant = self.plan.schedule(np.arange(count))
            return self._constant[:count]
        return self.plan.schedule(np.arange(first, first + count)) * factor


def back_off(state: State, factor: float = BACK_OFF) -> None:
    """Multiply all rates from now on by *factor*."""
    state.memory = state.memory._replace(factor=state.memory.factor * factor)


def set_refinement_rate(state: State, plan: Plan, rate: float) -> None:
    """Set the rate of the next refinement step, at most `MAX_REFINEMENT_RATE`."""
    factor = min(rate, MAX_REFINEMENT_RATE) / plan.refinement_rate
    state.memory = state.memory._replace(factor=factor)
