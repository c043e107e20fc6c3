"""The reference optimum and the statistical error, against independent solvers and formulas."""

import numpy as np
import pytest

import fastgd
from fastgd.comparing.problem import Problem
from fastgd.comparing.reference import Distance, Hessian, find_reference


def table(n=300, d=4, shift=3.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + shift
    return X, X @ rng.standard_normal(d) + rng.standard_normal(n), rng.uniform(0.5, 2.0, n)


def solved(X, y, loss, **keywords):
    problem = Problem(X, y, loss, **keywords)
    return problem, find_reference(problem, Hessian(problem, problem.weights))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_squared_error_is_least_squares(fit_intercept, weighted, alpha):
    X, y, s = table()
    weights = s if weighted else np.ones(len(y))
    _, found = solved(
        X,
        y,
        fastgd.SquaredError(),
        alpha=alpha,
        fit_intercept=fit_intercept,
        sample_weight=s if weighted else None,
    )
    A = np.column_stack([X, np.full(len(X), float(fit_intercept))])
    root = np.sqrt(weights / weights.sum())[:, None]
    ridge = np.sqrt(alpha) * np.eye(len(X[0]), A.shape[1])
    stacked = np.vstack([A * root, ridge]), np.append(y * root[:, 0], np.zeros(len(ridge)))
    expected = np.linalg.lstsq(*stacked)[0]
    np.testing.assert_allclose(found.point, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("loss", "keywords"),
    [
        (fastgd.LogLoss(), {}),
        (fastgd.LogLoss(), {"alpha": 0.1}),
        (fastgd.LogLoss(), {"alpha": 0.05, "l1_ratio": 0.8}),
        (fastgd.Huber(0.5), {}),
        (fastgd.SquaredHinge(), {"alpha": 0.1, "l1_ratio": 0.5}),
        (fastgd.SquaredError(), {"alpha": 0.5, "l1_ratio": 1.0}),
        (fastgd.SquaredError(), {"alpha": 0.5, "l1_ratio": 0.5, "fit_intercept": False}),
    ],
    ids=str,
)
def test_a_subgradient_of_zero_lies_at_the_optimum(loss, keywords):
    X, y, s = table()
    y = (y > np.median(y)) * 1 if loss.target == "binary" else y
    problem, found = solved(X, y, loss, sample_weight=s, **keywords)
    w, g = found.point[:-1], problem.smooth(found.point)[1]
    at_zero = np.maximum(np.abs(g[:-1]) - problem.l1, 0.0)
    least = np.where(w == 0, at_zero, g[:-1] + problem.l1 * np.sign(w))
    assert np.abs(least).max() < 1e-8
    assert abs(g[-1]) < 1e-8
    assert problem.objective(found.point) <= found.start_objective


def test_the_gradient_is_that_of_the_objective():
    X, y, s = table()
    problem = Problem(X, (y > 9) * 1, fastgd.LogLoss(), alpha=0.2, sample_weight=s)
    point = np.random.default_rng(1).standard_normal(5)
    g, h = problem.smooth(point)[1], 1e-6
    for j, e in enumerate(np.eye(5) * h):
        slope = (problem.objective(point + e) - problem.objective(point - e)) / (2 * h)
        assert slope == pytest.approx(g[j], rel=1e-6, abs=1e-8)


def test_the_gap_of_squared_error_does_not_cancel():
    X, y, _ = table(shift=1e4)
    problem, found = solved(X, y, fastgd.SquaredError())
    distance = Distance(problem, found, Hessian(problem, problem.weights))
    step = np.array([1e-11, 0, 0, 0, -1e-7])
    A = np.column_stack([X, np.ones(len(X))])
    _, gap = distance.objective_or_gap(found.point + step)
    moved = found.point + step - found.point  # as it could be stored
    assert gap == pytest.approx(0.5 * np.mean((A @ moved) ** 2), rel=1e-6)


def test_with_a_lasso_too():
    X, y, _ = table()
    problem, found = solved(X, y, fastgd.SquaredError(), alpha=1.0, l1_ratio=0.9)
    assert 0 < (found.point[:-1] == 0).sum() < 4
    distance = Distance(problem, found, Hessian(problem, problem.weights))
    point = found.point + np.array([0.3, -0.2, 0.1, 0.4, 1.0])
    _, gap = distance.objective_or_gap(point)
    assert gap == pytest.approx(problem.objective(point) - found.objective, rel=1e-10)


@pytest.mark.compiled
def test_the_statistical_error_of_least_squares_is_sigma_squared_d_over_2n():
    X, y, _ = fastgd.datasets.make_regression(50_000, 7, noise=2.0, random_state=0)
    _, found = solved(X, y, fastgd.SquaredError())
    assert found.statistical_error == pytest.approx(4.0 * 8 / (2 * 50_000), rel=0.03)


@pytest.mark.compiled
def test_it_is_what_fresh_data_cost_on_average():
    # F's excess at the optimum of other data of the same law: tr(H^-1 C) / (2n), theory says.
    excess = []
    X, y, _ = fastgd.datasets.make_classification(200_000, 3, noise=0.5, random_state=0)
    law, best = solved(X, y, fastgd.LogLoss())
    for start in range(0, 200_000, 2000):
        rows = slice(start, start + 2000)
        _, found = solved(X[rows], y[rows], fastgd.LogLoss())
        excess.append(law.objective(found.point) - best.objective)
        error = found.statistical_error
    assert np.mean(excess) == pytest.approx(error, rel=0.3)


def test_where_there_is_none():
    X, y, _ = table(n=5)
    assert solved(X, y, fastgd.SquaredError())[1].statistical_error is None  # n <= d
    X, _, _ = table()
    assert solved(X, X @ np.ones(4), fastgd.SquaredError())[1].statistical_error is None  # exact
    kinked = solved(X, X[:, 0], fastgd.AbsoluteError())[1]
    assert (kinked.kind, kinked.point, kinked.statistical_error) == ("best seen", None, None)


def test_collinear_and_constant_columns_are_no_trouble():
    X, y, _ = table()
    X = np.column_stack([X, X[:, 0], np.full(len(X), 7.0)])
    problem, found = solved(X, y, fastgd.SquaredError())
    assert np.abs(problem.smooth(found.point)[1]).max() < 1e-10


@pytest.mark.parametrize("n", [60, 300, 2000])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_statistical_error_of_least_squares_is_that_of_its_residuals(n, fit_intercept):
    """tr(H^-1 C) / 2n, C from the rows' own residuals: about sigma^2 d / 2n."""
    X, y, _ = table(n)
    _, found = solved(X, y, fastgd.SquaredError(), fit_intercept=fit_intercept)
    A = np.column_stack([X, np.ones(n)]) if fit_intercept else X
    residuals = A @ np.linalg.lstsq(A, y)[0] - y
    H, C = A.T @ A / n, (A * residuals[:, None] ** 2).T @ A / n
    expected = np.trace(np.linalg.solve(H, C)) / (2 * n)
    assert found.statistical_error == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(np.mean(residuals**2) * A.shape[1] / (2 * n), rel=0.3)


@pytest.mark.parametrize("near", [1e-3, 1e-4, 1e-5])
def test_nearly_equal_columns_cost_the_optimum_no_digits(near):
    X, y, _ = table()
    X[:, 1] = X[:, 0] + near * X[:, 2]
    problem, found = solved(X, y, fastgd.SquaredError())
    A = np.column_stack([X, np.ones(len(X))])
    best = np.linalg.lstsq(A, y, rcond=None)[0]
    objectives = [problem.objective(point) for point in (found.point, best)]
    assert abs(np.subtract(*objectives)) < 1e-13 * problem.at_zero
    np.testing.assert_allclose(A @ found.point, A @ best, atol=1e-7 * np.abs(y).max())
    slope = problem.smooth(found.point)[1]
    assert np.abs(slope).max() < 1e-12 * np.abs(problem.smooth(np.zeros(5))[1]).max()
