"""`Problem`: the objective that all runs of a comparison minimise, evaluated in float64."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from fastgd.base.robust import Targets
from fastgd.base.types import Array, Floats
from fastgd.base.validation import check_flag, check_fraction, check_not_negative
from fastgd.data.inputs import make_source
from fastgd.data.sources import Source
from fastgd.gradients.predictions import LossOfPredictions
from fastgd.losses import Loss
from fastgd.planning.request import read_loss

# Keywords of `fit`.
OBJECTIVE = ("loss", "alpha", "l1_ratio", "fit_intercept", "sample_weight", "offset")
BLOCK_ROWS = 4096  # of float64 at a time: BLAS is then bitwise identical for any number of threads


@dataclass
class Problem:
    """A table, a loss and a penalty; points are (d + 1,) arrays, the intercept last."""

    X: Any
    y: Any
    loss: Loss
    alpha: float = 0.0
    l1_ratio: float = 0.0
    fit_intercept: bool = True
    sample_weight: Any = None
    offset: Any = None
    source: Source = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the table, and make the kernel that evaluates the loss."""
        self.source = make_source(
            self.X, self.y, self.sample_weight, self.loss.target, None, self.loss, self.offset
        )
        self.source.check_finite()
        self.n, self.d = self.source.n, self.source.d
        self.l1 = self.alpha * self.l1_ratio
        self.l2 = self.alpha * (1 - self.l1_ratio)
        self._of_predictions = LossOfPredictions(self.loss)

    @property
    def keywords(self) -> dict[str, Any]:
        """What states the objective, as keywords of `fit`."""
        return {name: getattr(self, name) for name in OBJECTIVE}

    @cached_property
    def table(self) -> Array:
        """The rows as one read-only array in C order: X itself if it is one."""
        found = self.source.table.in_place()
        rows = (self.source.table.between(0, self.n) if found is None else found).view()
        rows.flags.writeable = False
        return rows

    @cached_property
    def y64(self) -> Floats:
        """Targets in float64; labels are -1 and +1."""
        return self.source.y.astype(np.float64)

    @cached_property
    def weights(self) -> Floats:
        """Weights of mean 1."""
        if not self.source.weighted:
            return np.ones(self.n)
        return self.source.weights * self.source.weight_scale

    @property
    def targets(self) -> Targets:
        """The targets with their weights and offsets."""
        offset = self.source.offset
        return Targets(self.y64, self.weights, offset if len(offset) else None)

    def blocks(self) -> Iterator[tuple[slice, Floats]]:
        """Yield the rows in float64, BLOCK_ROWS at a time."""
        for start in range(0, self.n, BLOCK_ROWS):
            stop = min(start + BLOCK_ROWS, self.n)
            rows = self.source.table.between(start, stop)
            yield slice(start, stop), np.asarray(rows, dtype=np.float64)

    def predict(self, point: Floats) -> Floats:
        """Return z = X w + b plus the offset, unless that was taken from the targets."""
        z = self.product(point)
        return z + self.source.offset if len(self.source.offset) else z

    def product(self, point: Floats) -> Floats:
        """Return X w + b."""
        z = np.empty(self.n)
        for rows, X in self.blocks():
            z[rows] = X @ point[:-1] + point[-1]
        return z

    def losses(self, z: Floats) -> tuple[Floats, Floats]:
        """Return each row's loss and derivative at the prediction z, without weights."""
        return self._of_predictions(z, self.y64)

    def sum_losses(self, z: Floats, rows: slice) -> float:
        """Return the weighted sum of the losses of some rows at their predictions z."""
        return float(self.weights[rows] @ self._of_predictions(z, self.y64[rows])[0])

    def gradient_of(self, derivatives: Floats) -> Floats:
        """Return [X 1]' derivatives / n; zero for the intercept if there is none."""
        g = np.zeros(self.d + 1)
        for rows, X in self.blocks():
            g[:-1] += derivatives[rows] @ X
        g[-1] = np.sum(derivatives) * self.fit_intercept
        return g / self.n

    def penalty(self, point: Floats) -> float:
        """Return the penalty of the coefficients."""
        w = point[:-1]
        return float(self.l1 * np.sum(np.abs(w)) + 0.5 * self.l2 * (w @ w))

    def objective(self, point: Floats) -> float:
        """Return F: the weighted mean loss plus the penalty."""
        values, _ = self.losses(self.predict(point))
        return float(np.mean(self.weights * values)) + self.penalty(point)

    @cached_property
    def at_zero(self) -> float:
        """F at zero coefficients."""
        return self.objective(np.zeros(self.d + 1))

    def smooth(self, point: Floats) -> tuple[float, Floats]:
        """Return F without its L1 part, and the gradient of that."""
        values, derivatives = self.losses(self.predict(point))
        w = np.append(point[:-1], 0.0)
        value = float(np.mean(self.weights * values)) + 0.5 * self.l2 * float(w @ w)
        return value, self.gradient_of(self.weights * derivatives) + self.l2 * w


def state_problem(
    X: Any,
    y: Any,
    *,
    loss: Any = "squared_error",
    alpha: float = 0.0,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    offset: Any = None,
) -> Problem:
    """Return the problem that a call of `fit` with these keywords minimises; refuse what it does.

    Parameters are those of `fit`.
    """
    return Problem(
        X,
        y,
        read_loss(loss),
        check_not_negative("alpha", alpha),
        check_fraction("l1_ratio", l1_ratio, or_one=True),
        check_flag("fit_intercept", fit_intercept),
        sample_weight,
        offset,
    )
