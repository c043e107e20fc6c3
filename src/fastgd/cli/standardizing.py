"""Standardise columns for a fit, and transform the coefficients back."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import fastgd
from fastgd.base.memory import check_memory
from fastgd.base.types import Array

WORKED = 2**18  # numbers at a time: 2 MB, which fit in cache


@dataclass(frozen=True)
class Scaling:
    """The offset and the scale of each column."""

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]  # infinite for a constant column, which becomes zero

    @property
    def has_constant(self) -> bool:
        """Whether a column was constant."""
        return bool(np.isinf(self.scale).any())

    def inverse_transform(self, result: fastgd.FitResult) -> fastgd.FitResult:
        """Return *result* with coefficients for the original columns."""
        coef = result.coef_ / self.scale
        return replace(result, coef_=coef, intercept_=result.intercept_ - float(coef @ self.mean))


def standardize(X: Any) -> tuple[Array, Scaling]:
    """Centre the columns and scale them to variance 1: in X itself if it can be, else in a copy."""
    if X.dtype.kind != "f" or X.itemsize not in (4, 8) or not (X.flags.carray and X.flags.owndata):
        dtype = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
        check_memory(
            len(X), X.shape[1], dtype.itemsize, "give --no-standardize, which needs no copy"
        )
        X = np.array(X, dtype, order="C")
    n, d = X.shape
    step = max(1, WORKED // d)
    pieces = [X[start : start + step] for start in range(0, n, step)]
    is_constant = np.ones(d, dtype=bool)
    mean, variance = np.zeros(d), np.zeros(d)
    with np.errstate(over="ignore", invalid="ignore"):
        for piece in pieces:
            mean += piece.sum(axis=0, dtype=np.float64) / n
            is_constant &= (piece == X[0]).all(axis=0)
        for piece in pieces:
            piece -= mean
            variance += np.einsum("ij,ij->j", piece, piece, dtype=np.float64) / n
    if not np.isfinite(variance).all():
        raise ValueError("the columns hold numbers too large to scale: give --no-standardize.")
    scale = np.where(is_constant | (variance == 0), np.inf, np.sqrt(variance))
    for piece in pieces:
        piece /= scale
    return X, Scaling(mean, scale)
