"""Divergence: detecting it, and what is left to return."""

import math

import numpy as np

from fastgd.base.types import Floats
from fastgd.descent.run import Run
from fastgd.descent.state import Safeguard
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT

DIVERGED_FACTOR = 1e12  # times the larger of the losses at the start and of a constant
MAX_BACK_OFFS = 40


class DivergenceGuard:
    """Detects divergence, and keeps the last good coefficients in the state of the run."""

    def __init__(self, run: Run, start_loss: float, constant_loss: float) -> None:
        self.run = run
        if run.state.safeguard is None:
            scale = max(abs(start_loss), abs(constant_loss))
            limit = DIVERGED_FACTOR * (scale or abs(run.full.loss_of_constant(1.0)) or 1.0)
            start = run.coefficients()
            run.state.safeguard = Safeguard(start, start_loss, limit, good=start, candidate=start)
        self.memory = run.state.safeguard

    def is_sound(self) -> bool:
        """Return False if what was accumulated since the last call shows divergence.

        Call it after every advance.
        """
        state, memory = self.run.state, self.memory
        before, now = memory.checked, self._loss_and_weight()
        loss, weight = now[0] - before[0], now[1] - before[1]
        memory.checked = (0.0, 0.0) if state.visit == 0 else now
        # An optimizer's slot that overflows makes steps of zero: the coefficients stay finite.
        arrays = (state.tally, state.coef, state.slots)
        finite = all(np.isfinite(array).all() for array in arrays)
        if not finite or state.tally[NOT_FINITE] > 0 or loss > memory.limit * weight:
            return False
        # The loss at a point is only known after the next advance.
        memory.good, memory.candidate = memory.candidate, self.run.coefficients()
        return True

    def backs_off(self) -> bool:
        """Send a self-tuned run back to its last good coefficients, at a quarter of its rate.

        Return False if it may not go back.
        """
        run, memory = self.run, self.memory
        if run.plan.mode == "textbook" or memory.back_offs == MAX_BACK_OFFS:
            return False
        if memory.back_offs == 0:  # the sample's optimum may be far from anything good
            nothing = np.zeros_like(memory.good)
            losses = [self._loss_at(coef) for coef in (memory.good, nothing)]
            memory.good = memory.good if losses[0] <= losses[1] else nothing
        memory.back_offs += 1
        run.go_on_from(memory.good)
        memory.checked = self._loss_and_weight()
        memory.candidate = memory.good
        return True

    def best_of(self, *others: Floats) -> Floats:
        """Return the last good coefficients, the start or one of *others*: where F is least."""
        points = [self.memory.good, self.memory.start, *others]
        objectives = [self.run.evaluation.evaluate(point)[0] for point in points]
        finite = [value if math.isfinite(value) else math.inf for value in objectives]
        return points[int(np.argmin(finite))]

    def _loss_and_weight(self) -> tuple[float, float]:
        tally = self.run.state.tally
        return float(tally[LOSS]), float(tally[WEIGHT])

    def _loss_at(self, coef: Floats) -> float:
        return self.run.full.over_all(coef.astype(self.run.source.dtype))[0]


def start_losses(run: Run) -> tuple[float, float]:
    """Return the mean loss at the start and of a constant; of a sample, if that is the start."""
    optimum = run.plan.optimum
    if optimum is not None and run.plan.starts_from_sample:
        return optimum.mean_loss, optimum.mean_loss + optimum.fall
    zero = run.full.loss_of_constant(0.0)
    start = zero if run.plan.initial is None else run.full.over_all(run.state.coef)[0]
    return start, zero
