"""Recording: when a run is recorded, and the history and the path that result."""

import math
import sys

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.descent.run import Run
from fastgd.kernels.arguments import LOSS, WEIGHT
from fastgd.monitoring.stopwatch import Stopwatch

COLUMNS = (
    "epoch",
    "step",
    "passes",
    "reads",
    "seconds",
    "learning_rate",
    "loss",
    "objective",
    "grad_norm",
)
COUNTS = ("epoch", "step")
PASSES, SECONDS = COLUMNS.index("passes"), COLUMNS.index("seconds")
RECORDS_OF_FIRST_EPOCH = 20
STEPS_OF_BATCH_RECORDED = 100
GROWTH = 1.1  # from one recorded step of batch descent to the next, later on
MAX_PATH = 1 << 32  # bytes
FREE_VALUES = 1 << 16  # values of X that are evaluated in no time


class Recorder:
    """Records a run, updated whenever `visits_to_next` more visits are made.

    *path_every* is None for no path, 0 for a point per record, k for the iterate after every k
    steps.
    """

    def __init__(
        self,
        run: Run,
        watch: Stopwatch,
        wanted: frozenset[str],
        path_every: int | None,
        verbose: bool,
    ) -> None:
        self.run, self.watch, self.path_every, self.verbose = run, watch, path_every, verbose
        self.evaluates = bool(wanted) or run.source.n * (run.source.d + 1) <= FREE_VALUES
        self.records = run.state.records
        self._seconds_before = self.records.rows[-1][SECONDS] if self.records.rows else 0.0
        self._refuse_long_path()
        self._first_epoch = self._visits_of_first_epoch()

    def _refuse_long_path(self) -> None:
        plan = self.run.plan
        steps = plan.max_iter * self.run.stepper.steps_at(plan.order.length)
        size = steps / (self.path_every or steps) * (self.run.source.d + 1) * 8
        if size > MAX_PATH:
            raise ValueError(
                f"record_path={self.path_every} would keep {size / 1e9:,.1f} GB of coefficients; "
                "give a larger record_path, fewer epochs or record_path=True."
            )

    def begin(self, start_loss: float) -> None:
        """Record the start, unless the run has begun before."""
        if self.records.rows:
            return
        self._record(start_loss)
        if self.path_every:
            self._add_point(0, self.run.state.coef)

    def visits_to_next(self) -> int:
        """Return how many visits to make before the next update."""
        state = self.run.state
        stops = [state.visit + self.run.visits_to_cut]
        if state.epoch == 0:
            stops.append(next(v for v in self._first_epoch if v > state.visit))
        if self.path_every:
            stops.append(self._visit_of_next_point(self.path_every))
        return min(stops) - state.visit

    def update(self) -> None:
        """Make a record, add a point to the path, if now is the time."""
        if self.path_every:
            step, coef = self.run.iterate()
            if step % self.path_every == 0 and step > self.records.point_steps[-1]:
                self._add_point(step, coef)
        if self._is_due():
            self._record(self._recent_loss())

    @property
    def is_at_usual_stop(self) -> bool:
        """Return True if every run of this plan stops here, whatever its path records."""
        state = self.run.state
        in_first_epoch = state.epoch == 0 and state.visit in self._first_epoch
        return in_first_epoch or state.visit % self.run.stepper.call_visits == 0

    def end(self) -> None:
        """Record the end, unless it is the last record."""
        if self.records.rows[-1][PASSES] < self.run.passes:
            self._record(self._recent_loss())

    def history(self) -> dict[str, Array]:
        """Return the records, column by column."""
        table = np.array(self.records.rows, dtype=np.float64).T
        columns = zip(COLUMNS, table, strict=True)
        return {k: v.astype(np.int64) if k in COUNTS else v for k, v in columns}

    def path(self) -> Array | None:
        """Return the points, one a row, or None if no path was asked for."""
        return None if self.path_every is None else np.array(self.records.points)

    def path_steps(self) -> NDArray[np.int64] | None:
        """Return the points' step numbers."""
        if self.path_every is None:
            return None
        return np.array(self.records.point_steps, dtype=np.int64)

    def _visits_of_first_epoch(self) -> list[int]:
        """Return where the first epoch is recorded: whole steps, geometrically spaced."""
        length, size = self.run.plan.order.length, self.run.stepper.batch_size
        first = self.run.stepper.steps_together
        ladder = np.geomspace(first, max(first, length // size), RECORDS_OF_FIRST_EPOCH)
        visits = {self.run.stepper.done(min(round(step) * size, length)) for step in ladder}
        return sorted((visits | {length}) - {0})

    def _is_due(self) -> bool:
        state = self.run.state
        if self.run.plan.variant != "batch":
            return state.visit == 0 or (state.epoch == 0 and state.visit in self._first_epoch)
        if state.visit > 0 or state.t < self.records.next_batch_step:
            return False
        step = state.t
        all_steps = step < STEPS_OF_BATCH_RECORDED
        self.records.next_batch_step = step + 1 if all_steps else math.ceil(step * GROWTH)
        return True

    def _visit_of_next_point(self, every: int) -> int:
        state, stepper = self.run.state, self.run.stepper
        steps_before = state.t - stepper.steps_at(stepper.done(state.visit))
        step = ((steps_before + stepper.steps_at(state.visit)) // every + 1) * every - steps_before
        return min(step * stepper.batch_size, self.run.plan.order.length)

    def _record(self, loss: float) -> None:
        run, state = self.run, self.run.state
        seconds, coef = self._seconds_before + self.watch.seconds, run.coefficients()
        objective, grad_norm = math.nan, state.grad_norm
        with self.watch.paused():
            if self.evaluates:
                objective, norm = run.evaluation.evaluate(coef)
                grad_norm = norm if math.isnan(grad_norm) else grad_norm
            rate = run.learning_rate
            self.records.rows.append(
                (
                    state.epoch,
                    state.t,
                    run.passes,
                    run.reads,
                    seconds,
                    rate,
                    loss,
                    objective,
                    grad_norm,
                )
            )
            self.records.recorded = np.zeros(2) if state.visit == 0 else state.tally[[LOSS, WEIGHT]]
            if self.path_every == 0:
                self._add_point(state.t, coef)
            if self.verbose:
                line = f"epoch {state.epoch}  step {state.t}  {seconds:.3f} s  loss {loss:.6g}\n"
                sys.stdout.write(line)

    def _recent_loss(self) -> float:
        """Return the weighted mean loss since the last record."""
        if self.run.plan.variant == "batch":
            return self.run.loss_of_epoch
        loss, weight = self.run.state.tally[[LOSS, WEIGHT]] - self.records.recorded
        return float(loss / weight) if weight != 0 else math.nan

    def _add_point(self, step: int, coef: Array) -> None:
        size = self.run.source.d + self.run.plan.objective.fit_intercept
        self.records.points.append(np.array(coef[:size], dtype=np.float64))
        self.records.point_steps.append(step)
