"""A sample of rows: which are drawn, how many of the table each stands for, how large they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fastgd.base.robust import Targets
from fastgd.base.types import Array, Floats
from fastgd.data.orders import Rows
from fastgd.data.sources import Source
from fastgd.data.tables import ArrayTable, take
from fastgd.losses import Loss
from fastgd.planning.pilot.by_weight import draw_by_weight

SAMPLE_ROWS = 4096
SAMPLE_VALUES = 1 << 19  # of wide rows there are fewer, down to
MIN_ROWS = 64
MIN_OF_A_LABEL = 100  # of which there are as many
WILDEST = 1e13  # times the median distance of the targets from their median
PIECE = 512  # rows that a cache holds


@dataclass(frozen=True)
class Drawn:
    """Rows drawn from those of a table that have a weight above 0."""

    source: Source
    chosen: Rows
    rows: Floats  # in float64, a column of ones added, or of zeros without an intercept
    each: Floats | None = None  # for how many rows of its label it stands, up to a factor

    @cached_property
    def is_everything(self) -> bool:
        """Return True if no row of weight is left out."""
        return len(self.chosen) == np.count_nonzero(self._has_weight)

    @cached_property
    def stands_for(self) -> Floats:
        """For how many rows of a table of their number each stands.

        Rows without weight are stood for by none; those of a rare label were drawn apart.
        """
        n, count = self.source.n, len(self.chosen)
        counts = np.full(count, np.count_nonzero(self._has_weight) / n)
        if self.is_everything or self._stand_for_as_many:
            return counts
        for of_label, weight in self._labels():
            each = np.ones(count) if self.each is None else self.each
            total = np.sum((each * self._given_weights)[of_label])
            counts[of_label] = each[of_label] * (weight / n * count / total)
        return counts

    @cached_property
    def weights(self) -> Floats:
        """The weight of each: their mean is that of the rows of the table."""
        return self.stands_for * self._given_weights

    @property
    def offset(self) -> Floats | None:
        """What predictions begin with."""
        offset = self.source.offset
        return offset[self.chosen] if len(offset) else None

    @property
    def _stand_for_as_many(self) -> bool:
        source = self.source
        return self.each is None and source.classes is None and not source.weighted

    def _labels(self) -> Iterator[tuple[Array, float]]:
        """Yield which of the rows have a label, and the weight of all rows that have it."""
        source, y = self.source, self.source.y
        if source.classes is None:
            yield np.ones(len(self.chosen), bool), float(source.n)
            return
        for label in np.unique(y[self.chosen]):
            in_table = y == label
            weight = float(np.count_nonzero(in_table))
            if source.weighted:
                weight = float(np.sum(source.weights[in_table] * source.weight_scale))
            yield y[self.chosen] == label, weight

    @cached_property
    def _given_weights(self) -> Floats:
        source = self.source
        if not source.weighted:
            return np.ones(len(self.chosen))
        return source.weights[self.chosen] * source.weight_scale

    @cached_property
    def _has_weight(self) -> Array:
        source = self.source
        return source.weights > 0 if source.weighted else np.ones(source.n, bool)


def draw(source: Source, fit_intercept: bool, seed: int, max_values: int = SAMPLE_VALUES) -> Drawn:
    """Draw up to 4096 rows, by weight if there are more."""
    pool = np.flatnonzero(source.weights) if source.weighted else None
    count = source.n if pool is None else len(pool)
    size = min(SAMPLE_ROWS, count, max(MIN_ROWS, max_values // source.d))
    rng = np.random.default_rng(seed)
    chosen, each = _some(source, count if pool is None else pool, size, rng)
    if source.classes is not None and size < count:
        chosen, each = _with_both_labels(source, chosen, each, pool, rng)
    if each is None:
        chosen.sort()
    else:
        in_order = np.argsort(chosen)
        chosen, each = chosen[in_order], each[in_order]
    rows = np.empty((len(chosen), source.d + 1))
    rows[:, -1] = float(fit_intercept)
    for start in range(0, len(chosen), PIECE):  # pages that are new, but once
        here = slice(start, start + PIECE)
        rows[here, :-1] = take(source.table, chosen[here])
    if not np.isfinite(rows).all():
        source.check_finite()
    return Drawn(source, chosen, rows, each)


def some_rows(source: Source) -> Source:
    """Return a source of up to 4096 rows of a table, each with the weight that it stands for."""
    drawn = draw(source, fit_intercept=False, seed=0)
    table = ArrayTable(take(source.table, drawn.chosen))
    names, classes = source.feature_names, source.classes
    offset = source.offset[drawn.chosen] if len(source.offset) else source.offset
    return Source(table, source.y[drawn.chosen], drawn.weights, names, classes, offset=offset)


def _some(
    source: Source, pool: Rows | int, size: int, rng: np.random.Generator
) -> tuple[Rows, Floats | None]:
    """Draw rows, and say for how many rows each stands if that is not the same number for all."""
    if isinstance(pool, int) or size == len(pool):
        return rng.choice(pool, size, replace=False), None
    weights = source.weights[pool]
    if weights.min() == weights.max():
        return rng.choice(pool, size, replace=False), None
    places, each = draw_by_weight(weights, size, rng)
    return pool[places], each


def _with_both_labels(
    source: Source, chosen: Rows, each: Floats | None, pool: Rows | None, rng: np.random.Generator
) -> tuple[Rows, Floats | None]:
    """Draw rows of a label apart if the sample hardly has any."""
    y = source.y
    for label in (-1.0, 1.0):
        others = y[chosen] != label
        if np.count_nonzero(~others) < MIN_OF_A_LABEL:
            rare = np.flatnonzero(y == label) if pool is None else pool[y[pool] == label]
            drawn, for_each = _some(source, rare, min(MIN_OF_A_LABEL, len(rare)), rng)
            chosen = np.concatenate([chosen[others], drawn])
            if each is not None:
                for_each = np.ones(len(drawn)) if for_each is None else for_each
                each = np.concatenate([each[others], for_each])
    return chosen, each


def refuse_wild_targets(source: Source, loss: Loss) -> None:
    """Refuse targets so far from the others that sums of a robust loss lose those in rounding."""
    if not (loss.robust and loss.built_in):
        return
    targets = draw_targets(source)
    limit, median = WILDEST * targets.spread_about_median, targets.median
    if max(source.y.max() - median, median - source.y.min()) <= limit:
        return
    y = source.y[source.weights > 0] if source.weighted else source.y
    farthest = float(y[np.argmax(np.abs(y - median))])
    if abs(farthest - median) > limit:
        raise ValueError(
            f"y must not differ from its median by more than {WILDEST:g} times the typical "
            f"distance, or sums of the loss lose the other rows in rounding; got {farthest:.4g} "
            f"with the median {median:.4g}: clip y, which does not change the minimum of a robust "
            "loss, or drop the rows."
        )


def refuse_overflow(source: Source, size: float) -> None:
    """Refuse a table whose squares are too large for its type: no rate follows from them."""
    if np.isfinite(source.dtype.type(size)):
        return
    source.check_finite()
    raise ValueError(
        f"X is too large: its squares overflow {source.dtype}, so no learning_rate can be chosen; "
        "scale the columns or give a learning_rate."
    )


def draw_targets(source: Source) -> Targets:
    """Draw up to 4096 targets from those of rows that have a weight above 0."""
    pool = np.flatnonzero(source.weights) if source.weighted else None
    count = source.n if pool is None else len(pool)
    rng = np.random.default_rng(0)
    chosen, each = _some(source, count if pool is None else pool, min(SAMPLE_ROWS, count), rng)
    weights = source.weights[chosen] if source.weighted else np.ones(len(chosen))
    y = np.asarray(source.y[chosen], dtype=np.float64)
    offset = source.offset[chosen] if len(source.offset) else None
    return Targets(y, weights if each is None else weights * each, offset)
