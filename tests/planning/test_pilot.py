"""What a look at the rows tells: rates, curvature and error, beside NumPy on all of them."""

import inspect
import itertools
import math
import warnings

import numpy as np
import pytest

import fastgd
from fastgd.data.inputs import make_source
from fastgd.gradients.gram import make_gram
from fastgd.losses import LOSSES, Huber, LogLoss, SquaredError
from fastgd.optimizers import GD, Adam, Momentum, Nesterov
from fastgd.planning.moments import sum_moments
from fastgd.planning.objective import Objective
from fastgd.planning.pilot import sample
from fastgd.planning.pilot.coordinates import standardise_all
from fastgd.planning.pilot.eigenvalues import largest_eigenvalue
from fastgd.planning.pilot.estimates import estimate
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.pilot.sample import draw
from fastgd.planning.plan import make_plan
from fastgd.planning.request import read_request
from fastgd.planning.stability import largest_stable_rate

N, D = 500, 4
RNG = np.random.default_rng(5)
X = RNG.standard_normal((N, D)) @ RNG.standard_normal((D, D)) + [3.0, -2.0, 0.0, 10.0]
Y = X @ [1.0, -2.0, 0.5, 0.1] + RNG.standard_normal(N)
WEIGHTS = RNG.exponential(size=N)


def source_of(X=X, y=Y, weights=None, target="real"):
    return make_source(X, y, weights, target)


def with_ones(X, fit_intercept=True):
    return np.column_stack([X, np.full(len(X), float(fit_intercept))])


def top(A):
    return np.linalg.eigvalsh(A.T @ A / len(A))[-1]


def row_bound(A, l2=0.0):
    """The smallest B with E[||x||^2 x x'] + 2 l2 E[x x'] + l2^2 <= B (E[x x'] + l2)."""
    H = A.T @ A / len(A)
    fourth = (A * np.square(A).sum(axis=1)[:, None]).T @ A / len(A)
    spared = np.append(np.ones(A.shape[1] - 1), 0.0)  # the intercept is not penalised
    squares = fourth + 2.0 * l2 * H + np.diag(l2**2 * spared)
    penalised = H + np.diag(l2 * spared)
    return np.linalg.eigvals(np.linalg.pinv(penalised, rcond=1e-9) @ squares).real.max()


def find_optimum(source, loss="squared_error", l2=0.0, fit_intercept=True):
    objective = Objective(LOSSES[loss](), 0.0, l2, fit_intercept)
    return estimate(Pilot(source, 1), objective, wants_hessian=True, scaling="none").optimum


# ------------------------------------------------------------------------------------- eigenvalues


@pytest.mark.parametrize("route", ["rows", "gram", "coordinates"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_largest_eigenvalue_is_that_of_all_rows(fit_intercept, route):
    source = source_of()
    A = with_ones(X, fit_intercept)
    gram = make_gram(source) if route == "gram" else None
    coordinates = None
    if route == "coordinates":
        coordinates = standardise_all(source, centred=fit_intercept)
        A = coordinates.rows(A)
        A[:, -1] = float(fit_intercept)
    told = {"tolerance": 1e-7, "max_passes": 200}
    given = Pilot(source, 1), A[:50], fit_intercept, gram, coordinates
    found, passes = largest_eigenvalue(*given, **told)
    assert found == pytest.approx(top(A), rel=1e-4)
    rough, fewer = largest_eigenvalue(*given)
    assert 0.7 * top(A) < rough <= 1.000001 * top(A)
    assert fewer < passes


def test_a_sample_that_points_elsewhere_does_not_hide_it():
    """Its rows are along the first axis, and one row in ten, not of the sample, along another."""
    table = np.zeros((200, 3))
    table[:180, 0] = 1.0
    table[180:, 1] = 10.0
    pilot = Pilot(source_of(table, Y[:200]), 1)
    found, _ = largest_eigenvalue(pilot, with_ones(table[:180]), False)
    assert found == pytest.approx(10.0, rel=0.02)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
@pytest.mark.parametrize("columns", [[0, 1, 2, 3], [0, 1, 0, 1], [0, 0, 0, 0], [3, 2, 1, 1]])
def test_moments_are_those_of_the_rows(columns, scale):
    """Of columns that are there twice, rounding must not count as a direction."""
    A = with_ones(X[:, columns])
    found = sum_moments(source_of(scale * A), False, 1)
    told = np.array([found.row_bound(), found.largest_eigenvalue()])
    np.testing.assert_allclose(told / scale**2, [row_bound(A), top(A)], rtol=1e-6)
    nothing = sum_moments(source_of(np.zeros((N, 3))), False, 1)
    assert (nothing.row_bound(), nothing.largest_eigenvalue()) == (0.0, 0.0)


RATES = list(itertools.product([True, False], [0.0, 2.0], ["squared_error", "huber"]))


@pytest.mark.parametrize("optimizer", [GD(), Momentum(0.5), Nesterov(0.5)], ids=lambda o: o.name)
def test_the_largest_stable_rate_is_that_of_theory(optimizer):
    factor = {"gd": 2.0, "momentum": 3.0, "nesterov": 1.5}[optimizer.name]
    for fit_intercept, l2, loss in RATES:
        A = with_ones(X, fit_intercept)
        given = source_of(), Objective(LOSSES[loss](), 0.0, l2, fit_intercept)
        told = largest_stable_rate(*given, "batch", optimizer, N, 1)
        assert told.value == pytest.approx(factor / (top(A) + l2), rel=1e-3)
        for size in (1, 7, 256):
            told = largest_stable_rate(*given, "minibatch", optimizer, size, 1)
            if optimizer.name != "gd":
                assert told is None
                continue
            bound = row_bound(A, l2) + (size - 1) * (top(A) + l2)
            assert told.value == pytest.approx(2 * size / bound, rel=1e-3)
    given = source_of(), Objective(SquaredError())
    assert largest_stable_rate(*given, "batch", Adam(), N, 1) is None


# -------------------------------------------------------------------------------- what is chosen


def fit(variant, X=X, y=Y, **settings):
    settings = {"max_iter": 1, "tol": None, "random_state": 0, "preconditioner": None, **settings}
    return fastgd.fit(X, y, variant, **settings)


def schedule_of(variant, X=X, sample_weight=None, **settings):
    """What `fit` would choose; nothing is compiled for it."""
    known = inspect.signature(fastgd.fit).parameters
    chosen = {name: known[name].default for name in inspect.signature(read_request).parameters}
    chosen |= {"preconditioner": None, "variant": variant, "n_threads": 1, **settings}
    return make_plan(read_request(**chosen), source_of(X, Y, sample_weight), None, 0).schedule


@pytest.mark.parametrize("alpha", [0.0, 0.1, 30.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_batch_steps_at_one_over_the_largest_curvature(alpha, scale):
    """Of columns less their mean over their spread, the penalty's own curvature included."""
    spread = (scale * X).std(axis=0)
    units = 1.0 / np.sqrt(spread**2 + alpha)
    A = np.column_stack([(scale * X - scale * X.mean(axis=0)) * units, np.ones(N)])
    H = A.T @ A / N
    H[np.arange(D), np.arange(D)] += alpha * units**2
    L = np.linalg.eigvalsh(H)[-1]
    rate = schedule_of("batch", scale * X, alpha=alpha, optimizer="gd", route="direct").eta0
    assert 0.45 / L < rate < 1.05 / L


@pytest.mark.parametrize("alpha", [0.0, 10.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("variant", "size"), [("stochastic", 1), ("minibatch", 10)])
def test_first_rates_are_half_of_what_such_batches_stand(variant, size, weighted, alpha):
    weights = WEIGHTS**2 if weighted else None
    batches = {"batch_size": size} if variant == "minibatch" else {}
    settings = {"sample_weight": weights, "alpha": alpha, "optimizer": "gd", **batches}
    schedule = schedule_of(variant, **settings)
    mean = np.average(X, axis=0, weights=weights)
    units = 1.0 / np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights) + alpha)
    A = np.column_stack([(X - mean) * units, np.ones(N)])
    uneven = np.mean(WEIGHTS**4) / np.mean(WEIGHTS**2) ** 2 if weighted else 1.0
    bound = np.mean(np.square(A).sum(axis=1)) * uneven + (size - 1) * top(A)
    bound += size * alpha * np.max(units**2)
    curvature = find_optimum(source_of(weights=weights)).max_second_derivative
    assert schedule.eta0 == pytest.approx(0.5 * size / (curvature * bound), rel=0.05)
    momentum = schedule_of(variant, **{**settings, "optimizer": Momentum(0.8)})
    assert momentum.eta0 == pytest.approx(0.2 * schedule.eta0)


FAR = [(variant, each) for variant in ("stochastic", "minibatch") for each in ("auto", None)]


@pytest.mark.parametrize(("variant", "preconditioner"), FAR)
def test_a_row_far_from_all_others_throws_nothing_off(variant, preconditioner, monkeypatch):
    """Not in the sample, and a thousand times as long: steps on it are held back.

    Of the row itself an epoch leaves the error large, and then a warning says so.
    """
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 100)
    chosen = draw(source_of(), True, fastgd.data.orders.draw_seed(0)).chosen
    row = np.setdiff1d(np.arange(N), chosen)[0]
    table, y = (X - X.mean(axis=0)).copy(), Y - Y.mean()
    table[row], y[row] = 1e3 * np.ones(D), 0.0
    settings = {"record_path": 1, "preconditioner": preconditioner, "average": False}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.DivergenceWarning)
        result = fit(variant, table, y, **settings)
    at_zeros = 0.5 * np.mean(np.square(y))
    assert result.objective <= at_zeros * (1 + 1e-12)  # nothing worse is returned
    A = with_ones(table)
    rows = np.arange(N) != row
    values = np.mean(np.square(A[rows] @ result.path.T - y[rows, None]), axis=0)
    assert values.max() < 30.0 * np.mean(np.square(y))


# -------------------------------------------------------------------------------------- the sample


@pytest.mark.parametrize("rare", [1.0, -1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_rare_label_is_in_the_sample_and_counts_as_often_as_it_is(rare, weighted, monkeypatch):
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 100)
    y = np.full(N, -rare)
    y[[7, 100, 101, 300]] = rare
    weights = (np.arange(N) % 2).astype(float) if weighted else None
    drawn = draw(source_of(y=y, weights=weights, target="binary"), True, 0)
    labels = y[drawn.chosen]
    has_weight = np.ones(N, bool) if weights is None else weights > 0
    assert np.count_nonzero(labels == rare) == np.count_nonzero(has_weight & (y == rare))
    assert has_weight[drawn.chosen].all()
    of_rare = drawn.stands_for[labels == rare].sum() / len(labels)
    assert of_rare == pytest.approx(np.mean(has_weight & (y == rare)))
    assert drawn.stands_for.mean() == pytest.approx(np.mean(has_weight))
    assert drawn.weights.mean() == pytest.approx(1.0, rel=1e-9)


# ----------------------------------------------------------------------------------- the curvature


def gap(A, w, best, l2):
    H = A.T @ A / len(A) + np.diag(np.append(np.full(A.shape[1] - 1, l2), 0.0))
    return 0.5 * (w - best) @ H @ (w - best), H


@pytest.mark.parametrize("near", [1.0, 1e-2, 1e-3])
@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_distance_told_is_that_to_the_optimum(near, l2, fit_intercept):
    """Half as much again, along every direction: the intercept, and where columns nearly agree."""
    table = X.copy()
    table[:, 1] = table[:, 0] + near * RNG.standard_normal(N)
    A = with_ones(table, fit_intercept)
    _, H = gap(A, np.zeros(D + 1), np.zeros(D + 1), l2)
    best = np.linalg.pinv(H) @ (A.T @ Y / N)
    hessian = find_optimum(source_of(table), l2=l2, fit_intercept=fit_intercept).hessian
    directions = [*np.eye(D + 1)[: D + fit_intercept], [1.0, -1.0, 0.0, 0.0, 0.0]]
    for direction in np.array(directions):
        w = best + 0.1 * direction
        g = A.T @ (A @ w - Y) / N + l2 * np.append(w[:D], 0.0)
        true = gap(A, w, best, l2)[0]
        assert hessian.suboptimality(g) == pytest.approx(1.5 * true, rel=0.05)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.03])
def test_the_inverse_is_that_of_the_hessian_of_labels(share):
    """Whose weighted mean is not that of the rows, the less so the rarer a label is."""
    z = 1.5 * (X - X.mean(axis=0)) @ [1.0, -0.5, 0.3, 0.2]
    z += np.quantile(-z, share)
    y = np.where(z + np.random.default_rng(0).logistic(size=N) > 0, 1.0, -1.0)
    optimum = find_optimum(source_of(y=y, target="binary"), "log_loss")
    A = with_ones(X)
    p = 1.0 / (1.0 + np.exp(-A @ optimum.start))
    H = (A * (p * (1 - p))[:, None]).T @ A / N
    for g in (np.append(np.zeros(D), 1.0), H @ np.ones(D + 1), H @ [1.0, -1.0, 0.0, 0.5, 0.0]):
        exact = 0.5 * g @ np.linalg.solve(H, g)
        assert optimum.hessian.decrement(g) == pytest.approx(exact, rel=0.3)


@pytest.mark.parametrize("rows", [120, 160, 250])
def test_the_statistical_error_of_a_small_sample_is_not_too_small(rows, monkeypatch):
    """Its residuals are: each row pulls the sample's optimum towards itself."""
    monkeypatch.setattr(sample, "SAMPLE_ROWS", rows)
    n, d = 3000, 40
    errors = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        table = rng.standard_normal((n, d))
        y = table @ np.ones(d) + rng.standard_normal(n)
        errors.append(find_optimum(source_of(table, y)).statistical_error)
    assert 0.95 < np.mean(errors) / ((d + 1) / (2 * n)) < 1.3


def test_of_fewer_rows_than_columns_there_is_no_statistical_error():
    table = RNG.standard_normal((5, 8))
    for n in (5, 8):
        table = RNG.standard_normal((n, 8))
        assert math.isnan(find_optimum(source_of(table, np.arange(n))).statistical_error)
    table = RNG.standard_normal((30, 8))
    assert find_optimum(source_of(table, np.arange(30) % 7)).statistical_error > 0


@pytest.mark.parametrize("loss", [SquaredError(), Huber(), LogLoss()], ids=lambda loss: loss.name)
def test_the_start_is_in_coefficients_as_they_are(loss):
    y = np.where(np.median(Y) + np.random.default_rng(1).logistic(size=N) < Y, 1.0, -1.0)
    target = y if loss.target == "binary" else Y
    found = find_optimum(source_of(y=target, target=loss.target), loss.name)
    z = with_ones(X) @ found.start
    rows = [loss.function(*pair, loss.parameters) for pair in zip(z, target, strict=True)]
    values, slopes = np.array(rows).T
    assert np.abs(with_ones(X).T @ slopes / N).max() < 1e-3
    assert found.mean_loss == pytest.approx(values.mean(), rel=1e-6)
