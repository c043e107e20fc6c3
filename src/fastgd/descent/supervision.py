"""Supervision: is a run still sound, has it converged, and what to say where it diverged."""

import math

import numpy as np

from fastgd.base.quantities import tell_apart
from fastgd.base.types import Floats
from fastgd.descent.run import Run
from fastgd.descent.settling import remaining
from fastgd.kernels.arguments import LOSS, NOT_FINITE, WEIGHT
from fastgd.planning.pilot.curvature import CAUTION
from fastgd.planning.plan import PATIENCE, has_gradient_test
from fastgd.planning.stability import largest_stable_rate

DIVERGED_FACTOR = 1e12  # how far above the losses at the start and of a constant is too far
ROUNDING = 1e-13  # of the objective
MOST_BACK_OFFS = 40
EPOCHS_WITHOUT_PROGRESS = 5
STEPS_WITHOUT_PROGRESS = 100  # of batch, where the gradient says nothing


class DivergenceGuard:
    """Tells when a run has left the rails and keeps the last coefficients that were good."""

    def __init__(self, run: Run, start_loss: float, constant_loss: float) -> None:
        self.run = run
        self.start_loss = start_loss
        scale = (
            max(abs(start_loss), abs(constant_loss)) or abs(run.full.loss_of_constant(1.0)) or 1.0
        )
        self.limit = DIVERGED_FACTOR * scale
        self.start = self.good = self._candidate = run.coefficients()
        self._seen = 0.0, 0.0
        self._back_offs = 0

    def is_sound(self) -> bool:
        """Look at what was met since the last look; call it after every advance."""
        state = self.run.state
        before, seen = self._seen, self._loss_and_weight()
        loss, weight = seen[0] - before[0], seen[1] - before[1]
        self._seen = (0.0, 0.0) if state.visit == 0 else seen
        # A slot that overflows makes steps of zero: the coefficients alone would look sound.
        arrays = (state.tally, state.coef, state.first, state.second)
        finite = all(np.isfinite(array).all() for array in arrays if len(array))
        if not finite or state.tally[NOT_FINITE] > 0 or loss > self.limit * weight:
            return False
        # The loss of a point is met after the point is reached.
        self.good, self._candidate = self._candidate, self.run.coefficients()
        return True

    def backs_off(self) -> bool:
        """Send a self-tuned run back to where it was good, at a quarter of its rate, if it may."""
        run = self.run
        if run.plan.mode == "textbook" or self._back_offs == MOST_BACK_OFFS:
            return False
        if self._back_offs == 0:  # the sample's optimum may be far from anything good
            nothing = np.zeros_like(self.good)
            losses = [self._loss_at(coef) for coef in (self.good, nothing)]
            self.good = self.good if losses[0] <= losses[1] else nothing
        self._back_offs += 1
        run.go_on_from(self.good)
        self._seen = self._loss_and_weight()
        self._candidate = self.good
        return True

    def best_of(self, *others: Floats) -> Floats:
        """Return the last good coefficients, the start or one of *others*: where F is least."""
        points = [self.good, self.start, *others]
        objectives = [self.run.evaluate(point)[0] for point in points]
        finite = [value if math.isfinite(value) else math.inf for value in objectives]
        return points[int(np.argmin(finite))]

    def _loss_and_weight(self) -> tuple[float, float]:
        tally = self.run.state.tally
        return float(tally[LOSS]), float(tally[WEIGHT])

    def _loss_at(self, coef: Floats) -> float:
        return self.run.full.over_all(coef.astype(self.run.source.dtype))[0]


class Convergence:
    """Tells when the tolerance is met; asked after every epoch."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.first_norm = math.nan
        self.best = math.inf
        self.epochs_without_progress = 0
        is_batch = run.plan.variant == "batch"
        self.patience = STEPS_WITHOUT_PROGRESS if is_batch else EPOCHS_WITHOUT_PROGRESS

    def is_reached(self) -> bool:
        """Batch: the gradient has shrunk to tol of its first norm; else: no progress any more."""
        tol = self.run.plan.tol
        if tol is None:
            return False
        if self.run.plan.target < math.inf:
            return self._is_near_enough()
        if has_gradient_test(self.run.plan):
            norm = self.run.state.pull
            if math.isnan(self.first_norm):
                self.first_norm = norm
                if self.run.plan.starts_from_sample:  # where little is left of it
                    self.first_norm = self.run.pull_at(np.zeros(self.run.source.d + 1))
            return norm <= tol * self.first_norm
        value = self.run.loss_of_epoch + self.run.penalty(self.run.state.coef)
        stalled = not value < self.best - tol * abs(self.best) if self.best < math.inf else False
        self.epochs_without_progress = self.epochs_without_progress + 1 if stalled else 0
        self.best = min(self.best, value)
        return self.epochs_without_progress >= self.patience

    def _is_near_enough(self) -> bool:
        plan, state = self.run.plan, self.run.state
        size = abs(self.run.loss_of_epoch)
        if plan.is_smoothed and plan.curvature is not None:  # gradients of wild rows are not large
            size = min(size, plan.curvature.fall)
        rounding = ROUNDING * size
        if state.settled is not None and state.settled.epochs_at_rest >= PATIENCE:
            return state.settled.decrement <= plan.unseen  # the type of X lets it go no further
        if state.settled is None:
            wanted, decrement = plan.target, state.decrement
        else:
            wanted = plan.target if state.epoch < PATIENCE else plan.unseen
            decrement = remaining(state, plan)
            if plan.ends_short and state.seen is not None:
                decrement = min(decrement, state.decrement)
        near = max(wanted, rounding)
        if decrement > near or self.run.scales_up(near):
            return False
        return self.run.distance() <= CAUTION * near


def start_losses(run: Run) -> tuple[float, float]:
    """Return the mean loss at the start and of a constant; of a sample, if that is the start."""
    curvature = run.plan.curvature
    if curvature is not None and run.plan.starts_from_sample:
        return curvature.loss, curvature.loss + curvature.fall
    zero = run.full.loss_of_constant(0.0)
    start = zero if run.plan.initial is None else run.full.over_all(run.state.coef)[0]
    return start, zero


def divergence_message(
    run: Run, rise: tuple[float, float] | None, falls_without_end: bool = False
) -> str:
    """Return the sentence of the warning: the rate used and the largest stable one, if known.

    The *rise* is that of the objective from start to end, if only that shows the divergence.
    """
    plan = run.plan
    if falls_without_end:
        return (
            f"{plan.variant} gradient descent found no minimum: the loss {plan.loss.name!r} falls "
            "without end; the sign of its value is wrong, or it has no lower bound. The last good "
            "coefficients are returned."
        )
    stable = None
    if plan.coordinates is None and not plan.preconditioned:
        stable = largest_stable_rate(
            run.source,
            plan.variant,
            plan.batch_size,
            plan.loss,
            plan.optimizer,
            plan.alpha * (1 - plan.l1_ratio),
            plan.fit_intercept,
            plan.n_threads,
        )
    rate, edge = tell_apart(run.learning_rate, stable.value if stable else run.learning_rate)
    advice = "use a smaller learning_rate or scale the features"
    if plan.mode == "self-tuned":
        advice = "look for rows or columns unlike all others, or give a learning_rate"
    if not math.isfinite(run.full.loss_of_constant(0.0)):
        advice = "the loss is not finite even at z = 0: scale y, or write the loss without overflow"
    elif stable is not None:
        advice = f"theory calls rates below about {edge} stable here"
        if not stable.is_exact:
            advice += ", by a bound: somewhat larger ones may be, too"
    when = f"in epoch {run.epochs_begun}"
    if rise is not None:
        began, ended = tell_apart(*rise)
        when = f"(the objective rose from {began} to {ended})"
    return (
        f"{plan.variant} gradient descent diverged {when} at learning_rate="
        f"{rate}; {advice}. The last good coefficients are returned."
    )
