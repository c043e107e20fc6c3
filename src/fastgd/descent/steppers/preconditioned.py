"""Mini-batch steps that are multiplied by the inverse Hessian of the pilot sample."""

import math
from typing import Any

from fastgd.descent.steppers.base import make_settings
from fastgd.descent.steppers.batches import Batches
from fastgd.gradients.team import Team


class PreconditionedBatchStepper(Batches):
    """Steps once per batch, whose rows threads share by groups."""

    def __init__(self, *of_run: Any) -> None:
        super().__init__(*of_run)
        plan, state = self.plan, self.state
        self._team = Team(
            self.source,
            plan.loss,
            make_settings(plan, self.source, self.penalty),
            coef=state.coef,
            sums=state.sums,
            tallies=state.tallies,
            group_rows=plan.order.buffer_rows,
            n_threads=plan.n_threads,
            workers=self.full.workers,
        )
        plan.order.prefetch_by(self._team.threads(plan.batch_size))

    def load(self) -> None:
        """Compile or fetch the kernels."""
        self.plan.order.load()
        self._team.load()

    def pause(self) -> None:
        """Let threads go that wait for the next batch."""
        self._team.dismiss()

    def advance(self, start: int, stop: int) -> None:
        """Add the rows to the sums of their groups; step whenever a batch is full."""
        state, size, buffer_rows = self.state, self.batch_size, self.plan.order.buffer_rows
        data, listed, offset = self._visits.around(state.epoch, start)
        clip = self.plan.clip
        if math.isfinite(clip):
            clip /= float(self.rates.upcoming(1)[0])
        for first in range(start - start % size, stop, size):
            begin, end = max(first, start), min(first + size, stop)
            visits = begin - offset, end - offset
            filled, row = begin % buffer_rows, begin // buffer_rows - first // buffer_rows
            self._team.sum(data, listed, *visits, filled=filled, row=row, clip=clip)
            if end in (first + size, self.plan.order.length):
                self._take_step(end - first)

    def _take_step(self, rows: int) -> None:
        """Step along the preconditioned mean gradient of a batch of *rows*."""
        state, hessian = self.state, self.plan.hessian
        assert hessian is not None
        state.g += state.sums.sum(axis=0)[: len(state.g)]
        state.tally += state.tallies.sum(axis=0)
        state.sums[:], state.tallies[:] = 0.0, 0.0
        step = hessian.solve(self.penalty.add_l2(state.g / rows, state.coef))
        rate = self.rates.take_for_batch(rows, self.batch_size)
        state.coef[:] = state.coef - rate * step
        if self.plan.average != "none":
            state.total += state.coef
        state.g[:] = 0.0
        self.count(1)
