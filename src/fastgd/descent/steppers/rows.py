"""Stochastic steps: one per row."""

import math
from typing import Any

import numpy as np

from fastgd.base.types import Array
from fastgd.data.sources import Visits
from fastgd.descent.state import State
from fastgd.descent.steppers.base import Stepper, make_model, make_settings, make_step
from fastgd.gradients.binding import compiling, stochastic_kernel
from fastgd.kernels.arguments import RowList
from fastgd.kernels.compiler.jit import Kernel, load
from fastgd.kernels.rows import QUAD


class RowStepper(Stepper):
    """Steps once per row; plain steps are taken in blocks of `QUAD` rows at a time.

    A stepper that *peeks* can find the iterate within a block, too.
    """

    def __init__(self, *of_run: Any, peeks: bool) -> None:
        super().__init__(*of_run)
        plan, source = self.plan, self.source
        step = make_step(plan)
        self.takes_blocks = step.plain
        self.steps_together = QUAD if step.plain else 1
        self.settings = make_settings(plan, source, self.penalty)
        clipped = math.isfinite(plan.clip)
        self.kernel = stochastic_kernel(plan.loss, step, clipped, self.takes_blocks)
        self._row_kernel = self.kernel
        if peeks and self.takes_blocks:
            self._row_kernel = stochastic_kernel(plan.loss, step, clipped, False)
        columns = source.d if plan.coordinates is not None else 0
        self._scaled_rows = np.empty((QUAD, columns), source.dtype)
        self._visits = Visits(source, plan.order)

    def load(self) -> None:
        """Compile or fetch the kernels."""
        self.plan.order.load()
        no_rows = np.empty(0, np.int64)
        nothing = self.source.empty(), RowList(no_rows, no_rows)
        with compiling("optimizer", self.plan.optimizer):
            for kernel in {self.kernel, self._row_kernel}:
                load(kernel, *nothing, *self._arguments(self.state, np.empty(0)))

    def advance(self, start: int, stop: int) -> None:
        """Step once for each of the visits."""
        steps = self.steps_at(stop) - self.steps_at(start)
        self._visit(self.kernel, self.state, start, stop, self.rates.take(steps))
        self.count(steps)

    def done(self, visit: int) -> int:
        """Return how many of the first *visit* visits lie in whole row blocks."""
        if visit == self.plan.order.length:
            return visit
        return visit - visit % self.plan.order.buffer_rows % self.steps_together

    def end_of_call(self, visit: int) -> int:
        """Return the end of the stretch of rows that can be handed to a kernel at once."""
        return self._visits.end(visit)

    def iterate(self) -> tuple[int, Array]:
        """Return the same as if rows were never taken in blocks."""
        state = self.state
        start, stop = self.done(state.visit), state.visit
        if start == stop:
            return state.t, state.coef
        other, steps = state.fork(), self.steps_at(stop) - self.steps_at(start)
        self._visit(self._row_kernel, other, start, stop, self.rates.upcoming(steps))
        return state.t + steps, other.coef

    def _visit(self, kernel: Kernel, state: State, start: int, stop: int, rates: Array) -> None:
        visited = self._visits.between(state.epoch, start, stop)
        kernel(*visited, *self._arguments(state, rates))

    def _arguments(self, state: State, rates: Array) -> tuple[Any, ...]:
        return make_model(state), self.settings, rates, state.t + 1, state.tally, self._scaled_rows
