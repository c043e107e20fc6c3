"""Poisson, gamma and Tweedie regression beside scikit-learn's, untuned and to the optimum."""

import itertools
import math
import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

import fastgd
from fastgd.losses import Loss

VARIANTS = ["batch", "stochastic", "minibatch"]
LOSSES = {
    "poisson": (fastgd.Poisson(), 1.0, PoissonRegressor),
    "gamma": (fastgd.Gamma(), 2.0, GammaRegressor),
    "tweedie": (fastgd.Tweedie(power=1.6), 1.6, TweedieRegressor),
}


def drawn(rng, mean, power):
    """Return targets of this mean, with a variance of about mean^power."""
    if power == 1:
        return rng.poisson(mean).astype(float)
    if power == 2:
        return rng.gamma(2.0, mean / 2.0)
    counts = rng.poisson(mean ** (2 - power) / (2 - power))
    shape, scale = (2 - power) / (power - 1), (power - 1) * mean ** (power - 1)
    return np.where(counts > 0, rng.gamma(shape * np.maximum(counts, 1), scale), 0.0)


def problem(case, power):
    """Return X, y, sample weights and alpha."""
    rng = np.random.default_rng(sum(map(ord, case)))
    n, d = (400, 3) if case == "small" else (6000, 12)
    X = rng.standard_normal((n, d))
    coef = rng.standard_normal(d) / np.sqrt(d) * (1.5 if case == "strong" else 0.6)
    level = {"rare": -3.0, "large": 8.0}.get(case, 1.0)
    y = drawn(rng, np.exp(X @ coef + level), power)
    if case == "wide scales":
        X = X * 10.0 ** rng.integers(-4, 5, d) + 10.0 ** rng.integers(-3, 3, d)
    if case == "correlated":
        X[:, 1] = X[:, 0] + 0.01 * X[:, 1]
    weights = rng.exponential(size=n) if case in ("weighted", "strong") else None
    return X, y, weights, 0.01 if case in ("penalised", "weighted") else 0.0


CASES = [
    "small",
    "strong",
    "weighted",
    "penalised",
    "wide scales",
    "correlated",
    "rare",
    "large",
]


def half_deviance(y, z, power):
    if power == 1:
        return np.exp(z) - y + y * (np.log(np.where(y > 0, y, 1.0)) - z)
    if power == 2:
        return y * np.exp(-z) - 1.0 + z - np.log(y)
    a, b = 1.0 - power, 2.0 - power
    return y**b / (a * b) - y * np.exp(a * z) / a + np.exp(b * z) / b


def objective(X, y, weights, alpha, power, coef, intercept):
    loss = np.average(half_deviance(y, X @ coef + intercept, power), weights=weights)
    return loss + 0.5 * alpha * np.sum(np.square(coef))


def sklearns(name, X, y, weights, alpha):
    """Return coefficients and the intercept of scikit-learn's model, fitted to scaled columns."""
    _, power, model = LOSSES[name]
    mean, spread = (0.0, 1.0) if alpha else (X.mean(axis=0), X.std(axis=0))
    keywords = {"power": power, "link": "log"} if model is TweedieRegressor else {}
    peer = model(alpha=alpha, tol=1e-10, max_iter=1000, solver="newton-cholesky", **keywords)
    peer.fit((X - mean) / spread, y, weights)
    coef = peer.coef_ / spread
    return coef, float(peer.intercept_ - np.sum(mean * coef))


@pytest.mark.compiled
@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("name", "case"), list(itertools.product(LOSSES, CASES)))
def test_an_untuned_fit_meets_its_tolerance(name, case, variant):
    """Batch: the optimum, to 1e-8 of the way from zero; the others as far as they say."""
    loss, power, _ = LOSSES[name]
    X, y, weights, alpha = problem(case, power)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fastgd.fit(
            X, y, variant, loss=loss, alpha=alpha, sample_weight=weights, random_state=0
        )
    given = X, y, weights, alpha, power
    best = objective(*given, *sklearns(name, X, y, weights, alpha))
    reached = objective(*given, result.coef_, result.intercept_)
    at_zero = objective(*given, np.zeros(X.shape[1]), 0.0)
    assert result.objective == pytest.approx(reached, rel=1e-9, abs=1e-12 * at_zero)
    if variant == "batch":
        assert not caught and result.converged
        assert reached - best <= 1e-8 * (at_zero - best)
        return
    assert result.converged or caught
    assert reached - best <= result.suboptimality + 1e-12 * at_zero
    constant = objective(*given, np.zeros(X.shape[1]), np.log(np.average(y, weights=weights)))
    assert reached - best <= 0.02 * (constant - best)


@pytest.mark.compiled
@pytest.mark.parametrize("name", LOSSES)
def test_the_mean_of_the_predictions_is_that_of_the_targets(name):
    """What the derivative by the intercept being zero means, of the canonical link of Poisson."""
    loss, power, _ = LOSSES[name]
    X, y, weights, _ = problem("strong", power)
    mean = fastgd.fit(X, y, "batch", loss=loss, sample_weight=weights).predict(X)
    balance = np.average((mean - y) * mean ** (1 - power), weights=weights)
    assert abs(balance) < 1e-4 * np.average(y * mean ** (1 - power), weights=weights)


@pytest.mark.compiled
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov", "adagrad", "adam"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_named_optimizers_find_a_rate_for_the_region_they_reach(variant, optimizer):
    X, y, weights, _ = problem("strong", 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        result = fastgd.fit(
            X, y, variant, loss="poisson", optimizer=optimizer, sample_weight=weights,
            preconditioner=None, random_state=0,
        )  # fmt: skip
    best = fastgd.fit(X, y, "batch", loss="poisson", sample_weight=weights)
    assert result.objective - best.objective < 1e-3 * best.objective


@pytest.mark.compiled
def test_an_l1_penalty_makes_coefficients_zero():
    """Zero is a subgradient; the other variants come near."""
    X, y, _, _ = problem("penalised", 1.0)
    X = np.column_stack([X, np.random.default_rng(0).standard_normal((len(X), 5))])
    run = {"loss": "poisson", "alpha": 0.15, "l1_ratio": 1.0, "random_state": 0}
    result = fastgd.fit(X, y, "batch", **run)
    assert not result.coef_[12:].any()
    g, kept = X.T @ (result.predict(X) - y) / len(y), result.coef_ != 0
    np.testing.assert_allclose(g[kept], -0.15 * np.sign(result.coef_[kept]), atol=1e-5)
    assert (np.abs(g[~kept]) <= 0.15 + 1e-5).all()
    for variant in ("stochastic", "minibatch"):
        other = fastgd.fit(X, y, variant, **run)
        assert other.objective < 1.002 * result.objective


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
def test_more_columns_than_a_hessian_is_made_for(variant):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1500, 1100))
    y = rng.poisson(np.exp(X @ rng.standard_normal(1100) / 33 + 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        result = fastgd.fit(X, y, variant, loss="poisson", alpha=0.1, random_state=0)
    assert result.score(X, y) > 0.5


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("start", [10.0, -10.0])
def test_a_start_far_away_ends_at_the_optimum_or_with_a_warning(start, variant):
    X, y, _, _ = problem("small", 1.0)
    best = fastgd.fit(X, y, "batch", loss="poisson")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fastgd.fit(
            X, y, variant, loss="poisson", coef_init=np.full(3, start), intercept_init=start,
            random_state=0,
        )  # fmt: skip
    is_near = result.objective - best.objective < 1e-2 * best.objective
    assert is_near or caught
    assert is_near or variant != "batch"


@pytest.mark.compiled
def test_levels_without_an_event_end_soon():
    """Their coefficients are minus infinity: the loss flattens out on the way there."""
    rng = np.random.default_rng(0)
    X = np.eye(8)[rng.integers(0, 8, 800)]
    y = rng.poisson(2.0, 800) * (X[:, 3] == 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        result = fastgd.fit(X, y, "batch", loss="poisson", fit_intercept=False)
    means = result.predict(np.eye(8))
    expected = [y[X[:, j] == 1].mean() for j in range(8)]
    np.testing.assert_allclose(means, expected, atol=1e-4)


def test_a_float32_table_is_fitted_as_its_float64_twin():
    X, y, _, _ = problem("small", 2.0)
    wide, narrow = (
        fastgd.fit(X.astype(kind), y, "batch", loss="gamma") for kind in (np.float64, np.float32)
    )
    assert narrow.coef_.dtype == np.float32
    np.testing.assert_allclose(narrow.coef_, wide.coef_, atol=1e-5)


def test_saved_and_loaded_it_predicts_means(tmp_path):
    X, y, _, _ = problem("small", 1.6)
    model = fastgd.fit(X, y, "batch", loss=fastgd.Tweedie(power=1.6))
    model.save(tmp_path / "model.fastgd")
    loaded = fastgd.load(tmp_path / "model.fastgd")
    assert loaded.loss_ == fastgd.Tweedie(power=1.6) and loaded.loss_.curvature is None
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert (model.predict(X) > 0).all()


def _own(z, y, parameters):
    mean = math.exp(z) if z < 700 else math.inf
    return mean - y * z, mean - y


@dataclass(frozen=True)
class Own(Loss):
    """A smooth loss without a bound of which nothing else is known."""

    name: ClassVar[str] = "own"
    function = staticmethod(_own)
    smooth: ClassVar[bool] = True

    def inverse_link(self, z):
        """Return the mean."""
        return np.exp(z)


@pytest.mark.compiled
@pytest.mark.parametrize("level", [0.0, 7.0, 12.0])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_smooth_loss_of_ones_own_without_a_bound_reaches_its_optimum(variant, level):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3000, 3))
    y = rng.poisson(np.exp(X @ np.array([0.5, -0.3, 0.0]) + level))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fastgd.fit(X, y, variant, loss=Own(), random_state=0)
    best = fastgd.fit(X, y, "batch", loss="poisson")
    if caught and variant == "stochastic":  # it says how far it is
        return
    assert result.converged
    np.testing.assert_allclose(result.coef_, best.coef_, atol=0.02)
    np.testing.assert_allclose(result.predict(X), best.predict(X), rtol=0.05)
