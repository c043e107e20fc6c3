"""Mini-batch steps of an optimizer: one per batch."""

import math
from typing import Any

import numpy as np

from fastgd.data.orders import Rows
from fastgd.data.sources import Visits
from fastgd.descent.steppers.base import Stepper, make_model, make_settings, make_step
from fastgd.gradients.binding import compiling, minibatch_kernel
from fastgd.kernels.arguments import Data
from fastgd.kernels.compiler.jit import load
from fastgd.kernels.gradient import make_room
from fastgd.kernels.team import BOARD_SIZE


class Batches(Stepper):
    """What steps once per batch: it visits the rows of a batch a few at a time."""

    def __init__(self, *of_run: Any) -> None:
        super().__init__(*of_run)
        self._workspace = make_room(self.source.d, self.source.dtype.itemsize)
        self._visits = Visits(self.source, self.plan.order)

    def done(self, visit: int) -> int:
        """Return how many of the first *visit* visits lie in whole groups of rows."""
        if visit == self.plan.order.length:
            return visit
        since_start = visit % self.plan.order.buffer_rows  # of a buffer or of the batch
        since_start = min(since_start, visit % self.batch_size)
        return visit - since_start % self._workspace.together

    def end_of_call(self, visit: int) -> int:
        """Return the end of the stretch of rows that can be handed to a kernel at once."""
        return self._visits.end(visit)


class BatchStepper(Batches):
    """Steps with the plan's optimizer along the mean gradient of each batch."""

    def __init__(self, *of_run: Any) -> None:
        super().__init__(*of_run)
        self.kernel = minibatch_kernel(self.plan.loss, make_step(self.plan))
        self.settings = make_settings(self.plan, self.source, self.penalty)
        self._guard = np.full(1, np.inf)
        self._board = np.zeros(BOARD_SIZE, np.int64)

    def load(self) -> None:
        """Compile or fetch the kernels."""
        self.plan.order.load()
        no_rows = np.empty(0, np.int64)
        with compiling("optimizer", self.plan.optimizer):
            load(self.kernel, *self._arguments((self.source.empty(), no_rows, no_rows), 0, 0))

    def advance(self, start: int, stop: int) -> None:
        """Add the rows to the gradient of their batch; step whenever a batch is full."""
        visited = self._visits.between(self.state.epoch, start, stop)
        self.kernel(*self._arguments(visited, start, stop))
        self.count(self.steps_at(stop) - self.steps_at(start))

    def _arguments(
        self, visited: tuple[Data, Rows, Rows], start: int, stop: int
    ) -> tuple[Any, ...]:
        state, size = self.state, self.batch_size
        steps = self.steps_at(stop) - self.steps_at(start)
        # Rows are clipped by the rate of their step, also those of a batch that is not full yet.
        rates = self.rates.take(steps, ahead=int(math.isfinite(self.plan.clip)))
        taking = *visited, make_model(state, self.source.d), self.settings, rates, state.t + 1
        sums = state.tally[np.newaxis], state.g[np.newaxis]
        buffer_rows, ends_epoch = self.plan.order.buffer_rows, stop == self.plan.order.length
        batch = start % size, size, ends_epoch, start % buffer_rows, buffer_rows
        return *taking, *sums, *batch, self._workspace, self._guard, self._board
