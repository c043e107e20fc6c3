"""The optimum of a pilot sample, and what it says of the optimum of all rows.

The sample's optimum is that of a ridge of (d / m)^2, smaller than that of the Hessian: if columns
are correlated, what a ridge takes away from it lies in slow directions. If targets are labels,
columns that few rows make up have a larger one.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from fastgd.base.linalg import forms
from fastgd.base.threads import Workers
from fastgd.base.types import Array, Floats
from fastgd.losses import Loss
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.hessian import Hessian
from fastgd.planning.pilot.newton import Metric, Sample, descend, narrow, predictions, region
from fastgd.planning.pilot.sample import Drawn

NEWTON_TOLERANCE = 1e-3  # of the sample's own error of its optimum
SMALLEST_RIDGE = 1e-7  # below, the inverse of a singular matrix would be rounding alone
MEASURED_VALUES = 1 << 20  # of wide rows, only some are measured
MAX_LEVERAGE = 0.99
NORMAL = 3.0  # kurtosis of a normal column
MAX_OF_FEW = 0.04  # of the ridge: more, and linearly separable labels would take too many steps


@dataclass(frozen=True)
class Optimum:
    """The optimum of a sample, and the Hessian and the gradients of its rows there."""

    loss: Loss  # of the objective, or a smoothed form of it
    smoothing: float  # within which distance of its kinks the loss is smoothed; 0 if it is not
    hessian: Hessian
    start: Floats  # (d + 1,): the optimum, in the original coefficients
    max_second_derivative: float  # of the loss, over the rows
    leverage: float  # E[l^2] / E[l], l the leverage of a row, times the number of rows
    max_sensitivity: float  # the largest (u, 1)'inverse(u, 1) / ||(u, 1)||^2
    sampling_error: float  # sqrt(d / m); 0 if all rows are in the sample
    valid_variance: float  # of predictions, within which the Hessian holds; inf if F is quadratic
    noise: float  # E[||(u, 1)||^2 derivative^2]
    statistical_error: float  # NaN if there are no more rows than columns
    mean_loss: float  # of the sample
    fall: float  # of the objective from coefficients of zero, the intercept at its best

    @property
    def uncertainty(self) -> float:
        """By what factor the Hessian of all rows, along a direction, may differ from this one."""
        return (1.0 + self.sampling_error) ** 2


class Measured(NamedTuple):
    """What rows of a sample add to the Hessian and the gradient; of wide rows, only of some."""

    sensitivity: Floats  # (u, 1)'inverse(u, 1)
    lengths: Floats  # ||(u, 1)||^2
    leverages: Floats  # times the number of rows
    squares: Floats  # of the derivatives of the loss
    stands_for: Floats  # for how many rows of the table


def find_optimum(
    drawn: Drawn,
    objective: Objective,
    coordinates: Coordinates,
    unseen: Array,
    workers: Workers,
) -> Optimum:
    """Return the optimum of the rows drawn; columns that vary, but not in these, are *unseen*.

    A loss without a Hessian is smoothed first.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the Hessian is not finite.
    """
    m, d = drawn.rows.shape[0], drawn.rows.shape[1] - 1
    loss, l2, scale = objective.loss, objective.l2, coordinates.scale
    u, weights = _scaled_rows(drawn, coordinates, unseen), drawn.weights
    sample = Sample(u, drawn.source.y[drawn.chosen], weights, loss, unseen, workers, drawn.offset)
    fraction = 0.0 if drawn.is_everything else d / m
    ridges = _ridges(u[:, :-1], fraction, flattens=loss.flattens)
    of_l2 = l2 * np.square(scale) if l2 > 0 else np.zeros(d)
    tolerance = 0.0 if drawn.is_everything else NEWTON_TOLERANCE
    start, width = None, 0.0
    if not loss.smooth:
        sample, start, width = narrow(sample, of_l2, ridges, tolerance)
    at_optimum, fall, metric = descend(sample, of_l2, ridges, tolerance, start)
    z = predictions(u, at_optimum)
    values, derivatives = sample.losses_at(z)
    derivatives = weights * derivatives
    if metric is None:
        far = region(sample, z, derivatives, min(1.0, (d + 1) / m))
        metric = sample.metric(sample.second_derivatives(z, far), of_l2, ridges[0])
    rows = _measure(drawn, u, metric, derivatives, workers)
    sensitivity, stands_for = rows.sensitivity, rows.stands_for
    # A row of the sample pulls the sample's optimum towards itself (MacKinnon, White, 1985, HC2).
    own = 0.0 if drawn.is_everything else np.minimum(rows.leverages / m, MAX_LEVERAGE)
    divisors = np.where(weights > 0, weights, 1.0)
    return Optimum(
        loss=sample.loss,
        smoothing=width,
        hessian=_hessian(metric, coordinates, drawn.source.dtype),
        start=coordinates.inverse_transform(at_optimum),
        max_second_derivative=float(np.max(metric.second_derivatives / divisors)),
        leverage=float(np.mean(np.square(rows.leverages) / stands_for) / np.mean(rows.leverages)),
        max_sensitivity=float(np.max(np.append(sensitivity / rows.lengths, 1.0 / metric.along))),
        sampling_error=math.sqrt(fraction),
        valid_variance=math.inf if sample.loss.quadratic else 0.25 * sample.scale(z) ** 2,
        noise=float(np.mean(rows.lengths * rows.squares)),
        statistical_error=_statistical_error(
            sensitivity * rows.squares / (1.0 - own), drawn.source.n, d
        ),
        mean_loss=float(np.mean(weights * values)),
        fall=fall,
    )


def _scaled_rows(drawn: Drawn, coordinates: Coordinates, unseen: Array) -> Floats:
    """Return the rows in the coordinates, with zeros in the columns that are *unseen*."""
    u = np.empty_like(drawn.rows)
    np.subtract(drawn.rows[:, :-1], coordinates.mean, out=u[:, :-1])
    u[:, :-1] *= np.where(unseen, 0.0, coordinates.scale)
    u[:, -1] = drawn.rows[:, -1]
    return u


def _hessian(metric: Metric, coordinates: Coordinates, dtype: np.dtype[Any]) -> Hessian:
    """Return the Hessian of a metric, in coordinates about its own centre."""
    scale = coordinates.scale
    centre = np.divide(metric.centre, scale, out=np.zeros(len(scale)), where=scale > 0)
    return Hessian(
        coordinates=replace(coordinates, mean=coordinates.mean + centre, scale=scale),
        matrix=metric.matrix,
        ridge=metric.ridge,
        least=float(np.finfo(dtype).eps) * metric.along,
        inverse=metric.inverse,
        of_intercept=metric.along,
    )


def _measure(
    drawn: Drawn, u: Floats, metric: Metric, derivatives: Floats, workers: Workers
) -> Measured:
    """Measure rows; a mean over rows needs fewer of them than an inverse."""
    m, d = u.shape[0], u.shape[1] - 1
    some = slice(None, None, 1 if drawn.is_everything else max(1, m * d // MEASURED_VALUES))
    ones, stands_for = drawn.rows[some, -1], drawn.stands_for[some]
    sensitivity, lengths = forms(u[some, :-1], metric.centre, metric.inverse, workers)
    sensitivity, lengths = sensitivity + ones / metric.along, lengths + ones
    leverages = metric.second_derivatives[some] * sensitivity
    squares = np.square(derivatives[some]) / stands_for
    return Measured(sensitivity, lengths, leverages, squares, stands_for)


def _ridges(u: Floats, fraction: float, flattens: bool) -> tuple[Floats, Floats]:
    """Return the ridge of the inverse and that of the optimum, relative to the second derivative.

    Columns have a spread of 1, except those that do not vary in the sample. If targets are labels,
    a column that k rows make up has a ridge of 1 / k: of some rows of one label, the optimum would
    be at infinity, where all second derivatives are 0. A third of the rows makes up a normal
    column, which gets no ridge of this kind.
    """
    squares = np.einsum("ij,ij->j", u, u)
    shown = np.clip(squares / len(u) - np.square(u.mean(axis=0)), 0.0, 1.0)
    of_optimum = np.full(len(shown), fraction**2)
    if fraction > 0 and flattens:
        fourths = np.einsum("ij,ij->j", np.square(u), np.square(u))
        few = fourths / np.square(np.where(squares > 0, squares, np.inf)) - NORMAL / len(u)
        of_optimum = np.maximum(of_optimum, np.minimum(few, MAX_OF_FEW))
    return np.maximum(fraction**1.5 * shown, SMALLEST_RIDGE), of_optimum * shown


def _statistical_error(squares: Floats, n: int, d: int) -> float:
    """Return tr(H^-1 C) / 2n, C the covariance of the derivatives, given both for each row."""
    return float(np.mean(squares)) / (2.0 * n) if n > d else math.nan
