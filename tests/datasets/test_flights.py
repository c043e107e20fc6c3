"""The main job on real data: 327,346 flights, against the normal equations' optimum."""

import numpy as np
import pytest

import fastgd

pytest.importorskip("pandas", reason="the flights need the extra `data`")
pytestmark = pytest.mark.compiled

OPTIMUM = 223.43739  # mean squared error of ordinary least squares, known to these digits


@pytest.fixture(scope="module")
def flights():
    """Return the standardised table and its target."""
    X, y, _ = fastgd.datasets.load_flights()
    return (X - X.mean(axis=0)) / X.std(axis=0), y


def mean_squared_error(result, X, y):
    return np.mean((result.predict(X) - y) ** 2)


def test_batch_descent_reaches_the_optimum(flights):
    X, y = flights
    eigenvalues = np.linalg.eigvalsh(X.T @ X / len(X))
    root = np.sqrt(eigenvalues[-1] / eigenvalues[0])
    nesterov = fastgd.Nesterov(mu=(root - 1) / (root + 1))
    result = fastgd.fit(
        X, y, "batch", optimizer=nesterov, learning_rate=1 / eigenvalues[-1], max_iter=300
    )
    assert mean_squared_error(result, X, y) == pytest.approx(OPTIMUM, rel=1e-6)
    assert result.score(X, y) == pytest.approx(0.88784, abs=5e-6)


def test_averaged_minibatch_descent_comes_within_a_thousandth_of_it(flights):
    X, y = flights
    result = fastgd.fit(X, y, learning_rate=0.04, average=True, max_iter=60, random_state=0)
    assert mean_squared_error(result, X, y) == pytest.approx(OPTIMUM, rel=1e-3)


@pytest.mark.parametrize("redundant", [False, True])
@pytest.mark.parametrize(
    ("variant", "tolerance"), [("batch", 1e-6), ("minibatch", 1e-3), ("stochastic", 1e-3)]
)
def test_untuned_descent_on_the_raw_table_reaches_the_optimum(variant, tolerance, redundant):
    """Columns of sizes 0.0001 to 1000, the rarest shown in 32 rows, and one the sum of others."""
    X, y, _ = fastgd.datasets.load_flights()
    if redundant:
        X = np.column_stack([X, X[:, 0] + X[:, 1]])
    for seed in range(3):
        result = fastgd.fit(X, y, variant, random_state=seed)
        assert mean_squared_error(result, X, y) == pytest.approx(OPTIMUM, rel=tolerance)
        assert result.stop_reason is fastgd.StopReason.TOLERANCE
