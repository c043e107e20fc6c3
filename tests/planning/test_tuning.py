"""Self-tuned fits: what is chosen for each loss, and what it has to stand.

Losses with kinks are smoothed; if an optimizer is named they get it in units of the columns,
averaged. The others come last.
"""

import dataclasses
import itertools

import naive
import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import eye_array, hstack

import fastgd
from fastgd.descent.divergence import DivergenceGuard
from fastgd.planning import plan

VARIANTS = ["batch", "stochastic", "minibatch"]
N, D = 400, 4
RNG = np.random.default_rng(3)
X = RNG.standard_normal((N, D)) * [1.0, 10.0, 0.1, 3.0]
SIGNAL = X @ np.array([3.0, -0.2, 10.0, 0.0]) + 4.0
Y = SIGNAL + 2.0 * RNG.standard_t(3, N)
LABELS = np.where(SIGNAL - 4.0 + 4.0 * RNG.logistic(size=N) > 0, "up", "down")
SIGNS = np.where(LABELS == "up", 1.0, -1.0)

JUMPING = {
    "absolute_error": (fastgd.AbsoluteError(), Y),
    "quantile": (fastgd.Quantile(0.8), Y),
    "epsilon_insensitive": (fastgd.EpsilonInsensitive(0.5), Y),
    "hinge": (fastgd.Hinge(), LABELS),
}


def fit(variant="minibatch", loss="absolute_error", X=X, **settings):
    loss, y = JUMPING[loss]
    return fastgd.fit(X, y, variant, loss=loss, random_state=0, **settings)


def least_cost(above, below, A, y):
    """The least mean of above * (A w - y)+ + below * (y - A w)+, by linear programming."""
    n, width = A.shape
    cost = np.concatenate([np.zeros(width), np.full(n, above), np.full(n, below)]) / n
    rows = hstack([A, -eye_array(n), eye_array(n)]).tocsr()
    bounds = [(None, None)] * width + [(0, None)] * (2 * n)
    return linprog(cost, A_eq=rows, b_eq=y, bounds=bounds).fun


def optimum(name):
    A = np.column_stack([X, np.ones(N)])
    if name == "hinge":  # max(0, 1 - yz): only falling short of yz = 1 costs
        return least_cost(0.0, 1.0, SIGNS[:, None] * A, np.ones(N))
    if name == "epsilon_insensitive":  # two sided: z - y - eps above, y - z - eps below
        return _least_tube(A, Y, 0.5)
    quantile = {"absolute_error": 0.5, "quantile": 0.8}[name]
    scale = 2.0 if name == "absolute_error" else 1.0
    return scale * least_cost(1 - quantile, quantile, A, Y)


def _least_tube(A, y, epsilon):
    n, width = A.shape
    cost = np.append(np.zeros(width), np.full(n, 1.0 / n))
    upper = hstack([A, -eye_array(n)])
    lower = hstack([-A, -eye_array(n)])
    rows = np.concatenate([upper.toarray(), lower.toarray()])
    limits = np.concatenate([y + epsilon, epsilon - y])
    bounds = [(None, None)] * width + [(0, None)] * n
    return linprog(cost, A_ub=rows, b_ub=limits, bounds=bounds).fun


@pytest.mark.compiled
@pytest.mark.parametrize("name", JUMPING)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_optimum_is_found_without_tuning(variant, name):
    result = fit(variant, name)
    best = optimum(name)
    at_zero = result.loss_.function
    start = np.mean([at_zero(0.0, t, result.loss_.parameters)[0] for t in
                     (SIGNS if name == "hinge" else Y)])  # fmt: skip
    assert best < result.objective + 1e-9
    within = 4e-3 if variant == "stochastic" else 2e-3  # a tenth of the statistical error
    assert (result.objective - best) / (start - best) < within
    assert result.stop_reason is fastgd.StopReason.TOLERANCE
    assert result.mode == "self-tuned" and result.optimizer_ == fastgd.GD()
    assert result.objective - best <= result.suboptimality
    assert "kinks of the loss are smoothed" in result.summary()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("optimizer", ["auto", "gd", "nesterov"])
def test_the_units_of_columns_change_nothing(variant, optimizer):
    """Powers of two: not a bit."""
    scale = 2.0 ** np.array([10, -20, 3, 0])
    as_it_is = fit(variant, optimizer=optimizer, max_iter=3, tol=None)
    scaled = fit(variant, optimizer=optimizer, max_iter=3, tol=None, X=X * scale)
    np.testing.assert_array_equal(scaled.coef_ * scale, as_it_is.coef_)
    assert scaled.intercept_ == as_it_is.intercept_


@pytest.mark.parametrize("penalty", [{}, {"alpha": 0.1}, {"alpha": 0.1, "l1_ratio": 0.5}])
@pytest.mark.parametrize(("variant", "batch_size"), [("batch", N), ("stochastic", 1)])
def test_steps_are_those_of_standardised_columns(variant, batch_size, penalty):
    """And the penalty stays that of the coefficients as they are."""
    run = {"optimizer": "adagrad", "max_iter": 2, "tol": None, "average": False}
    result = fit(variant, record_path=1, **run, **penalty)
    mean, units = X.mean(axis=0), 1.0 / X.std(axis=0)  # every row is in the sample
    penalised = np.append(np.full(D, penalty.get("alpha", 0.0)), 0.0)
    l1 = penalised * penalty.get("l1_ratio", 0.0)
    l2 = penalised - l1
    units /= np.sqrt(1.0 + l2[:-1] * units**2)  # the penalty curves, too
    order = np.array([fastgd.visiting_order(N, D, 0, epoch) for epoch in range(2)])
    stretch, slots = np.append(units, 1.0), {}
    v = np.append(result.path[0][:-1] / units, result.path[0][-1] + mean @ result.path[0][:-1])
    A = np.column_stack([(X - mean) * units, np.ones(N)])
    steps = [np.arange(N)] * 2 if variant == "batch" else order.reshape(-1, 1)
    for t, rows in enumerate(steps[:40], start=1):
        slope = np.sign(A[rows] @ v - Y[rows])
        g = A[rows].T @ slope / len(rows) + l2 * stretch**2 * v
        movement, rate = naive.adagrad(g, slots, t, result.learning_rate_)
        v = naive.soft_threshold(v - movement, rate * l1 * stretch)
        w = np.append(v[:-1] * units, v[-1] - mean @ (v[:-1] * units))
        np.testing.assert_allclose(result.path[t], w, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_it_starts_at_the_median(shift):
    """Or the intercept would have a long way to go."""
    loss = fastgd.AbsoluteError()
    result = fastgd.fit(
        X, Y + shift, loss=loss, optimizer="adagrad", random_state=0, record_path=True
    )
    assert result.path[0, -1] == pytest.approx(np.median(Y) + shift, rel=1e-12)
    assert result.objective == pytest.approx(fit(optimizer="adagrad").objective, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["auto", "gd", "adam"])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["absolute_error", "quantile", "epsilon_insensitive"])
def test_without_an_intercept_there_is_none(name, variant, optimizer):
    """Though the middle of y is where the others start."""
    loss, y = JUMPING[name]
    settings = {"loss": loss, "optimizer": optimizer, "fit_intercept": False, "random_state": 0}
    result = fastgd.fit(X, y + 50.0, variant, max_iter=3, tol=None, record_path=True, **settings)
    assert result.intercept_ == 0.0
    assert result.path.shape[1] == D
    if optimizer != "auto":  # the others start at the optimum of a sample
        np.testing.assert_array_equal(result.path[0], 0.0)
    losses = [loss.function(z, t, loss.parameters)[0] for z, t in
              zip(X @ result.coef_, y + 50.0, strict=True)]  # fmt: skip
    assert result.objective == pytest.approx(np.mean(losses), rel=1e-12)


SENT_BACK = [("batch", "gd"), ("batch", "nesterov"), ("stochastic", "gd"), ("minibatch", "gd")]


@pytest.mark.parametrize(("variant", "optimizer"), SENT_BACK)
def test_a_first_rate_that_is_much_too_large_is_lowered_until_it_is_not(
    variant, optimizer, monkeypatch
):
    """By a quarter each time, as often as it takes: a sample may be unlike the rows."""
    tune, backs_off = plan.choose_rate, DivergenceGuard.backs_off
    rates = []

    def too_large(*arguments):
        tuned = tune(*arguments)
        schedule = dataclasses.replace(tuned.schedule, eta0=4.0**8 * tuned.schedule.eta0)
        return dataclasses.replace(tuned, schedule=schedule, clip=np.inf)

    def counted(self):
        rates.append(self.run.learning_rate)
        return backs_off(self)

    monkeypatch.setattr(plan, "choose_rate", too_large)
    monkeypatch.setattr(DivergenceGuard, "backs_off", counted)
    y = SIGNAL + 0.1 * RNG.standard_normal(N)
    settings = {"optimizer": optimizer, "scaling": "standardize", "preconditioner": None}
    settings["max_iter"] = 200 if variant == "batch" else 30
    result = fastgd.fit(X, y, variant, random_state=0, tol=None, **settings)
    assert len(rates) > 1
    assert (np.divide(rates[1:], rates[:-1]) < 0.26).all()
    assert result.stop_reason is fastgd.StopReason.MAX_ITER
    A = np.column_stack([X, np.ones(N)])
    least = 0.5 * np.mean(np.square(A @ np.linalg.lstsq(A, y)[0] - y))
    assert result.objective - least < 0.05 * (0.5 * np.var(y) - least)


def test_what_is_given_is_where_it_starts():
    for optimizer in ("auto", "adagrad"):
        result = fit(optimizer=optimizer, coef_init=[1.0, 0, 0, 0], record_path=True)
        np.testing.assert_array_equal(result.path[0], [1, 0, 0, 0, 0])
    result = fit(optimizer="adagrad", fit_intercept=False, record_path=True)
    assert (result.path[0] == 0).all()


NAMED = itertools.product(VARIANTS, ["gd", "momentum", "nesterov"])


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("variant", "optimizer", "name"),
    [(*choice, name) for choice, name in zip(NAMED, itertools.cycle(JUMPING), strict=False)],
)
def test_an_optimizer_that_is_named_is_kept(variant, optimizer, name):
    result = fit(variant, name, optimizer=optimizer, max_iter=60, tol=None)
    assert result.optimizer_.name == optimizer
    assert isinstance(result.learning_rate_, fastgd.InverseScaling)
    assert result.objective < 1.1 * optimum(name)


def absolute(z, y):
    r = z - y
    return abs(r), (1.0 if r > 0 else -1.0) + 0.0 * r


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_custom_loss_without_curvature_gets_the_same_rule(variant):
    ours = fastgd.fit(X, Y, variant, loss=absolute, random_state=0)
    assert ours.optimizer_ == fastgd.AdaGrad()
    assert ours.objective == pytest.approx(optimum("absolute_error"), rel=5e-3)


@pytest.mark.compiled
def test_a_constant_target_and_columns_of_zeros_do_no_harm():
    table = X * [1.0, 0.0, 1.0, 0.0]
    for variant in VARIANTS:
        result = fastgd.fit(table, np.full(N, 7.0), variant, loss="absolute_error", random_state=0)
        np.testing.assert_allclose(result.predict(table), 7.0, rtol=1e-3)
        assert result.coef_[1] == result.coef_[3] == 0.0


def test_a_recipe_replays_a_run_in_units():
    for variant in VARIANTS:
        result = fit(variant, max_iter=4, tol=None)
        again = fastgd.fit(X, Y, **result.recipe)
        np.testing.assert_array_equal(again.coef_, result.coef_)


def test_a_table_whose_squares_overflow_is_named():
    with pytest.raises(ValueError, match="X is too large"):
        fit(X=X * 1e200)


# ------------------------------------------------------------------- losses that have a curvature


def squared(variant, X, y, **settings):
    return fastgd.fit(X, y, variant, random_state=0, **settings)


Z = RNG.standard_normal((2000, 4))
T = Z @ np.array([1.0, -1.0, 0.5, 0.0]) + RNG.standard_normal(2000)
RARE = np.where(RNG.random(2000) < 0.03, 1, 0)
WEIGHTS = {
    "one row in twenty": (T, np.where(RNG.random(2000) < 0.05, 1.0, 0.0), {}),
    "log-normal": (T, np.exp(1.5 * RNG.standard_normal(2000)), {}),
    "balanced classes": (RARE, np.where(RARE == 1, 30.0, 1.0), {"loss": "log_loss"}),
}


@pytest.mark.compiled
@pytest.mark.parametrize("case", WEIGHTS)
@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_rates_allow_for_weights(variant, case):
    """Rows that weigh twenty times the mean neither blow a run up nor are held back for good."""
    y, weights, settings = WEIGHTS[case]
    best = squared("batch", Z, y, sample_weight=weights, **settings).objective
    result = squared(variant, Z, y, sample_weight=weights, **settings)
    assert result.objective < 1.02 * best
    assert result.stop_reason is fastgd.StopReason.TOLERANCE


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_target_far_from_zero_costs_nothing(variant):
    near, far = squared(variant, Z, T), squared(variant, Z, T + 1e4)
    assert far.objective == pytest.approx(near.objective, rel=1e-3)
    assert far.n_iter_ <= near.n_iter_ + 3


@pytest.mark.parametrize("n", [30, 100, 300])
def test_few_rows_are_enough_for_minibatches(n):
    few = Z[:n], T[:n] + 50
    result = squared("minibatch", *few)
    assert result.batch_size_ == -(-n // (n // (n // 8)))  # eight steps or nine, all alike
    assert result.objective < 1.05 * squared("batch", *few).objective


def test_a_batch_size_that_is_given_is_kept():
    assert squared("minibatch", Z[:100], T[:100], batch_size=64).batch_size_ == 64
    textbook = squared("minibatch", Z[:100], T[:100], learning_rate=0.01)
    assert textbook.batch_size_ == 100


LABELLED = ("hinge", "log_loss")
RAW = {
    "means": lambda Z: Z + 300.0,
    "sizes": lambda Z: Z * [1e-5, 1.0, 1e3, 1e5] + [0.0, 0.0, 1e4, 0.0],
}
STUBBORN = {
    "stochastic": ({"variant": "stochastic"}, 1e-3),
    "momentum": ({"variant": "minibatch", "optimizer": "momentum"}, 1e-3),
    "adam": ({"variant": "minibatch", "optimizer": "adam"}, 1e-2),
    "lasso, batch": ({"variant": "batch", "alpha": 0.03, "l1_ratio": 1.0}, 1e-6),
    "lasso, minibatch": ({"alpha": 0.03, "l1_ratio": 1.0}, 1e-2),
    "hinge": ({"loss": "hinge"}, 1e-2),
    "absolute_error": ({"loss": "absolute_error", "variant": "stochastic"}, 1e-2),
    "log_loss": ({"loss": "log_loss", "variant": "stochastic"}, 1e-2),
}


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("case", "raw"),
    # Penalised coefficients of columns in other units are another problem.
    [(case, raw) for case in STUBBORN for raw in RAW if "lasso" not in case or raw == "means"],
)
def test_raw_columns_are_as_good_as_standardised_ones(case, raw):
    settings, precision = STUBBORN[case]
    y = np.where(T.mean() < T, "up", "down") if settings.get("loss") in LABELLED else T
    table = RAW[raw](Z)
    standard = fastgd.fit(Z, y, random_state=0, **settings)
    result = fastgd.fit(table, y, random_state=0, **settings)
    assert result.objective == pytest.approx(standard.objective, rel=precision)
    assert not np.array_equal(result.coef_, standard.coef_)


@pytest.mark.compiled
def test_columns_that_are_constant_are_no_reason_to_warn():
    squared("stochastic", np.column_stack([Z, np.full(len(Z), 7.0)]), T)
