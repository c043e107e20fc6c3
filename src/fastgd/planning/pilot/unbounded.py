"""Second derivatives of a smooth loss that has no bound of them, where fits go."""

import math
from collections.abc import Callable

import numpy as np

from fastgd.base.types import Floats
from fastgd.data.sources import Source
from fastgd.gradients.full_pass import FullPass
from fastgd.gradients.predictions import LossOfPredictions
from fastgd.losses import Loss
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.eigenvalues import norm, top_direction
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.pilot.sample import draw_targets

REGION = 2.0  # times the scale of predictions: how far a fit may lead them from a constant
DIFFERENCE = 0.01  # of that scale, for derivatives of derivatives
ITERATIONS = 15
TOLERANCE = 0.05  # a rate of 1/L needs L within a factor of two
MAX_GROWTH = 2.0  # of second derivatives from half of a distance to the whole of it
MAX_HALVINGS = 60
CAUTION = 1.5  # the Hessian grows on the way from the start


def reach(derivative: Callable[[Floats], Floats], z: Floats, far: float) -> float:
    """Return *far*, halved until second derivatives are about the same that far from z."""

    def mean_change(far: float) -> float:
        return float(np.mean(derivative(z + far) - derivative(z - far))) / (2.0 * far)

    change = mean_change(far)
    for _ in range(MAX_HALVINGS):
        nearer = mean_change(0.5 * far)
        if math.isfinite(change) and change <= MAX_GROWTH * nearer:
            break
        far, change = 0.5 * far, nearer
    return far


def largest_near_constant(source: Source, loss: Loss) -> float:
    """Return the largest second derivative of a sample of targets around the best constant."""
    targets = draw_targets(source)
    constant = loss.start(targets)
    offset = np.zeros(len(targets.y)) if targets.offset is None else targets.offset
    of_predictions, largest = LossOfPredictions(loss), 0.0

    def derivative(z: Floats) -> Floats:
        return of_predictions(z, targets.y)[1]

    scale = reach(derivative, offset + constant, float(loss.scale(targets, constant)))
    step = DIFFERENCE * scale
    for z in constant + scale * np.array([-REGION, 0.0, REGION]):
        above, below = derivative(offset + z + step), derivative(offset + z - step)
        largest = max(largest, float(np.max((above - below) / (2.0 * step))))
    return largest


def largest_second_derivative(
    pilot: Pilot,
    loss: Loss,
    at: Floats,
    rows: Floats,
    fit_intercept: bool,
    coordinates: Coordinates,
) -> tuple[float, float]:
    """Return about the largest eigenvalue of the Hessian at coefficients, and its passes.

    By power iteration on differences of the gradients of all rows, from the direction that *rows*,
    a sample in these *coordinates*, point to.
    """
    source = pilot.source
    v = top_direction(rows, pilot.seed)
    v[-1] *= fit_intercept
    typical = float(np.sqrt(np.mean(np.square(rows @ (v / (norm(v) or 1.0))))))
    step = DIFFERENCE / (typical or 1.0)  # which moves predictions by so much
    largest, passes = 0.0, 0
    with FullPass(source, loss, pilot.n_threads, gradients=True) as full:
        while passes < 2 * ITERATIONS:
            move = coordinates.inverse_transform(step * v / (norm(v) or 1.0))
            passes += 2
            above, below = (
                full.over_all((at + side * move).astype(source.dtype))[1] for side in (0.5, -0.5)
            )
            v = coordinates.gradient((above - below) / step)
            v[-1] *= fit_intercept
            before, largest = largest, norm(v)
            if not largest > 0 or abs(largest - before) <= TOLERANCE * largest:
                break
    return CAUTION * largest, float(passes)
