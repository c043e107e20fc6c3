"""The history: what each column counts, when a record is made, and that it tells the truth."""

import time

import naive
import numpy as np
import pytest

import fastgd
from fastgd.data import orders as order
from fastgd.descent import recording
from fastgd.descent.evaluation import Evaluation

VARIANTS = ["batch", "stochastic", "minibatch"]
COUNTED = ["epoch", "step", "passes", "reads"]
COLUMNS = [*COUNTED, "seconds", "learning_rate", "loss", "objective", "grad_norm"]
RNG = np.random.default_rng(0)
N, D = 90, 3
X = RNG.standard_normal((N, D))
y = X @ np.array([1.0, -2.0, 0.5]) + 0.3 + 0.1 * RNG.standard_normal(N)
WEIGHTS = RNG.uniform(0.2, 2.0, N)


def fit(variant, X=X, y=y, **settings):
    if variant == "minibatch":
        settings = {"batch_size": 7, **settings}  # the last batch of an epoch has six rows
    settings = {"learning_rate": 0.05, "max_iter": 4, "random_state": 0, **settings}
    return fastgd.fit(X, y, variant, **settings)


def steps_per_epoch(variant, n=N):
    return {"batch": 1, "stochastic": n, "minibatch": -(-n // 7)}[variant]


@pytest.mark.parametrize("variant", VARIANTS)
def test_columns_are_of_equal_length(variant):
    history = fit(variant).history
    assert list(history) == COLUMNS
    assert len({column.shape for column in history.values()}) == 1
    for name, column in history.items():
        assert column.dtype == (np.int64 if name in ("epoch", "step") else np.float64)


@pytest.mark.parametrize("variant", VARIANTS)
def test_row_0_is_the_start(variant):
    start = {"coef_init": [1.0, 1.0, 1.0], "intercept_init": 2.0, "alpha": 0.3, "l1_ratio": 0.5}
    history = fit(variant, **start, learning_rate=fastgd.InverseScaling(eta0=0.05)).history
    for name in COUNTED:
        assert history[name][0] == 0
    assert history["learning_rate"][0] == 0.05  # that of the first step
    assert history["loss"][0] == pytest.approx(0.5 * np.mean((X.sum(axis=1) + 2.0 - y) ** 2))
    assert history["objective"][0] == pytest.approx(history["loss"][0] + 0.3 * (0.75 + 1.5))


@pytest.mark.parametrize("variant", VARIANTS)
def test_counts_agree_with_each_other(variant):
    result = fit(variant)
    history = result.history
    assert (np.diff(history["passes"]) > 0).all()
    np.testing.assert_array_equal(history["reads"], history["passes"])
    whole = history["passes"] % 1 == 0
    np.testing.assert_array_equal(history["epoch"], np.floor(history["passes"]))
    per_epoch = steps_per_epoch(variant)
    np.testing.assert_array_equal(history["step"][whole], per_epoch * history["epoch"][whole])
    if variant != "batch":
        size = 7 if variant == "minibatch" else 1
        inside = history["passes"][~whole] * N
        np.testing.assert_allclose(inside, history["step"][~whole] * size)
    assert history["epoch"][-1] == result.n_iter_ == 4
    assert history["step"][-1] == result.t_ == 4 * per_epoch


@pytest.mark.parametrize("variant", VARIANTS)
def test_passes_of_a_self_tuned_run_count_the_pilot(variant):
    result = fastgd.fit(X, y, variant, max_iter=3, tol=None, random_state=0)
    passes = result.history["passes"]
    assert passes[0] > 0
    assert passes[-1] == pytest.approx(passes[0] + 3)


def test_passes_of_an_injected_order_count_visits():
    visits = RNG.integers(0, N, (3, 30))
    history = fastgd.fit(X, y, "stochastic", learning_rate=0.05, shuffle=visits).history
    assert history["passes"][-1] == pytest.approx(3 * 30 / N)
    assert history["step"][-1] == 90


@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_the_first_epoch_is_recorded_on_a_geometric_scale(variant):
    n = 2000
    table, targets = np.tile(X, (23, 1))[:n], np.tile(y, 23)[:n]
    history = fit(variant, table, targets, max_iter=3).history
    per_epoch = steps_per_epoch(variant, n)
    inside = history["step"][(history["step"] > 0) & (history["step"] < per_epoch)]
    assert 15 <= len(inside) <= 20
    assert inside[0] == (4 if variant == "stochastic" else 1)  # where rows are taken in fours
    late = inside[inside >= 10]
    ratios = late[1:] / late[:-1]
    assert ratios.max() < 1.4 * ratios.min()
    after = history["step"][history["step"] >= per_epoch]
    np.testing.assert_array_equal(after, per_epoch * np.array([1, 2, 3]))


@pytest.mark.compiled
def test_batch_is_recorded_at_a_hundred_steps_and_then_on_a_geometric_scale():
    steps = fit("batch", max_iter=2000).history["step"]
    np.testing.assert_array_equal(steps[:101], np.arange(101))
    late = steps[101:]
    assert 25 <= len(late) <= 40
    assert steps[-1] == 2000
    ratios = late[1:-1] / late[:-2]
    assert ratios.min() > 1.09 and ratios.max() < 1.12


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_run_that_is_stopped_records_its_end(variant):
    result = fit(variant, max_iter=5000, callback=lambda state: state.epoch == 133)
    assert result.history["epoch"][-1] == result.n_iter_ == 133
    assert result.history["step"][-1] == result.t_


def rows_between(variant, visits, first, last):
    """The rows visited after step *first*, up to step *last*, and the step that each belongs to."""
    steps = list(naive.rows_of_each_step(N, variant, visits, 7))[first:last]
    return [(first + k, row) for k, rows in enumerate(steps) for row in rows]


@pytest.mark.parametrize("penalty", [{}, {"alpha": 0.2, "l1_ratio": 0.5}], ids=["plain", "penalty"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_loss_is_the_mean_met_since_the_last_record(variant, weighted, penalty):
    """Each row's loss at the point it was visited at, without penalty; one epoch back at most.

    Without a penalty, stochastic descent takes four rows together.
    """
    weights = 3.0 * WEIGHTS**3 if weighted else None
    settings = {"sample_weight": weights, "max_iter": 3, **penalty}
    result = fit(variant, record_path=1, **settings)
    history = fit(variant, **settings).history
    visits = [fastgd.visiting_order(N, D, 0, epoch) for epoch in range(3)]
    share = np.ones(N) if weights is None else weights / weights.mean()
    for k in range(1, len(history["step"])):
        met = rows_between(variant, visits, history["step"][k - 1], history["step"][k])
        steps, rows = np.array(met).T
        points = result.path[steps]
        z = np.sum(X[rows] * points[:, :D], axis=1) + points[:, D]
        expected = np.average(0.5 * (z - y[rows]) ** 2, weights=share[rows])
        assert history["loss"][k] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_objective_is_that_of_what_fit_would_return(variant, average):
    """A run of as many epochs returns the coefficients of that record."""
    settings = {"average": average, "alpha": 0.2, "l1_ratio": 0.5, "sample_weight": WEIGHTS}
    result = fit(variant, record_path=True, **settings)
    history = result.history
    np.testing.assert_array_equal(result.path_steps, history["step"])
    for point, objective in zip(result.path, history["objective"], strict=True):
        expected = naive.objective(
            X, y, point[:D], point[D], loss=naive.squared_error, alpha=0.2, l1_ratio=0.5,
            sample_weight=WEIGHTS,
        )  # fmt: skip
        assert objective == pytest.approx(expected, rel=1e-10)
    assert history["objective"][-1] == result.objective
    for epoch in (1, 2, 3):
        shorter = fit(variant, max_iter=epoch, **settings)
        at = np.flatnonzero(history["epoch"] == epoch)[0]
        assert history["objective"][at] == shorter.objective
        np.testing.assert_array_equal(result.path[at, :D], shorter.coef_)


def test_objective_of_a_self_tuned_run_is_that_of_its_average():
    result = fastgd.fit(X, y, record_path=True, random_state=0)
    expected = naive.objective(X, y, result.coef_, result.intercept_, loss=naive.squared_error)
    assert result.objective == pytest.approx(expected, rel=1e-10)
    assert result.history["objective"][-1] == result.objective
    np.testing.assert_array_equal(result.path[-1], np.append(result.coef_, result.intercept_))


@pytest.mark.parametrize("variant", VARIANTS)
def test_grad_norm_is_the_norm_of_the_gradient(variant):
    """Batch: at the point before the step, where it costs nothing; else at the record's point."""
    result = fit(variant, record=["grad_norm"], record_path=True, max_iter=6)
    points = result.path[:-1] if variant == "batch" else result.path
    A = np.column_stack([X, np.ones(N)])
    expected = np.linalg.norm((points @ A.T - y) @ A / N, axis=1)
    recorded = result.history["grad_norm"]
    np.testing.assert_allclose(recorded[-len(expected) :], expected, rtol=1e-9)


@pytest.mark.parametrize("variant", VARIANTS)
def test_objective_of_a_large_table_is_computed_on_demand(variant, monkeypatch):
    monkeypatch.setattr(recording, "FREE_VALUES", 100)
    plain, asked = fit(variant), fit(variant, record="objective")
    assert np.isnan(plain.history["objective"]).all()
    assert np.isfinite(asked.history["objective"]).all()
    assert np.isfinite(plain.objective) and plain.objective == asked.objective
    np.testing.assert_array_equal(plain.history["loss"], asked.history["loss"])


@pytest.mark.compiled
def test_objective_of_a_really_large_table_is_not_computed():
    table = np.random.default_rng(0).standard_normal((200_000, 10))
    result = fit("minibatch", table, table[:, 0].copy(), max_iter=1)
    assert np.isnan(result.history["objective"]).all()
    assert np.isnan(result.history["grad_norm"]).all()
    assert np.isfinite(result.history["loss"]).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_learning_rate_is_that_of_the_last_step(variant):
    schedule = fastgd.InverseScaling(eta0=0.1, power_t=0.5)
    history = fit(variant, learning_rate=schedule).history
    expected = schedule(np.maximum(history["step"], 1))
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-15)


@pytest.mark.parametrize("variant", VARIANTS)
def test_learning_rate_is_that_of_the_last_step_when_it_has_just_been_lowered(variant):
    """Under a slope of -1 everywhere a step moves the coefficient by the rate."""
    result = fastgd.fit(
        [[1.0]], [100.0], variant, loss=fastgd.Huber(delta=1.0), fit_intercept=False,
        learning_rate=fastgd.Adaptive(eta0=0.5, factor=0.5, patience=2, tol=1e9), max_iter=9,
        record_path=1,
    )  # fmt: skip
    moved = np.diff(result.path[:, 0])
    assert len(set(moved.round(9))) > 3
    np.testing.assert_allclose(result.history["learning_rate"][1:], moved, rtol=1e-9)


@pytest.mark.parametrize("variant", VARIANTS)
def test_seconds_increase(variant, monkeypatch):
    monkeypatch.setattr(order, "WINDOW_WORK", 9 * (D + 16))
    seconds = fit(variant, max_iter=6).history["seconds"]
    assert seconds[0] >= 0
    assert (np.diff(seconds) > 0).all()


def test_seconds_leave_out_evaluating(monkeypatch):
    evaluate = Evaluation.evaluate

    def slowly(self, coef):
        time.sleep(0.02)
        return evaluate(self, coef)

    monkeypatch.setattr(Evaluation, "evaluate", slowly)
    records = fit("batch", max_iter=10, record="objective").history["seconds"]
    assert len(records) == 11
    assert records[-1] < 0.1


def test_the_path_and_the_records_of_a_diverging_run_keep_the_truth():
    with pytest.warns(fastgd.DivergenceWarning):
        result = fit("batch", learning_rate=3.0, max_iter=500, record_path=1)
    assert result.history["step"][-1] == result.path_steps[-1] == result.t_
    assert result.history["loss"][-1] > 1e9 * result.history["loss"][0]
    assert np.abs(result.path[-1]).max() > np.abs(result.coef_).max()
