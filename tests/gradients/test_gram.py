"""The Gram route: the same descent as from the rows, from sums made once."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import fastgd
from fastgd.data.inputs import make_source
from fastgd.gradients.gram import make_gram

OPTIMIZERS = ["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]


def problem(n=400, d=6, shift=0.0, noise=1.0):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n, d)) + shift * rng.standard_normal(d)
    return X, X @ rng.standard_normal(d) + 3.0 + noise * rng.standard_normal(n)


def rate_for(X, optimizer):
    """A rate at which the optimizer is stable."""
    if optimizer == "rmsprop":  # whose dynamics amplify rounding unless its steps shrink
        return fastgd.InverseScaling(0.05)
    if optimizer in ("adagrad", "adam"):
        return 0.05
    with_ones = np.column_stack([X, np.ones(len(X))])
    return 0.9 * len(X) / np.linalg.eigvalsh(with_ones.T @ with_ones)[-1]


def both(X, y, optimizer="gd", **settings):
    steps = 100 if optimizer == "rmsprop" else 1000
    settings = {"learning_rate": rate_for(X, optimizer), "max_iter": steps, **settings}
    return [
        fastgd.fit(X, y, "batch", optimizer=optimizer, route=route, **settings)
        for route in ("direct", "gram")
    ]


def assert_same(direct, gram, rtol=1e-12):
    scale = np.abs(direct.coef_).max()
    np.testing.assert_allclose(gram.coef_, direct.coef_, rtol=0, atol=rtol * scale)
    assert gram.intercept_ == pytest.approx(direct.intercept_, rel=rtol, abs=rtol * scale)
    np.testing.assert_allclose(gram.history["loss"], direct.history["loss"], rtol=1e-9)
    np.testing.assert_array_equal(gram.history["passes"], direct.history["passes"])


@pytest.mark.compiled
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"fit_intercept": False},
        {"alpha": 0.1, "l1_ratio": 0.5},
        {"sample_weight": np.random.default_rng(0).uniform(0.0, 3.0, 400)},
        {"coef_init": np.ones(6), "intercept_init": -7.0},
    ],
    ids=["plain", "no intercept", "penalty", "weights", "start"],
)
def test_steps_are_those_from_the_rows(optimizer, settings):
    assert_same(*both(*problem(), optimizer, **settings))


@pytest.mark.compiled
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_means_far_from_zero_cost_no_digits(optimizer):
    """Of X'X as it is they would cost four."""
    direct, gram = both(*problem(shift=100.0), optimizer)
    assert_same(direct, gram)
    assert gram.objective == pytest.approx(direct.objective, rel=1e-12)


@pytest.mark.compiled
def test_the_loss_is_followed_to_the_end():
    """Without noise it falls to nothing, where a difference of sums would be all rounding."""
    direct, gram = both(*problem(noise=0.0))
    assert direct.history["loss"][-1] < 1e-28
    assert gram.history["loss"][-1] < 1e-28
    large = direct.history["loss"] > 1e-20
    np.testing.assert_allclose(
        gram.history["loss"][large], direct.history["loss"][large], rtol=1e-5
    )


@pytest.mark.compiled
@pytest.mark.parametrize("layout", ["float32", "Fortran", "int"])
def test_every_layout_has_the_route(layout):
    X, y = problem()
    made = {
        "float32": lambda: X.astype(np.float32),
        "Fortran": lambda: np.asfortranarray(X),
        "int": lambda: np.rint(3 * X).astype(np.int64),
    }[layout]()
    direct, gram = both(made, y, max_iter=50)
    assert gram.coef_.dtype == direct.coef_.dtype
    rtol = 1e-5 if layout == "float32" else 1e-12
    np.testing.assert_allclose(gram.coef_, direct.coef_, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1, 4095, 4096, 4097, 7000, 8193])
def test_the_matrix_is_the_sum_over_all_rows(n, weighted):
    """It is made of blocks of 4,096 rows, the last of which may be short."""
    X, y = problem(n, shift=3.0)
    weights = np.random.default_rng(0).uniform(0.0, 3.0, n) if weighted else None
    shares = np.ones(n) if weights is None else weights / weights.mean()
    gram = make_gram(make_source(X, y, weights, "real"))
    moved = np.column_stack([X - gram.mean[:-1], np.ones(n)])
    np.testing.assert_allclose(gram.mean[:-1], X.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(
        gram.matrix, (moved * shares[:, None]).T @ moved, rtol=1e-11, atol=1e-8
    )
    plain = np.column_stack([X, np.ones(n)])
    v = np.arange(1.0, 8.0)
    np.testing.assert_allclose(gram.times(v), plain.T @ (shares * (plain @ v)), rtol=1e-10)


def test_a_table_of_a_block_and_a_half_is_descended_as_by_numpy():
    X, y = problem(7000)
    rate = 0.5 * rate_for(X, "gd")
    result = fastgd.fit(X, y, "batch", route="gram", learning_rate=rate, max_iter=30)
    A, w, losses = np.column_stack([X, np.ones(7000)]), np.zeros(7), []
    for _ in range(30):
        losses.append(0.5 * np.mean(np.square(A @ w - y)))
        w = w - rate * A.T @ (A @ w - y) / 7000
    np.testing.assert_allclose(np.append(result.coef_, result.intercept_), w, rtol=1e-10)
    np.testing.assert_allclose(result.history["loss"][1:], losses, rtol=1e-9)
    assert result.objective == pytest.approx(0.5 * np.mean(np.square(A @ w - y)), rel=1e-10)


@pytest.mark.compiled
def test_rows_are_read_a_few_times_only():
    direct, gram = both(*problem(), max_iter=100)
    assert_same(direct, gram)
    history = gram.history
    assert history["reads"][-1] <= 6
    assert history["passes"][-1] == 100
    assert gram.route_ == "gram"
    assert "X'X" in gram.summary()
    assert "X'X" not in both(*problem(), max_iter=1)[0].summary()


@pytest.mark.compiled
def test_a_self_tuned_fit_takes_it_where_it_pays():
    X, y = problem(4000, 10)
    lasso = {"alpha": 1e-3, "l1_ratio": 1.0, "random_state": 0}  # no inverse helps a proximal step
    tuned = fastgd.fit(X, y, "batch", **lasso)
    rows = fastgd.fit(X, y, "batch", route="direct", **lasso)
    assert (tuned.route_, rows.route_) == ("gram", "direct")
    np.testing.assert_allclose(tuned.coef_, rows.coef_, rtol=1e-4)
    assert tuned.learning_rate_ == pytest.approx(rows.learning_rate_, rel=0.02)
    assert tuned.history["reads"][-1] < 10
    again = fastgd.fit(X, y, **tuned.recipe)
    assert again.coef_.tobytes() == tuned.coef_.tobytes()
    few = fastgd.fit(X, y, "batch", max_iter=3, tol=None, **lasso)
    assert few.route_ == "gram"
    assert fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=1).route_ == "direct"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert fastgd.fit(X[:5], y[:5], "batch", max_iter=10, **lasso).route_ == "direct"
        huber = fastgd.fit(X, y, "batch", loss="huber", max_iter=10)
    assert huber.route_ == "direct"
    assert fastgd.fit(X, y).route_ == "direct"


def test_divergence_is_told_as_from_the_rows():
    X, y = problem()
    for route in ("direct", "gram"):
        with pytest.warns(fastgd.DivergenceWarning, match="theory calls rates below"):
            result = fastgd.fit(X, y, "batch", route=route, learning_rate=5.0, max_iter=2000)
        assert result.stop_reason is fastgd.StopReason.DIVERGED
        assert np.isfinite(result.coef_).all()


def test_what_is_not_finite_is_found():
    X, y = problem()
    X[17, 3] = np.nan
    with pytest.raises(ValueError, match=r"Input X contains NaN .first in row 17, column 3"):
        fastgd.fit(X, y, "batch", route="gram", learning_rate=0.1)


@pytest.mark.parametrize(
    "settings", [{"variant": "minibatch"}, {"variant": "batch", "loss": "huber"}]
)
def test_only_batch_descent_on_the_squared_error_has_the_route(settings):
    with pytest.raises(ValueError, match=r'route="gram".* needs variant="batch" and loss='):
        fastgd.fit(*problem(), route="gram", **settings)


BITS = """
import hashlib, sys
import numpy as np, fastgd
rng = np.random.default_rng(0)
X = rng.standard_normal((9000, 70)) + 5
y = X.sum(axis=1) + rng.standard_normal(9000)
rate = fastgd.InverseScaling(0.01)
fit = fastgd.fit(X, y, "batch", route="gram", optimizer="adam", learning_rate=rate, max_iter=40,
                 n_threads=int(sys.argv[1]))
print(hashlib.sha256(fit.coef_.tobytes() + fit.history["loss"].tobytes()).hexdigest())
"""


@pytest.mark.compiled
def test_threads_change_no_bit():
    """Neither ours nor those of BLAS."""
    digests = set()
    for threads in ("1", "2"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", BITS, threads],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize("loss", ["huber", "log_loss", "squared_hinge"])
def test_no_other_loss_takes_the_route_by_itself(loss):
    X, y = problem()
    y = np.sign(y - np.median(y)) if loss != "huber" else y
    lasso = {"loss": loss, "alpha": 0.05, "l1_ratio": 1.0, "max_iter": 5, "tol": None}
    lasso["random_state"] = 0
    tuned, rows = (fastgd.fit(X, y, "batch", route=route, **lasso) for route in ("auto", "direct"))
    assert tuned.route_ == "direct"
    np.testing.assert_array_equal(tuned.coef_, rows.coef_)


@pytest.mark.parametrize("shift", [0.0, 10.0])
def test_the_reference_moves_along_until_nothing_is_left(shift):
    """Distances from the start alone would leave rounding of the first loss."""
    X, y = problem(noise=0.0)
    X, y = X + shift, y + shift
    result = fastgd.fit(
        X - X.mean(axis=0), y, "batch", route="gram", optimizer="nesterov", max_iter=300,
        learning_rate=rate_for(X - X.mean(axis=0), "gd") / 3,
    )  # fmt: skip
    assert result.history["loss"][-1] < 1e-26
    assert result.history["reads"][-1] > 3
