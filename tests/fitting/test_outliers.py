"""Targets with wrong units, sentinels and broken sensors, for the losses chosen because of them.

The optimum comes from a linear program. A bound relative to the objective would prove nothing,
since the wild targets make up nearly all of it: excesses are measured in units of the mean loss of
all other rows.
"""

import itertools
import warnings

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

import fastgd
from fastgd.base.robust import Targets, weighted_quantile
from fastgd.losses.smoothing import smoothed

VARIANTS = ["batch", "minibatch", "stochastic"]
LOSSES = {
    "absolute_error": fastgd.AbsoluteError(),
    "quantile": fastgd.Quantile(0.8),
    "epsilon_insensitive": fastgd.EpsilonInsensitive(0.3),
}
N, D = 2000, 4
NEAR = 1e3  # how far wild targets lie in the linear program: on which side is all that counts


def losses_of(loss, r):
    """The loss of each residual, written out."""
    if loss.name == "quantile":
        return np.where(r > 0, (1 - loss.quantile) * r, -loss.quantile * r)
    return np.maximum(np.abs(r) - getattr(loss, "epsilon", 0.0), 0.0)


def linear_program(loss, A, y, weights):
    """The coefficients of least weighted loss."""
    n, d = A.shape
    table, ones = csr_array(A), eye_array(n)
    if loss.name == "epsilon_insensitive":
        bounds = [(None, None)] * d + [(0, None)] * n
        rows = vstack([hstack([table, -ones]), hstack([-table, -ones])]).tocsr()
        limits = np.concatenate([y + loss.epsilon, loss.epsilon - y])
        costs = np.concatenate([np.zeros(d), weights])
        return linprog(costs, A_ub=rows, b_ub=limits, bounds=bounds).x[:d]
    above = 1 - loss.quantile if loss.name == "quantile" else 1.0
    below = loss.quantile if loss.name == "quantile" else 1.0
    bounds = [(None, None)] * d + [(0, None)] * (2 * n)
    costs = np.concatenate([np.zeros(d), above * weights, below * weights])
    return linprog(costs, A_eq=hstack([table, -ones, ones]), b_eq=y, bounds=bounds).x[:d]


class Case:
    """A table with wild targets, and how far above the optimum a fit is."""

    def __init__(self, loss, fraction, size, seed=0, weights=None):
        rng = np.random.default_rng(seed)
        self.loss, self.weights = loss, np.ones(N) if weights is None else weights
        self.X = rng.standard_normal((N, D)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 5.0, 0.0, 1.0]
        self.tame = self.X @ [1.0, 0.1, 10.0, 1.0] + 0.5 + rng.standard_normal(N)
        self.is_wild = np.zeros(N, bool)
        self.is_wild[rng.permutation(N)[: round(fraction * N)]] = True
        side = 1.0 if seed % 2 == 0 else np.where(rng.random(N) < 0.5, 1.0, -1.0)
        self.y = np.where(self.is_wild, size * side, self.tame)
        self.A = np.column_stack([self.X, np.ones(N)])
        self.near = np.where(self.is_wild, NEAR * side, self.tame)
        best = linear_program(loss, self.A, self.near, self.weights)
        self.least = losses_of(loss, self.A @ best - self.near)
        self.unit = np.average(self.least[~self.is_wild], weights=self.weights[~self.is_wild])

    def excess(self, result):
        r = self.A @ np.append(result.coef_, result.intercept_) - self.near
        difference = losses_of(self.loss, r) - self.least
        return np.average(difference, weights=self.weights) / self.unit


@pytest.mark.compiled
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("fraction", [0.001, 0.01, 0.1])
@pytest.mark.parametrize(
    "sizes",
    [{0: 1e3, 3: 1e12}, pytest.param({1: 1e6, 2: 1e9}, marks=pytest.mark.slow)],
    ids=["extreme", "between"],
)
def test_wild_targets_do_not_matter(name, fraction, sizes):
    for k, size in sizes.items():
        case = Case(LOSSES[name], fraction, size, seed=k)
        for variant in VARIANTS:
            result = fastgd.fit(case.X, case.y, variant, loss=case.loss, random_state=k)
            assert result.converged
            assert case.excess(result) < 1e-2
            assert result.n_iter_ <= 20
            bound = result.suboptimality / case.unit
            assert -1e-9 < case.excess(result) <= bound


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "optimizer", ["auto", "adam", pytest.param("adagrad", marks=pytest.mark.slow)]
)
def test_sentinels_of_weight_zero_change_nothing(variant, optimizer):
    weights = np.ones(N)
    weights[::7] = 0.0
    case = Case(LOSSES["absolute_error"], 0.0, 0.0, weights=weights)
    run = {"loss": case.loss, "optimizer": optimizer, "sample_weight": weights, "random_state": 0}
    plain, marked = (
        fastgd.fit(case.X, np.where(weights == 0, sentinel, case.tame), variant, **run)
        for sentinel in (0.0, -1e7)
    )
    np.testing.assert_array_equal(plain.coef_, marked.coef_)
    assert plain.intercept_ == marked.intercept_
    if optimizer == "auto":
        assert case.excess(marked) < 1e-2


@pytest.mark.compiled
@pytest.mark.parametrize("level", [0.0, 1e4])
@pytest.mark.parametrize(
    "period", [2, *(pytest.param(k, marks=pytest.mark.slow) for k in (3, 4, 8))]
)
def test_sensors_that_take_turns_are_all_seen(period, level):
    """Of 8,192 rows every k-th is another sensor's, as one column says."""
    rng = np.random.default_rng(period)
    X = rng.standard_normal((8192, 3))
    X[:, 2] = np.arange(8192) % period == 0
    y = X @ [1.0, 2.0, level] + np.where(X[:, 2] == 1, 1e3, 1.0) * rng.standard_normal(8192)
    loss = fastgd.AbsoluteError()
    A = np.column_stack([X, np.ones(len(X))])
    best = losses_of(loss, A @ linear_program(loss, A, y, np.ones(len(y))) - y).mean()
    for variant in VARIANTS:
        with warnings.catch_warnings():  # of the noise of single rows
            warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
            result = fastgd.fit(X, y, variant, loss=loss, random_state=0)
        assert result.converged or variant == "stochastic"
        assert result.objective < (1.01 if variant == "stochastic" else 1.001) * best


@pytest.mark.compiled
@pytest.mark.parametrize(
    "scale", [1e-150, *(pytest.param(s, marks=pytest.mark.slow) for s in (1e-6, 1e6)), 1.0, 1e150]
)
@pytest.mark.parametrize("kind", ["noise", "exact", "mostly equal", "two values"])
def test_targets_of_any_scale(scale, kind):
    rng = np.random.default_rng(3)
    X = rng.standard_normal((300, 2))
    y = {
        "noise": X @ [1.0, 2.0] + rng.standard_normal(300),
        "exact": X @ [1.0, 2.0] + 3.0,
        "mostly equal": np.where(rng.random(300) < 0.2, rng.standard_normal(300), 5.0),
        "two values": np.where(rng.random(300) < 0.3, 1.0, 0.0),
    }[kind]
    A = np.column_stack([X, np.ones(len(X))])
    loss = fastgd.AbsoluteError()
    best = linear_program(loss, A, y, np.ones(len(y)))
    unit = np.abs(y - np.median(y)).mean()
    for variant in VARIANTS:
        with warnings.catch_warnings():  # of ties, which single rows keep apart for long
            warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
            result = fastgd.fit(X, scale * y, variant, loss="absolute_error", random_state=0)
        excess = result.objective / scale - np.abs(A @ best - y).mean()
        assert excess < 1e-2 * unit
        assert result.converged or variant == "stochastic"


# --------------------------------------------------------------- what a sample tells of the targets


@pytest.mark.parametrize("seed", range(20))
def test_weighted_quantiles_are_those_of_repeated_values(seed):
    rng = np.random.default_rng(seed)
    values = np.round(rng.standard_normal(15), 1)
    weights = rng.integers(0, 5, 15)
    weights[0] += 1
    for level in (0.1, 0.25, 0.5, 0.9):
        told = weighted_quantile(values, weights.astype(float), level)
        among = np.sort(values.repeat(weights))
        costs = [losses_of(fastgd.Quantile(level), v - among).sum() for v in (told, *among)]
        assert costs[0] <= min(costs) + 1e-9
        assert told == weighted_quantile(among, np.ones(len(among)), level)
    assert weighted_quantile(values, np.ones(15), 0.5) == np.median(values)


SPREADS = {
    "half of them zero": ([0, 0, 0, 1, 2], 1.0),
    "nearly all zero": ([0] * 95 + [3] * 5, 3.0),
    "all equal": ([7, 7, 7], 1.0),
    "one wild": ([-1, 0, 1, 2, 1e12], 1.0),
    "two levels": ([0, 10], 5.0),
}


@pytest.mark.parametrize(("y", "spread"), SPREADS.values(), ids=SPREADS)
def test_spread_of_targets(y, spread):
    targets = Targets(np.asarray(y, dtype=float), np.ones(len(y)))
    assert targets.spread_about_median == spread


@pytest.mark.parametrize("width", [1e-3, 0.2])
@pytest.mark.parametrize("loss", [*LOSSES.values(), fastgd.Hinge()], ids=lambda loss: loss.name)
def test_a_smoothed_loss_lies_just_above_the_loss_and_has_its_derivative(loss, width):
    smooth = smoothed(loss, width)
    points = np.concatenate([np.linspace(-3, 3, 121), [-0.3, 0.0, 0.3, 1.0]])
    for z, y in itertools.product(points, (1.0, -1.0)):
        value, derivative = smooth.function(z, y, smooth.parameters)
        exact = loss.function(z, y, loss.parameters)[0]
        assert -1e-12 <= value - exact <= 0.5 * width + 1e-12
        h = 1e-7
        around = [smooth.function(z + move, y, smooth.parameters)[0] for move in (-h, h)]
        assert derivative == pytest.approx(np.diff(around)[0] / (2 * h), abs=1e-6 + h / width)
    assert np.isnan(smooth.function(np.nan, 1.0, smooth.parameters)).all()


@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error", "squared_hinge"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_weights_are_repetitions(variant, loss, alpha):
    """scikit-learn's check of estimators: 15 rows of 30 columns, weights from 0 to 4."""
    rng = np.random.RandomState(42)
    X, y, weights = rng.rand(15, 30), rng.randint(0, 3, 15), rng.randint(0, 5, 15)
    y = (y > 1).astype(float) if loss == "squared_hinge" else y.astype(float)
    run = {"loss": loss, "alpha": alpha, "random_state": 0}
    repeated = X.repeat(weights, axis=0), y.repeat(weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        fits = (
            fastgd.fit(X, y, variant, sample_weight=weights, **run),
            fastgd.fit(*repeated, variant, **run),
        )
    predicted = [result.intercept_ + X @ result.coef_ for result in fits]
    close = 1e-7 if alpha == 0 or variant == "batch" else 0.02
    np.testing.assert_allclose(*predicted, atol=close)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", [*LOSSES.values(), fastgd.Huber(0.5)], ids=lambda loss: loss.name)
@pytest.mark.parametrize("size", [1e15, -1e20, float(np.finfo(np.float32).max), 1e300])
def test_targets_that_leave_no_digits_for_others_are_refused(loss, size, variant):
    case = Case(fastgd.AbsoluteError(), 0.0, 0.0)
    y = case.tame.copy()
    y[3] = size
    with pytest.raises(ValueError, match=r"y must not differ from its median .* clip y"):
        fastgd.fit(case.X, y, variant, loss=loss)
    weights = np.where(np.arange(N) == 3, 0.0, 1.0)
    assert fastgd.fit(case.X, y, variant, loss=loss, sample_weight=weights).converged
    clipped = fastgd.fit(case.X, np.clip(y, -1e6, 1e6), variant, loss=loss, random_state=0)
    assert clipped.converged
    nearby = fastgd.fit(case.X, np.clip(y, -1e3, 1e3), variant, loss=loss, random_state=0)
    np.testing.assert_allclose(clipped.coef_, nearby.coef_, atol=0.1)
