"""The twins of naive.py against golden values, finite differences and scikit-learn.

naive.py judges the package, so it is judged here first, by sources that share nothing with it.
"""

import naive
import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    LogisticRegression,
    QuantileRegressor,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.metrics import hinge_loss, mean_absolute_error, mean_pinball_loss
from sklearn.svm import LinearSVC, LinearSVR

LOSSES = {
    **{name: twin.loss for name, twin in naive.LOSSES.items()},
    "huber(0.3)": naive.huber(0.3),
    "quantile(0.8)": naive.quantile(0.8),
    "epsilon_insensitive(0.5)": naive.epsilon_insensitive(0.5),
    "squared_epsilon_insensitive(0.5)": naive.squared_epsilon_insensitive(0.5),
}
CURVATURES = {  # of those whose slope does not jump
    "squared_error": 1.0,
    "huber": 1.0,
    "huber(0.3)": 1.0,
    "log_loss": 0.25,
    "squared_epsilon_insensitive": 2.0,
    "squared_epsilon_insensitive(0.5)": 2.0,
    "squared_hinge": 2.0,
    "modified_huber": 2.0,
}

# The numbers of torch.optim after ten batch steps on four rows, in float64.
GOLDEN_X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0], [-2.0, 1.0]])
GOLDEN_Y = np.array([1.0, 2.0, 3.0, -1.0])
GOLDEN_START = np.array([0.1, -0.2])
GOLDEN = [
    ("gd", 0.05, (0.6692670206622541, 0.49635554400603726)),
    ("momentum", 0.05, (0.9457607424736351, 0.2501964200452048)),
    ("nesterov", 0.05, (0.8004647770849428, 0.457275223823811)),
    ("adagrad", 0.1, (0.5137924993552564, 0.2230138259795552)),
    ("rmsprop", 0.01, (0.517136424895077, 0.2265080042296139)),
    ("adam", 0.01, (0.19945616458051643, -0.10048789359349611)),
]


def regression_data(n=40, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * np.linspace(0.7, 1.4, d)
    y = X @ np.linspace(-1.0, 2.0, d) + 0.5 + 0.3 * rng.standard_normal(n)
    return X, y, rng.uniform(0.2, 2.0, n)


def classification_data(n=60, d=3, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    y = np.where(X @ np.linspace(1.0, -1.0, d) + 0.4 + rng.logistic(size=n) > 0, 1.0, -1.0)
    return X, y, rng.uniform(0.2, 2.0, n)


def data_for(name):
    takes_labels = name in naive.LOSSES and naive.LOSSES[name].takes_labels
    return classification_data() if takes_labels else regression_data()


# ---------------------------------------------------------------------------------------- losses


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("y", [-1.0, 1.0])
def test_slope_is_the_derivative_of_the_value(name, y):
    z = np.linspace(-4.0, 4.0, 161) + 1e-3
    h = 1e-6
    y = naive.LOSSES[name].targets(y) if name in naive.LOSSES else y
    above, below = LOSSES[name](z + h, y)[0], LOSSES[name](z - h, y)[0]
    np.testing.assert_allclose(LOSSES[name](z, y)[1], (above - below) / (2 * h), atol=1e-8)


@pytest.mark.parametrize(
    ("loss", "z", "y", "value", "slope"),
    [
        (naive.absolute_error, 0.7, 0.7, 0.0, 0.0),
        (naive.quantile(0.8), 0.7, 0.7, 0.0, 0.0),
        (naive.epsilon_insensitive(0.25), 1.25, 1.0, 0.0, 0.0),
        (naive.epsilon_insensitive(0.25), 0.75, 1.0, 0.0, 0.0),
        (naive.epsilon_insensitive(0.0), 1.0, 1.0, 0.0, 0.0),
        (naive.squared_epsilon_insensitive(0.25), 1.25, 1.0, 0.0, 0.0),
        (naive.hinge, 1.0, 1.0, 0.0, -1.0),
        (naive.hinge, -1.0, -1.0, 0.0, 1.0),
        (naive.squared_hinge, 1.0, 1.0, 0.0, 0.0),
        (naive.modified_huber, -1.0, 1.0, 4.0, -4.0),
        (naive.modified_huber, 1.0, -1.0, 4.0, 4.0),
    ],
)
def test_value_and_slope_at_a_kink_or_joint(loss, z, y, value, slope):
    assert loss(z, y) == (value, slope)


def test_values_are_those_of_scikit_learns_metrics():
    rng = np.random.default_rng(0)
    z, y, labels = rng.standard_normal(50), rng.standard_normal(50), rng.choice([-1.0, 1.0], 50)
    for value, metric in (
        (naive.absolute_error(z, y)[0], mean_absolute_error(y, z)),
        (naive.quantile(0.8)(z, y)[0], mean_pinball_loss(y, z, alpha=0.8)),
        (naive.quantile(0.1)(z, y)[0], mean_pinball_loss(y, z, alpha=0.1)),
        (naive.hinge(z, labels)[0], hinge_loss(labels, z)),
    ):
        assert value.mean() == pytest.approx(metric, rel=1e-14)


# scikit-learn's name of a loss that its SGD has, and its epsilon.
SGD_PEERS = {
    "squared_error": ("squared_error", {}, naive.squared_error),
    "huber": ("huber", {"epsilon": 0.7}, naive.huber(0.7)),
    "absolute_error": ("epsilon_insensitive", {"epsilon": 0.0}, naive.absolute_error),
    "epsilon_insensitive": (
        "epsilon_insensitive",
        {"epsilon": 0.4},
        naive.epsilon_insensitive(0.4),
    ),
    "squared_epsilon_insensitive": (
        "squared_epsilon_insensitive",
        {"epsilon": 0.4},
        naive.squared_epsilon_insensitive(0.4),
    ),
    "log_loss": ("log_loss", {}, naive.log_loss),
    "hinge": ("hinge", {}, naive.hinge),
    "squared_hinge": ("squared_hinge", {}, naive.squared_hinge),
    "modified_huber": ("modified_huber", {}, naive.modified_huber),
}


def sgd_peer(name, X, y, **settings):
    """The coefficients, then the intercept, of scikit-learn's unpenalised SGD."""
    peer, epsilon, _ = SGD_PEERS[name]
    make = SGDClassifier if naive.LOSSES[name].takes_labels else SGDRegressor
    model = make(
        loss=peer, penalty=None, learning_rate="constant", shuffle=False, tol=None, **epsilon,
        **settings,
    ).fit(X, y)  # fmt: skip
    return np.append(model.coef_, model.intercept_)


@pytest.mark.parametrize("name", SGD_PEERS)
def test_stochastic_epochs_end_where_scikit_learns_end(name):
    X, y, _ = data_for(name)
    path = naive.descend(
        X,
        y,
        loss=SGD_PEERS[name][2],
        variant="stochastic",
        learning_rate=0.05,
        order=np.tile(np.arange(len(X)), (3, 1)),
    )
    expected = sgd_peer(name, X, y, eta0=0.05, max_iter=3)
    np.testing.assert_allclose(path[-1], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "targets", "end"),
    [
        ("hinge", [1.0, 1.0, -1.0], 2.0),  # at yz = 1 it still steps
        ("squared_hinge", [1.0, 1.0, -1.0], 2.0),  # past the kink, in one step of 2
        ("absolute_error", [1.0, 1.0, -1.0], 1.0),  # at r = 0 it rests
        ("epsilon_insensitive", [1.4, 1.4, -1.4], 1.0),  # at |r| = epsilon too
    ],
)
def test_a_row_at_a_kink_moves_as_scikit_learns_does(name, targets, end):
    X = np.array([[1.0], [1.0], [-1.0]])
    path = naive.descend(
        X,
        targets,
        loss=SGD_PEERS[name][2],
        variant="stochastic",
        learning_rate=1.0,
        order=np.array([[0, 1, 2]]),
        fit_intercept=False,
    )
    peer = sgd_peer(name, X, targets, eta0=1.0, max_iter=1, fit_intercept=False)
    assert path[-1, 0] == peer[0] == end


def test_huber_is_quadratic_inside_linear_outside_and_smooth_at_the_joint():
    loss = naive.huber(1.35)
    assert loss(1.0, 0.0) == (0.5, 1.0)
    assert loss(-3.35, 0.0) == pytest.approx((1.35 * 3.35 - 0.5 * 1.35**2, -1.35), rel=1e-15)
    assert loss(1.35, 0.0) == pytest.approx(naive.squared_error(1.35, 0.0), rel=1e-15)


@pytest.mark.parametrize("y", [-1.0, 1.0])
def test_log_loss_is_exact_far_out(y):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        right, wrong = naive.log_loss(700.0 * y, y), naive.log_loss(-700.0 * y, y)
    assert right == pytest.approx((np.exp(-700.0), -y * np.exp(-700.0)), rel=1e-14)
    assert wrong == (700.0, -y)
    assert naive.log_loss(0.0, y) == pytest.approx((np.log(2.0), -0.5 * y), rel=1e-15)


# ------------------------------------------------------------------------------------ optimizers


@pytest.mark.parametrize(("optimizer", "learning_rate", "expected"), GOLDEN)
def test_ten_batch_steps_give_the_golden_values(optimizer, learning_rate, expected):
    path = naive.descend(
        GOLDEN_X,
        GOLDEN_Y,
        optimizer=optimizer,
        learning_rate=learning_rate,
        order=np.zeros((10, 0)),
        fit_intercept=False,
        coef_init=GOLDEN_START,
    )
    assert path.shape == (11, 2)
    np.testing.assert_allclose(path[-1], expected, rtol=1e-14)


@pytest.mark.parametrize("g", [3.0, -0.02])
def test_movements_under_a_constant_gradient(g):
    """The closed forms: sums of geometric series; for the adaptive ones their bias corrections."""
    lr, size, slots = 0.1, abs(g), {name: {} for name in naive.OPTIMIZERS}
    for t in range(1, 31):
        expected = {
            "gd": lr * g,
            "momentum": lr * g * (1 - 0.9**t) / 0.1,
            "nesterov": lr * g * (1 + 0.9 * (1 - 0.9**t) / 0.1),
            "adagrad": lr * g / (size * np.sqrt(t) + 1e-10),
            "rmsprop": lr * g / (size * np.sqrt(1 - 0.99**t) + 1e-8),
            "adam": lr * g / (size + 1e-8),
        }
        for name, optimizer in naive.OPTIMIZERS.items():
            movement, _ = optimizer(g, slots[name], t, lr)
            assert movement == pytest.approx(expected[name], rel=1e-13), (name, t)


@pytest.mark.parametrize("optimizer", naive.OPTIMIZERS)
def test_rate_multiplies_a_gradient_that_stays(optimizer):
    """The proximal rate is the movement per unit of a gradient that stays, in the long run."""
    slots = {}
    for t in range(1, 4001):
        movement, rate = naive.OPTIMIZERS[optimizer](0.7, slots, t, 0.1)
    assert movement == pytest.approx(rate * 0.7, rel=1e-12)


# ---------------------------------------------------------------------------------------- descend


def test_steps_of_each_variant_worked_by_hand():
    """One weight, three rows: the numbers can be followed on paper."""
    X, y = np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 1.0, 1.0])
    order = np.array([[2, 0, 1]])

    def run(**settings):
        return naive.descend(
            X, y, learning_rate=0.1, fit_intercept=False, order=order, **settings
        ).ravel()

    np.testing.assert_allclose(run(variant="batch"), [0, 0.2], rtol=1e-15)
    np.testing.assert_allclose(run(variant="stochastic"), [0, 0.3, 0.37, 0.422], rtol=1e-15)
    np.testing.assert_allclose(
        run(variant="minibatch", batch_size=2), [0, 0.2, 0.2 + 0.1 * 2 * 0.6], rtol=1e-15
    )
    weighted = run(variant="stochastic", sample_weight=[2.0, 1.0, 3.0])
    assert weighted[1] == pytest.approx(0.1 * 1.5 * 3.0, rel=1e-15)  # 3 is 1.5 times the mean
    penalised = run(variant="batch", alpha=1.0, l1_ratio=0.25, coef_init=[2.0])
    gradient = (1.0 * 1.0 + 3.0 * 2.0 + 5.0 * 3.0) / 3.0 + 0.75 * 2.0
    assert penalised[1] == pytest.approx(2.0 - 0.1 * gradient - 0.1 * 0.25, rel=1e-15)


def test_intercept_is_an_unpenalised_column_of_ones():
    X, y, _ = regression_data()
    settings = {"learning_rate": 0.1, "order": np.zeros((30, 0))}
    with_column = np.column_stack([X, np.ones(len(X))])
    np.testing.assert_array_equal(
        naive.descend(X, y, intercept_init=0.3, **settings),
        naive.descend(with_column, y, fit_intercept=False, coef_init=[0, 0, 0, 0, 0.3], **settings),
    )
    heavy = naive.descend(X, y, alpha=50.0, l1_ratio=1.0, **settings)
    assert np.all(heavy[:, :-1] == 0)
    assert heavy[-1, -1] == pytest.approx(y.mean() * (1 - 0.9**30), rel=1e-12)


def test_callable_learning_rate_is_asked_once_for_all_step_numbers():
    X, y, _ = regression_data(n=5)
    asked = []

    def rate(t):
        asked.append(t)
        return 0.1 / t

    order = np.array([[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]])
    path = naive.descend(X, y, variant="minibatch", batch_size=2, learning_rate=rate, order=order)
    assert len(path) == 1 + 2 * 3
    np.testing.assert_array_equal(np.concatenate(asked), [1, 2, 3, 4, 5, 6])


def test_steps_beside_a_path_start_on_it_and_keep_their_own_memory():
    X, y, _ = regression_data()
    settings = {"optimizer": "momentum", "learning_rate": 0.1, "order": np.zeros((5, 0))}
    path = naive.descend(X, y, **settings)
    np.testing.assert_array_equal(naive.descend(X, y, beside=path, **settings), path)
    moved = path + np.outer(np.arange(6), np.ones(5))
    steps = naive.descend(X, y, beside=moved, **settings)[1:] - moved[:-1]
    memory = 0.0
    for start, step in zip(moved, steps, strict=False):
        residual = X @ start[:-1] + start[-1] - y
        memory = 0.9 * memory + np.append(X.T @ residual, residual.sum()) / len(y)
        np.testing.assert_allclose(step, -0.1 * memory, rtol=1e-12)


# ------------------------------------------------------------------------- objective and optimum


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_ridge_optimum_is_the_closed_form(fit_intercept, weighted):
    X, y, s = regression_data()
    s = s if weighted else None
    total = len(y) if s is None else s.sum()
    peer = Ridge(alpha=0.2 * total, fit_intercept=fit_intercept, solver="cholesky", tol=0)
    peer.fit(X, y, sample_weight=s)
    coef, intercept = naive.elastic_net(
        X, y, naive.squared_error, 0.2, 0.0, sample_weight=s, fit_intercept=fit_intercept
    )
    np.testing.assert_allclose(coef, peer.coef_, rtol=1e-12)
    assert intercept == pytest.approx(peer.intercept_, rel=1e-11)


@pytest.mark.parametrize("l1_ratio", [0.3, 1.0])
@pytest.mark.parametrize("weighted", [True, False])
def test_elastic_net_optimum_is_scikit_learns(l1_ratio, weighted):
    X, y, s = regression_data()
    s = s if weighted else None
    peer = ElasticNet(alpha=0.8, l1_ratio=l1_ratio, tol=1e-15, max_iter=100_000)
    peer.fit(X, y, sample_weight=s)
    coef, intercept = naive.elastic_net(X, y, naive.squared_error, 0.8, l1_ratio, sample_weight=s)
    assert 0 < np.count_nonzero(coef) < len(coef)
    np.testing.assert_array_equal(coef == 0, peer.coef_ == 0)
    np.testing.assert_allclose(coef, peer.coef_, rtol=1e-11)
    assert intercept == pytest.approx(peer.intercept_, rel=1e-11)


def test_logistic_ridge_optimum_is_scikit_learns():
    X, y, s = classification_data()
    peer = LogisticRegression(C=1.0 / (0.05 * s.sum()), solver="newton-cholesky", tol=1e-14)
    peer.fit(X, y, sample_weight=s)
    coef, intercept = naive.elastic_net(X, y, naive.log_loss, 0.05, 0.0, sample_weight=s)
    np.testing.assert_allclose(coef, peer.coef_[0], rtol=1e-10)
    assert intercept == pytest.approx(peer.intercept_[0], rel=1e-10)


def test_squared_hinge_optimum_is_the_support_vector_machines():
    """liblinear minimises |w|^2/2 + C sum of losses."""
    X, y, s = classification_data()
    peer = LinearSVC(C=1.0 / (0.05 * s.sum()), dual=False, fit_intercept=False, tol=1e-12)
    peer.fit(X, y, sample_weight=s)
    coef, _ = naive.elastic_net(
        X, y, naive.squared_hinge, 0.05, 0.0, s, fit_intercept=False, curvature=2.0
    )
    np.testing.assert_allclose(coef, peer.coef_[0], rtol=1e-9)


def test_squared_epsilon_insensitive_optimum_is_support_vector_regressions():
    X, y, s = regression_data()
    peer = LinearSVR(
        loss="squared_epsilon_insensitive",
        epsilon=0.5,
        C=1.0 / (0.05 * s.sum()),
        dual=False,
        fit_intercept=False,
        tol=1e-12,
    ).fit(X, y, sample_weight=s)
    loss = naive.squared_epsilon_insensitive(0.5)
    coef, _ = naive.elastic_net(X, y, loss, 0.05, 0.0, s, fit_intercept=False, curvature=2.0)
    np.testing.assert_allclose(coef, peer.coef_, rtol=1e-5)  # liblinear stops 1e-6 short here


def test_modified_huber_optimum_is_scipys():
    X, y, s = classification_data()
    settings = {"loss": naive.modified_huber, "alpha": 0.05, "sample_weight": s}
    peer = minimize(
        lambda v: naive.objective(X, y, v[:-1], v[-1], **settings),
        np.zeros(4),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-15, "maxfev": 10_000},
    )
    coef, intercept = naive.elastic_net(X, y, l1_ratio=0.0, curvature=2.0, **settings)
    np.testing.assert_allclose(np.append(coef, intercept), peer.x, rtol=1e-6)


@pytest.mark.parametrize("name", CURVATURES)
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_optimum_meets_the_optimality_conditions(name, l1_ratio):
    """0 is a subgradient: |gradient_j| <= l1 where w_j = 0, = -l1 sign(w_j) elsewhere."""
    X, y, s = data_for(name)
    alpha = 0.1
    coef, intercept = naive.elastic_net(
        X, y, LOSSES[name], alpha, l1_ratio, sample_weight=s, curvature=CURVATURES[name]
    )
    slope = s * LOSSES[name](X @ coef + intercept, y)[1] / s.sum()
    gradient = X.T @ slope + alpha * (1 - l1_ratio) * coef
    l1 = alpha * l1_ratio
    assert abs(slope.sum()) < 1e-13
    np.testing.assert_allclose(gradient[coef != 0], -l1 * np.sign(coef[coef != 0]), atol=1e-13)
    assert np.all(np.abs(gradient[coef == 0]) <= l1)


def test_objective_is_smallest_at_the_optimum():
    X, y, s = classification_data()
    settings = {"loss": naive.log_loss, "alpha": 0.1, "l1_ratio": 0.6, "sample_weight": s}
    coef, intercept = naive.elastic_net(X, y, **settings)
    best = naive.objective(X, y, coef, intercept, **settings)
    rng = np.random.default_rng(0)
    for _ in range(100):
        away = 1e-3 * rng.standard_normal(len(coef) + 1)
        assert naive.objective(X, y, coef + away[:-1], intercept + away[-1], **settings) > best


@pytest.mark.parametrize("quantile", [0.25, 0.8])
def test_quantile_objective_is_smallest_at_scikit_learns_optimum(quantile):
    X, y, s = regression_data()
    peer = QuantileRegressor(quantile=quantile, alpha=0.0).fit(X, y, sample_weight=s)
    settings = {"loss": naive.quantile(quantile), "sample_weight": s}
    best = naive.objective(X, y, peer.coef_, peer.intercept_, **settings)
    rng = np.random.default_rng(0)
    for _ in range(100):
        away = 1e-3 * rng.standard_normal(5)
        assert (
            naive.objective(X, y, peer.coef_ + away[1:], peer.intercept_ + away[0], **settings)
            > best
        )


def test_objective_worked_by_hand():
    X, y = np.array([[1.0], [2.0]]), np.array([1.0, 1.0])
    value = naive.objective(
        X,
        y,
        [-2.0],
        1.0,
        loss=naive.squared_error,
        alpha=0.5,
        l1_ratio=0.25,
        sample_weight=[3.0, 1.0],
    )
    assert value == (3 * 2.0 + 1 * 8.0) / 4 + 0.5 * (0.375 * 4.0 + 0.25 * 2.0)


def test_huber_descends_to_scikit_learns_huber_with_its_scale_fixed():
    """HuberRegressor minimises sum of sigma + H((z - y)/sigma) sigma + a |w|^2, 2 H being ours."""
    X, y, _ = regression_data()
    peer = HuberRegressor(epsilon=1.35, alpha=1e-3, tol=1e-12, max_iter=10_000).fit(X, y)
    delta = 1.35 * peer.scale_
    alpha = 1e-3 * peer.scale_ / len(y)
    coef, _ = naive.elastic_net(X, y, naive.huber(delta), alpha, 0.0)
    np.testing.assert_allclose(coef, peer.coef_, rtol=1e-4)
