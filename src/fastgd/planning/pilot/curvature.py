"""What a sample of rows tells of the objective around its optimum: where that is, how it curves.

A step that is multiplied by the inverse of the curvature moves every direction alike, whatever
the units, means and correlations of the columns. The sample's inverse is nearly as good as that of
all rows: with d features and m rows, the curvatures that are left lie within (1 +- sqrt(d / m))^2,
and a ridge of (d / m)^1.5 keeps directions that the sample hardly shows from being taken for flat.
The sample's optimum is that of a smaller ridge, (d / m)^2: where the columns are correlated, what a
ridge takes away from it lies in slow directions. Columns that few rows make up have a larger one
where targets are labels.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from fastgd.base.linalg import forms, joined, times
from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.losses import Loss
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.newton import Sample, descend, narrow, predictions, region
from fastgd.planning.pilot.sample import Drawn

NEWTON_TOLERANCE = 1e-3  # of what the sample's optimum is itself off by
SMALLEST_RIDGE = 1e-7  # below, the inverse of a singular matrix would be rounding alone
POWER_STEPS = 20
CONJUGATE_STEPS = 50
STOPS_AT = 1e-6  # of the first residual, as the inverse measures it
CAUTION = 1.5  # times what the sample shows
MEASURED_VALUES = 1 << 20  # of wide rows, some are left out where each is measured
MAX_LEVERAGE = 0.99
NORMAL = 3.0  # kurtosis of a normal column
MAX_OF_FEW = 0.04  # or the way to where labels are told apart would be long


@dataclass(frozen=True)
class Curvature:
    """The objective near its optimum."""

    loss_function: Loss  # whose Hessian that is: the one asked for, or a smoothed form of it
    coordinates: Coordinates  # in which all that follows is told
    matrix: Floats  # (d, d), the curvature, ridge included
    ridge: Floats  # (d,)
    least: float  # what curves less is flat, in the type of the table
    inverse: Floats
    of_intercept: float  # curvature along it
    start: Floats  # (d + 1,): the sample's optimum, in coefficients as they are
    typical: float  # harmonic mean of the curvature along its main directions, flat ones left out
    sharpest: float  # what one row adds at most, but for its length and weight
    leverage: float  # E[l^2] / E[l], l the leverage of a row, times the number of rows
    reach: float  # the largest (u, 1)'inverse(u, 1) / ||(u, 1)||^2
    spread: float  # sqrt(d / m), 0 where the sample is all there is
    stands: float  # variance of predictions within which that holds; inf for quadratic losses
    noise: float  # E[||(u, 1)||^2 derivative^2]
    statistical_error: float  # NaN where there are no more rows than columns
    loss: float  # of the sample there
    fall: float  # of the objective from coefficients of zero, the intercept at its best

    @property
    def width(self) -> float:
        """Within which distance of its kinks the loss is smoothed; 0 if it is not."""
        return float(getattr(self.loss_function, "width", 0.0))

    @property
    def uncertainty(self) -> float:
        """Return by what factor that of all rows, along a direction, may differ from this."""
        return (1.0 + self.spread) ** 2

    @cached_property
    def slowest(self) -> float:
        """About the least curvature that is not flat: 1 / the largest eigenvalue of PHP."""
        v = np.ones(len(self.ridge))
        largest = 0.0
        for _ in range(POWER_STEPS):
            v = times(self.inverse, v / (math.sqrt(float(np.sum(v * v))) or 1.0))
            v = times(self.inverse, times(self.matrix, v) - self.ridge * v)
            largest = math.sqrt(float(np.sum(v * v)))
        return 1.0 / max(largest, 1.0 / self.of_intercept)

    def solve(self, g: Floats) -> Floats:
        """Return the inverse curvature times a gradient, both in coefficients as they are."""
        g = self.coordinates.gradient(g)
        step = joined(times(self.inverse, g[:-1]), g[-1] / self.of_intercept)
        return self.coordinates.leave(step)

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
            bend = float(direction @ image)
            if not bend > 0:
                break
            solution = solution + product / bend * direction
            residual = residual - product / bend * image
            better = times(self.inverse, residual)
            product, before = float(residual @ better), product
            direction = better + product / before * direction
        return CAUTION * 0.5 * (float(g[:-1] @ solution) + along)

    def between(self, first: Floats, second: Floats) -> float:
        """Return the product of two differences of coefficients, as the curvature measures it."""
        v, w = self.coordinates.enter(first), self.coordinates.enter(second)
        along = self.of_intercept * float(v[-1]) * float(w[-1])
        return float(v[:-1] @ times(self.matrix, w[:-1])) + along


def look(
    drawn: Drawn,
    loss: Loss,
    l2: float,
    coordinates: Coordinates,
    unseen: Array,
    workers: Workers,
) -> Curvature:
    """Return what the rows tell; columns that vary, though not in these rows, are *unseen*.

    A loss without a Hessian is smoothed first.

    Raises
    ------
    numpy.linalg.LinAlgError
        Where that is no number.
    """
    m, d = drawn.rows.shape[0], drawn.rows.shape[1] - 1
    units, ones, shares = coordinates.units, drawn.rows[:, -1], drawn.shares
    u = np.empty_like(drawn.rows)
    np.subtract(drawn.rows[:, :-1], coordinates.mean, out=u[:, :-1])
    u[:, :-1] *= np.where(unseen, 0.0, units)
    u[:, -1] = ones
    sample = Sample(u, drawn.source.y[drawn.chosen], shares, loss, unseen, workers, drawn.offset)
    share = 0.0 if drawn.is_everything else d / m
    ridges = _ridges(u[:, :-1], share, flattens=loss.flattens)
    of_l2 = l2 * np.square(units) if l2 > 0 else np.zeros(d)
    tolerance = 0.0 if drawn.is_everything else NEWTON_TOLERANCE
    start = None
    if not loss.smooth:
        sample, start = narrow(sample, of_l2, ridges, tolerance)
        loss = sample.loss
    at_optimum, fall, metric = descend(sample, of_l2, ridges, tolerance, start)
    z = predictions(u, at_optimum)
    values, derivatives = sample.meet(z)
    derivatives = shares * derivatives
    if metric is None:
        far = region(sample, z, derivatives, min(1.0, (d + 1) / m))
        metric = sample.metric(sample.curvatures(z, far), of_l2, ridges[0])
    curvatures, along, inverted = metric.curvatures, metric.along, metric.inverse
    # A mean over rows needs fewer of them than an inverse.
    some = slice(None, None, 1 if drawn.is_everything else max(1, m * d // MEASURED_VALUES))
    stands_for = drawn.stands_for[some]
    sensitivity, lengths = forms(u[some, :-1], metric.centre, inverted, workers)
    sensitivity, lengths = sensitivity + ones[some] / along, lengths + ones[some]
    levers = curvatures[some] * sensitivity
    squares = np.square(derivatives[some]) / stands_for
    # A row of the sample pulls the sample's optimum towards itself (MacKinnon, White, 1985, HC2).
    own = 0.0 if drawn.is_everything else np.minimum(levers / m, MAX_LEVERAGE)
    centre = np.divide(metric.centre, units, out=np.zeros(d), where=units > 0)
    return Curvature(
        loss_function=loss,
        coordinates=replace(coordinates, mean=coordinates.mean + centre, units=units),
        matrix=metric.matrix,
        ridge=metric.ridge,
        least=float(np.finfo(drawn.source.dtype).eps) * along,
        inverse=inverted,
        of_intercept=along,
        start=coordinates.leave(at_optimum),
        typical=_harmonic_mean(inverted, metric.ridge, along),
        sharpest=float(np.max(curvatures / np.where(shares > 0, shares, 1.0))),
        leverage=float(np.mean(levers * levers / stands_for) / np.mean(levers)),
        reach=float(np.max(np.append(sensitivity / lengths, 1.0 / along))),
        spread=math.sqrt(share),
        stands=math.inf if loss.quadratic else 0.25 * sample.scale(z) ** 2,
        noise=float(np.mean(lengths * squares)),
        statistical_error=_statistical_error(sensitivity * squares / (1.0 - own), drawn.source),
        loss=float(np.mean(shares * values)),
        fall=fall,
    )


def _ridges(u: Floats, share: float, flattens: bool) -> tuple[Floats, Floats]:
    """Return the ridge of the inverse and that of the optimum, in units of the curvature.

    Columns have a spread of 1, but for those that are not seen to vary. One that k rows make up
    has a ridge of 1 / k where targets are labels: of some rows of one label, the optimum would be
    where all are sure to have it, and nothing curves there. A normal column is made up by a third
    of the rows, which is none too few.
    """
    squares = np.einsum("ij,ij->j", u, u)
    shown = np.clip(squares / len(u) - np.square(u.mean(axis=0)), 0.0, 1.0)
    of_optimum = np.full(len(shown), share**2)
    if share > 0 and flattens:
        fourths = np.einsum("ij,ij->j", np.square(u), np.square(u))
        few = fourths / np.square(np.where(squares > 0, squares, np.inf)) - NORMAL / len(u)
        of_optimum = np.maximum(of_optimum, np.minimum(few, MAX_OF_FEW))
    return np.maximum(share**1.5 * shown, SMALLEST_RIDGE), of_optimum * shown


def _statistical_error(squares: Floats, source: Source) -> float:
    """Return tr(H^-1 C) / 2n, C the covariance of the derivatives, given both for each row."""
    return float(np.mean(squares)) / (2.0 * source.n) if source.n > source.d else math.nan


def _harmonic_mean(inverted: Floats, ridge: Floats, along: float) -> float:
    """Return the harmonic mean of the curvatures that are more than the *ridge* in the inverse.

    With P = (H + R)^-1 it is tr(PH) / tr(PHP), to which a direction that is flat adds nothing.
    """
    count = len(ridge) - float(np.diag(inverted) @ ridge) + 1.0
    total = float(np.trace(inverted)) - float(np.sum(np.square(inverted) @ ridge)) + 1.0 / along
    return count / total
