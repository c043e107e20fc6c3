"""The Hessian of a pilot sample at its optimum, by which gradients of all rows are multiplied.

A step that is multiplied by the inverse Hessian treats every direction equally, whatever the
scales, means and correlations of the columns. The inverse of the sample is nearly as good as that
of all rows: with d features and m rows, the eigenvalues of the preconditioned Hessian lie within
(1 +- sqrt(d / m))^2, and a ridge of (d / m)^1.5 keeps directions along which the sample hardly
varies from counting as flat.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fastgd.base.linalg import joined, times
from fastgd.base.types import Floats
from fastgd.planning.pilot.coordinates import Coordinates

POWER_STEPS = 20
CONJUGATE_STEPS = 50
STOPS_AT = 1e-6  # of the first residual, as the inverse measures it
CAUTION = 1.5  # times what the sample shows


@dataclass(frozen=True)
class Hessian:
    """The Hessian of the penalised objective in some coordinates, and its inverse.

    Columns are centred so that the intercept is apart from them.
    """

    coordinates: Coordinates  # of all that follows
    matrix: Floats  # (d, d), ridge included
    ridge: Floats  # (d,)
    least: float  # directions with smaller second derivatives are flat, in the type of the table
    inverse: Floats
    of_intercept: float  # second derivative along the intercept

    @cached_property
    def slowest(self) -> float:
        """About the least eigenvalue that is not flat: 1 / the largest one of PHP."""
        v = np.ones(len(self.ridge))
        largest = 0.0
        for _ in range(POWER_STEPS):
            v = times(self.inverse, v / (math.sqrt(float(np.sum(v * v))) or 1.0))
            v = times(self.inverse, times(self.matrix, v) - self.ridge * v)
            largest = math.sqrt(float(np.sum(v * v)))
        return 1.0 / max(largest, 1.0 / self.of_intercept)

    @cached_property
    def typical(self) -> float:
        """The harmonic mean of the eigenvalues that are larger than the ridge.

        With P = (H + R)^-1 it is tr(PH) / tr(PHP), to which a direction that is flat adds nothing.
        """
        inverse, ridge, along = self.inverse, self.ridge, self.of_intercept
        count = len(ridge) - float(np.diag(inverse) @ ridge) + 1.0
        total = float(np.trace(inverse)) - float(np.sum(np.square(inverse) @ ridge)) + 1.0 / along
        return count / total

    def solve(self, g: Floats) -> Floats:
        """Return the inverse Hessian times a gradient, both in the original coefficients."""
        g = self.coordinates.gradient(g)
        step = joined(times(self.inverse, g[:-1]), g[-1] / self.of_intercept)
        return self.coordinates.inverse_transform(step)

    def decrement(self, g: Floats) -> float:
        """Return half of g'H^-1 g: about how far above its optimum the objective is."""
        return 0.5 * float(g @ self.solve(g))

    def suboptimality(self, g: Floats) -> float:
        """Return an upper estimate of how far above its optimum the objective is, given g.

        That is half of g'H^-1 g without the ridge, which would make flat directions look near: by
        conjugate gradients, preconditioned (Golub, Van Loan, 4th edition, section 11.5).
        """
        g = self.coordinates.gradient(g)
        along = float(g[-1]) ** 2 / self.of_intercept
        residual, solution = g[:-1], np.zeros(len(g) - 1)
        better = times(self.inverse, residual)
        direction, product = better, float(residual @ better)
        enough = STOPS_AT * product
        for _ in range(CONJUGATE_STEPS):
            if not product > enough:
                break
            image = times(self.matrix, direction) + (self.least - self.ridge) * direction
            second_derivative = float(direction @ image)
            if not second_derivative > 0:
                break
            solution = solution + product / second_derivative * direction
            residual = residual - product / second_derivative * image
            better = times(self.inverse, residual)
            product, before = float(residual @ better), product
            direction = better + product / before * direction
        return CAUTION * 0.5 * (float(g[:-1] @ solution) + along)

    def between(self, first: Floats, second: Floats) -> float:
        """Return the inner product of two differences of coefficients that the Hessian defines."""
        v, w = self.coordinates.transform(first), self.coordinates.transform(second)
        along = self.of_intercept * float(v[-1]) * float(w[-1])
        return float(v[:-1] @ times(self.matrix, w[:-1])) + along
