"""The penalty of a run, and gradient norms of the penalised objective."""

import math

import numpy as np

from fastgd.base.linalg import dot, joined
from fastgd.base.types import Array, Floats
from fastgd.planning.plan import Plan


class Penalty:
    """The elastic net of a plan, for coefficients of *d* features followed by the intercept.

    Attributes
    ----------
    l1, l2
        Strength of each part for each feature.
    scaled_l1, scaled_l2
        The same for coefficients in the plan's coordinates, where steps are taken.
    """

    def __init__(self, plan: Plan, d: int) -> None:
        self.plan, self.objective = plan, plan.objective
        self.l1 = np.full(d, self.objective.l1)
        self.l2 = np.full(d, self.objective.l2)
        scale = np.ones(d) if plan.coordinates is None else plan.coordinates.scale
        self.scaled_l1, self.scaled_l2 = self.l1 * scale, self.l2 * scale * scale

    def value(self, coef: Array) -> float:
        """Return the penalty of these coefficients."""
        if not self.objective.is_penalised:
            return 0.0
        w = np.asarray(coef[:-1], dtype=np.float64)
        return dot(self.l1, np.abs(w)) + 0.5 * dot(self.l2, w * w)

    def add_l2(self, g: Floats, coef: Array) -> Floats:
        """Return the gradient *g* of the loss plus that of the l2 penalty.

        The derivative by an intercept that is not fitted is 0.
        """
        return joined(g[:-1] + self.l2 * coef[:-1], g[-1] * self.objective.fit_intercept)

    def gradient_norm(self, coef: Array, g: Floats) -> float:
        """Return the norm of the smallest subgradient, given the gradient *g* of the loss."""
        return self._norm(coef, g, self.l1, self.l2)

    def scaled_gradient_norm(self, coef: Array, g: Floats) -> float:
        """Return the same norm in the plan's coordinates; *coef* and *g* are in the original."""
        here = self.plan.coordinates
        if here is None:
            return self.gradient_norm(coef, g)
        return self._norm(here.transform(coef), here.gradient(g), self.scaled_l1, self.scaled_l2)

    def _norm(self, coef: Array, g: Floats, l1: Floats, l2: Floats) -> float:
        w = np.asarray(coef[:-1], dtype=np.float64)
        g_w = g[:-1] + l2 * w if self.objective.is_penalised else g[:-1]
        if self.objective.has_l1:
            at_zero = np.sign(g_w) * np.maximum(np.abs(g_w) - l1, 0.0)
            g_w = np.where(w == 0, at_zero, g_w + l1 * np.sign(w))
        return math.sqrt(dot(g_w, g_w) + self.objective.fit_intercept * float(g[-1]) * float(g[-1]))
