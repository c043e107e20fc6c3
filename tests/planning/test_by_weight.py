"""Samples of rows with uneven weights: what they estimate is as sure as with even ones."""

import numpy as np
import pytest

import fastgd
from fastgd.data.inputs import make_source
from fastgd.planning.pilot.by_weight import draw_by_weight
from fastgd.planning.pilot.sample import draw

N, D = 12_000, 6
WEIGHTS = {
    "lognormal(2)": lambda rng: rng.lognormal(0, 2, N),
    "exponential": lambda rng: rng.exponential(1, N),
    "exponential, cubed": lambda rng: rng.exponential(1, N) ** 3,
    "1 % of rows 100 times": lambda rng: np.where(rng.random(N) < 0.01, 100.0, 1.0),
    "1 % of rows 1e4 times": lambda rng: np.where(rng.random(N) < 0.01, 1e4, 1.0),
    "Pareto(1.5)": lambda rng: rng.pareto(1.5, N) + 1,
    "half of them zero": lambda rng: rng.lognormal(0, 2, N) * (rng.random(N) < 0.5),
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_places_stand_for_all(kind):
    weights = WEIGHTS[kind](np.random.default_rng(0))
    values = np.random.default_rng(1).standard_normal(N) + 3.0
    means = []
    for seed in range(200):
        places, each = draw_by_weight(weights, 500, np.random.default_rng(seed))
        assert len(np.unique(places)) == len(places) and 350 < len(places) <= 500
        assert (weights[places] > 0).all()
        means.append(np.sum(each * (weights * values)[places]) / weights.sum())
    error = np.std(means) / np.sqrt(len(means))
    right = weights @ values / weights.sum()
    assert np.mean(means) == pytest.approx(right, abs=5 * error + 1e-12)
    assert np.std(means) < 2.0 / np.sqrt(500)  # as of 500 rows that count the same


@pytest.mark.parametrize("weights", [[1.0, 0, 0, 5], [1e-300, 1, 1e300], [3.0], [1.0] * 7 + [1e9]])
@pytest.mark.parametrize("size", [1, 2, 9])
def test_extreme_weights_draw_rows_of_weight(weights, size):
    weights = np.array(weights)
    for seed in range(20):
        places, each = draw_by_weight(weights, size, np.random.default_rng(seed))
        assert 1 <= len(places) <= size
        assert (weights[places] > 0).all() and np.isfinite(each).all() and (each >= 1).all()
        assert np.argmax(weights) in places or size == 1


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_what_rows_count_adds_up_to_the_table(kind, labels):
    rng = np.random.default_rng(2)
    weights, X = WEIGHTS[kind](rng), rng.standard_normal((N, D))
    y = np.where(rng.random(N) < 0.003, 1.0, -1.0) if labels else X[:, 0]
    drawn = draw(make_source(X, y, weights, "binary" if labels else "real"), True, seed=3)
    assert np.mean(drawn.weights) == pytest.approx(1.0, rel=1e-12)
    if labels:
        rare = drawn.source.y[drawn.chosen] > 0
        share = weights[y > 0].sum() / weights.sum()
        assert np.count_nonzero(rare) >= min(10, np.count_nonzero(weights[y > 0]))
        assert np.mean(drawn.weights * rare) == pytest.approx(share, rel=1e-9)
    squares = np.mean(drawn.weights[:, None] * drawn.rows[:, :-1] ** 2, axis=0)
    right = weights @ X**2 / weights.sum()
    np.testing.assert_allclose(squares, right, rtol=0.5 if labels else 0.25)


# ------------------------------------------------------------------------------ what it is good for


def objective(A, y, s, loss, coef):
    z = A @ coef
    if loss == "log_loss":
        return np.mean(s * np.logaddexp(0, -y * z))
    r = np.abs(z - y)
    if loss == "huber":
        return np.mean(s * np.where(r < 1.35, r * r / 2, 1.35 * (r - 1.35 / 2)))
    return np.mean(s * r * r) / 2


def optimum(A, y, s, loss):
    """Newton's method on all rows, from least squares."""
    root = np.sqrt(s)
    coef = np.linalg.lstsq(A * root[:, None], y * root, rcond=None)[0]
    coef = 0 * coef if loss == "log_loss" else coef
    for _ in range(0 if loss == "squared_error" else 60):
        z = A @ coef
        if loss == "log_loss":
            p = 1 / (1 + np.exp(-z))
            slopes, bends = p - (y > 0), p * (1 - p)
        else:
            slopes, bends = np.clip(z - y, -1.35, 1.35), np.abs(z - y) < 1.35
        coef = coef - np.linalg.solve((A * (s * bends)[:, None]).T @ A, A.T @ (s * slopes))
    return coef


@pytest.mark.compiled
@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@pytest.mark.parametrize("loss", ["squared_error", "log_loss", "huber"])
@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize(
    "seeds", [range(2), pytest.param(range(2, 6), marks=pytest.mark.slow)], ids=["2", "more"]
)
def test_suboptimality_is_an_upper_bound_whatever_the_weights(kind, loss, seeds):
    """In 95 of 100 fits it may be at most 1.5 times too small."""
    short, fits = 0, 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((N, D)) @ rng.standard_normal((D, D)) + 1
        weights = WEIGHTS[kind](rng)
        y = X @ rng.standard_normal(D) / D + 2 * rng.standard_normal(N)
        y = np.sign(y - np.median(y)) if loss == "log_loss" else y
        A, s = np.column_stack([X, np.ones(N)]), weights / weights.mean()
        best = optimum(A, y, s, loss)
        least = objective(A, y, s, loss, best)
        for variant in ("minibatch", "batch", "stochastic"):
            fit = fastgd.fit(X, y, variant, loss=loss, sample_weight=weights, random_state=seed)
            coef = np.append(fit.coef_, fit.intercept_)
            gap = objective(A, y, s, loss, coef) - least
            fits += 1
            short += gap > 1.5 * fit.suboptimality + 1e-14 * least
            assert not fit.converged or gap <= 5 * fit.suboptimality + 1e-14 * least
    assert short <= 0.05 * fits
