"""`Stepper`: a way of stepping, and what all of them share."""

import numpy as np

from fastgd.base.types import Array
from fastgd.data.sources import Source
from fastgd.descent.averaging import count_iterates
from fastgd.descent.penalty import Penalty
from fastgd.descent.rates import LearningRates
from fastgd.descent.state import State
from fastgd.gradients.binding import Step, loss_arguments
from fastgd.gradients.full_pass import FullPass
from fastgd.kernels.arguments import Model, Settings
from fastgd.planning.plan import Plan


class Stepper:
    """A way of stepping.

    Work is done in whole units: a row, a row block, a block of a batch. A visit counts once its
    unit is complete.

    Parameters
    ----------
    full
        Passes over all rows; their worker threads serve all steppers of a run.
    """

    takes_all_rows = False  # an epoch is one step
    steps_together = 1  # in a unit of work

    def __init__(
        self,
        plan: Plan,
        source: Source,
        state: State,
        penalty: Penalty,
        rates: LearningRates,
        full: FullPass,
    ) -> None:
        self.plan, self.source, self.state = plan, source, state
        self.penalty, self.rates, self.full = penalty, rates, full

    @property
    def batch_size(self) -> int:
        """Return how many rows make a step."""
        return self.plan.batch_size

    @property
    def call_visits(self) -> int:
        """Return how many visits lie between two places where calls of a kernel may end."""
        return self.plan.order.window

    def load(self) -> None:
        """Compile or fetch the kernels."""

    def pause(self) -> None:
        """Let threads go that wait for the next batch."""

    def close(self) -> None:
        """Let no thread stay behind."""
        self.pause()

    def advance(self, start: int, stop: int) -> None:
        """Make the visits start..stop of this epoch, whole units that `end_of_call` allows."""
        raise NotImplementedError

    def done(self, visit: int) -> int:
        """Return how many of the epoch's first *visit* visits lie in whole units of work."""
        raise NotImplementedError

    def end_of_call(self, visit: int) -> int:
        """Return up to where one call of a kernel may go from *visit*."""
        raise NotImplementedError

    def iterate(self) -> tuple[int, Array]:
        """Return the number of steps and the iterate that the visits made so far lead to."""
        return self.state.t, self.state.coef

    def steps_at(self, visit: int) -> int:
        """Return how many steps of an epoch are taken once *visit* visits are made."""
        size, length = self.batch_size, self.plan.order.length
        return -(-visit // size) if visit == length else visit // size

    def count(self, steps: int) -> None:
        """Count steps that were taken."""
        self.state.t += steps
        count_iterates(self.plan, self.state, steps)


def make_step(plan: Plan) -> Step:
    """Return what is compiled into a step of the plan's optimizer."""
    return Step(
        plan.optimizer,
        penalised=plan.objective.is_penalised,
        averaged=plan.average != "none",
        in_coordinates=plan.coordinates is not None,
    )


def make_model(state: State) -> Model:
    """Return the arrays that a step changes."""
    return Model(state.coef, state.point, tuple(state.slots), state.total)


def make_settings(plan: Plan, source: Source, penalty: Penalty) -> Settings:
    """Return the numbers that kernels take and that stay the same for a whole run."""
    dtype, size = source.dtype, source.d if plan.objective.is_penalised else 0
    nothing = np.empty(0)
    units = nothing if plan.row_coordinates is None else plan.row_coordinates.scale
    shift = nothing if plan.row_coordinates is None else plan.row_coordinates.offset
    return Settings(
        loss_arguments(plan.loss),
        plan.optimizer.hyper,
        penalty.scaled_l1[:size].astype(dtype),
        penalty.scaled_l2[:size].astype(dtype),
        units.astype(dtype),
        shift.astype(dtype),
        plan.clip,
        plan.objective.fit_intercept,
    )
