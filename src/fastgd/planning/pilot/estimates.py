"""`estimate`: what a pilot sample of rows tells before the first step."""

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from fastgd.base.threads import Workers
from fastgd.base.types import Floats
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.coordinates import Coordinates, identity, standardise
from fastgd.planning.pilot.eigenvalues import mean_squared_norm
from fastgd.planning.pilot.optimum import Optimum, find_optimum
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.pilot.sample import SAMPLE_VALUES, draw, refuse_overflow

HESSIAN_VALUES = 1 << 22  # of a sample whose Hessian is estimated

Scaling = Literal["standardize", "rms", "none"]


@dataclass(frozen=True)
class Estimates:
    """What a sample of rows shows."""

    sample: Floats  # the rows, with a column of ones added (of zeros without an intercept)
    standard: Coordinates  # in which the sample has mean 0 and spread 1
    coordinates: Coordinates  # in which steps are taken if they are not preconditioned
    optimum: Optimum | None
    passes: float
    scaling: Scaling  # of the coordinates

    @cached_property
    def rows(self) -> Floats:
        """The sample in the coordinates."""
        return self.coordinates.rows(self.sample)


def estimate(
    pilot: Pilot, objective: Objective, *, wants_hessian: bool, scaling: Scaling
) -> Estimates:
    """Draw a sample of rows and evaluate it.

    There is no optimum if no Hessian is wanted, or if it is not finite.
    """
    source, loss = pilot.source, objective.loss
    max_values = HESSIAN_VALUES if wants_hessian else SAMPLE_VALUES
    drawn = draw(source, objective.fit_intercept, pilot.seed, max_values)
    rows = drawn.rows
    refuse_overflow(source, mean_squared_norm(rows))
    standard, unseen = standardise(source, rows[:, :-1], drawn.weights, objective.fit_intercept)
    optimum = None
    if wants_hessian:
        with contextlib.suppress(np.linalg.LinAlgError), Workers(pilot.n_threads) as workers:
            optimum = find_optimum(drawn, objective, standard, unseen, workers)
    coordinates = identity(source.d)
    if scaling != "none":
        columns = standard.uncentred() if scaling == "rms" else standard
        loss = loss if optimum is None else optimum.loss
        typical = 1.0 if optimum is None else optimum.hessian.of_intercept  # if there is no bound
        coordinates = columns.damped(objective.l2 / (loss.curvature or typical))
    passes = len(rows) / source.n + standard.passes
    return Estimates(rows, standard, coordinates, optimum, passes, scaling)
