"""The score of a model: R^2, D^2, or the fraction of labels predicted right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastgd.base.robust import Targets
from fastgd.base.types import Array, Floats
from fastgd.data.inputs import refuse_empty
from fastgd.data.sources import refuse_non_finite
from fastgd.data.targets import (
    check_known_labels,
    check_offset,
    check_real_targets,
    check_weights,
    check_y,
    fill_missing_targets,
)
from fastgd.fitting.prediction import targets_at
from fastgd.gradients.predictions import LossOfPredictions

if TYPE_CHECKING:
    from fastgd.fitting.result import FitResult


def score_of(result: FitResult, X: Any, y: Any, sample_weight: Any, offset: Any) -> float:
    """Return the score of a model on rows with targets, weighted if there are weights."""
    encoded = result.encode(X)
    refuse_empty((encoded.n_rows, len(result.coef_)))
    z = result.decision_function(encoded, offset)
    absent = None
    if encoded.encoding is not None and encoded.encoding.missing == "drop":
        y, absent = fill_missing_targets(y)
    targets = check_y(y, len(z))
    weights = check_weights(sample_weight, len(z))
    offsets = check_offset(offset, len(z))
    kept = encoded.kept
    if absent is not None:
        kept = np.arange(len(targets)) if kept is None else kept
        kept = kept[~absent[kept]]
    if kept is not None:
        if len(kept) == 0:
            raise ValueError("every row has a missing value: none is left to score.")
        z, targets = z[kept], targets[kept]
        offsets = offsets[kept] if len(offsets) else offsets
        weights = check_weights(weights[kept], len(kept)) if len(weights) else weights
    counts = weights if len(weights) else None
    if result.loss_.score == "D^2":
        return _d2(result, z, targets, counts, offsets if len(offsets) else None)
    return (_accuracy if result.classes_ is not None else _r2)(result, z, targets, counts)


def _accuracy(result: FitResult, z: Floats, targets: Array, weights: Floats | None) -> float:
    assert result.classes_ is not None
    check_known_labels(targets, result.classes_)
    return float(
        np.average(targets_at(z, result.loss_, result.classes_) == targets, weights=weights)
    )


def _r2(result: FitResult, z: Floats, targets: Array, weights: Floats | None) -> float:
    y = _real(result, targets)
    mean = np.average(y, weights=weights)
    residual = np.average((y - targets_at(z, result.loss_, result.classes_)) ** 2, weights=weights)
    return _explained(float(residual), float(np.average((y - mean) ** 2, weights=weights)))


def _d2(
    result: FitResult,
    z: Floats,
    targets: Array,
    weights: Floats | None,
    offset: Floats | None,
) -> float:
    """Return the fraction of the deviance explained: R^2, with the loss for the squared error."""
    y = _real(result, targets)
    of_predictions = LossOfPredictions(result.loss_)
    counts = np.ones(len(y)) if weights is None else weights
    constant = np.full(len(y), result.loss_.start(Targets(y, counts, offset)))
    constant = constant if offset is None else constant + offset
    deviances = [of_predictions(at, y)[0] for at in (z, constant)]
    residual, spread = (float(np.average(values, weights=weights)) for values in deviances)
    return _explained(residual, spread)


def _real(result: FitResult, targets: Array) -> Floats:
    """Return targets of a regression; refuse what the loss is not defined for."""
    y = check_real_targets(targets, np.dtype(np.float64))
    refuse_non_finite(y, "y")
    result.loss_.check_targets(y)
    return y


def _explained(residual: float, spread: float) -> float:
    return 1.0 - residual / spread if spread > 0 else float(residual == 0)
