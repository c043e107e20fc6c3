"""`suggest` and `variant="auto"`: what is told must be true of the data, and be what happens."""

import numpy as np
import pytest

import fastgd
from fastgd.fitting import suggest as suggesting

RNG = np.random.default_rng(5)
N, D = 3000, 6
X = RNG.standard_normal((N, D)) @ np.diag([1.0, 2.0, 0.5, 1.0, 1.0, 3.0]) + 0.5
Y = X @ np.arange(D) + RNG.standard_normal(N)
LABELS = np.where(np.median(Y) < Y, "yes", "no")


def suggest(X=X, y=Y, **settings):
    return fastgd.suggest(X, y, random_state=0, **settings)


def test_the_numbers_are_those_of_the_table():
    told = suggest()
    A = np.column_stack([X, np.ones(N)])
    H = A.T @ A / N
    values = np.linalg.eigvalsh(H)
    lengths = np.sum(A * A, axis=1)
    fourth = (A * lengths[:, None]).T @ A / N
    row_bound = np.linalg.eigvals(np.linalg.solve(H, fourth)).real.max()
    assert (told.n, told.d) == (N, D)
    assert told.condition == pytest.approx(values[-1] / values[0], rel=1e-9)
    assert told.largest_eigenvalue == pytest.approx(values[-1], rel=1e-9)
    assert told.row_bound == pytest.approx(row_bound, rel=1e-9)
    assert told.critical_batch_size == pytest.approx(row_bound / values[-1] + 1, rel=1e-9)
    assert told.stable_rates["batch"] == pytest.approx(2 / values[-1], rel=1e-9)
    assert told.stable_rates["stochastic"] == pytest.approx(2 / row_bound, rel=1e-9)
    Z = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(N)])
    assert told.condition_scaled == pytest.approx(np.linalg.cond(Z) ** 2, rel=1e-6)


@pytest.mark.compiled
def test_the_rate_it_calls_stable_is_where_batch_descent_begins_to_diverge():
    rate = suggest().stable_rates["batch"]
    fine = fastgd.fit(X, Y, "batch", learning_rate=0.98 * rate, max_iter=3000)
    assert fine.objective < 0.6
    with pytest.warns(fastgd.DivergenceWarning):
        fastgd.fit(X, Y, "batch", learning_rate=1.02 * rate, max_iter=3000)


@pytest.mark.compiled
@pytest.mark.parametrize("settings", [{}, {"loss": "log_loss"}, {"alpha": 0.1}])
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_as_many_passes_are_made_as_were_expected(variant, settings):
    y = LABELS if settings.get("loss") == "log_loss" else Y
    told = suggest(y=y, **settings)
    made = fastgd.fit(X, y, variant, random_state=0, **settings).history["passes"][-1]
    assert told.passes[variant] == pytest.approx(made, abs=4)
    assert 0 < told.seconds[variant] < 10


CHOICES = [
    ({}, X, "batch"),
    ({"loss": "absolute_error"}, X, "minibatch"),
    ({"loss": "huber", "alpha": 0.1, "l1_ratio": 1.0}, X, "minibatch"),
    ({"alpha": 0.1, "l1_ratio": 1.0}, X, "batch"),
    ({}, np.tile(X, (30, 20)), "minibatch"),
]


@pytest.mark.compiled
@pytest.mark.parametrize(("settings", "table", "variant"), CHOICES)
def test_auto_follows_the_suggestion(settings, table, variant):
    y = np.resize(Y, len(table))
    told = suggest(table, y, **settings)
    assert told.variant == variant
    result = fastgd.fit(table, y, "auto", random_state=0, **settings)
    assert result.variant == variant
    again = fastgd.fit(table, y, **result.recipe)
    assert again.coef_.tobytes() == result.coef_.tobytes()


@pytest.mark.compiled
def test_auto_leaves_room_for_what_only_batches_have():
    assert fastgd.fit(X, Y, "auto", batch_size=100, random_state=0).variant == "minibatch"
    order = np.arange(N)[None, :]
    assert fastgd.fit(X, Y, "auto", shuffle=order, tol=None).variant == "minibatch"
    with pytest.raises(ValueError, match='variant="auto" is chosen together with the learning'):
        fastgd.fit(X, Y, "auto", learning_rate=0.1)


def test_the_text_says_it_all():
    text = str(suggest())
    for part in ("3,000 rows x 6 columns", "condition", 'take           "batch"', "Cholesky"):
        assert part in text
    jumping = str(suggest(loss="absolute_error"))
    assert "row bound" not in jumping and "textbook: rates below" not in jumping
    assert "no exact solver" in jumping


def test_dependent_columns_have_no_condition_and_constant_ones_do_no_harm():
    assert suggest(np.column_stack([X, X[:, 0]])).condition == np.inf
    assert np.isfinite(suggest(np.column_stack([X, np.zeros(N)])).condition_scaled)
    assert suggest(X[:4], Y[:4]).condition == np.inf


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"loss": "hing"}, "hinge"),
        ({"alpha": -1}, "alpha"),
        ({"l1_ratio": 2}, "l1_ratio"),
        ({"fit_intercept": "yes"}, "fit_intercept"),
        ({"y": Y[:-1]}, "2999"),
        ({"X": np.full((N, D), np.nan)}, "NaN"),
        ({"n_threads": 0}, "n_threads"),
    ],
)
def test_nonsense_is_refused_as_fit_refuses_it(settings, words):
    with pytest.raises((ValueError, TypeError), match=words):
        suggest(**settings)


@pytest.mark.parametrize("from_moments", [True, False])
@pytest.mark.parametrize("n", [3, 4, 5])
def test_as_few_rows_as_columns_depend_on_each_other(monkeypatch, n, from_moments):
    """The intercept is a column, too."""
    monkeypatch.setattr(suggesting, "has_moments", lambda source: from_moments)
    rng = np.random.default_rng(0)
    found = fastgd.suggest(rng.standard_normal((n, 5)), np.arange(n), random_state=0)
    assert found.condition == np.inf
    held = fastgd.suggest(rng.standard_normal((n, 5)), np.arange(n), alpha=1.0, random_state=0)
    assert np.isfinite(held.condition)


@pytest.mark.parametrize("loss", ["absolute_error", "quantile", "epsilon_insensitive"])
def test_where_slopes_jump_small_steps_are_said_to_take_fewer_passes(loss):
    rng = np.random.default_rng(0)
    found = fastgd.suggest(rng.standard_normal((200, 3)), rng.standard_normal(200), loss=loss)
    assert found.passes["minibatch"] == found.passes["stochastic"] < found.passes["batch"]
    assert found.variant == "minibatch" and found.stable_rates == {}
