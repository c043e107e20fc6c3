"""Whatever the table, the targets and the settings: the naive answer, or a sentence that says why.

Plain Python (NUMBA_DISABLE_JIT=1) draws from every combination of kernels; compiled code, where
each takes a second to compile, from a list in which every choice occurs.
"""

import dataclasses
import functools
import itertools
import warnings
from unittest import mock

import naive
import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fastgd
from fastgd.data import frames, sources, tables
from fastgd.data import orders as order
from fastgd.gradients import full_pass as passes
from fastgd.losses import LOSSES

VARIANTS = ["batch", "stochastic", "minibatch"]
OPTIMIZERS = list(naive.OPTIMIZERS)
ADAPTIVE = ("adagrad", "rmsprop", "adam")

# ------------------------------------------------------------------------------ tables and layouts

WIDE_TYPES = ["f8", ">f8", "i4", "u1", "bool", "f2", "g"]
NARROW_TYPES = ["f4", ">f4"]


def strided(values):
    large = np.zeros((3 * len(values), 2 * values.shape[1]), values.dtype)
    large[::3, ::2] = values
    return large[::3, ::2]


def columns_apart(values):
    return pd.DataFrame({f"c{j}": values[:, j].copy() for j in range(values.shape[1])})


def polars(values):
    pl = pytest.importorskip("polars")
    native = values.astype(values.dtype.newbyteorder("="))
    return pl.DataFrame({f"c{j}": native[:, j].copy() for j in range(values.shape[1])})


def arrow(values):
    pa = pytest.importorskip("pyarrow")
    native = values.astype(values.dtype.newbyteorder("="))
    columns = {f"c{j}": native[:, j].copy() for j in range(values.shape[1])}
    return pa.table(columns)


ANY_TYPE = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "strided": strided,
    "backwards": lambda values: values[::-1, ::-1].copy()[::-1, ::-1],
    "pandas": pd.DataFrame,
    "columns apart": columns_apart,
    "list": lambda values: list(values),
}
NO_LONG_DOUBLE = {"polars": polars, "Arrow": arrow}
LAYOUTS = {**ANY_TYPE, **NO_LONG_DOUBLE}

COLUMNS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "shifted": lambda rng, n: rng.standard_normal(n) + 5.0,
    "whole": lambda rng, n: rng.integers(-3, 4, n).astype(float),
    "constant": lambda rng, n: np.full(n, rng.uniform(0.5, 4.0)),
    "zeros": lambda rng, n: np.zeros(n),
    "rare": lambda rng, n: np.where(rng.random(n) < 0.2, rng.standard_normal(n), 0.0),
}


@st.composite
def columns(draw, n, d, rng, largest):
    """A table of columns of several kinds, some of them far larger or smaller than others."""
    kinds = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=d, max_size=d))
    X = np.column_stack([COLUMNS[kind](rng, n) for kind in kinds])
    if d > 1 and draw(st.booleans()):
        X[:, -1] = X[:, 0]
    if draw(st.integers(0, 2)) == 0:
        powers = draw(st.lists(st.integers(-largest, largest), min_size=d, max_size=d))
        X *= 10.0 ** np.array(powers)
    return X


def in_type(X, kind):
    with np.errstate(all="ignore"):
        if kind in ("i4", "u1"):
            X = np.nan_to_num(np.clip(np.abs(X) if kind == "u1" else X, -200, 200))
        return X.astype(kind)


# --------------------------------------------------------------------- textbook mode, whatever else


def kernels(narrow):
    """Loss, optimizer, variant, penalised: what code is made for."""
    if numba.config.DISABLE_JIT:
        return list(itertools.product(LOSSES, OPTIMIZERS, VARIANTS, [False, True]))
    turns = zip(
        LOSSES,
        itertools.cycle(OPTIMIZERS),
        itertools.cycle(VARIANTS),
        itertools.cycle([False, True, True, False]),
        strict=False,
    )
    return list(turns)[:: 3 if narrow else 1]


@dataclasses.dataclass
class Problem:
    """Arguments for `fit`, and for the naive twin."""

    table: object
    X: np.ndarray  # the table in C order
    y: np.ndarray
    variant: str
    loss: str
    optimizer: str
    learning_rate: float
    epochs: int
    visits: np.ndarray | None
    batch_size: int
    alpha: float
    l1_ratio: float
    sample_weight: np.ndarray | None
    fit_intercept: bool

    @property
    def shared(self):
        names = ("optimizer", "learning_rate", "alpha", "l1_ratio", "sample_weight")
        size = {"batch_size": self.batch_size} if self.variant == "minibatch" else {}
        return {
            **{name: getattr(self, name) for name in names},
            **size,
            "fit_intercept": self.fit_intercept,
        }

    def fit(self):
        if self.visits is None or self.variant == "batch":
            shuffle = {"shuffle": False, "max_iter": self.epochs}
        else:
            shuffle = {"shuffle": self.visits}
        return fastgd.fit(
            self.table, self.y, self.variant, loss=self.loss, **shuffle, **self.shared
        )

    def twin(self, rounding=0.0, seed=0):
        """The naive path on numbers that are off by this much of their size."""
        rng = np.random.default_rng(seed)
        weights = np.ones(len(self.y)) if self.sample_weight is None else self.sample_weight
        X, y, weights = (
            values * (1.0 + rounding * rng.choice([-1.0, 1.0], np.shape(values)))
            for values in (self.X, self.y, weights)
        )
        y = np.sign(self.y) if naive.LOSSES[self.loss].takes_labels else y
        visits = (
            np.tile(np.arange(len(y)), (self.epochs, 1)) if self.visits is None else self.visits
        )
        chosen = {**self.shared, "sample_weight": weights, "variant": self.variant}
        with np.errstate(all="ignore"):
            return naive.descend(X, y, loss=naive.LOSSES[self.loss].loss, order=visits, **chosen)

    def losses(self, path):
        """The largest loss of a row at each point of a path."""
        A, _ = naive.with_intercept_column(self.X, self.fit_intercept)
        with np.errstate(all="ignore"):
            value, _ = naive.LOSSES[self.loss].loss(path @ A.T, self.y)
        return value.max(axis=1)


@st.composite
def problems(draw, narrow):
    n, d = draw(st.integers(1, 40)), draw(st.integers(1, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    loss, optimizer, variant, penalised = draw(st.sampled_from(kernels(narrow)))
    X = draw(columns(n, d, rng, 3 if narrow else draw(st.sampled_from([3, 9, 150]))))
    if draw(st.integers(0, 7)) == 0:
        X[rng.integers(n), rng.integers(d)] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    X = in_type(X, draw(st.sampled_from(NARROW_TYPES if narrow else WIDE_TYPES)))
    layouts = ANY_TYPE if X.dtype.itemsize > 8 else LAYOUTS
    with np.errstate(all="ignore"):
        x = np.array(X, dtype=float, order="C")
        signal = np.nan_to_num(x / (np.abs(x).max(axis=0) + 1e-300)) @ rng.standard_normal(d)
        mean_square = 1.0 + np.mean(np.sum(x * x, axis=1))
    y = signal + 0.3 * rng.standard_normal(n)
    y = np.where(y > 0, 1.0, -1.0) if naive.LOSSES[loss].takes_labels else y
    if not naive.LOSSES[loss].takes_labels and not narrow:
        y *= draw(st.sampled_from([1.0, 1.0, 1e-6, 1e6, 0.0]))
    y = naive.LOSSES[loss].targets(y)
    rate = 10.0 ** draw(st.floats(-3.0, 0.3))
    is_tame = draw(st.integers(0, 3)) > 0 and optimizer not in ADAPTIVE
    if is_tame and np.isfinite(mean_square):
        rate /= mean_square
    epochs = draw(st.integers(1, 3))
    n_visits = draw(st.sampled_from([n, n, 1, 2 * n + 1]))
    weights = draw(st.sampled_from(["none", "whole", "real"]))
    sample_weight = {"none": None, "whole": rng.integers(0, 3, n), "real": rng.uniform(0.1, 2, n)}
    if weights == "whole" and not sample_weight["whole"].any():
        sample_weight["whole"][0] = 1
    return Problem(
        table=layouts[draw(st.sampled_from(list(layouts)))](X),
        X=x,
        y=y.astype(np.float32).astype(float) if narrow else y,
        variant=variant,
        loss=loss,
        optimizer=optimizer,
        learning_rate=rate,
        epochs=epochs,
        visits=rng.integers(0, n, (epochs, n_visits)) if draw(st.booleans()) else None,
        batch_size=draw(st.integers(1, n)),
        alpha=draw(st.floats(0.01, 1.0)) if penalised else 0.0,
        l1_ratio=draw(st.sampled_from([0.0, 0.4, 1.0])),
        sample_weight=sample_weight[weights],
        fit_intercept=draw(st.booleans()),
    )


def answer(problem):
    """What `fit` returns or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            return problem.fit(), caught
        except (TypeError, ValueError) as error:
            return error, caught


def blows_up(problem, path):
    """Whether the naive path leaves the rails, with room for where exactly a fit sees it."""
    loss = naive.LOSSES[problem.loss].loss
    first = max(np.mean(problem.losses(path[:1])), np.mean(loss(0.0, problem.y)[0]))
    scale = first or np.mean(loss(1.0, problem.y)[0]) or 1.0
    return not (problem.losses(path) < 1e11 * scale).all()


def rises(problem, path):
    """Whether the naive path ends higher than it began; a warning may say so."""
    d = problem.X.shape[1]
    objectives = [
        naive.objective(
            problem.X, problem.y, point[:d], point[d:].sum(), loss=naive.LOSSES[problem.loss].loss,
            sample_weight=problem.sample_weight, alpha=problem.alpha, l1_ratio=problem.l1_ratio,
        )
        for point in (path[0], path[-1])
    ]  # fmt: skip
    return not objectives[1] <= objectives[0]


def sensitivity(problem, path, rounding):
    """By how much the naive path moves where its numbers move by a rounding."""
    with np.errstate(all="ignore"):
        return max(np.abs(problem.twin(rounding, seed) - path).max() for seed in range(3))


def check(problem, rounding, tolerance):
    """The naive answer within *tolerance*, or a sentence, or a warning, each where it is due."""
    result, caught = answer(problem)
    kinds = [warning.category for warning in caught]
    one_label = naive.LOSSES[problem.loss].takes_labels and len(np.unique(problem.y)) < 2
    if not np.isfinite(problem.X).all() or one_label:
        assert isinstance(result, ValueError)
        assert str(result).startswith("y must hold two" if one_label else "Input X contains ")
        assert "\n" not in str(result)
        return
    assert isinstance(result, fastgd.FitResult), result
    n, d = problem.X.shape
    counted = n if problem.sample_weight is None else np.count_nonzero(problem.sample_weight)
    assert (UserWarning in kinds) == (counted < d and problem.alpha == 0)
    assert set(kinds) <= {UserWarning, fastgd.DivergenceWarning}
    assert np.isfinite(result.coef_).all() and np.isfinite(result.intercept_)
    path = problem.twin()
    if fastgd.DivergenceWarning in kinds:
        assert blows_up(problem, path) or rises(problem, path)
        return
    scale = np.abs(path).max()
    moved = sensitivity(problem, path, rounding)
    assume(moved <= tolerance * scale)  # else rounding decides: near a kink, or what is no slope
    expected = path[-1] if problem.fit_intercept else np.append(path[-1], 0.0)
    np.testing.assert_allclose(
        np.append(result.coef_, result.intercept_), expected, rtol=0, atol=tolerance * scale
    )


@settings(max_examples=200)
@given(problems(narrow=False))
def test_a_fit_is_the_naive_one_or_says_why_not(problem):
    """To 1e-9, where a wiggle of 1e-13, hundreds of roundings, moves the naive path by less."""
    check(problem, 1e-13, 1e-9)


@settings(max_examples=100)
@given(problems(narrow=True))
def test_a_fit_of_float32_is_the_naive_one_or_says_why_not(problem):
    """A float32 run is an exact one whose numbers are off by roundings of 6e-8.

    A row of 8 features takes some ten, an update three, and 240 steps may add theirs up: 1e-4
    times the largest coefficient, where a wiggle of ten roundings moves the naive path by less.
    """
    check(problem, 6e-7, 1e-4)


# -------------------------------------------------------------------------------- self-tuned fits

TUNED = (
    list(itertools.product(LOSSES, VARIANTS))
    if numba.config.DISABLE_JIT
    else [
        *itertools.product(["squared_error"], VARIANTS),
        ("huber", "batch"),
        ("log_loss", "stochastic"),
        ("hinge", "minibatch"),
        ("absolute_error", "stochastic"),
        ("quantile", "batch"),
        ("poisson", "minibatch"),
    ]
)


@pytest.mark.compiled
@settings(max_examples=100)
@given(st.data())
def test_a_self_tuned_fit_is_finite_and_no_worse_than_its_start(data):
    """But for a tenth: at a constant rate single rows keep it moving, and some labels are noise."""
    loss, variant = data.draw(st.sampled_from(TUNED))
    d = data.draw(st.integers(1, 6))
    n = data.draw(st.integers(3 * d, 60))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    X = rng.standard_normal((n, d)) * rng.uniform(0.2, 5.0, d) + rng.normal(0.0, 1.0, d)
    y = X @ rng.standard_normal(d) + rng.normal() + rng.standard_normal(n)
    twin = naive.LOSSES[loss]
    y = twin.targets(y)
    if twin.takes_labels:
        y = np.where(y > np.median(y), 1.0, -1.0)
        y[:2] = -1.0, 1.0
    weights = data.draw(st.sampled_from([None, rng.uniform(0.1, 2.0, n)]))
    alpha = data.draw(st.sampled_from([0.01, 0.3]))
    result = fastgd.fit(
        X, y, variant, loss=loss, alpha=alpha, sample_weight=weights, max_iter=30, tol=None,
        random_state=data.draw(st.integers(0, 9)),
    )  # fmt: skip
    assert np.isfinite(result.coef_).all()
    objective = functools.partial(
        naive.objective, X, y, loss=twin.loss, alpha=alpha, sample_weight=weights
    )
    reached = objective(result.coef_, result.intercept_)
    assert reached == pytest.approx(result.objective, rel=1e-9)
    assert reached <= 1.1 * objective(np.zeros(d))


# ------------------------------------------------------------------------- predicting, any layout

MODEL = fastgd.fit([[0.0], [1.0]], [0.0, 1.0], "batch", learning_rate=0.1, max_iter=1)


@settings(max_examples=150)
@given(st.data())
def test_predictions_are_products_in_any_layout(data):
    n, d = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 8))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    kind = data.draw(st.sampled_from([*WIDE_TYPES, *NARROW_TYPES]))
    X = in_type(data.draw(columns(n, d, rng, 9)), kind)
    assume(np.isfinite(X).all())  # float16 ends at 65504
    layouts = ANY_TYPE if X.dtype.itemsize > 8 else LAYOUTS
    table = layouts[data.draw(st.sampled_from(list(layouts)))](X)
    model = dataclasses.replace(MODEL, coef_=rng.standard_normal(d), intercept_=rng.normal())
    x = X.astype(np.longdouble)
    expected = x @ model.coef_ + model.intercept_
    roundings = np.abs(x) @ np.abs(model.coef_) + abs(model.intercept_)
    with mock.patch.object(tables, "PIECE_VALUES", data.draw(st.integers(1, 50))):
        for ask in (model.decision_function, model.predict):
            z = ask(table)
            assert z.dtype == np.float64
            assert (np.abs(z - expected) <= 1e-14 * roundings).all()


# ------------------------------------------------------------------------------ a table in columns


@st.composite
def typed_columns(draw, n, d, rng):
    kinds = draw(st.lists(st.sampled_from(list(NULLABLE)), min_size=d, max_size=d))
    values = rng.integers(0, 4, (n, d))
    return {f"c{j}": values[:, j].astype(kind) for j, kind in enumerate(kinds)}


def in_chunks(by_name, cuts, rng):
    """A frame of polars whose parts are put together without being joined."""
    pl = pytest.importorskip("polars")
    edges = [0, *cuts, len(next(iter(by_name.values())))]
    parts = [
        pl.DataFrame({name: column[a:b] for name, column in by_name.items()})
        for a, b in itertools.pairwise(edges)
    ]
    return pl.concat(parts, rechunk=False)


def in_uneven_chunks(by_name, cuts, rng):
    """A table of Arrow whose columns are cut at different rows."""
    pa = pytest.importorskip("pyarrow")
    chunked = []
    for column in by_name.values():
        edges = [0, *[cut for cut in cuts if rng.random() < 0.5], len(column)]
        chunked.append(pa.chunked_array([column[a:b] for a, b in itertools.pairwise(edges)]))
    return pa.table(chunked, names=list(by_name))


def nullable(by_name, cuts, rng):
    return pd.DataFrame(
        {name: pd.array(column, NULLABLE[column.dtype.str[1:]]) for name, column in by_name.items()}
    )


NULLABLE = {"f8": "Float64", "f4": "Float32", "i2": "Int16", "u4": "UInt32", "b1": "boolean"}
FRAMES = {
    "pandas": lambda by_name, cuts, rng: pd.DataFrame(by_name),
    "pandas, nullable": nullable,
    "polars": in_chunks,
    "Arrow": in_uneven_chunks,
}


@pytest.mark.compiled
@pytest.mark.parametrize("kind", FRAMES)
@settings(max_examples=40)
@given(data=st.data())
def test_splitting_a_table_into_columns_changes_nothing(kind, data):
    n, d = data.draw(st.integers(8, 40)), data.draw(st.integers(1, 8))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    by_name = data.draw(typed_columns(n, d, rng))
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    table = FRAMES[kind](by_name, cuts, rng)
    is_narrow = {column.dtype.str[1:] for column in by_name.values()} == {"f4"}
    X = np.column_stack(list(by_name.values())).astype(np.float32 if is_narrow else np.float64)
    y, variant = rng.standard_normal(n), data.draw(st.sampled_from(VARIANTS))
    arguments = {"learning_rate": 0.01, "max_iter": 3, "random_state": 0, "alpha": 0.1}
    if variant == "minibatch":
        arguments["batch_size"] = data.draw(st.integers(1, n))
    with (
        mock.patch.object(frames, "CHUNK_ROWS", 0),
        mock.patch.object(order, "PIECE_BYTES", data.draw(st.integers(1, 100))),
        mock.patch.object(sources, "BUFFERS_GATHERED", data.draw(st.integers(1, 3))),
        mock.patch.object(order, "BUFFER_BYTES", 0),
        mock.patch.object(order, "MIN_PIECES", 4),
        mock.patch.object(order, "MIN_ROWS", 1),
        mock.patch.object(order, "WINDOW_WORK", data.draw(st.integers(1, 40)) * (d + 16)),
        mock.patch.object(passes, "BLOCK_VALUES", data.draw(st.integers(1, 100))),
    ):
        result = fastgd.fit(table, y, variant, **arguments)
        expected = fastgd.fit(X, y, variant, **arguments)
    assert result.coef_.tobytes() == expected.coef_.tobytes()
    assert result.coef_.dtype == X.dtype
    assert result.intercept_ == expected.intercept_
    assert list(result.feature_names_in_) == list(by_name)
