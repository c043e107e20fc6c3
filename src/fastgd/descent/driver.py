"""`descend`: drive a run to its end, with records, callbacks and time limits."""

import math
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array, Floats
from fastgd.descent.divergence import DivergenceGuard, start_losses
from fastgd.descent.ending import falls_without_end, is_above_constant, rose
from fastgd.descent.recording import Recorder
from fastgd.descent.refinement import overshot
from fastgd.descent.run import Run
from fastgd.descent.stopping import ROUNDING, choose_rule
from fastgd.monitoring.reasons import Progress, StopReason
from fastgd.monitoring.stopwatch import Stopwatch
from fastgd.planning.request import asks_to_stop

FAR = 30.0  # times as far as was wanted

# Set by whoever runs a fit in another thread: the event ends it when its time limit could.
end_request: ContextVar[Event | None] = ContextVar("end_request", default=None)


@dataclass(frozen=True)
class Watching:
    """What observes a run, and when: results are bitwise identical without it."""

    record: frozenset[str]
    path_every: int | None
    callback: Callable[[Progress], Any] | None
    verbose: bool
    time_limit: float | None


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    coef: Floats
    epochs: int
    epochs_begun: int
    steps: int
    converged: bool | None
    stop_reason: StopReason
    objective: float
    suboptimality: float | None
    rise: tuple[float, float] | None  # of the objective, if that alone shows that it diverged
    falls_without_end: bool  # the objective
    above_constant: bool  # the objective is higher than that of the best constant prediction
    history: dict[str, Array]
    path: Array | None
    path_steps: NDArray[np.int64] | None


def descend(run: Run, watching: Watching, watch: Stopwatch) -> Outcome:
    """Advance *run* until its epochs are made or something ends it."""
    descent, reason = Descent(run, watching, watch), None
    while reason is None:
        reason = descent.advance()
    return descent.finish(reason)


class Descent:
    """A run with its divergence guard, its records and its stopping rule.

    All that they remember is in the state of the run: a descent goes on from any state.
    """

    def __init__(self, run: Run, watching: Watching, watch: Stopwatch) -> None:
        self.run, self.watching, self.watch = run, watching, watch
        self.rule, self.request = choose_rule(run.plan), end_request.get()
        start_loss = constant_loss = math.nan
        if run.state.safeguard is None:
            with watch.paused():
                start_loss, constant_loss = start_losses(run)
            if not math.isfinite(start_loss + constant_loss):
                run.source.check_finite()
        self.guard = DivergenceGuard(run, start_loss, constant_loss)
        self.recorder = Recorder(run, watch, watching.record, watching.path_every, watching.verbose)
        self.recorder.begin(start_loss)

    def advance(self) -> StopReason | None:
        """Visit rows up to the next record or check; return why the run ends, if it does."""
        run, watching, guard, recorder = self.run, self.watching, self.guard, self.recorder
        if run.state.epoch >= run.plan.max_iter:
            return StopReason.MAX_ITER if run.plan.stopping.tol is None else StopReason.CAPPED
        run.advance(recorder.visits_to_next())
        sound = not recorder.is_at_usual_stop or guard.is_sound()
        recorder.update()
        if not sound and not guard.backs_off():
            return StopReason.DIVERGED
        if run.state.visit == 0:
            if watching.callback and asks_to_stop(watching.callback, _progress(run, self.watch)):
                return StopReason.CALLBACK
            if self.rule is not None and self.rule.is_met(run):
                return StopReason.TOLERANCE
        late = watching.time_limit is not None and self.watch.seconds > watching.time_limit
        interrupted = self.request is not None and self.request.is_set()
        if (late or interrupted) and run.is_whole:  # or the path would end beyond the result
            return StopReason.INTERRUPTED if interrupted else StopReason.TIME_LIMIT
        return None

    def finish(self, reason: StopReason) -> Outcome:
        """Return what came of the run, which ended for this reason."""
        run, recorder = self.run, self.recorder
        diverged = reason is StopReason.DIVERGED
        if diverged or run.state.epoch == 0 or not run.plan.order.meets_every_row:
            run.source.check_finite()  # kernels only check the rows that they visit
        recorder.end()
        with self.watch.paused():
            end = _end(run, self.guard, recorder, reason)
            if end.diverged:
                reason = StopReason.DIVERGED
            elif reason is StopReason.TOLERANCE and (end.is_far or end.above_constant):
                reason = StopReason.STALLED
            objective, suboptimality = end.objective, end.suboptimality
            if run.plan.is_smoothed:  # at the optimum it may be too large by twice as much as here
                objective = run.evaluation.evaluate(end.coef)[0]
                if suboptimality is not None:
                    suboptimality += 2.0 * abs(end.objective - objective)
        return Outcome(
            coef=end.coef,
            epochs=run.state.epoch,
            epochs_begun=run.epochs_begun,
            steps=run.state.t,
            converged=None if run.plan.stopping.tol is None else reason is StopReason.TOLERANCE,
            stop_reason=reason,
            objective=objective,
            suboptimality=suboptimality,
            rise=end.rise,
            falls_without_end=end.falls_without_end,
            above_constant=end.above_constant,
            history=recorder.history(),
            path=recorder.path(),
            path_steps=recorder.path_steps(),
        )


@dataclass(frozen=True)
class End:
    """What is returned, and what is known of it."""

    coef: Floats
    objective: float
    suboptimality: float | None
    diverged: bool = False
    rise: tuple[float, float] | None = None
    falls_without_end: bool = False
    is_far: bool = False
    above_constant: bool = False


def _end(run: Run, guard: DivergenceGuard, recorder: Recorder, reason: StopReason) -> End:
    """Return where the run led, or the best of what came before if it diverged."""
    plan, diverged = run.plan, reason is StopReason.DIVERGED
    coef = run.coefficients()
    objective, suboptimality = run.evaluation.assess(coef)
    refinement = run.state.refinement
    if refinement is not None and not diverged and overshot(refinement, objective):
        coef = refinement.best
        objective, suboptimality = run.evaluation.assess(coef)
    memory = guard.memory
    if falls_without_end(run, memory.start, memory.good if diverged else coef):
        best = guard.best_of(coef)
        return End(best, *run.evaluation.assess(best), diverged=True, falls_without_end=True)
    is_far = _is_far(run, suboptimality)
    if reason is StopReason.TOLERANCE and plan.stopping.is_by_suboptimality and not is_far:
        return End(coef, objective, suboptimality)
    if plan.starts_from_sample:  # of which the caller knows nothing
        start, began = np.zeros_like(memory.start), run.full.loss_of_constant(0.0)
    else:
        start, began = memory.start, memory.start_loss + run.penalty.value(memory.start)
    diverged = diverged or not math.isfinite(objective)
    if diverged or rose(run, start, began, objective, recorder.history()):
        best = guard.best_of(start)
        rise = None if diverged else (began, objective)
        return End(best, *run.evaluation.assess(best), diverged=True, rise=rise)
    above = is_above_constant(run, objective)
    return End(coef, objective, suboptimality, is_far=is_far, above_constant=above)


def _is_far(run: Run, suboptimality: float | None) -> bool:
    """Return True if the suboptimality, estimated with more care, is far above what was wanted."""
    stopping, rounding = run.plan.stopping, ROUNDING * abs(run.loss_of_epoch)
    near = max(stopping.suboptimality, stopping.late_suboptimality, rounding)
    return suboptimality is not None and suboptimality > FAR * near


def _progress(run: Run, watch: Stopwatch) -> Progress:
    coef = run.coefficients()
    return Progress(
        epoch=run.state.epoch,
        step=run.state.t,
        passes=run.passes,
        seconds=watch.seconds,
        learning_rate=run.learning_rate,
        loss=run.loss_of_epoch,
        coef=coef[:-1].copy(),
        intercept=float(coef[-1]),
        max_iter=run.plan.max_iter,
    )
