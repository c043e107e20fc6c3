"""A run ends in one of four ways: nothing that went wrong ends as success.

It ends within its stated tolerance; or having made the epochs that were asked for, no worse than it
began; or with a warning; or with an error. Problems are drawn at random, good ones and bad ones,
over all losses, variants and modes.
"""

import warnings

import naive
import numba
import numpy as np
import pytest

import fastgd
from fastgd.losses import LOSSES

VARIANTS = ["batch", "stochastic", "minibatch"]
ROUNDING = 1e-6  # of a loss, in float64; sums of wild rows have fewer digits
NOISE = 9.0  # of the loss at z = 0: how high steps of some rows may keep the objective
PLAIN = numba.config.DISABLE_JIT


def table(rng):
    n, d = int(rng.integers(8, 50)), int(rng.integers(1, 5))
    X = rng.standard_normal((n, d)) @ (np.eye(d) + rng.uniform(0, 1) * rng.standard_normal((d, d)))
    return X, X @ rng.standard_normal(d) + rng.uniform(0, 2) * rng.standard_normal(n)


def separable(rng):
    X, _ = table(rng)
    return X, X[:, 0]


def duplicated(rng):
    X, y = table(rng)
    return np.column_stack([X, X]), y


def scaled(rng):
    X, y = table(rng)
    return X * 10.0 ** rng.choice([-150, -20, 0, 20, 150]), y * 10.0 ** rng.choice([-150, 0, 150])


def wild(rng):
    X, y = table(rng)
    return X, np.where(rng.random(len(y)) < 0.05, 1e12, y)


def cauchy(rng):
    X, y = table(rng)
    return rng.standard_cauchy(X.shape), y


def equal(rng):
    X, y = table(rng)
    return X, np.full_like(y, rng.choice([0.0, 5.0, -1e9]))


def rare(rng):
    n = int(rng.integers(8, 30))
    return np.eye(n)[:, : n // 2], rng.standard_normal(n)


BAD = [separable, duplicated, scaled, wild, cauchy, equal, rare]


def drawn(seed, kinds):
    """A problem, and the keywords of a fit."""
    rng = np.random.default_rng(seed)
    X, y = kinds[seed % len(kinds)](rng)
    names = [*LOSSES] if PLAIN else ["squared_error", "absolute_error", "log_loss", "hinge"]
    name = str(rng.choice(names))
    if LOSSES[name].target == "binary":
        y = np.where(y > np.median(y), 1.0, -1.0)
    y = naive.LOSSES[name].targets(y)
    keywords = {"loss": name, "random_state": seed, "fit_intercept": bool(rng.random() < 0.7)}
    if rng.random() < 0.3:
        keywords["alpha"] = 10.0 ** rng.uniform(-4, 0)
    if rng.random() < 0.5:
        keywords |= {
            "learning_rate": 10.0 ** rng.uniform(-4, 0.5), "max_iter": int(rng.choice([1, 5, 20]))
        }  # fmt: skip
        keywords["optimizer"] = str(rng.choice(["gd", "momentum", "adam"] if PLAIN else ["gd"]))
    return X, y, str(rng.choice(VARIANTS)), keywords


def objective(X, y, keywords, coef, intercept):
    with np.errstate(all="ignore"):
        loss = np.mean(naive.LOSSES[keywords["loss"]].loss(X @ coef + intercept, y)[0])
        alpha = keywords.get("alpha", 0.0)
        return loss + 0.5 * alpha * np.sum(np.square(coef)) if alpha else loss


def check(seed, kinds):
    """Return False if another fit got lower than this one's tolerance says is possible."""
    X, y, variant, keywords = drawn(seed, kinds)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = fastgd.fit(X, y, variant, **keywords)
        except (TypeError, ValueError) as error:
            sentence = str(error)
            result = None
    if result is None:
        assert sentence.endswith(".") and "\n" not in sentence
        return True
    kinds_of_warning = {warning.category for warning in caught}
    assert np.isfinite(result.coef_).all() and np.isfinite(result.intercept_)
    told = kinds_of_warning & {fastgd.DivergenceWarning, fastgd.ConvergenceWarning}
    if told:
        assert not result.converged
        return True
    at_zero = objective(X, y, keywords, np.zeros(X.shape[1]), 0.0)
    reached = objective(X, y, keywords, result.coef_, result.intercept_)
    if not result.converged or result.suboptimality is None:
        noise = NOISE if variant != "batch" and "learning_rate" in keywords else 0.0
        assert reached <= at_zero * (1.0 + ROUNDING + noise)
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = fastgd.fit(X, y, "batch", **keywords)
    lower = objective(X, y, keywords, other.coef_, other.intercept_)
    return reached - lower <= 2.0 * result.suboptimality + ROUNDING * max(at_zero, abs(reached))


@pytest.mark.parametrize("kinds", [[table], BAD], ids=["good", "bad"])
def test_a_run_ends_in_one_of_four_ways(kinds):
    """The tolerance is an estimate: it holds for 95 of 100."""
    count = 300 if PLAIN else 60
    assert np.mean([check(seed, kinds) for seed in range(count)]) > 0.95
