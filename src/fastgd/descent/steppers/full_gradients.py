"""Steps along the gradient of all rows: one per epoch."""

from typing import Any

from fastgd.base.types import Floats
from fastgd.descent.state import Evaluated
from fastgd.descent.steppers.base import Stepper, make_model, make_settings, make_step
from fastgd.gradients.binding import batch_step_kernel, compiling
from fastgd.gradients.gram import GramSums
from fastgd.kernels.compiler.jit import load


class FullGradients(Stepper):
    """What steps along the gradient of all rows; how, its subclasses say in `_move`."""

    takes_all_rows = True

    @property
    def call_visits(self) -> int:
        """Return how many rows one call adds up."""
        return self.full.call_rows

    def advance(self, start: int, stop: int) -> None:
        """Add the rows to the gradient; step at the end of the epoch."""
        state, is_end = self.state, stop == self.plan.order.length
        if state.evaluated is None:
            self.full.add(state.coef, start, stop, state.g, state.tally)
        elif is_end:
            self._use(state.evaluated)
        if is_end:
            self._take_step(stop)

    def done(self, visit: int) -> int:
        """Return how many of the first *visit* visits lie in whole blocks."""
        if visit == self.plan.order.length:
            return visit
        return visit - visit % self.full.block_rows

    def end_of_call(self, visit: int) -> int:
        """Return the next place where calls end."""
        return visit - visit % self.call_visits + self.call_visits

    def _use(self, evaluated: Evaluated) -> None:
        """Take the gradient from the last evaluation, which was at the same coefficients."""
        state = self.state
        state.g += evaluated.g
        state.tally += evaluated.tally
        state.evaluated = None
        state.extra_passes -= state.evaluated_counts

    def _take_step(self, rows: int) -> None:
        """Step along the mean gradient of the *rows* of the epoch."""
        state, plan = self.state, self.plan
        g = state.g / rows
        state.grad_norm = state.scaled_grad_norm = self.penalty.gradient_norm(state.coef, g)
        if plan.coordinates is not None:
            state.scaled_grad_norm = self.penalty.scaled_gradient_norm(state.coef, g)
        if plan.hessian is not None:
            state.decrement = plan.hessian.decrement(self.penalty.add_l2(g, state.coef))
        self._move(g, rows)
        state.g[:] = 0.0
        self.count(1)

    def _move(self, g: Floats, rows: int) -> None:
        """Change the coefficients, given the mean gradient *g* of the loss over so many rows."""
        raise NotImplementedError


class FullGradientStepper(FullGradients):
    """Steps with the plan's optimizer: textbook batch gradient descent."""

    def __init__(self, *of_run: Any) -> None:
        super().__init__(*of_run)
        self.kernel = batch_step_kernel(make_step(self.plan))
        self.settings = make_settings(self.plan, self.source, self.penalty)

    def load(self) -> None:
        """Compile or fetch the kernel."""
        idle = make_model(self.state.copy())
        with compiling("optimizer", self.plan.optimizer):
            load(self.kernel, idle, self.settings, self.state.g.copy(), 1.0, 1, 0.0)

    def _move(self, g: Floats, rows: int) -> None:
        """Take a step of the optimizer, which is given the sum of the gradients."""
        state, coordinates = self.state, self.plan.coordinates
        if coordinates is not None:
            state.g[:] = coordinates.gradient(state.g)
        (rate,) = self.rates.take(1)
        model = make_model(state)
        self.kernel(model, self.settings, state.g, 1.0 / rows, state.t + 1, rate)
        if coordinates is not None:
            state.coef[:] = coordinates.inverse_transform(state.point)


class GramStepper(FullGradientStepper):
    """The same steps, with gradients from the Gram matrix: no step visits a row."""

    def __init__(self, *of_run: Any) -> None:
        super().__init__(*of_run)
        plan, reference = self.plan, self.state.gram_reference
        assert plan.gram is not None and reference is not None
        self._sums = GramSums(self.source, plan.gram, reference, plan.n_threads)

    def load(self) -> None:
        """Compile or fetch the kernels."""
        super().load()
        self._sums.load()

    @property
    def call_visits(self) -> int:
        """Return all: a step costs so little that it is never cut."""
        return self.plan.order.length

    def close(self) -> None:
        """Let no thread stay behind."""
        self._sums.close()

    def advance(self, start: int, stop: int) -> None:
        """Take the step of the epoch."""
        self._sums.add(self.state.coef, self.state.g, self.state.tally)
        self._take_step(stop)

    def done(self, visit: int) -> int:
        """Return *visit* at the end of an epoch, else 0."""
        return visit if visit == self.plan.order.length else 0


class PreconditionedStepper(FullGradients):
    """Steps along the gradient multiplied by the inverse Hessian of the pilot sample."""

    def _move(self, g: Floats, rows: int) -> None:
        state, hessian = self.state, self.plan.hessian
        assert hessian is not None
        step = hessian.solve(self.penalty.add_l2(g, state.coef))
        rate = self.rates.take_for_batch(rows, self.batch_size)
        state.coef[:] = state.coef - rate * step
        self._record(step)

    def _record(self, step: Floats) -> None:
        """Add the iterate to the average."""
        if self.plan.average != "none":
            self.state.total += self.state.coef


class RefinementStepper(PreconditionedStepper):
    """The same steps near the optimum; each one is judged by `refine` at the end of its epoch."""

    @property
    def batch_size(self) -> int:
        """Return how many rows make a step: all."""
        return self.plan.order.length

    def count(self, steps: int) -> None:
        """Count steps; there is no average."""
        self.state.t += steps

    def _record(self, step: Floats) -> None:
        """Keep the step for `refine`."""
        assert self.state.refinement is not None
        self.state.refinement.last_direction = step
