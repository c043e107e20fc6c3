"""A sample of rows: which are drawn, how many of the table each stands for, how large they are."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fastgd.kernels.arguments import Array, Floats
from fastgd.losses import Loss, SquaredError
from fastgd.order import Rows
from fastgd.sources import Source
from fastgd.tables import ArrayTable, take

SAMPLE_ROWS = 4096
SAMPLE_VALUES = 1 << 19  # of wide rows there are fewer, down to
FEWEST_ROWS = 64
FEWEST_OF_A_LABEL = 100  # of which there are as many
PIECE = 512  # rows that a cache holds
POWER_ITERATIONS = 30
OTHER_DIRECTIONS = 0.1  # how much of them a power iteration starts with


@dataclass(frozen=True)
class Drawn:
    """Rows drawn from those of a table that have a weight above 0."""

    source: Source
    chosen: Rows
    rows: Floats  # in float64, a column of ones added, or of zeros without an intercept

    @cached_property
    def is_everything(self) -> bool:
        """Tell whether no row of weight is left out."""
        return len(self.chosen) == np.count_nonzero(self._has_weight)

    @cached_property
    def stands_for(self) -> Floats:
        """For how many rows of a table of their number each stands.

        Rows without weight are stood for by none; those of a rare label were drawn apart.
        """
        source, y, n = self.source, self.source.y, self.source.n
        counts = np.full(len(self.chosen), np.count_nonzero(self._has_weight) / n)
        if source.classes is not None and not self.is_everything:
            for label in np.unique(y[self.chosen]):
                of_label = y[self.chosen] == label
                in_table = np.count_nonzero(self._has_weight & (y == label)) / n
                counts[of_label] = in_table * len(self.chosen) / np.count_nonzero(of_label)
        return counts

    @cached_property
    def shares(self) -> Floats:
        """How much each counts: in the mean, as the rows of the table do."""
        source = self.source
        weights = source.weights[self.chosen] * source.weight_scale if source.weighted else 1.0
        return self.stands_for * weights

    @cached_property
    def _has_weight(self) -> Array:
        source = self.source
        return source.weights > 0 if source.weighted else np.ones(source.n, bool)


def draw(source: Source, fit_intercept: bool, seed: int, most_values: int = SAMPLE_VALUES) -> Drawn:
    """Draw up to 4096 rows."""
    pool = np.flatnonzero(source.weights) if source.weighted else None
    count = source.n if pool is None else len(pool)
    size = min(SAMPLE_ROWS, count, max(FEWEST_ROWS, most_values // source.d))
    rng = np.random.default_rng(seed)
    chosen = rng.choice(count if pool is None else pool, size, replace=False)
    if source.classes is not None:
        chosen = _with_both_labels(chosen, pool, source.y, rng)
    chosen = np.sort(chosen)
    rows = np.empty((len(chosen), source.d + 1))
    rows[:, -1] = float(fit_intercept)
    for start in range(0, len(chosen), PIECE):  # pages that are new, but once
        here = slice(start, start + PIECE)
        rows[here, :-1] = take(source.table, chosen[here])
    if not np.isfinite(rows).all():
        source.check_finite()
    return Drawn(source, chosen, rows)


def some_rows(source: Source) -> Source:
    """Return a source of up to 4096 rows of a table, drawn from those with a weight above 0."""
    chosen = draw(source, fit_intercept=False, seed=0).chosen
    weights = source.weights[chosen] if source.weighted else source.weights
    table = ArrayTable(take(source.table, chosen))
    return Source(table, source.y[chosen], weights, source.feature_names, source.classes)


def _with_both_labels(chosen: Rows, pool: Rows | None, y: Array, rng: np.random.Generator) -> Rows:
    """Draw rows of a label apart where the sample hardly has any, so that it is seen at all."""
    for label in (-1.0, 1.0):
        of_label = y[chosen] == label
        if np.count_nonzero(of_label) < FEWEST_OF_A_LABEL:
            rare = np.flatnonzero(y == label) if pool is None else pool[y[pool] == label]
            drawn = rng.choice(rare, min(FEWEST_OF_A_LABEL, len(rare)), replace=False)
            chosen = np.concatenate([chosen[~of_label], drawn])
    return chosen


def refuse_overflow(source: Source, size: float) -> None:
    """Refuse a table whose squares are too large for its type: no rate can be told from them."""
    if np.isfinite(source.dtype.type(size)):
        return
    source.check_finite()
    raise ValueError(
        f"X is too large: its squares overflow {source.dtype}, so no learning_rate can be chosen; "
        "scale the columns or give a learning_rate."
    )


def mean_squared_norm(rows: Floats) -> float:
    """Return the mean of the rows' squared norms."""
    return float(np.mean(np.einsum("ij,ij->i", rows, rows)))


def sample_targets(source: Source) -> Floats:
    """Return some thousand targets, in float64."""
    return np.asarray(source.y[:: max(1, source.n // SAMPLE_ROWS)], dtype=np.float64)


def spread_of(source: Source) -> float:
    """Return the mean distance of the targets from their median, 1 where there is none."""
    y = sample_targets(source)
    return distance(y, float(np.median(y)))


def best_constant(source: Source, loss: Loss) -> Floats | None:
    """Return coefficients that predict the middle of y, or the intercept would have far to go."""
    centre = middle(loss, sample_targets(source))
    return None if centre == 0 else np.append(np.zeros(source.d), centre)


def largest_of_sample(rows: Floats, seed: int) -> float:
    """Return about the largest eigenvalue of rows'rows / m."""
    v = top_direction(rows, seed)
    along = np.einsum("ij,j->i", rows, v / (norm(v) or 1.0))
    return float(np.mean(np.square(along)))


def middle(loss: Loss, y: Array) -> float:
    """Return a prediction that suits none of the targets badly: about where to start."""
    if loss.target == "binary" or not loss.built_in:  # a user's z may be something else than y
        return 0.0
    centre = float(np.mean(y) if isinstance(loss, SquaredError) else np.median(y))
    return centre if math.isfinite(centre) else 0.0


def distance(y: Array, z: Floats | float) -> float:
    """Return the mean distance of targets from predictions, 1 where there is none."""
    return float(np.mean(np.abs(y - z))) or 1.0


def top_direction(rows: Floats, seed: int) -> Floats:
    """Return the direction in which the rows are largest, and a little of every other one."""
    x = rows / (np.abs(rows).max() or 1.0)
    rest = np.random.default_rng(seed).standard_normal(x.shape[1])
    rest /= norm(rest)
    v = rest
    for _ in range(POWER_ITERATIONS):
        # Not by way of a BLAS, whose bits depend on its threads; nor of x'x, which may be huge.
        longer = np.einsum("ij,i->j", x, np.einsum("ij,j->i", x, v))
        v = longer / (norm(longer) or 1.0)
    return np.asarray(v + OTHER_DIRECTIONS * rest)


def norm(v: Floats) -> float:
    """Return ||v||, whose square may be too large for a number, or too small."""
    size = float(np.abs(v).max())
    return size * math.sqrt(float(np.sum(np.square(v / size)))) if 0 < size < math.inf else size
