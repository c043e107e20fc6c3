"""A function evaluated at single points, in Python and with all checks."""

import math

import numpy as np
from numpy.typing import NDArray

from fastgd.base.validation import show
from fastgd.kernels.compiler.jit import load
from fastgd.kernels.minimize import length
from fastgd.minimizing.function import DIFFERENCES, Function

EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 100.0  # times EPS: a gradient of that size may be rounding


class Evaluation:
    """Values and gradients of a function; the calls are added to *counts*."""

    def __init__(self, function: Function, counts: NDArray[np.int64]) -> None:
        self.function, self.counts = function, counts

    def start(self, x: NDArray[np.float64], g: NDArray[np.float64]) -> tuple[float, float]:
        """Return value and gradient norm at the start; put the gradient into *g*.

        A function that is jitted compiles itself in this call.
        """
        found = [math.nan]

        def call() -> None:
            found[0] = self.at(x, g)

        if self.function.compiled:
            load(call)
        else:
            call()
        load(length, g)
        value, norm = found[0], float(length(g))
        if not math.isfinite(value):
            raise ValueError(f"fun(x0) must be finite; got {value}.")
        if not math.isfinite(norm):
            differs = self.function.gradient == DIFFERENCES
            how, mend = (" by central differences", ": give jac=...") if differs else ("", "")
            shown = show(g.tolist())
            raise ValueError(f"the gradient{how} must be finite at x0; got {shown}{mend}.")
        return value, norm

    def at(self, x: NDArray[np.float64], g: NDArray[np.float64]) -> float:
        """Return the value, and put the gradient into *g*."""
        checked = self.function.checked["evaluate"]
        value: float = checked(x, g, True, self.function.args, self.counts)
        return value

    def value_at(self, x: NDArray[np.float64]) -> float:
        """Return the value."""
        value: float = self.function.checked["value_of"](x, self.function.args, self.counts)
        return value

    def second_derivative(
        self, x: NDArray[np.float64], g: NDArray[np.float64], norm: float
    ) -> float:
        """Return the second derivative along *g*, the gradient at x, from that at a close point."""
        distance = math.sqrt(EPS) * _size(x)
        there, g_there = x - distance * g / norm, np.empty(len(x))
        self.at(there, g_there)
        return float(np.linalg.norm(g_there - g)) / distance

    def is_rounding(
        self, x: NDArray[np.float64], g: NDArray[np.float64], norm: float, value: float
    ) -> bool:
        """Return True if a gradient is no larger than the rounding error of one.

        That is eps times the second derivative along it times the size of x; for central
        differences, the rounding error of the value is added.
        """
        size = _size(x)
        if norm == 0.0:
            return True
        second_derivative = self.second_derivative(x, g, norm)
        differs = self.function.gradient == DIFFERENCES
        noise = EPS ** (2 / 3) * abs(value) / max(1.0, size) if differs else 0.0
        return bool(norm <= ROUNDINGS * EPS * second_derivative * size + noise)


def _size(x: NDArray[np.float64]) -> float:
    return float(max(np.abs(x).max(), np.finfo(np.float64).tiny))
