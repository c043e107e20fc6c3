"""`Run`: the only driver. It visits rows, steps, and keeps everything needed to stop and go on."""

import copy
import math
from functools import partial
from typing import Any, Self

import numpy as np

from fastgd.base.linalg import dot, joined
from fastgd.base.types import Array, Floats
from fastgd.data.orders import Rows
from fastgd.data.sources import Source, Visits
from fastgd.descent.settling import begin_to_settle, settle
from fastgd.descent.state import Seen, Settled, State, initial_state
from fastgd.gradients.binding import (
    Step,
    batch_step_kernel,
    compiling,
    loss_arguments,
    minibatch_kernel,
    stochastic_kernel,
)
from fastgd.gradients.full_pass import FullPass, mean_loss
from fastgd.gradients.team import Team
from fastgd.kernels.arguments import LOSS, TALLY_SIZE, WEIGHT, Data, Model, Settings
from fastgd.kernels.compiler.jit import Kernel, load, unbound
from fastgd.kernels.gradient import make_room
from fastgd.kernels.rows import QUAD
from fastgd.planning.plan import Plan
from fastgd.schedules import Constant, Rates

BACK_OFF = 0.25  # of the rate
FEW_WRONG = 0.05  # of the loss at zero; with more, second derivatives say how far F can fall
CAUTION_IF_FEW = 10.0  # of rows with a second derivative
FIRST_MULTIPLE, LAST_MULTIPLE = 1.25, 2.0**20


class Run:
    """A plan at work on a source.

    `advance` may stop at any visit: the bits that follow are those of a run that did not stop.
    Work is done in whole units (a row; some rows where they are taken together; a block of a
    batch), so a visit counts once its unit is complete. A run that *peeks* can tell the iterate
    within a unit, too.
    """

    def __init__(
        self,
        plan: Plan,
        source: Source,
        state: State | None = None,
        *,
        evaluates_gradients: bool = False,
        peeks: bool = False,
    ) -> None:
        self.plan, self.source = plan, source
        full = partial(FullPass, source, plan.loss, plan.n_threads)
        self.full = full(gradients=plan.variant == "batch" or plan.curvature is not None)
        self.evaluation = full(gradients=True) if evaluates_gradients else self.full
        self.asked = self.full
        if plan.is_smoothed:
            self.asked = FullPass(source, plan.asked_loss, plan.n_threads, gradients=False)
        self.state = initial_state(plan, source) if state is None else state
        self.l1 = np.full(source.d, plan.alpha * plan.l1_ratio)
        self.l2 = np.full(source.d, plan.alpha * (1 - plan.l1_ratio))
        units = np.ones(source.d) if plan.coordinates is None else plan.coordinates.units
        self.l1_here, self.l2_here = self.l1 * units, self.l2 * units * units  # where steps are
        self.constant_rates = np.empty(0)
        self.settings = self._settings()
        averaged = plan.average != "none"
        self.step = Step(
            plan.optimizer,
            penalised=plan.alpha > 0,
            averaged=averaged,
            in_coordinates=plan.coordinates is not None,
        )
        self.in_quads = plan.variant == "stochastic" and self.step.plain
        columns = source.d if plan.coordinates is not None else 0
        self.rows_here = np.empty((QUAD, columns), source.dtype)
        self.rows_together = QUAD if self.in_quads else 1
        if plan.variant == "minibatch":
            self.rows_together = make_room(source.d, source.dtype.itemsize).together
        self.kernel = self._kernel()
        self.row_kernel = self._kernel(row_by_row=True) if peeks and self.in_quads else self.kernel
        self.visits = Visits(source, plan.order)
        self.team = Team(
            source,
            plan.loss,
            self.settings,
            coef=self.state.coef,
            sums=self.state.sums,
            tallies=self.state.tallies,
            group_rows=plan.order.buffer_rows,
            n_threads=plan.n_threads,
            workers=self.full.workers,
        )
        if len(self.state.sums):
            plan.order.lead_by(self.team.threads(plan.batch_size))

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *failure: Any) -> None:
        """Let no thread stay behind."""
        self.team.dismiss()
        self.full.__exit__(*failure)
        self.evaluation.__exit__(*failure)
        self.asked.__exit__(*failure)
        if self.plan.gram is not None:
            self.plan.gram.close()

    def load(self) -> None:
        """Compile or fetch the kernels: a call that visits no row and changes nothing."""
        self.full.load()
        self.evaluation.load()
        self.asked.load()
        if self.plan.variant != "batch":
            self.plan.order.load()
            if self.plan.preconditioned:
                self.team.load()
        if not self.plan.preconditioned:
            with compiling("optimizer", self.plan.optimizer):
                self._load_steps()

    def _load_steps(self) -> None:
        if self.plan.variant == "batch":
            idle = Model(*(array.copy() for array in self._model()))
            load(self.kernel, idle, self.settings, self.state.g.copy(), 1.0, 1, 0.0)
            return
        no_rows = np.empty(0, np.int64)
        for kernel in {self.kernel, self.row_kernel}:
            arguments = self._arguments(self.source.nobody(), no_rows, no_rows, 0, 0)
            load(kernel, *arguments)

    @property
    def visits_left(self) -> int:
        """How many visits the epoch still has."""
        return self.plan.order.length - self.state.visit

    @property
    def visits_to_cut(self) -> int:
        """How many visits one call of a kernel may make at most from here: some milliseconds."""
        call_visits = self.call_visits
        return min(call_visits - self.state.visit % call_visits, self.visits_left)

    @property
    def call_visits(self) -> int:
        """How many visits lie between two places where calls may be cut."""
        if self.plan.gram is not None:  # a step costs so little that no one waits for it
            return self.source.n
        return self.full.call_rows if self.takes_all_rows else self.plan.order.window

    def advance(self, visits: int) -> None:
        """Visit up to *visits* more rows of this epoch, and complete the epoch at its end."""
        state, plan = self.state, self.plan
        target = state.visit + min(visits, self.visits_left)
        if state.visit == 0:
            state.tally[:] = 0.0
        start, stop = self.done(state.visit), self.done(target)
        while start < stop:
            cut = self.done(min(stop, self._end_of_call(start)))
            if plan.average == "tail" and state.epoch == plan.averages_from[0]:
                tail = self.done(plan.averages_from[1])
                if start == tail:
                    state.total[:], state.counted, state.in_tail = 0.0, 0, True
                cut = tail if start < tail < cut else cut
            self._work(start, cut)
            start = cut
        state.visit = target
        if self.visits_left == 0:
            self._complete_epoch()

    @property
    def loss_of_epoch(self) -> float:
        """Return the weighted mean loss met so far in the epoch begun last."""
        loss, weight = self.state.tally[LOSS], self.state.tally[WEIGHT]
        return float(loss / weight) if weight != 0 else np.nan

    @property
    def epochs_begun(self) -> int:
        """Return how many epochs were begun, completed ones included."""
        return self.state.epoch + (self.state.visit > 0)

    @property
    def passes(self) -> float:
        """Return the row gradients so far, the pilot's included, per row of the table."""
        visits = self.state.epoch * self.plan.order.length + self.state.visit
        return self.plan.pilot_passes + self.state.looks + visits / self.source.n

    @property
    def reads(self) -> float:
        """Return the passes over the rows that were really made."""
        return self.passes if self.plan.gram is None else float(self.plan.gram.reads)

    @property
    def is_settling(self) -> bool:
        """Tell whether all rows make one step by now."""
        return self.plan.preconditioned and self.state.epoch >= self.plan.settles_after

    @property
    def takes_all_rows(self) -> bool:
        """Tell whether an epoch is one step by now."""
        return self.plan.variant == "batch" or self.is_settling

    @property
    def batch_size(self) -> int:
        """Return how many rows make a step in this epoch."""
        return self.plan.order.length if self.is_settling else self.plan.batch_size

    @property
    def learning_rate(self) -> float:
        """Return the rate of the last step (of the first, before it)."""
        return self.state.rate if self.state.t else float(self._rates(1)[0])

    def steps_at(self, visit: int) -> int:
        """Return how many steps of an epoch are taken once *visit* visits are made."""
        size, length = self.batch_size, self.plan.order.length
        return -(-visit // size) if visit == length else visit // size

    def coefficients(self) -> Floats:
        """Return what `fit` would return now: coefficients, then the intercept."""
        state, coordinates = self.state, self.plan.coordinates
        counted = state.counted + state.older_counted
        if counted == 0 or (self.plan.average == "tail" and not state.in_tail):
            return state.coef.astype(np.float64)
        total = state.total + state.older_total if state.older_counted else state.total
        return total / counted if coordinates is None else coordinates.leave(total / counted)

    @property
    def is_whole(self) -> bool:
        """Tell whether every visit made has had its effect."""
        return self.done(self.state.visit) == self.state.visit

    def iterate(self) -> tuple[int, Array]:
        """Return the steps of the visits made and where they led, were no unit waited for."""
        state = self.state
        if not self.in_quads or self.is_whole:
            return state.t, state.coef
        other = copy.copy(self)
        other.state, other.kernel = state.copy(), self.row_kernel
        other._work(self.done(state.visit), state.visit)
        return other.state.t, other.state.coef

    def scales_up(self, near: float) -> bool:
        """Go on from a multiple of the coefficients if that is better by more than *near*.

        If few labels are predicted wrong, F may fall far along that ray, though the second
        derivatives at the coefficients promise little: rows beyond the margin have none.
        """
        if not self._few_are_wrong(self.loss_of_epoch):
            return False
        coef = self.coefficients()
        objective = self._objective(coef)
        factor, least = self._best_multiple(coef, objective)
        if objective - least <= near:
            return False
        self.go_on_from(factor * coef, shorter=1.0)
        return True

    def _objective(self, coef: Floats) -> float:
        return self.asked.over_all(coef.astype(self.source.dtype))[0] + self.penalty(coef)

    def _best_multiple(self, coef: Floats, objective: float) -> tuple[float, float]:
        """Return by what to multiply the coefficients, and F there, if few labels are wrong."""
        best, factor = (1.0, objective), FIRST_MULTIPLE
        while self._few_are_wrong(objective) and factor < LAST_MULTIPLE:
            value = self._objective(factor * coef)
            if not value < best[1]:
                break
            best = factor, value
            factor *= 2.0
        return best

    def _few_are_wrong(self, objective: float) -> bool:
        loss = self.plan.asked_loss
        if loss.target != "binary" or not loss.has_minimum:
            return False
        return objective < FEW_WRONG * self.asked.loss_of_constant(0.0)

    def go_on_from(self, coef: Floats, shorter: float = BACK_OFF) -> None:
        """Forget all that led away from there; multiply the rate."""
        state = self.state
        state.coef[:] = coef
        if self.plan.coordinates is not None:
            state.point[:] = self.plan.coordinates.enter(coef)
        summed = state.g, state.sums, state.tally, state.tallies, state.total
        for sums in (*summed, state.first, state.second):
            sums[:] = 0.0
        state.counted = state.older_counted = 0
        state.decrement, state.seen = np.inf, None
        if self.takes_all_rows:  # of the pass, the rows before would be missing
            state.visit = 0
        state.memory = state.memory._replace(factor=state.memory.factor * shorter)
        if self.is_settling:
            state.settled = Settled(state.coef)

    def penalty(self, coef: Array) -> float:
        """Return the penalty of these coefficients."""
        if self.plan.alpha == 0:
            return 0.0
        w = np.asarray(coef[:-1], dtype=np.float64)
        return dot(self.l1, np.abs(w)) + 0.5 * dot(self.l2, w * w)

    def assess(self, coef: Floats) -> tuple[float, float | None]:
        """Return the objective at *coef*, and at most how far it is above its least, if known.

        A smoothed loss is taken for what it is.
        """
        seen = self._see(coef)
        objective = mean_loss(seen.tally) + self.penalty(coef)
        if self.plan.curvature is None or not self.plan.tells_distance:
            return objective, None
        distance = max(self._distance(seen), objective - self._best_multiple(coef, objective)[1])
        if self.plan.loss.built_in:  # none is below 0
            distance = min(distance, objective)
        return objective, distance + float(np.finfo(np.float64).eps) * abs(objective)

    def distance(self) -> float:
        """Return an upper estimate of how far the objective is above its least by now.

        That takes a pass over the rows. If the next step takes all rows, it makes use of it;
        else it is part of the evaluation of the result.
        """
        if self.plan.curvature is None or not self.plan.tells_distance:
            return 0.0
        seen = self._see(self.coefficients())
        if self.state.seen is None and self.is_settling:
            self.state.seen, self.state.seen_counts = seen, False
        return self._distance(seen)

    def _distance(self, seen: Seen) -> float:
        assert self.plan.curvature is not None
        gradient = self._with_l2(seen.g / self.source.n, seen.coef)
        caution = CAUTION_IF_FEW if self._few_are_wrong(mean_loss(seen.tally)) else 1.0
        return caution * self.plan.curvature.suboptimality(gradient)

    def pull_at(self, coef: Floats) -> float:
        """Return the norm of the gradient at *coef*, in the coordinates of the steps."""
        g = self.full.over_all(coef.astype(self.source.dtype))[1]
        return self._pull(coef, g)

    def evaluate(self, coef: Array) -> tuple[float, float]:
        """Return the objective at *coef* and the norm of its (proximal) gradient.

        The norm is NaN unless the run is one that evaluates gradients. Of a smoothed loss it is
        that of the gradients that make the steps.
        """
        coef = np.asarray(coef, dtype=self.source.dtype)
        loss, g = self.asked.over_all(coef)
        if self.evaluation is not self.full:  # the loss's bits do not depend on what is evaluated
            g = self.evaluation.over_all(coef)[1]
        return loss + self.penalty(coef), self._gradient_norm(coef, g)

    def _end_of_call(self, visit: int) -> int:
        """Return up to where one call of a kernel may go from here."""
        if self.takes_all_rows:
            return visit - visit % self.call_visits + self.call_visits
        return self.visits.end(visit)

    def _work(self, start: int, stop: int) -> None:
        """Do whole units of work, within one window."""
        if self.plan.gram is not None:
            self.plan.gram.add(self.state.coef, self.state.g, self.state.tally)
            self._take_batch_step()
            return
        if self.takes_all_rows:
            if self.state.seen is None:
                self.full.add(self.state.coef, start, stop, self.state.g, self.state.tally)
            elif stop == self.plan.order.length:  # the look before was at the same place
                self._make_use_of(self.state.seen)
            if stop == self.plan.order.length:
                self._take_batch_step()
            return
        if self.plan.preconditioned:
            self._take_batches(start, stop)
            return
        visited = self.visits.between(self.state.epoch, start, stop)
        self.kernel(*self._arguments(*visited, start, stop))
        self._count_steps(self.steps_at(stop) - self.steps_at(start))

    def _take_batches(self, start: int, stop: int) -> None:
        """Visit start..stop, each batch by groups that threads share; step where it is full."""
        state, size, buffer_rows = self.state, self.batch_size, self.plan.order.buffer_rows
        data, rows, coming, offset = self.visits.around(state.epoch, start)
        guard = self.plan.guard
        if math.isfinite(guard):
            guard /= float(self._rates(0, coming=1)[0])
        for first in range(start - start % size, stop, size):
            begin, end = max(first, start), min(first + size, stop)
            visits = begin - offset, end - offset
            filled, row = begin % buffer_rows, begin // buffer_rows - first // buffer_rows
            self.team.sum(data, rows, coming, *visits, filled=filled, row=row, guard=guard)
            if end in (first + size, self.plan.order.length):
                state.g += state.sums.sum(axis=0)[: len(state.g)]
                state.tally += state.tallies.sum(axis=0)
                state.sums[:], state.tallies[:] = 0.0, 0.0
                self._take_preconditioned_step(end - first)

    def _arguments(
        self, data: Data, rows: Rows, coming: Rows, start: int, stop: int
    ) -> tuple[Any, ...]:
        """Return what the kernel is called with for the visits start..stop."""
        state, plan, visited = self.state, self.plan, (data, rows, coming)
        buffer_rows = plan.order.buffer_rows
        steps = self.steps_at(stop) - self.steps_at(start)
        is_guarded_batch = plan.variant == "minibatch" and math.isfinite(plan.guard)
        rates = self._rates(steps, coming=int(is_guarded_batch))
        taking = *visited, self._model(), self.settings, rates, state.t + 1
        if plan.variant == "stochastic":
            return *taking, state.tally, self.rows_here
        size, ends_epoch = self.batch_size, stop == plan.order.length
        batch = start % size, size, ends_epoch, start % buffer_rows, buffer_rows
        sums, tallies = state.g[np.newaxis], state.tally[np.newaxis]
        return *taking, tallies, sums, *batch, *self.team.room

    def _take_batch_step(self) -> None:
        state, plan, rows = self.state, self.plan, self.source.n
        g = state.g / rows
        state.grad_norm = state.pull = self._gradient_norm(state.coef, g)
        if plan.coordinates is not None:
            state.pull = self._pull(state.coef, g)
        if plan.curvature is not None:
            state.decrement = plan.curvature.decrement(self._with_l2(g, state.coef))
        if plan.preconditioned:
            self._take_preconditioned_step(rows)
            return
        if plan.coordinates is not None:
            state.g[:] = plan.coordinates.gradient(state.g)
        (rate,) = self._rates(1)
        self.kernel(self._model(), self.settings, state.g, 1.0 / rows, state.t + 1, rate)
        if plan.coordinates is not None:
            state.coef[:] = plan.coordinates.leave(state.point)
        state.g[:] = 0.0
        self._count_steps(1)

    def _take_preconditioned_step(self, rows: int) -> None:
        """Step along the gradients of *rows*, multiplied by the inverse of the curvature."""
        state, curvature = self.state, self.plan.curvature
        assert curvature is not None
        step = curvature.solve(self._with_l2(state.g / rows, state.coef))
        (rate,) = self._rates(1)
        if self.plan.mode == "self-tuned":  # a short batch is noisy
            rate *= rows / self.batch_size
        state.coef[:] = state.coef - rate * step
        if state.settled is not None:
            state.settled.coming = step
        elif self.plan.average != "none":
            state.total += state.coef
        state.g[:] = 0.0
        self._count_steps(1)

    def _with_l2(self, g: Floats, coef: Array) -> Floats:
        """Return the gradient of the objective, given the loss's; none along a fixed intercept."""
        return joined(g[:-1] + self.l2 * coef[:-1], g[-1] * self.plan.fit_intercept)

    def _count_steps(self, steps: int) -> None:
        self.state.t += steps
        if self.plan.average != "none" and not self.is_settling:
            self.state.counted += steps

    def _complete_epoch(self) -> None:
        state = self.state
        state.memory = self.plan.schedule.after_epoch(state.memory, self.loss_of_epoch)
        was_settling = self.is_settling
        state.epoch += 1
        state.visit = 0
        if was_settling:
            assert state.settled is not None
            objective = self.loss_of_epoch + self.penalty(state.settled.anchor)
            settle(state, self.plan, objective)
        elif self.is_settling:
            begin_to_settle(state, self.coefficients())
            if self.plan.ends_short:
                self._look()
        if self.is_settling:
            return
        if state.epoch & (state.epoch - 1) != 0:  # no power of two
            return
        if self.plan.average == "recent":
            # Older iterates are forgotten: the average covers the second half of the run or more.
            state.older_total, state.older_counted = state.total.copy(), state.counted
            state.total[:] = 0.0
            state.counted = 0
        if math.isfinite(self.plan.target) and self.plan.variant != "batch":
            self._look()

    def _look(self) -> None:
        """See, by a pass over the rows, how far above its optimum the objective is."""
        state, curvature = self.state, self.plan.curvature
        assert curvature is not None
        coef = self.coefficients()
        state.seen = self._see(coef)
        state.decrement = curvature.decrement(self._with_l2(state.seen.g / self.source.n, coef))
        state.looks += 1
        state.seen_counts = True

    def _make_use_of(self, seen: Seen) -> None:
        """Take what the last look found for the pass of this epoch."""
        state = self.state
        state.g += seen.g
        state.tally += seen.tally
        state.seen = None
        state.looks -= state.seen_counts

    def _see(self, coef: Floats) -> Seen:
        """Make a pass over all rows at *coef*, unless the last look was there."""
        state, cast = self.state, coef.astype(self.source.dtype)
        if state.seen is not None and (state.seen.coef == cast).all():
            return state.seen
        self.team.dismiss()
        seen = Seen(cast, np.zeros(len(coef)), np.zeros(TALLY_SIZE))
        self.full.add(cast, 0, self.source.n, seen.g, seen.tally)
        return seen

    def done(self, visit: int) -> int:
        """Return how many of the epoch's first *visit* visits lie in whole units of work."""
        if visit == self.plan.order.length:
            return visit
        if self.plan.gram is not None:
            return 0
        if self.takes_all_rows:
            return visit - visit % self.full.block_rows
        since_start = visit % self.plan.order.buffer_rows  # from where rows are taken together
        if self.plan.variant == "minibatch":
            since_start = min(since_start, visit % self.batch_size)
        return visit - since_start % self.rows_together

    def _rates(self, steps: int, coming: int = 0) -> Rates:
        """Return the rates of the next steps, and of some *coming* after those."""
        count = steps + coming
        if count == 0:
            return np.empty(0)
        first = self.state.t + 1
        factor = self.state.memory.factor
        if self.is_settling:
            rates = np.full(count, self.plan.settling_rate * factor)
        elif isinstance(self.plan.schedule, Constant) and factor == 1.0:
            # Made once: new pages each time cost 9 ns a row.
            if len(self.constant_rates) < count:
                self.constant_rates = self.plan.schedule(np.arange(count))
            rates = self.constant_rates[:count]
        else:
            rates = self.plan.schedule(np.arange(first, first + count)) * factor
        if steps:
            self.state.rate = float(rates[steps - 1])
        return rates

    def _gradient_norm(
        self, coef: Array, g: Floats, l1: Floats | None = None, l2: Floats | None = None
    ) -> float:
        """Return the norm of the least subgradient of the objective, given the loss's gradient."""
        l1, l2 = self.l1 if l1 is None else l1, self.l2 if l2 is None else l2
        w = np.asarray(coef[:-1], dtype=np.float64)
        g_w = g[:-1] + l2 * w if self.plan.alpha > 0 else g[:-1]
        if self.plan.alpha * self.plan.l1_ratio > 0:
            at_zero = np.sign(g_w) * np.maximum(np.abs(g_w) - l1, 0.0)
            g_w = np.where(w == 0, at_zero, g_w + l1 * np.sign(w))
        return math.sqrt(dot(g_w, g_w) + self.plan.fit_intercept * float(g[-1]) * float(g[-1]))

    def _pull(self, coef: Array, g: Floats) -> float:
        """Return the same in the plan's coordinates."""
        here = self.plan.coordinates
        if here is None:
            return self._gradient_norm(coef, g)
        return self._gradient_norm(here.enter(coef), here.gradient(g), self.l1_here, self.l2_here)

    def _model(self) -> Model:
        d, state = self.source.d, self.state
        arrays = (state.point, state.first, state.second, state.total)
        return Model(state.coef, *(a[:d] for a in arrays), *(a[d:] for a in arrays))

    def _settings(self) -> Settings:
        plan, dtype = self.plan, self.source.dtype
        size = self.source.d if plan.alpha > 0 else 0
        nothing = np.empty(0)
        units = nothing if plan.seen_in is None else plan.seen_in.units
        shift = nothing if plan.seen_in is None else plan.seen_in.shift
        return Settings(
            loss_arguments(plan.loss),
            plan.optimizer.hyper,
            self.l1_here[:size].astype(dtype),
            self.l2_here[:size].astype(dtype),
            units.astype(dtype),
            shift.astype(dtype),
            plan.guard,
            plan.fit_intercept,
        )

    def _kernel(self, row_by_row: bool = False) -> Kernel:
        plan, step = self.plan, self.step
        if plan.preconditioned:
            return unbound
        if plan.variant == "batch":
            return batch_step_kernel(step)
        if plan.variant == "minibatch":
            return minibatch_kernel(plan.loss, step)
        guarded = bool(np.isfinite(plan.guard))
        return stochastic_kernel(plan.loss, step, guarded, self.in_quads and not row_by_row)
