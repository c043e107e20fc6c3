"""A loss of the user's that falls without end is no fit; bounded ones raise no alarm."""

import math
import warnings

import numpy as np
import pytest

import fastgd
from fastgd import StopReason

RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 1.0 + 0.1 * RNG.standard_normal(200)


def quantile_beyond_one(z, y):
    r = z - y
    return (-0.2 * r, -0.2) if r > 0 else (-1.2 * r, -1.2)


ENDLESS = {
    "linear": lambda z, y: (z - y, 1.0),
    "the other way": lambda z, y: (y - z, -1.0),
    "the negative square": lambda z, y: (-((z - y) ** 2), -2 * (z - y)),
    "the negative absolute error": lambda z, y: (-abs(z - y), -1.0 if z > y else 1.0),
    "a quantile above 1": quantile_beyond_one,
    "a product": lambda z, y: (z * y, y),
}
SETTINGS = {
    "self-tuned": {},
    "textbook": {"learning_rate": 0.1, "max_iter": 20},
    "with a tolerance": {"learning_rate": 0.01, "max_iter": 20, "tol": 1e-3},
    "far": {"learning_rate": 0.9, "max_iter": 500},
    "without an intercept": {"learning_rate": 0.1, "max_iter": 20, "fit_intercept": False},
    "at once": {"learning_rate": 1e300, "max_iter": 20},
}


@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("case", ENDLESS)
def test_a_loss_that_falls_without_end_is_said(case, setting, variant):
    if setting == "without an intercept" and case == "a quantile above 1":
        pytest.skip("as many rows rise as fall")
    settings = {"max_iter": 30} | SETTINGS[setting]
    with pytest.warns(fastgd.DivergenceWarning) as caught:
        result = fastgd.fit(X, Y, variant, loss=ENDLESS[case], random_state=0, **settings)
    assert len(caught) == 1 and " falls without end; the sign of its value" in str(
        caught[0].message
    )
    assert not result.converged and result.stop_reason is StopReason.DIVERGED
    assert np.isfinite(result.coef_).all() and math.isfinite(result.objective)


BOUNDED = {
    "squared": lambda z, y: (0.5 * (z - y) ** 2, z - y),
    "below zero": lambda z, y: (0.5 * (z - y) ** 2 - 1e6, z - y),
    "absolute": lambda z, y: (abs(z - y), 1.0 if z > y else -1.0),
    "clipped": lambda z, y: ((z - y) ** 2, 2 * (z - y)) if abs(z - y) < 1 else (1.0, 0.0),
    "Cauchy": lambda z, y: (math.log(1 + (z - y) ** 2), 2 * (z - y) / (1 + (z - y) ** 2)),
    "Welsch": lambda z, y: (-math.exp(-((z - y) ** 2)), 2 * (z - y) * math.exp(-((z - y) ** 2))),
    "a constant": lambda z, y: (3.0, 0.0),
    "softplus": lambda z, y: (math.log(1 + math.exp(z - y)), 1 / (1 + math.exp(y - z))),
}


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e-6])
@pytest.mark.parametrize("settings", [{}, {"learning_rate": 1e-3}], ids=["self-tuned", "textbook"])
@pytest.mark.parametrize("case", BOUNDED)
def test_a_bounded_loss_never_is(case, settings, scale):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fastgd.fit(X, scale * Y, "batch", loss=BOUNDED[case], max_iter=5, **settings)
    assert not [w for w in caught if "falls without end" in str(w.message)]


def test_a_penalty_ends_the_fall():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        result = fastgd.fit(
            X, Y, "batch", loss=ENDLESS["a product"], alpha=1.0, fit_intercept=False,
            learning_rate=0.1, max_iter=500, tol=1e-6,
        )  # fmt: skip
    np.testing.assert_allclose(result.coef_, -(X * Y[:, None]).mean(axis=0), rtol=1e-4)
