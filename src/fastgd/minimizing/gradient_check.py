"""Is the gradient that `minimize` is given that of the function? Asked at x0 and at the end.

Difference quotients of fun, along each parameter or along a few directions of many, say what the
gradient should be. As of a loss (see `derivatives`), they count against a gradient only if those
over several distances and to both sides agree: kinks, noise and rounding say nothing.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.quantities import tell_apart
from fastgd.minimizing.function import BOTH, DIFFERENCES, Function
from fastgd.planning.derivatives import CLOSE, EPS, NEGLIGIBLE, ROUNDINGS, check_point

Vector = NDArray[np.float64]

DIRECTIONS = 8  # that are tried; up to so many parameters each of them
STEP = EPS ** (1 / 3)  # of central differences, relative to a parameter or to 1
FAR = (0.1, 1.0)  # the same: a function that is constant does not change there
CLEARLY = 10.0  # times the gradient that the tolerance allows
SMALL = 1e-6  # of the gradient at x0
VISIBLE = 1e-4  # the same: within that, what a minimum of differences is should show


@dataclass(frozen=True)
class Wrong:
    """A parameter by which the gradient is not that of the function."""

    index: int
    returned: float
    difference: float


class Probe:
    """A function near a point, its gradient there as it was returned."""

    def __init__(
        self, function: Function, x: Vector, value: float, g: Vector, counts: NDArray[np.int64]
    ) -> None:
        self.function, self.counts = function, counts
        self.x, self.value, self.g = x.copy(), value, g.copy()
        self.units = np.maximum(1.0, np.abs(x))

    @cached_property
    def _args(self) -> tuple[Any, ...]:
        """Copies of the arguments: what fun and jac keep there, the descent finds as it was."""
        try:
            return copy.deepcopy(self.function.args)
        except Exception:  # whatever an object of the user's may raise
            return self.function.args

    def find_wrong(self, negligible: float) -> Wrong | None:
        """Return a parameter by which the gradient is wrong by more than *negligible*, if any."""
        for where, signs in self._directions():
            if self._look(where, signs, negligible) is not None:
                return self._narrow(where, signs, negligible) if self._is_repeatable() else None
        return None

    def is_hidden_by_rounding(self) -> bool:
        """Return True if fun changes far from x, but near it by no more than rounding."""
        rounding = ROUNDINGS * EPS * abs(self.value)
        for where, signs in self._directions():
            near, far = (
                max(abs(self._along(where, signs, t) - self.value) for t in (-reach, reach))
                for reach in (VISIBLE, FAR[-1])
            )
            if near <= rounding < far:
                return True
        return False

    def _directions(self) -> Iterator[tuple[NDArray[np.int64], Vector]]:
        """Yield the parameters that are moved together, and to which side each of them."""
        n = len(self.x)
        signs = np.where(np.random.default_rng(0).random(n) < 0.5, -1.0, 1.0)
        for where in np.array_split(np.arange(n), min(n, DIRECTIONS)):
            yield where, signs[where] if len(where) > 1 else np.ones(1)

    def _look(
        self, where: NDArray[np.int64], signs: Vector, negligible: float
    ) -> tuple[float, float] | None:
        """Return the derivative that was returned and that of the value, if they differ."""
        moves = signs * self.units[where]
        returned = float(self.g[where] @ moves)
        negligible *= float(np.linalg.norm(moves))
        below, above = (self._along(where, signs, t) for t in (-STEP, STEP))
        central = (above - below) / (2 * STEP)
        if abs(central - returned) <= CLOSE * max(abs(central), abs(returned)) + negligible:
            return None
        point = check_point(
            lambda t, _: (self._along(where, signs, t), returned), 0.0, 1.0, negligible
        )
        if point is None or point.is_right:
            return None
        if point.difference == 0 and self._changes_far_away(where, signs):
            return None
        return returned, point.difference

    def _narrow(self, where: NDArray[np.int64], signs: Vector, negligible: float) -> Wrong | None:
        """Return which of these parameters it is, by halving them."""
        while len(where) > 1:
            middle = len(where) // 2
            halves = [(where[:middle], signs[:middle]), (where[middle:], signs[middle:])]
            wrong = [half for half in halves if self._look(*half, negligible) is not None]
            if not wrong:
                return None
            where, signs = wrong[0]
        found = self._look(where, np.ones(1), negligible)
        if found is None:
            return None
        index = int(where[0])
        return Wrong(index, found[0] / self.units[index], found[1] / self.units[index])

    def _is_repeatable(self) -> bool:
        """Return True if neither the value nor the gradient is random."""
        g = np.empty(len(self.x))
        evaluate = self.function.checked["evaluate"]
        value = evaluate(self.x.copy(), g, True, self._args, self.counts)
        return bool(value == self.value and (g == self.g).all())

    def _changes_far_away(self, where: NDArray[np.int64], signs: Vector) -> bool:
        return any(
            self._along(where, signs, side * reach) != self.value
            for reach in FAR
            for side in (-1.0, 1.0)
        )

    def _along(self, where: NDArray[np.int64], signs: Vector, t: float) -> float:
        """Return the value at a point beside x, *t* being relative to the parameters."""
        if t == 0.0:
            return self.value
        x = self.x.copy()
        x[where] += t * signs * self.units[where]
        return self._value(x)

    def _value(self, x: Vector) -> float:
        try:
            return float(self.function.checked["value_of"](x, self._args, self.counts))
        except Exception:  # the descent itself may never come to where fun has no value
            return math.nan


def refuse_wrong_gradient(function: Function, start: Probe, norm: float) -> None:
    """Raise ValueError if the gradient that the user gives is not that of the function at x0."""
    if function.gradient == DIFFERENCES:
        return
    wrong = start.find_wrong(NEGLIGIBLE * norm)
    if wrong is None:
        return
    who = "fun, with jac=True," if function.gradient == BOTH else "jac"
    returned, difference = tell_apart(wrong.returned, wrong.difference)
    advice = "correct it, or leave jac out for central differences"
    if abs(wrong.returned + wrong.difference) <= CLOSE * abs(wrong.returned):
        advice = f"the sign is reversed: {advice}"
    raise ValueError(
        f"{who} must return the gradient of fun: at x0 it returns the derivative {returned} by "
        f"{_name_of(function, wrong)}, but the difference quotient of fun is {difference}; "
        f"{advice}."
    )


def doubt_of(function: Function, end: Probe, least: float, first_norm: float) -> str | None:
    """Return why the point where the gradient is about zero may be no minimum; None if it may."""
    if function.gradient == DIFFERENCES:
        noise = EPS * abs(end.value) / (2 * STEP) * float(np.linalg.norm(1.0 / end.units))
        if noise > least and end.is_hidden_by_rounding():
            return (
                f"fun is {end.value:.3g} there, whose rounding hides the gradient from central "
                "differences: give jac=..., or take a constant off fun"
            )
        return None
    wrong = end.find_wrong(CLEARLY * max(least, SMALL * first_norm))
    if wrong is None:
        return None
    returned, difference = tell_apart(wrong.returned, wrong.difference)
    return (
        f"the gradient that {function.gradient} returns is about zero there, but fun still falls: "
        f"by {_name_of(function, wrong)} the derivative returned is {returned}, and the difference "
        f"quotient of fun {difference}; correct {function.gradient}"
    )


def _name_of(function: Function, wrong: Wrong) -> str:
    if not function.shape:
        return "x"
    return f"x[{', '.join(str(int(k)) for k in np.unravel_index(wrong.index, function.shape))}]"
