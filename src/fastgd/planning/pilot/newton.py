"""The optimum of a sample of rows, by Newton's method, and the Hessian that leads there.

Second derivatives are difference quotients: how the derivative changes over as far as predictions
may have to go.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fastgd.base.linalg import inverse, joined, products, times
from fastgd.base.robust import Targets
from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats
from fastgd.gradients.predictions import LossOfPredictions
from fastgd.losses import Loss
from fastgd.losses.smoothing import smoothed
from fastgd.planning.pilot.unbounded import reach

NEWTON_STEPS = 20
REFINEMENTS = 5  # one step would do without a ridge
SHORTEST = 1e-3  # of a Newton step
MIN_OF_MEAN = 0.01  # of the mean second derivative: what looks flat in a few rows need not be
MIN_OF_BOUND = 1e-9  # of the bound of the loss's second derivative
LARGEST_BOUND = 1e100  # of a loss without one
REGION_STEPS = 4
SMOOTHED = 0.02  # of the distance of targets from predictions, on both sides of a kink
NARROWEST = 1e-6  # of their distance from a constant: closer fits are exact for all that matters
DIFFERENCE = 1e-4  # between two predictions, relative to their size


@dataclass
class Metric:
    """The Hessian of a sample, of columns less their *centre*: the intercept is then apart."""

    second_derivatives: Floats  # (m,), weighted
    centre: Floats  # (d,)
    matrix: Floats  # (d, d), with the ridge and the L2 penalty
    ridge: Floats  # (d,)
    along: float  # second derivative along the intercept

    def __post_init__(self) -> None:
        """Invert the matrix."""
        self.inverse = inverse(self.matrix)

    def step(self, gradient: Floats) -> Floats:
        """Return the inverse times a gradient."""
        g_w, g_b = gradient[:-1], gradient[-1]
        step = times(self.inverse, g_w - self.centre * g_b)
        return joined(step, g_b / self.along - self.centre @ step)


@dataclass
class Sample:
    """Some rows, with what the loss says of predictions for them."""

    u: Floats  # (m, d + 1), columns of mean 0 and spread 1, then ones, or zeros
    y: Array
    weights: Floats  # of mean about 1
    loss: Loss
    unseen: Array  # columns that vary, though not in these rows: as much as the others
    workers: Workers  # that share its products
    offset: Floats | None = None  # of predictions

    def __post_init__(self) -> None:
        """Compile or fetch the loss."""
        if not self.loss.quadratic:  # for which nothing is compiled
            self.of_predictions = LossOfPredictions(self.loss, self.y[:0])

    def losses_at(self, z: Floats) -> tuple[Floats, Floats]:
        """Return each row's loss and derivative."""
        if self.loss.quadratic:
            residuals = z - self.y
            return 0.5 * residuals * residuals, residuals
        return self.of_predictions(z if self.offset is None else z + self.offset, self.y)

    @cached_property
    def unit(self) -> float:
        """How far the targets lie from a constant."""
        return self.scale(self.loss.start(self.targets))

    @property
    def targets(self) -> Targets:
        """The targets of the rows, with their weights."""
        return Targets(np.asarray(self.y, dtype=np.float64), self.weights, self.offset)

    def scale(self, z: Floats | float) -> float:
        """Return how far predictions may have to go from there; any distance if F is quadratic."""
        if self.loss.quadratic:
            return 1.0
        far = self.loss.scale(self.targets, z)
        if self.loss.curvature is not None:
            return far
        return reach(lambda z: self.losses_at(z)[1], np.broadcast_to(z, self.y.shape) * 1.0, far)

    def metric(self, second: Floats, l2: Floats, ridge: Floats) -> Metric:
        """Return the Hessian, given the second derivatives of the rows.

        The *ridge* is relative to their mean.
        """
        rows, ones = self.u[:, :-1], self.u[:, -1]
        along = float(np.mean(second))
        centre = np.einsum("i,ij->j", second, rows) / second.sum() * ones[0]
        matrix = products(rows, centre, second, self.workers) / len(rows)
        matrix[np.diag_indices(len(matrix))] += l2 + along * (ridge + self.unseen)
        return Metric(second, centre, matrix, along * ridge, along)

    def second_derivatives(self, z: Floats, far: float) -> Floats:
        """Return the second derivative of the loss by each prediction, over a distance *far*.

        The second derivative at a point may mislead: that of a Huber loss whose y is in small
        units is zero for all rows but one in a hundred, or for all.
        """
        bound = self.loss.curvature
        if bound is None:  # then it may grow beyond any number
            far, bound = min(far, self.scale(z)), LARGEST_BOUND
        far_enough = np.maximum(far, DIFFERENCE * (self.unit + np.abs(z)))
        change = self.losses_at(z + far_enough)[1] - self.losses_at(z - far_enough)[1]
        second = np.clip(np.nan_to_num(change / (2.0 * far_enough)), 0.0, bound)
        least = MIN_OF_MEAN * float(np.mean(second))
        if self.loss.curvature is not None:
            least = max(least, bound * MIN_OF_BOUND)
        return self.weights * np.maximum(second, least)


def region(sample: Sample, z: Floats, derivatives: Floats, fraction: float) -> float:
    """Return how far predictions probably are from those at the optimum of all rows.

    With a *fraction* of columns per row, the squared error of the sample's predictions is
    fraction E[derivative^2] / E[second derivative]^2.
    """
    far = sample.scale(z)
    for _ in range(REGION_STEPS):
        along = float(np.mean(sample.second_derivatives(z, far)))
        far = math.sqrt(fraction * float(np.mean(derivatives * derivatives))) / along
    return far


def narrow(
    sample: Sample, l2: Floats, ridges: tuple[Floats, Floats], tolerance: float
) -> tuple[Sample, Floats, float]:
    """Return the sample with its loss smoothed, about the optimum of that, and the width.

    The width is a fraction of how far the targets lie from the predictions at the optimum, which
    is known once wider ones have led there.
    """
    asked, point = sample.loss, None
    far = sample.unit
    narrowest = NARROWEST * far
    while True:
        width = SMOOTHED * far
        here = replace(sample, loss=smoothed(asked, width))
        point, _, _ = descend(here, l2, ridges, tolerance, point)
        far = max(sample.scale(predictions(sample.u, point)), narrowest)
        if not SMOOTHED * far < 0.5 * width:
            return here, point, width


def descend(
    sample: Sample,
    l2: Floats,
    ridges: tuple[Floats, Floats],
    tolerance: float,
    start: Floats | None = None,
) -> tuple[Floats, float, Metric | None]:
    """Return the optimum of the sample, penalised, by Newton's method, and the fall to there.

    The *ridges*, relative to the mean second derivative, are that of the steps and that of the
    penalty. Second derivatives are taken over the length of the last step; the Hessian of a
    quadratic loss, which is the same everywhere, is returned, too.
    """
    u, weights, m = sample.u, sample.weights, len(sample.u)
    fit_intercept = bool(u[0, -1])

    def evaluate(point: Floats) -> tuple[float, Floats, Floats]:
        z = predictions(u, point)
        values, derivatives = sample.losses_at(z)
        value = float(np.mean(weights * values)) + 0.5 * float(penalty @ np.square(point))
        return value, z, weights * derivatives / m

    point = np.zeros(u.shape[1])
    point[-1] = sample.loss.start(sample.targets) * fit_intercept
    z = predictions(u, point)
    far = sample.scale(z)
    along = float(np.mean(sample.second_derivatives(z, far)))
    penalty = np.append(l2 + along * ridges[1], 0.0)
    value, z, derivatives = evaluate(point)
    at_constant = value
    if start is not None:
        point = start
        value, z, derivatives = evaluate(point)
    metric: Metric | None = None
    quadratic = sample.loss.quadratic
    for _ in range(REFINEMENTS if quadratic else NEWTON_STEPS):
        gradient = np.einsum("ij,i->j", u, derivatives) + penalty * point
        if metric is None or not quadratic:
            metric = sample.metric(sample.second_derivatives(z, far), l2, ridges[0])
        step = metric.step(gradient)
        length, decrement = 1.0, float(gradient @ step)
        if not math.isfinite(decrement):
            raise np.linalg.LinAlgError("the Hessian of the sample is not finite")
        new = evaluate(point - step)
        while length > SHORTEST and not new[0] <= value - 0.25 * length * decrement:
            length /= 2
            new = evaluate(point - length * step)
        if not new[0] < value:
            break
        point = point - length * step
        far = math.sqrt(float(np.mean(np.square(new[1] - z))))
        value, z, derivatives = new
        if decrement <= tolerance * float(np.sum(np.square(derivatives))) / along:
            break
    if fit_intercept:  # how far an offset of y alone makes it fall is not the columns' work
        constant = np.zeros_like(point)
        constant[-1] = point[-1]
        at_constant = min(at_constant, evaluate(constant)[0])
    return point, at_constant - value, metric if quadratic else None


def predictions(u: Floats, point: Floats) -> Floats:
    """Return u @ point, whose bits no BLAS changes."""
    return np.asarray(np.einsum("ij,j->i", u, point))
