"""`Walk`: a descent on a function under way."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.descent.divergence import DIVERGED_FACTOR
from fastgd.kernels import minimize as kernels
from fastgd.kernels.minimize import NORM, RATE, STILL, VALUE, length
from fastgd.minimizing.evaluation import EPS, ROUNDINGS, Evaluation
from fastgd.minimizing.function import Function
from fastgd.minimizing.gradient_check import Probe, doubt_of, refuse_wrong_gradient
from fastgd.minimizing.loop import make_loop
from fastgd.minimizing.result import HISTORY, Iterate, MinimizeResult
from fastgd.monitoring.journal import Journal
from fastgd.monitoring.reasons import StopReason
from fastgd.monitoring.stopwatch import Stopwatch
from fastgd.optimizers import Optimizer
from fastgd.planning.request import asks_to_stop
from fastgd.planning.stability import largest_rate
from fastgd.schedules import Memory, Schedule, shown_rate
from fastgd.schedules.line_search import LineSearch

MAX_ROWS = 1024  # of the history: evaluating fun for them must stay cheap beside the steps
MAX_NUMBERS = 1 << 23  # of the path: 64 MB
CALL_NUMBERS = 1 << 20  # of the path that one call of the loop may make
NEVER = 1 << 62  # steps
ROUNDING = 1e-12  # of a value: sums of many terms are no more exact
CALL_SECONDS = 0.02  # how long the loop may run before Ctrl-C and the clock are checked


@dataclass
class Place:
    """A point, its value and its gradient."""

    x: NDArray[np.float64]
    value: float
    g: NDArray[np.float64]


class Walk:
    """A descent under way."""

    def __init__(
        self,
        function: Function,
        start: NDArray[np.float64],
        optimizer: Optimizer,
        rates: Schedule | LineSearch,
        tol: float | None,
        path_every: int | None,
    ) -> None:
        self.function, self.optimizer, self.rates = function, optimizer, rates
        self.search = rates if isinstance(rates, LineSearch) else None
        self.x = start.ravel().copy()
        n = len(self.x)
        self.g, self.counts = np.zeros(n), np.zeros(2, np.int64)
        self.known = np.full(4, np.nan)
        self.known[STILL] = 0.0
        self.evaluation = Evaluation(function, self.counts)
        value, norm = self.evaluation.start(self.x, self.g)
        self.known[VALUE], self.known[NORM] = value, norm
        self.start = Place(self.x.copy(), value, self.g.copy())
        self.doubt: str | None = None  # why the end may be no minimum
        refuse_wrong_gradient(function, self._probe(self.start), norm)
        self.least = -1.0 if tol is None else tol * norm
        self.limit = value + DIVERGED_FACTOR * max(abs(value), 1.0)
        before, trial, gradient = np.empty((3, n))
        self.good = self.x.copy()  # the last point whose value is known to be sound
        slots = tuple(np.zeros((optimizer.slots, n)))
        self.workspace = kernels.Workspace(before, self.good, trial, gradient, slots)
        self.t, self.memory = 0, Memory()
        self.first_second_derivative = self.first_change = math.nan
        self.rows = Journal(MAX_ROWS)
        self.rows.mark(0, self.known[:STILL])
        self.points = _make_path(path_every, n)
        if self.points is not None:
            self.points.mark(0, self.x)
        without_a_step = self._arguments(np.empty(0), np.empty((0, 3)), np.empty((0, 0)))
        self._loop = make_loop(function, optimizer, self.search, without_a_step)

    @property
    def start_point(self) -> Any:
        """Return x0."""
        return self._shaped(self.start.x)

    @property
    def seems_wrong(self) -> bool:
        """Return True if the first step went uphill though the gradients at its ends point down."""
        values = self.rows.table()[1][:2, VALUE]
        return self.first_change < 0 and len(values) == 2 and bool(values[1] > values[0])

    def run(
        self, max_iter: int, callback: Any, time_limit: float | None, watch: Stopwatch
    ) -> StopReason:
        """Descend until something ends it; return what."""
        if self.known[NORM] <= self.least:
            return StopReason.TOLERANCE
        one_by_one = callback is not None or self._uses_losses
        steps = 1
        while self.t < max_iter:
            began = time.perf_counter()
            status = self._advance(min(steps, max_iter - self.t, self._max_steps()))
            asked = callback and status != kernels.DIVERGED
            stops = bool(asked and asks_to_stop(callback, self._iterate()))
            if status == kernels.AT_REST and self.evaluation.is_rounding(*self._gradient_here()):
                return StopReason.TOLERANCE
            if status != kernels.GOING_ON:
                return REASONS[status]
            if stops:
                return StopReason.CALLBACK
            if time_limit is not None and watch.seconds >= time_limit:
                return StopReason.TIME_LIMIT
            if not one_by_one:
                steps = self._steps_of_next_call(steps, time.perf_counter() - began)
        return StopReason.MAX_ITER if self.least < 0 else StopReason.CAPPED

    def judge(self, reason: StopReason) -> StopReason:
        """Return why it ended: above the start, or far below it, it diverged.

        A gradient of about zero is no success if fun still falls there.
        """
        here = self._here()
        if self._has_risen(here.value) or self.falls_without_end:
            return StopReason.DIVERGED
        if reason is StopReason.TOLERANCE:
            first_norm = float(length(self.start.g))
            self.doubt = doubt_of(self.function, self._probe(here), self.least, first_norm)
        return reason if self.doubt is None else StopReason.STALLED

    @property
    def falls_without_end(self) -> bool:
        """Return True if the value fell, ever faster, by more than any minimum explains."""
        fall = self.start.value - self.known[VALUE]
        is_steeper = self.known[NORM] > length(self.start.g)
        return bool(is_steeper and fall > DIVERGED_FACTOR * max(abs(self.start.value), 1.0))

    def _has_risen(self, value: float) -> bool:
        """Return True if a value is above that at the start by more than rounding."""
        rise = value - self.start.value
        if not rise > ROUNDING * max(abs(value), abs(self.start.value)):
            return False
        # A sum of squares that is zero but for rounding rises by the square of that.
        distance = ROUNDINGS * EPS * max(np.abs(self.x).max(), np.abs(self.start.x).max())
        second_derivative = self.first_second_derivative
        if self.known[NORM] > 0:
            second_derivative = self.evaluation.second_derivative(*self._gradient_here()[:3])
        return not rise <= second_derivative * distance * distance

    def result(self, reason: StopReason, seconds: float, compile_seconds: float) -> MinimizeResult:
        """Return what the user gets."""
        here = self._here()
        self.rows.mark(self.t, self.known[:STILL])
        if self.points is not None:
            self.points.mark(self.t, self.x)
        steps, rows = self.rows.table()
        columns = zip(HISTORY, (VALUE, NORM, RATE), strict=True)
        place = self._last_good() if reason is StopReason.DIVERGED else here
        path_steps, path = (None, None) if self.points is None else self.points.table()
        return MinimizeResult(
            x=self._shaped(place.x),
            fun=place.value,
            jac=self._shaped(place.g),
            nit=self.t,
            nfev=int(self.counts[kernels.VALUES]),
            njev=int(self.counts[kernels.GRADIENTS]),
            gradient=self.function.gradient,
            stop_reason=reason,
            history={"step": steps, **{name: rows[:, k].copy() for name, k in columns}},
            path=None if path is None else path.reshape(len(path), *self.function.shape),
            path_steps=path_steps,
            optimizer_=self.optimizer,
            learning_rate_=shown_rate(self.rates),
            function=self.function.value_at,
            seconds=seconds,
            compile_seconds=compile_seconds,
            doubt=self.doubt,
        )

    def stable_rate(self) -> float | None:
        """Return below which rate theory calls steps stable where the first of them was taken."""
        rate = largest_rate(self.optimizer, self.first_second_derivative)
        return rate if 0 < rate < math.inf else None

    def _probe(self, place: Place) -> Probe:
        return Probe(self.function, place.x, place.value, place.g, self.counts)

    @property
    def _uses_losses(self) -> bool:
        return isinstance(self.rates, Schedule) and self.rates.uses_losses

    def _arguments(
        self, rates: NDArray[Any], rows: NDArray[Any], points: NDArray[Any]
    ) -> tuple[Any, ...]:
        records = kernels.Records(
            row_every=self.rows.every,
            point_every=NEVER if self.points is None else self.points.every,
            value_every=1 if self._uses_losses else NEVER,
            rows=rows,
            points=points,
            counts=self.counts,
        )
        numbers = () if self.search is None else self.search.numbers
        parameters = kernels.Parameters(self.optimizer.hyper, numbers)
        limits = kernels.Limits(self.least, self.limit)
        where = self.x, self.g, self.known, rates, self.t, self.workspace
        return *where, limits, records, parameters, self.function.args

    def _advance(self, steps: int) -> int:
        """Take so many steps, or fewer; return why fewer."""
        before, g = (self.x.copy(), self.g.copy()) if self.t == 0 else (None, self.g)
        rows = np.empty((_multiples(self.t, steps, self.rows.every), 3))
        points = np.empty((0, 0))
        if self.points is not None:
            points = np.empty((_multiples(self.t, steps, self.points.every), len(self.x)))
        made, status = self._loop(*self._arguments(self._rates(steps), rows, points))
        self._keep(made, rows, points)
        self.t += made
        if before is not None and made:
            self.first_second_derivative = _second_derivative_between(self.x - before, self.g - g)
            self.first_change = float((self.x - before) @ (0.5 * self.g + 0.5 * g))
        if isinstance(self.rates, Schedule) and self._uses_losses:
            self.memory = self.rates.after_epoch(self.memory, self.known[VALUE])
        return int(status)

    def _keep(self, made: int, rows: NDArray[Any], points: NDArray[Any]) -> None:
        self.rows.add(self.t, rows[: _multiples(self.t, made, self.rows.every)])
        if self.points is not None:
            self.points.add(self.t, points[: _multiples(self.t, made, self.points.every)])

    def _rates(self, steps: int) -> NDArray[np.float64]:
        if isinstance(self.rates, LineSearch):
            return np.full(steps, np.nan)
        return self.rates(np.arange(self.t + 1, self.t + steps + 1)) * self.memory.factor

    def _steps_of_next_call(self, steps: int, seconds: float) -> int:
        """Return how many steps the loop takes until the next check; no result depends on it."""
        if seconds > 2 * CALL_SECONDS:
            return max(1, steps // 2)
        return 2 * steps if seconds < CALL_SECONDS else steps

    def _max_steps(self) -> int:
        """Return how many steps one call may take: no row is made that would not be kept."""
        most = self.rows.steps_to_thinning(self.t)
        if self.points is not None:
            free = max(1, CALL_NUMBERS // len(self.x)) * self.points.every
            most = min(most, free, self.points.steps_to_thinning(self.t))
        return int(most)

    def _gradient_here(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
        """Return the point, its gradient, the norm of that and the value."""
        return self.x, self.g, float(self.known[NORM]), float(self.known[VALUE])

    def _iterate(self) -> Iterate:
        here = self._here()
        x, g = self._shaped(here.x), self._shaped(here.g)
        return Iterate(self.t, x, here.value, g, float(self.known[RATE]))

    def _here(self) -> Place:
        """Return where it is; the value is computed if no step has done so."""
        if math.isnan(self.known[VALUE]):
            self.known[VALUE] = self.evaluation.value_at(self.x)
        return Place(self.x.copy(), float(self.known[VALUE]), self.g.copy())

    def _last_good(self) -> Place:
        """Return the last point whose value is known to be sound, or the start if better."""
        g = np.empty(len(self.x))
        value = self.evaluation.at(self.good, g)
        return Place(self.good.copy(), value, g) if value <= self.start.value else self.start

    def _shaped(self, x: NDArray[np.float64]) -> Any:
        return float(x[0]) if self.function.shape == () else x.copy().reshape(self.function.shape)


REASONS = {
    kernels.REACHED: StopReason.TOLERANCE,
    kernels.AT_REST: StopReason.STALLED,
    kernels.DIVERGED: StopReason.DIVERGED,
}


def _multiples(t: int, steps: int, every: int) -> int:
    """Return how many of the steps after *t* are multiples of *every*."""
    return (t + steps) // every - t // every


def _make_path(every: int | None, n: int) -> Journal | None:
    if every is None:
        return None
    return Journal(min(MAX_ROWS, max(2, MAX_NUMBERS // n))) if every == 0 else Journal(NEVER, every)


def _second_derivative_between(s: NDArray[np.float64], change: NDArray[np.float64]) -> float:
    """Return the second derivative along a step, from the change of the gradient."""
    square = float(s @ s)
    return float(change @ s) / square if square > 0 else math.nan
