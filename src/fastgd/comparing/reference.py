"""The reference: the optimum, the suboptimality of a point, and the statistical error."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastgd.base.types import Floats
from fastgd.comparing.problem import Problem

REFINEMENTS = 3
PROXIMAL_STEPS = 20_000
DIFFERENCE_STEP = 1e-5  # in z, for second derivatives by differences
NEGLIGIBLE = 1e-13  # of a proximal step, relative to the point
NEWTON_STEPS, HALVINGS = 100, 40


@dataclass(frozen=True)
class Reference:
    """The optimum that suboptimality is measured from."""

    kind: str  # how it was found; "best seen" if only the runs themselves show it
    point: Floats | None
    start_objective: float  # at coefficients of zero
    objective: float
    statistical_error: float | None  # below it, optimising further is noise


class Hessian:
    """The Hessian about the rows' weighted mean, without copy of X: H = [X 1]' diag(h) [X 1] / n.

    Centring keeps the digits that large means would cost.
    """

    def __init__(self, problem: Problem, h: Floats) -> None:
        self.fit_intercept = problem.fit_intercept
        self.total = float(np.mean(h))
        d = problem.d
        self.mean = np.zeros(d)
        if self.fit_intercept and self.total > 0:
            self.mean = problem.gradient_of(h)[:-1] / self.total
        self.matrix = np.zeros((d, d))
        for rows, X in problem.blocks():
            centred = (X - self.mean) * np.sqrt(h[rows])[:, None]
            self.matrix += centred.T @ centred
        self.matrix = self.matrix / problem.n + problem.l2 * np.eye(d)

    @cached_property
    def whitener(self) -> Floats:
        """Columns V with V'HV = 1 and VV' = H⁺, without the null space of H."""
        sizes = np.sqrt(np.diag(self.matrix))
        scale = np.where(sizes > 0, 1 / np.where(sizes > 0, sizes, 1.0), 0.0)
        values, basis = np.linalg.eigh(self.matrix * scale[:, None] * scale)
        kept = values > len(values) * np.finfo(np.float64).eps * values[-1]
        whitener: Floats = scale[:, None] * basis[:, kept] / np.sqrt(values[kept])
        return whitener

    def quadratic(self, step: Floats) -> float:
        """Return ½ step' H step, a sum of squares: nothing cancels."""
        w = step[:-1]
        along_intercept = step[-1] + self.mean @ w if self.fit_intercept else 0.0
        return 0.5 * float(w @ self.matrix @ w + self.total * along_intercept**2)

    def solve(self, g: Floats) -> Floats:
        """Return H⁺g."""
        w = self.whitener @ (self.whitener.T @ (g[:-1] - self.mean * g[-1]))
        b = g[-1] / self.total - self.mean @ w if self.fit_intercept and self.total > 0 else 0.0
        return np.append(w, b)


class Distance:
    """Suboptimality F - F*: for squared error a sum of squares, else a difference."""

    def __init__(self, problem: Problem, reference: Reference, hessian: Hessian) -> None:
        self.problem, self.reference, self.hessian = problem, reference, hessian
        self.exact = reference.point is not None and problem.loss.quadratic
        if self.exact and problem.l1 > 0:
            self.gradient = problem.smooth(reference.point)[1][:-1]  # type: ignore[arg-type]

    def objective_or_gap(self, point: Floats) -> tuple[float, float | None]:
        """Return F, and F - F* if that is known without a difference."""
        if not np.isfinite(point).all():
            return math.inf, math.inf
        if not self.exact:
            return self.problem.objective(point), None
        optimum: Any = self.reference.point
        gap = self.hessian.quadratic(point - optimum)
        if self.problem.l1 > 0:
            # Each coordinate's part is >= 0, since -gradient is a subgradient of the L1 penalty.
            w, w_star = point[:-1], optimum[:-1]
            parts = self.gradient * (w - w_star) + self.problem.l1 * (np.abs(w) - np.abs(w_star))
            gap += float(np.sum(np.maximum(parts, 0.0)))
        return self.reference.objective + gap, gap


def find_reference(problem: Problem, hessian: Hessian) -> Reference:
    """Return the optimum of a problem; if it cannot be computed, only the objective at zero.

    Normal equations with refinement for squared error, L-BFGS in whitened coordinates for other
    losses with a bounded second derivative (Nocedal, Wright, "Numerical optimization", 2006,
    chapter 7), Newton's method for smooth ones without, accelerated proximal gradient descent with
    restarts if there is an L1 penalty (O'Donoghue, Candes, 2015).
    """
    zero = np.zeros(problem.d + 1)
    start = problem.at_zero
    is_bounded = problem.loss.curvature is not None
    if not problem.loss.smooth or (problem.l1 > 0 and not is_bounded):
        return Reference("best seen", None, start, math.inf, None)
    if problem.l1 > 0:
        kind, point = "accelerated proximal gradient", _proximal(problem, hessian)
    elif problem.loss.quadratic:
        kind, point = "normal equations, refined", zero
        for _ in range(1 + REFINEMENTS):
            point = point - hessian.solve(problem.smooth(point)[1])
    elif not is_bounded:
        kind, point = "Newton's method, damped", _newton(problem)
    else:
        kind, point = "L-BFGS, preconditioned", _quasi_newton(problem, hessian)
    noise = statistical_error(problem, point)
    return Reference(kind, point, start, problem.objective(point), noise)


def _quasi_newton(problem: Problem, hessian: Hessian) -> Floats:
    """Minimise in coordinates in which the bound on the Hessian is the identity."""
    try:
        from scipy.optimize import minimize
    except ImportError as error:
        raise ImportError(
            f"the reference optimum for {problem.loss.name} needs SciPy: "
            'run `pip install scipy`, or give reference="best seen".'
        ) from error
    V, mean, intercept = hessian.whitener, hessian.mean, problem.fit_intercept

    def unwhiten(u: Floats) -> Floats:
        w = V @ u[:-1]
        return np.append(w, u[-1] - mean @ w if intercept else 0.0)

    def value_and_gradient(u: Floats) -> tuple[float, Floats]:
        value, g = problem.smooth(unwhiten(u))
        return value, np.append(V.T @ (g[:-1] - mean * g[-1]), g[-1])

    options = {"maxiter": 10_000, "maxfun": 100_000, "ftol": 0.0, "gtol": 1e-12, "maxcor": 30}
    start = np.zeros(V.shape[1] + 1)
    found = minimize(value_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    return unwhiten(np.asarray(found.x))


def _newton(problem: Problem) -> Floats:
    """Minimise by Newton's method, each step halved until the objective falls, from a constant."""
    point = np.zeros(problem.d + 1)
    point[-1] = problem.loss.start(problem.targets) * problem.fit_intercept
    value, g = problem.smooth(point)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(NEWTON_STEPS):
            step = hessian_at(problem, point).solve(g)
            for _ in range(HALVINGS):
                new, gradient = problem.smooth(point - step)
                if new < value:
                    break
                step = step / 2
            else:
                break
            point, value, g = point - step, new, gradient
    return point


def hessian_at(problem: Problem, point: Floats) -> Hessian:
    """Return the Hessian at a point, from differences of the derivatives of the rows' losses."""
    z = problem.predict(point)
    second = problem.losses(z + DIFFERENCE_STEP)[1] - problem.losses(z - DIFFERENCE_STEP)[1]
    return Hessian(problem, problem.weights * np.maximum(second / (2 * DIFFERENCE_STEP), 0.0))


def _proximal(problem: Problem, hessian: Hessian) -> Floats:
    """Minimise with each column scaled by its second derivative, so that L1 stays separable."""
    bound = problem.loss.curvature or 1.0
    sizes = np.sqrt(np.diag(hessian.matrix))
    unit = np.where(sizes > 0, 1 / np.where(sizes > 0, sizes, 1.0), 0.0)
    L = max(bound, 1.0) * float(np.linalg.eigvalsh(hessian.matrix * unit[:, None] * unit)[-1])
    mean, quadratic = hessian.mean, problem.loss.quadratic
    g_zero = problem.smooth(np.zeros(problem.d + 1))[1]

    def gradient(point: Floats) -> Floats:
        """Return the gradient; for squared error from the Hessian, without a pass."""
        if not quadratic:
            return problem.smooth(point)[1]
        w, at = point[:-1], hessian.total * (point[-1] + mean @ point[:-1])
        at = at if problem.fit_intercept else 0.0
        full: Floats = g_zero + np.append(hessian.matrix @ w + mean * at, at)
        return full

    def forward(point: Floats) -> Floats:
        """Take one proximal step, the intercept moved along with the means."""
        g = gradient(point)
        w = point[:-1] - unit**2 / L * (g[:-1] - mean * g[-1])
        w = np.sign(w) * np.maximum(np.abs(w) - unit**2 / L * problem.l1, 0.0)
        centre = point[-1] + mean @ point[:-1] - g[-1] / (max(bound, 1.0) * hessian.total or 1.0)
        return np.append(w, centre - mean @ w if problem.fit_intercept else 0.0)

    point = extrapolated = np.zeros(problem.d + 1)
    theta = 1.0
    for _ in range(PROXIMAL_STEPS):
        following = forward(extrapolated)
        step = following - point
        if np.linalg.norm(step) <= NEGLIGIBLE * np.linalg.norm(following) and theta > 1:
            return following
        if (extrapolated - following)[:-1] @ (step[:-1] / np.maximum(unit, 1e-300) ** 2) > 0:
            theta = 1.0  # the objective rises: restart the momentum
        next_theta = (1 + math.sqrt(1 + 4 * theta**2)) / 2
        extrapolated = following + (theta - 1) / next_theta * step
        point, theta = following, next_theta
    return point


def statistical_error(problem: Problem, point: Floats) -> float | None:
    """Return tr(H⁺C)/(2n) at the optimum; None if n <= d or the fit is exact.

    H is the Hessian of F, C the covariance of the rows' gradients, both of the sample; for squared
    error with equal noise in every row it is sigma² d / (2n) (White, "Maximum likelihood estimation
    of misspecified models", 1982, section 3).
    """
    if problem.n <= problem.d + problem.fit_intercept:
        return None
    z = problem.predict(point)
    derivatives = problem.weights * problem.losses(z)[1]
    hessian = hessian_at(problem, point)
    trace = 0.0
    for rows, X in problem.blocks():
        pulled = ((X - hessian.mean) @ hessian.whitener) * derivatives[rows, None]
        trace += float(np.sum(pulled * pulled))
    if problem.fit_intercept and hessian.total > 0:
        trace += float(derivatives @ derivatives) / hessian.total
    error = trace / problem.n / (2 * problem.n)
    at_zero = problem.losses(problem.predict(np.zeros(problem.d + 1)))[1]
    start = float(np.mean(np.square(problem.weights * at_zero)))
    return error if error > np.finfo(np.float64).eps * start / problem.n else None
