"""Sources: the table as it was handed in, checked, and read where it lies, piece by piece."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.kernels.arguments import Array, Data
from fastgd.order import Rows

SCAN_ROWS = 4096


@dataclass
class Source:
    """Rows, targets and weights, and how kernels get at them.

    A C-order X of the kernels' type is read in place. Any other is converted a window of rows at
    a time, so that no second copy of it is ever made.
    """

    X: Array  # (n, d), any layout and any numeric type
    y: Array  # (n,), C-order, of type `dtype`
    weights: NDArray[np.float64]  # (n,), or (0,) where every row counts the same
    feature_names: tuple[str, ...] | None
    classes: Array | None
    dtype: np.dtype[Any]
    _in_place: Data = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make the read-only views that kernels see."""
        self.weight_scale = float(len(self.weights) / self.weights.sum()) if self.weighted else 1.0
        ready = self.X.dtype == self.dtype and self.X.flags.c_contiguous and self.X.flags.aligned
        self.resident = bool(ready)
        X = self.X if ready else np.empty((0, self.d), self.dtype)
        self._in_place = Data(
            read_only(X), read_only(self.y), read_only(self.weights), self.weight_scale
        )

    @property
    def n(self) -> int:
        """How many rows there are."""
        return int(self.X.shape[0])

    @property
    def d(self) -> int:
        """How many features there are."""
        return int(self.X.shape[1])

    @property
    def weighted(self) -> bool:
        """Tell whether rows have weights."""
        return len(self.weights) > 0

    def visit(self, rows: Rows, coming: Rows) -> tuple[Data, Rows, Rows]:
        """Return a block that holds *rows*, and their and the coming rows' numbers in it."""
        if self.resident:
            return self._in_place, rows, coming
        X = self._convert(self.X[rows])
        weights = self.weights[rows] if self.weighted else self.weights
        local = np.arange(len(rows))
        block = Data(read_only(X), read_only(self.y[rows]), read_only(weights), self.weight_scale)
        return block, local, local

    def block(self, start: int, stop: int) -> Data:
        """Return the rows start..stop as they lie."""
        X, y, weights, weight_scale = self._in_place
        piece = X[start:stop] if self.resident else self._converted(start, stop)
        return Data(piece, y[start:stop], weights[start:stop], weight_scale)

    def targets(self) -> Data:
        """Return a table of the same rows without any feature."""
        nothing = read_only(np.empty((self.n, 0), self.dtype))
        return self._in_place._replace(X=nothing)

    def nobody(self) -> Data:
        """Return a table of no rows: enough to compile for."""
        X, y, weights, weight_scale = self._in_place
        return Data(X[:0], y[:0], weights[:0], weight_scale)

    def check_finite(self) -> None:
        """Refuse NaN and infinity anywhere; kernels only notice that something is amiss."""
        for start in range(0, self.n, SCAN_ROWS):
            piece = self._converted(start, min(start + SCAN_ROWS, self.n))
            if not np.isfinite(piece).all():
                self._refuse_rows(piece, start)
        refuse_non_finite(self.y, "y")

    def _converted(self, start: int, stop: int) -> Array:
        return read_only(self._convert(self.X[start:stop]))

    def _convert(self, piece: Array) -> Array:
        return np.ascontiguousarray(piece, dtype=self.dtype)

    def _refuse_rows(self, piece: Array, start: int) -> None:
        row, column = np.argwhere(~np.isfinite(piece))[0]
        kinds = [np.isnan, np.isinf]
        counts = [
            sum(int(kind(self._converted(k, k + SCAN_ROWS)).sum()) for kind in kinds)
            for k in range(start, self.n, SCAN_ROWS)
        ]
        name = f" ({self.feature_names[column]!r})" if self.feature_names else ""
        where = f"first in row {start + row}, column {column}{name}; {sum(counts)} in all"
        raise ValueError(f"Input X contains {describe_non_finite(piece)} ({where}).")


def read_only(array: Array) -> Array:
    """Return a view that cannot be written to: one compiled kernel then serves every array."""
    view = array.view()
    view.flags.writeable = False
    return view


def describe_non_finite(values: Array) -> str:
    """Say in scikit-learn's words what is wrong with *values*."""
    if np.isnan(values).any():
        return "NaN"
    return f"infinity or a value too large for {values.dtype!r}"


def refuse_non_finite(values: Array, name: str) -> None:
    """Raise where a 1-D input holds NaN or infinity; say where and how many."""
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise ValueError(
            f"Input {name} contains {describe_non_finite(values[bad])} "
            f"(first in row {bad[0]}; {len(bad)} in all)."
        )
