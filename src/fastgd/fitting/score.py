"""The score of a model: R^2, or the fraction of labels predicted right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgd.data.inputs import refuse_empty
from fastgd.data.sources import refuse_non_finite
from fastgd.data.targets import (
    check_known_labels,
    check_real_targets,
    check_weights,
    check_y,
    fill_missing_targets,
)

if TYPE_CHECKING:
    from fastgd.fitting.result import FitResult


def score_of(result: FitResult, X: Any, y: Any, sample_weight: Any) -> float:
    """Return the score of a model on rows with targets, weighted if there are weights."""
    encoded = result.encode(X)
    refuse_empty((encoded.n_rows, len(result.coef_)))
    predicted = result.predict(encoded)
    absent = None
    if encoded.encoding is not None and encoded.encoding.missing == "drop":
        y, absent = fill_missing_targets(y)
    targets = check_y(y, len(predicted))
    weights = check_weights(sample_weight, len(predicted))
    kept = encoded.kept
    if absent is not None:
        kept = np.arange(len(targets)) if kept is None else kept
        kept = kept[~absent[kept]]
    if kept is not None:
        if len(kept) == 0:
            raise ValueError("every row has a missing value: none is left to score.")
        predicted, targets = predicted[kept], targets[kept]
        weights = check_weights(weights[kept], len(kept)) if len(weights) else weights
    average = partial(np.average, weights=weights if len(weights) else None)
    if result.classes_ is not None:
        check_known_labels(targets, result.classes_)
        return float(average(predicted == targets))
    targets = check_real_targets(targets, np.dtype(np.float64))
    refuse_non_finite(targets, "y")
    residual = float(average((targets - predicted) ** 2))
    spread = float(average((targets - average(targets)) ** 2))
    return 1.0 - residual / spread if spread > 0 else float(residual == 0)
