"""`Run`: a plan at work on a source. It advances, and knows what was done so far."""

from typing import Any, Self

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.descent.averaging import begin_tail, drop_older_half, is_epoch_of_tail, mean_iterate
from fastgd.descent.evaluation import Evaluation
from fastgd.descent.penalty import Penalty
from fastgd.descent.rates import BACK_OFF, LearningRates, back_off
from fastgd.descent.refinement import begin_refinement, refine
from fastgd.descent.state import Refinement, State, initial_state
from fastgd.descent.steppers import RefinementStepper, Stepper, choose_stepper
from fastgd.gradients.full_pass import FullPass
from fastgd.kernels.arguments import LOSS, WEIGHT
from fastgd.planning.plan import Plan


class Run:
    """A plan at work on a source.

    `advance` may stop at any visit: the result is bitwise identical to that of a run that did not
    stop. How rows become steps is the stepper's business; values of the objective come from
    `evaluation`. A run that *peeks* can find the iterate within a unit of work, too.
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
        self.state = initial_state(plan, source) if state is None else state
        self.penalty, self.rates = Penalty(plan, source.d), LearningRates(plan, self.state)
        has_gradients = plan.variant == "batch" or plan.optimum is not None
        self.full = FullPass(source, plan.loss, plan.n_threads, gradients=has_gradients)
        of_run = plan, source, self.state, self.penalty, self.rates, self.full
        self._first_stepper = choose_stepper(*of_run, peeks=peeks)
        self._refinement = RefinementStepper(*of_run)
        self.evaluation = Evaluation(
            plan,
            source,
            self.state,
            self.penalty,
            self.full,
            evaluates_gradients=evaluates_gradients,
            stop_workers=self._first_stepper.pause,
        )

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *failure: Any) -> None:
        """Let no thread stay behind."""
        self._first_stepper.close()
        self.evaluation.close()

    def load(self) -> None:
        """Compile or fetch the kernels: a call that visits no row and changes nothing."""
        self.evaluation.load()
        self._first_stepper.load()

    @property
    def stepper(self) -> Stepper:
        """Return what takes the steps of this epoch."""
        return self._refinement if self.state.refines(self.plan) else self._first_stepper

    @property
    def visits_left(self) -> int:
        """Return how many visits the epoch still has."""
        return self.plan.order.length - self.state.visit

    @property
    def visits_to_cut(self) -> int:
        """Return how many visits one call of a kernel may make at most: some milliseconds."""
        call_visits = self.stepper.call_visits
        return min(call_visits - self.state.visit % call_visits, self.visits_left)

    @property
    def loss_of_epoch(self) -> float:
        """Return the weighted mean loss accumulated so far in the epoch begun last."""
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
        return self.plan.pilot_passes + self.state.extra_passes + visits / self.source.n

    @property
    def reads(self) -> float:
        """Return the passes over the rows that were really made."""
        reference = self.state.gram_reference
        return self.passes if reference is None else 1.0 + reference.passes  # X'X took one

    @property
    def learning_rate(self) -> float:
        """Return the rate of the last step; before any, that of the first."""
        return self.rates.current

    @property
    def is_whole(self) -> bool:
        """Return True if every visit made has had its effect."""
        return self.stepper.done(self.state.visit) == self.state.visit

    def coefficients(self) -> Floats:
        """Return what `fit` would return now: coefficients, then the intercept."""
        return mean_iterate(self.plan, self.state)

    def iterate(self) -> tuple[int, Array]:
        """Return the steps of the visits made, and the iterate that they lead to."""
        return self.stepper.iterate()

    def advance(self, visits: int) -> None:
        """Visit up to *visits* more rows of this epoch, and complete the epoch at its end."""
        state, stepper = self.state, self.stepper
        target = state.visit + min(visits, self.visits_left)
        if state.visit == 0:
            state.tally[:] = 0.0
        start, stop = stepper.done(state.visit), stepper.done(target)
        while start < stop:
            cut = stepper.done(min(stop, stepper.end_of_call(start)))
            if is_epoch_of_tail(self.plan, state):
                tail = stepper.done(self.plan.averages_from[1])
                if start == tail:
                    begin_tail(state)
                cut = tail if start < tail < cut else cut
            stepper.advance(start, cut)
            start = cut
        state.visit = target
        if self.visits_left == 0:
            self._complete_epoch()

    def _complete_epoch(self) -> None:
        state, plan = self.state, self.plan
        state.memory = plan.schedule.after_epoch(state.memory, self.loss_of_epoch)
        refined = state.refines(plan)
        state.epoch += 1
        state.visit = 0
        if refined:
            assert state.refinement is not None
            refine(state, plan, self.loss_of_epoch + self.penalty.value(state.refinement.anchor))
        elif state.refines(plan):
            begin_refinement(state, self.coefficients())
            if plan.stopping.ends_short:
                self.evaluation.estimate_decrement()
        elif state.epoch & (state.epoch - 1) == 0:  # a power of two
            if plan.average == "recent":
                drop_older_half(state)
            if plan.stopping.is_by_suboptimality and plan.variant != "batch":
                self.evaluation.estimate_decrement()

    def scales_up(self, near: float) -> bool:
        """Go on from a multiple of the coefficients if it is better by more than *near*.

        If few labels are predicted wrong, the objective may fall far along that ray, though the
        second derivatives at the coefficients promise little: rows beyond the margin have none.
        """
        if not self.evaluation.few_are_wrong(self.loss_of_epoch):
            return False
        coef = self.coefficients()
        objective = self.evaluation.objective(coef)
        best = self.evaluation.best_multiple(coef, objective)
        self.state.extra_passes += 1 + best.passes
        if objective - best.objective <= near:
            return False
        self.go_on_from(best.factor * coef, shorter=1.0)
        return True

    def go_on_from(self, coef: Floats, shorter: float = BACK_OFF) -> None:
        """Reset everything but the counts, start at *coef*, and multiply the learning rate."""
        state = self.state
        state.coef[:] = coef
        if self.plan.coordinates is not None:
            state.point[:] = self.plan.coordinates.transform(coef)
        summed = state.g, state.sums, state.tally, state.tallies, state.total
        for sums in (*summed, state.slots):
            sums[:] = 0.0
        state.counted = state.older_counted = 0
        state.decrement, state.evaluated = np.inf, None
        if self.stepper.takes_all_rows:  # the pass would lack the rows before
            state.visit = 0
        back_off(state, shorter)
        if state.refines(self.plan):
            state.refinement = Refinement.at(state.coef)
