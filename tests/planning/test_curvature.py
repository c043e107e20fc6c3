"""Steps multiplied by the inverse of a sample's curvature: the twin, the regimes, the edges."""

import itertools
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import fastgd
from benchmarks import regimes
from fastgd.base.linalg import forms, inverse, products
from fastgd.base.threads import Workers
from fastgd.data.inputs import make_source
from fastgd.descent.divergence import DivergenceGuard
from fastgd.losses import LOSSES
from fastgd.planning import plan, rates
from fastgd.planning.objective import Objective
from fastgd.planning.pilot import sample
from fastgd.planning.pilot.estimates import estimate
from fastgd.planning.pilot.pilot import Pilot

N, D = 3000, 5
RNG = np.random.default_rng(4)
X = RNG.standard_normal((N, D)) @ RNG.standard_normal((D, D)) * 10.0 ** np.arange(-2, 3) + 20.0
Z = X @ (RNG.standard_normal(D) / X.std(axis=0))
Y = Z - Z.mean() + RNG.standard_normal(N)
LABELS = np.where(Z - Z.mean() + 2 * RNG.logistic(size=N) > 0, 1.0, -1.0)
WEIGHTS = RNG.uniform(0.2, 3.0, N)
SLOPES = {
    "squared_error": lambda z, y: z - y,
    "log_loss": lambda z, y: -y / (1.0 + np.exp(y * z)),
    "huber": lambda z, y: np.clip(z - y, -1.35, 1.35),
}


def targets(loss):
    return LABELS if loss == "log_loss" else Y


# ----------------------------------------------------------------------------------- linear algebra


@pytest.mark.parametrize("size", [1, 63, 64, 65, 130, 200])
def test_products_and_inverses_are_right(size):
    rows = np.random.default_rng(size).standard_normal((700, size))
    np.testing.assert_allclose(products(rows), rows.T @ rows, rtol=1e-12, atol=1e-11)
    matrix = products(rows) / 700
    np.testing.assert_allclose(inverse(matrix) @ matrix, np.eye(size), atol=1e-12)
    centre, weights = rows[0], np.linspace(0.0, 2.0, 700)
    away = rows - centre
    weighted = (away * weights[:, None]).T @ away
    np.testing.assert_allclose(products(rows, centre, weights), weighted, rtol=1e-12, atol=1e-10)
    found, squared_norms = forms(rows, centre, matrix)
    np.testing.assert_allclose(found, ((away @ matrix) * away).sum(axis=1), rtol=1e-10)
    np.testing.assert_allclose(squared_norms, (away**2).sum(axis=1), rtol=1e-12)
    with Workers(3) as workers:
        shared = products(rows, centre, weights, workers), *forms(rows, centre, matrix, workers)
    alone = products(rows, centre, weights), found, squared_norms
    for one, other in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(one, other)


BITS = """
import numpy as np, fastgd
X = np.random.default_rng(0).standard_normal((5000, 201))
y = (X * np.linspace(-1, 1, 201)).sum(axis=1) + X[::-1, 0]
runs = [{"variant": v, "route": r} for v, r in (("minibatch", "auto"), ("batch", "auto"))]
runs.append({"variant": "batch", "alpha": 0.01, "l1_ratio": 1.0, "max_iter": 30, "tol": None})
fits = [fastgd.fit(X, y, random_state=0, **run) for run in runs]
print([(f.coef_.tobytes().hex(), f.learning_rate_) for f in fits])
"""


@pytest.mark.compiled
def test_no_bit_depends_on_the_threads_of_the_blas():
    answers = []
    for threads in ("1", "2", "3"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", BITS], env=environment, capture_output=True, check=True
        )
        answers.append(done.stdout)
    assert answers[0] == answers[1] == answers[2]


# ----------------------------------------------------------------------------------- the slow twin


def seen(loss, fit_intercept=True, weights=None, l2=0.0):
    """The optimum and what a step of a rate of 1 takes, in NumPy, from all rows."""
    source = make_source(X, targets(loss), weights, "binary" if loss == "log_loss" else "real")
    objective = Objective(LOSSES[loss](), 0.0, l2, fit_intercept)
    return estimate(Pilot(source, 1), objective, wants_hessian=True, scaling="none").optimum


@pytest.mark.compiled
@pytest.mark.parametrize("penalty", [{}, {"alpha": 0.1}])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("loss", SLOPES)
def test_minibatches_take_the_steps_of_the_twin(loss, fit_intercept, weighted, penalty):
    weights = WEIGHTS if weighted else None
    shares = WEIGHTS / WEIGHTS.mean() if weighted else np.ones(N)
    l2 = penalty.get("alpha", 0.0)
    settings = {"loss": loss, "fit_intercept": fit_intercept, "sample_weight": weights, **penalty}
    y = targets(loss)
    result = fastgd.fit(
        X, y, random_state=0, max_iter=3, tol=None, record_path=1, batch_size=64, **settings
    )
    optimum = seen(loss, fit_intercept, weights, l2)
    hessian = optimum.hessian
    units, shift = hessian.coordinates.scale, hessian.coordinates.offset
    T = np.vstack([np.diag(units), shift[None, :]])  # coefficients of u to w, b
    T = np.column_stack([T, np.append(np.zeros(D), 1.0)])
    middle = np.zeros((D + 1, D + 1))
    middle[:D, :D], middle[D, D] = hessian.inverse, 1.0 / hessian.of_intercept
    P = T @ middle @ T.T
    guard = 64 / (result.learning_rate_ * optimum.max_second_derivative * optimum.max_sensitivity)
    A = np.column_stack([X, np.full(N, float(fit_intercept))])
    lengths = np.square(X * units + shift).sum(axis=1) + fit_intercept
    held = np.minimum(1.0, guard / (shares * lengths))
    penalised = np.append(np.full(D, l2), 0.0)
    w = result.path[0][: D + fit_intercept]
    w = np.append(w, np.zeros(D + 1 - len(w)))
    order = fastgd.visiting_order(N, D, 0, 0)
    total, steps = np.zeros(D + 1), 0
    for start in range(0, N, 64):
        rows = order[start : start + 64]
        slope = shares[rows] * held[rows] * SLOPES[loss](A[rows] @ w, y[rows])
        rate = result.learning_rate_ * len(rows) / 64  # the last batch is short
        w = w - rate * (P @ (A[rows].T @ slope / len(rows) + penalised * w))
        w[D] *= fit_intercept
        total, steps = total + w, steps + 1
        if start < 64 * 9:
            np.testing.assert_allclose(
                result.path[steps], w[: D + fit_intercept], rtol=1e-7, atol=1e-9 * np.abs(w).max()
            )
    mean = total / steps
    step = P @ (A.T @ (shares * SLOPES[loss](A @ mean, y)) / N + penalised * mean)
    settled = (mean - step)[: D + fit_intercept]  # the rate is 1: the sample is all there is
    np.testing.assert_allclose(
        result.path[steps + 1], settled, rtol=1e-6, atol=1e-8 * np.abs(settled).max()
    )


def test_the_sample_sees_the_optimum_where_it_is_all_there_is():
    optimum = seen("squared_error")
    A = np.column_stack([X - X.mean(axis=0), np.ones(N)])
    best = np.linalg.lstsq(A, Y)[0]
    np.testing.assert_allclose(optimum.start[:-1], best[:-1], rtol=1e-7)
    noise = np.mean(np.square(A @ best - Y))
    assert optimum.statistical_error == pytest.approx(noise * (D + 1) / (2 * N), rel=0.1)
    fall = 0.5 * np.var(Y) - 0.5 * noise
    assert optimum.fall == pytest.approx(fall, rel=1e-6)
    assert optimum.sampling_error == 0.0


# -------------------------------------------------------------------------------------- the regimes

CELLS = [
    (regime, d, loss, dtype)
    for (regime, d), (loss, dtype) in zip(
        itertools.product(regimes.TABLES, (1, 10, 100)),
        itertools.cycle(
            [
                ("squared_error", "float64"),
                ("log_loss", "float64"),
                ("squared_error", "float32"),
                ("huber", "float64"),
                ("log_loss", "float32"),
            ]
        ),
        strict=False,
    )
]


@pytest.mark.compiled
@pytest.mark.parametrize(("regime", "d", "loss", "dtype"), CELLS)
def test_a_fit_that_nobody_tuned_stands_every_regime(regime, d, loss, dtype):
    X, y = regimes.make(regime, 40_000, d, loss, dtype)
    best = regimes.optimum(X, y, loss)
    one, two, ten = (
        regimes.measure(X, y, best, "minibatch", loss, max_iter=k, tol=None) for k in (1, 2, 10)
    )
    assert one.excess < 1.0
    assert two.excess < 1.0
    assert ten.excess < 0.2
    exact = regimes.measure(X, y, best, "batch", loss)
    assert exact.relative < (1e-6 if dtype == "float32" else 1e-8)
    own = regimes.measure(X, y, best, "minibatch", loss)
    assert own.excess < 0.2
    assert not own.warned
    assert own.epochs < 30
    two, ten = (
        regimes.measure(X, y, best, "stochastic", loss, max_iter=k, tol=None) for k in (2, 10)
    )
    assert two.excess < 1.0
    assert ten.excess < 0.2
    row_by_row = regimes.measure(X, y, best, "stochastic", loss)
    assert row_by_row.excess < 0.2
    assert not row_by_row.warned


@pytest.mark.compiled
def test_steps_of_one_row_get_along_the_slow_directions_of_a_wide_table():
    X, y = regimes.make("AR(0.97)", 40_000, 1000)
    best = regimes.optimum(X, y, "squared_error")
    for epochs, most in ((2, 1.0), (10, 0.2)):
        settings = {"max_iter": epochs, "tol": None}
        assert regimes.measure(X, y, best, "stochastic", "squared_error", **settings).excess < most


@pytest.mark.compiled
def test_levels_whose_few_rows_in_the_sample_agree_lead_no_step_astray():
    rng = np.random.default_rng(0)
    n, levels = 200_000, 40
    level = np.where(rng.random(n) < 0.2, rng.integers(levels, size=n), levels)
    table = np.column_stack([rng.standard_normal((n, 2)), level[:, None] == np.arange(levels)])
    z = table @ np.append([1.0, -1.0], rng.choice([-5.0, 5.0], levels))
    y = np.where(z + rng.logistic(size=n) > 0, 1.0, -1.0)
    best = regimes.optimum(table, y, "log_loss")
    two = regimes.measure(table, y, best, "minibatch", "log_loss", max_iter=2, tol=None)
    assert two.excess < 1.5
    assert regimes.measure(table, y, best, "batch", "log_loss").epochs < 20


@pytest.mark.compiled
def test_what_a_result_tells_of_its_precision_is_true():
    """An upper bound in 95 % of fits, never more than 30 times too large."""
    told = []
    for regime, (d, loss) in itertools.product(
        regimes.TABLES, [(1, "huber"), (10, "squared_error"), (10, "log_loss")]
    ):
        X, y = regimes.make(regime, 20_000, d, loss)
        best = regimes.optimum(X, y, loss)
        for variant in ("batch", "stochastic", "minibatch"):
            cell = regimes.measure(X, y, best, variant, loss, max_iter=1, tol=None)
            if cell.excess > regimes.VISIBLE:
                told.append(cell.told)
        result = fastgd.fit(X, y, loss=loss, random_state=0)
        assert result.statistical_error == pytest.approx(best.statistical_error, rel=0.25)
    assert np.mean(np.array(told) >= 1) >= 0.95
    assert max(told) < 30


@pytest.mark.compiled
def test_where_precision_is_not_known_it_is_not_told():
    for settings in (
        {"learning_rate": 1e-6, "max_iter": 2},
        {"loss": "absolute_error", "optimizer": "adagrad", "max_iter": 2, "tol": None},
        {"alpha": 0.1, "l1_ratio": 0.5, "max_iter": 2, "tol": None},
    ):
        result = fastgd.fit(X, Y, random_state=0, **settings)
        assert result.suboptimality is None and result.precision == ""
    exact = fastgd.fit(X, Z, "batch", random_state=0)
    assert exact.statistical_error is None
    assert "of the least objective, as far as it can tell" in exact.summary()
    assert "statistical errors of the optimum" in fastgd.fit(X, Y, random_state=0).summary()


@pytest.mark.compiled
def test_what_was_chosen_is_told():
    table = np.column_stack([X, np.full(N, 7.0)])
    by_batches = fastgd.fit(table, Y, random_state=0).choices
    assert by_batches["constant"] == f"{D}: column that is constant gets a coefficient of 0"
    assert "then of all rows" in by_batches["steps"]
    by_rows = fastgd.fit(table, Y, "stochastic", random_state=0).choices
    assert by_rows["scaling"].startswith("columns are centred and scaled")
    assert "second half" in by_rows["averaging"]
    assert fastgd.fit(X, Y, learning_rate=1e-6, max_iter=2).choices == {}


# ---------------------------------------------------------------------------------------- the edges


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
@pytest.mark.parametrize("loss", SLOPES)
def test_a_recipe_gives_the_same_bits(variant, loss):
    result = fastgd.fit(X, targets(loss), variant, loss=loss, random_state=3)
    again = fastgd.fit(X, targets(loss), **result.recipe)
    assert again.coef_.tobytes() == result.coef_.tobytes()
    assert again.intercept_ == result.intercept_


@pytest.mark.compiled
@pytest.mark.parametrize("loss", ["huber", "log_loss"])
def test_levels_that_add_up_to_one_hide_nothing_in_float32(loss):
    """Along a direction without curvature the gradient is rounding, whatever that is divided by."""
    X, y = regimes.make("rare one-hot", 40_000, 10, loss, "float32")
    result = fastgd.fit(X, y, loss=loss, max_iter=10, tol=None, random_state=0)
    assert result.suboptimality < 1e-3 * result.statistical_error


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
def test_constant_columns_get_zero_wherever_they_lie(variant):
    table = np.column_stack([X, np.full(N, 7.0), np.zeros(N)])
    result = fastgd.fit(table, Y, variant, random_state=0)
    plain = fastgd.fit(X, Y, variant, random_state=0)
    np.testing.assert_array_equal(result.coef_[D:], 0.0)
    rtol = 1e-2 if variant == "stochastic" else 1e-7
    assert result.objective == pytest.approx(plain.objective, rel=rtol)


@pytest.mark.compiled
def test_a_column_that_the_sample_shows_as_constant_is_looked_at_whole():
    rng = np.random.default_rng(0)
    table = rng.standard_normal((60_000, 3))
    table[:, 2] = 5.0
    rare = rng.choice(60_000, 12, replace=False)
    table[rare, 2] = 1e6
    y = table[:, 0] + rng.standard_normal(60_000)
    y[rare] += 50.0
    for variant in ("batch", "minibatch"):
        result = fastgd.fit(table, y, variant, random_state=0)
        best = regimes.optimum(table, y, "squared_error")
        assert result.objective - best.objective < best.statistical_error
        assert result.coef_[2] == pytest.approx(50.0 / 1e6, rel=0.05)


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
@pytest.mark.parametrize("scale", [2.0**-40, 2.0**-7, 1.0, 2.0**40])
def test_the_scale_of_a_table_without_an_intercept_does_not_matter(variant, scale):
    kwargs = {"fit_intercept": False, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = fastgd.fit(X * scale, Y, variant, **kwargs)
    least = 0.5 * np.mean(np.square(X @ np.linalg.lstsq(X, Y)[0] - Y))
    assert result.objective == pytest.approx(least, rel=1e-7)


@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_few_rows_of_many_columns_are_fitted_exactly(variant):
    rng = np.random.default_rng(1)
    wide, y = rng.standard_normal((40, 90)), rng.standard_normal(40)
    with pytest.warns(UserWarning, match="fewer rows"):
        result = fastgd.fit(wide, y, variant, random_state=0)
    assert result.objective < 1e-6 * 0.5 * np.mean(y * y)


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_labels_that_a_plane_parts_are_parted(variant):
    signs = np.where(X[:, 0] > np.median(X[:, 0]), 1.0, -1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = fastgd.fit(X, signs, variant, loss="log_loss", random_state=0)
    assert np.isfinite(result.coef_).all()
    assert result.score(X, signs) > 0.99


@pytest.mark.parametrize("start", [np.zeros(D), np.full(D, 1e6)])
def test_it_comes_from_wherever_it_is_sent(start):
    result = fastgd.fit(X, Y, "batch", coef_init=start)
    assert result.objective == pytest.approx(fastgd.fit(X, Y, "batch").objective, rel=1e-6)
    assert result.stop_reason is fastgd.StopReason.TOLERANCE


def test_it_stops_at_once_where_it_starts_at_the_optimum():
    best = fastgd.fit(X, Y, "batch")
    again = fastgd.fit(X, Y, "batch", coef_init=best.coef_, intercept_init=best.intercept_)
    assert again.n_iter_ <= 3


# ------------------------------------------------------------------- what the sample cannot foresee


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_columns_that_a_few_rows_tell_apart(variant):
    """In the sample two columns are the same up to 1e-4; ten rows of 50,000 say the opposite."""
    rng = np.random.default_rng(0)
    table = rng.standard_normal((50_000, 4))
    table[:, 3] = table[:, 2] + 1e-4 * rng.standard_normal(50_000)
    rare = rng.choice(50_000, 10, replace=False)
    table[rare, 3] = -5.0 * table[rare, 2]
    y = table[:, 0] + table[:, 2] + rng.standard_normal(50_000)
    best = regimes.optimum(table, y, "squared_error")
    cell = regimes.measure(table, y, best, variant, "squared_error")
    assert cell.excess < 0.1
    assert not cell.warned


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_one_row_a_billion_times_as_large_as_the_others(variant):
    """The fit backs off until it stands it and goes on, or says that it did not arrive."""
    rng = np.random.default_rng(0)
    table = rng.standard_normal((50_000, 5))
    y = table[:, 0] + rng.standard_normal(50_000)
    table[777] = [1e9, -3e8, 1e5, 0.0, 2.0]
    best = regimes.optimum(table, y, "squared_error")
    cell = regimes.measure(table, y, best, variant, "squared_error")
    assert cell.excess < 0.2 or cell.warned
    assert cell.relative < 1.0


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_an_offset_of_the_targets_changes_the_intercept_alone(variant):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((9000, 6))
    y = 0.1 * table[:, 0] + rng.standard_normal(9000)
    plain = fastgd.fit(table, y, variant, random_state=0)
    moved = fastgd.fit(table, y + 2000.0, variant, random_state=0)
    np.testing.assert_allclose(moved.coef_, plain.coef_, rtol=0, atol=1e-10)
    assert moved.n_iter_ == plain.n_iter_


@pytest.mark.compiled
def test_rows_without_weight_are_not_drawn():
    weights = np.zeros(N)
    weights[:40] = 1.0
    result = fastgd.fit(X, Y, sample_weight=weights, random_state=0)
    A = np.column_stack([X - X.mean(axis=0), np.ones(N)])[:40]
    best = 0.5 * np.mean(np.square(A @ np.linalg.lstsq(A, Y[:40])[0] - Y[:40]))
    assert result.objective == pytest.approx(best, rel=1e-2)


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_what_it_cannot_fit_ends_no_worse_than_zero(variant):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((20_000, 4))
    table[::5000, 2] *= 1e12
    y = table[:, 0] + rng.standard_normal(20_000)
    with pytest.warns((fastgd.ConvergenceWarning, fastgd.DivergenceWarning)):
        result = fastgd.fit(table, y, variant, random_state=0)
    assert result.objective <= 0.5 * np.mean(y * y) * (1 + 1e-12)
    assert np.isfinite(result.coef_).all()


@pytest.mark.compiled
@pytest.mark.parametrize(("variant", "d"), [("minibatch", 1), ("batch", 100)])
def test_it_rests_where_rounding_of_float32_lets_it_go_no_further(variant, d):
    table, y = regimes.make("means of 300 sd", 40_000, d, dtype="float32")
    best = regimes.optimum(table, y, "squared_error")
    cell = regimes.measure(table, y, best, variant, "squared_error")
    assert cell.epochs < 50
    assert cell.relative < 1e-6
    assert not cell.warned


HARD = [
    ("log_loss", 5.0, 3000),
    ("log_loss", 30.0, 3000),
    ("log_loss", 30.0, 20_000),
    ("huber", 1e2, 3000),
    ("huber", 1e4, 3000),
    ("huber", 1e4, 20_000),
]


@pytest.mark.compiled
@pytest.mark.parametrize(("loss", "size", "n"), HARD)
def test_losses_that_hardly_curve_are_fitted_in_some_passes(loss, size, n):
    """Labels that are nearly told apart; targets in units far below a Huber loss's delta."""
    rng = np.random.default_rng(5)
    table = rng.standard_normal((n, 6)) * rng.uniform(0.5, 3.0, 6) + 0.5
    z = size * (table - table.mean(axis=0)) @ rng.standard_normal(6) / np.sqrt(6)
    y = z + size * rng.standard_normal(n) + 7.0 * size
    if loss == "log_loss":
        y = np.where(z + rng.logistic(size=n) > 0, 1.0, -1.0)
    exact = fastgd.fit(table, y, "batch", loss=loss, random_state=0)
    assert exact.n_iter_ < 100
    batches = fastgd.fit(table, y, loss=loss, random_state=0)
    assert batches.n_iter_ <= 40
    assert batches.objective == pytest.approx(exact.objective, rel=5e-3)
    assert exact.suboptimality < 1e-6 * exact.objective


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
def test_on_good_problems_no_run_is_sent_back(variant, monkeypatch):
    """200 of them, of any size and loss."""

    def refuse(guard):
        raise AssertionError("a run backed off")

    monkeypatch.setattr(DivergenceGuard, "backs_off", refuse)
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, d = int(rng.integers(50, 3000)), int(rng.integers(1, 12))
        loss = ["squared_error", "huber", "log_loss"][seed % 3]
        table = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d)
        z = table @ rng.standard_normal(d) / np.sqrt(d)
        y = z + rng.standard_normal(n)
        y = np.where(y > np.median(y), 1.0, -1.0) if loss == "log_loss" else y
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
            fastgd.fit(table, y, variant, loss=loss, random_state=seed)


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
def test_a_label_in_one_row_of_ten_thousand_is_seen(variant):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((200_000, 3))
    y = rng.random(200_000) < 1 / (1 + np.exp(10.5 - table @ [1.0, 1.0, 0.0]))
    result = fastgd.fit(table, y, variant, loss="log_loss", random_state=0)
    best = regimes.optimum(table, np.where(y, 1.0, -1.0), "log_loss")
    assert result.objective - best.objective < 0.2 * best.statistical_error
    assert result.stop_reason is fastgd.StopReason.TOLERANCE


@pytest.mark.compiled
@pytest.mark.parametrize("share", [0.5, 0.02])
def test_rows_without_weight_are_as_if_they_were_not_there(share):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((20_000, 4))
    y = table.sum(axis=1) + rng.standard_normal(20_000)
    weights = (rng.random(20_000) < share).astype(float)
    kept = weights > 0
    best = regimes.optimum(table[kept], y[kept], "squared_error")
    result = fastgd.fit(table, y, sample_weight=weights, random_state=0, max_iter=1, tol=None)
    excess = result.objective - best.objective
    assert excess < result.suboptimality < 30 * excess + 1e-12
    assert result.statistical_error == pytest.approx(best.statistical_error, rel=0.2)


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
def test_columns_that_are_nearly_collinear_are_reported(variant):
    """Along their difference the curvature is 1e-14: no sample shows it."""
    rng = np.random.default_rng(0)
    table = rng.standard_normal((20_000, 4))
    table[:, 3] = table[:, 2] + 1e-7 * rng.standard_normal(20_000)
    y = 1e7 * (table[:, 2] - table[:, 3]) + rng.standard_normal(20_000)
    with pytest.warns(fastgd.ConvergenceWarning, match="nearly collinear"):
        result = fastgd.fit(table, y, variant, random_state=0)
    assert result.converged is False


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "minibatch", "stochastic"])
@pytest.mark.parametrize("offset", [1e6, 1e10])
def test_means_of_a_billion_spreads_are_stood(variant, offset):
    rng = np.random.default_rng(0)
    table = rng.standard_normal((6000, 3))
    y = table.sum(axis=1) + rng.standard_normal(6000)
    near = fastgd.fit(table, y, variant, random_state=0)
    far = fastgd.fit(table + offset, y, variant, random_state=0)
    assert far.objective == pytest.approx(near.objective, rel=1e-3)


@pytest.mark.compiled
@pytest.mark.parametrize("scale", [1e-155, 1e-200])
def test_columns_whose_squares_are_nothing_are_fitted(scale):
    result = fastgd.fit(X * scale, Y, random_state=0)
    assert result.score(X * scale, Y) == pytest.approx(fastgd.fit(X, Y).score(X, Y), rel=1e-6)


def test_a_tolerance_that_is_given_is_met_from_the_optimum_of_the_sample():
    result = fastgd.fit(X, Y, "batch", tol=1e-3, random_state=0)
    assert result.stop_reason is fastgd.StopReason.TOLERANCE and result.n_iter_ < 5


def test_an_objective_that_overflows_is_no_convergence():
    with pytest.warns(fastgd.DivergenceWarning, match="scale y"):
        result = fastgd.fit(X, Y * 1e200, "batch", random_state=0)
    assert result.stop_reason is fastgd.StopReason.DIVERGED


@pytest.mark.filterwarnings("ignore::fastgd.DivergenceWarning")  # some are worse than zeros
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_a_fit_is_never_worse_than_where_its_last_step_began(loss, monkeypatch):
    """Of so small a sample, steps overshoot; whichever of them is the last."""
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 12)
    overshot = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        table = rng.standard_t(2.5, (400, 4))
        y = table @ np.ones(4) + 3.0 * rng.standard_t(2, 400)
        for steps in (1, 2, 3, 5):
            result = fastgd.fit(
                table, y, "batch", loss=loss, max_iter=steps, tol=None, random_state=seed,
                record_path=True,
            )  # fmt: skip
            losses = result.history["loss"][1:]
            assert result.objective <= losses.min() * (1.0 + 1e-12)
            objectives = result.history["objective"]
            overshot += objectives[-1] > losses.min() * (1.0 + 1e-9)
    assert overshot  # or nothing was tried


@pytest.mark.parametrize("rate", [3.0, 30.0])
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_first_step_that_overshoots_is_taken_back(steps, rate, monkeypatch):
    """Where a sample saw the curvature much too small."""
    monkeypatch.setattr(plan, "refinement_rate", lambda optimum: rate)
    monkeypatch.setattr(rates, "refinement_rate", lambda optimum: rate)
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 200)
    result = fastgd.fit(X, Y, "batch", max_iter=steps, tol=None, random_state=0)
    assert result.objective <= result.history["loss"][1] * (1.0 + 1e-12)
