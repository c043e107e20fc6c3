"""Predictions: the targets, or labels, that z = X coef + intercept stands for."""

from typing import Any

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.data.targets import check_offset
from fastgd.losses import Loss


def add_offset(z: Floats, offset: Any, is_needed: bool) -> Floats:
    """Return the predictions z with their offset, a number per row.

    Raises
    ------
    ValueError
        If a model needs one, and none is given.
    """
    if offset is not None:
        return np.asarray(z + check_offset(offset, len(z)))
    if is_needed:
        raise ValueError(
            "offset, a number per row, is needed, as this model was fitted with one: give "
            "offset=..., with zeros for rows that have none."
        )
    return z


def targets_at(z: Floats, loss: Loss, classes: Array | None) -> Array:
    """Return what the predictions z, NaN for rows left out, say of the targets.

    Raises
    ------
    ValueError
        If the inverse of the link function overflows.
    """
    if classes is not None:
        return _labels(z, classes)
    targets: Array = np.asarray(loss.inverse_link(z))
    if np.isinf(targets).any():
        raise ValueError(
            f"the prediction for row {int(np.argmax(np.isinf(targets)))} overflows: its z of "
            f"{z[np.isinf(targets)][0]:.4g} is more than the inverse of the link function of "
            f"{loss.name!r} takes; see decision_function for the z of every row."
        )
    return targets


def _labels(z: Floats, classes: Array) -> Array:
    labels = classes[(z > 0).astype(np.intp)]
    left_out = np.isnan(z)
    if left_out.any():
        is_float = labels.dtype.kind == "f"
        labels = labels if is_float else labels.astype(object)
        labels[left_out] = np.nan if is_float else None
    return labels
