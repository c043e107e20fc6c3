"""Results from outside the package, asserted of `fastgd.fit`.

Closed forms, exact expectations over all visiting orders, PyTorch's and scikit-learn's numbers,
certified regressions. Everywhere e = w - w*, H = X'X/n, and L and mu are H's extreme eigenvalues.
"""

import itertools
import re
import warnings

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier, SGDRegressor

import fastgd


def path_of(X, y, variant="batch", *, fit_intercept=False, record_path=1, **settings):
    """The iterates of one textbook run, one row a step, row 0 the start."""
    result = fastgd.fit(
        X, y, variant, fit_intercept=fit_intercept, record_path=record_path, **settings
    )
    return result.path


class LeastSquares:
    """A noisy least-squares problem with its eigenvalues (ascending), optimum and a start."""

    def __init__(self, n=12, d=4, noise=0.5, seed=0):
        rng = np.random.default_rng(seed)
        self.X = rng.standard_normal((n, d)) * np.linspace(0.6, 1.8, d)
        self.y = self.X @ rng.standard_normal(d) + noise * rng.standard_normal(n)
        self.H = self.X.T @ self.X / n
        self.eigenvalues, self.U = np.linalg.eigh(self.H)
        self.mu, self.L = self.eigenvalues[0], self.eigenvalues[-1]
        self.kappa = self.L / self.mu
        self.optimum = np.linalg.lstsq(self.X, self.y, rcond=None)[0]
        self.start = self.optimum + rng.standard_normal(d)

    def modes(self, path):
        """The error's coordinates along the eigenvectors of H, one row a step."""
        return (path - self.optimum) @ self.U


PROBLEM = LeastSquares()


# ------------------------------------------------------------------ batch gradient descent: exact


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.95])
def test_batch_gd_path_is_the_closed_form(fraction):
    """w_t - w* = U diag((1 - eta lambda)^t) U'(w_0 - w*)."""
    p, eta, t = PROBLEM, fraction * 2 / PROBLEM.L, np.arange(201)[:, None]
    path = path_of(p.X, p.y, learning_rate=eta, max_iter=200, coef_init=p.start)
    expected = p.modes(p.start) * (1 - eta * p.eigenvalues) ** t @ p.U.T + p.optimum
    assert path.shape == (201, 4)
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("rule", ["1/L", "2/(L + mu)"])
def test_batch_gd_worst_factor(rule):
    """1 - 1/kappa at eta = 1/L; (kappa - 1)/(kappa + 1), at both ends, at 2/(L + mu)."""
    p = PROBLEM
    eta, factor, ends = {
        "1/L": (1 / p.L, 1 - 1 / p.kappa, [0]),
        "2/(L + mu)": (2 / (p.L + p.mu), (p.kappa - 1) / (p.kappa + 1), [0, -1]),
    }[rule]
    for end in ends:
        start = p.optimum + p.U[:, end]
        path = path_of(p.X, p.y, learning_rate=eta, max_iter=5, coef_init=start)
        size = np.linalg.norm(path - p.optimum, axis=1)
        np.testing.assert_allclose(size, factor ** np.arange(6), rtol=1e-11)


def recurrence(first, matrix_row, eigenvalues, start, n_steps):
    """e_0, e_1 = first(lambda) e_0, then e_{t+1} = a e_t + b e_{t-1}, per eigen-direction."""
    a, b = matrix_row(eigenvalues)
    errors = [start, first(eigenvalues) * start]
    for _ in range(n_steps - 1):
        errors.append(a * errors[-1] + b * errors[-2])
    return np.array(errors)


def heavy_ball(eta, beta):
    return (
        fastgd.Momentum(mu=beta),
        lambda lam: 1 - eta * lam,
        lambda lam: (1 - eta * lam + beta, -beta + 0 * lam),
    )


def nesterov(eta, beta):
    return (
        fastgd.Nesterov(mu=beta),
        lambda lam: 1 - eta * (1 + beta) * lam,
        lambda lam: ((1 + beta) * (1 - eta * lam), -beta * (1 - eta * lam)),
    )


def spectral_radius(matrix_row, eigenvalue):
    a, b = matrix_row(eigenvalue)
    return np.abs(np.linalg.eigvals([[a, b], [1.0, 0.0]])).max()


ROOT_KAPPA = np.sqrt(PROBLEM.kappa)
BETA = (ROOT_KAPPA - 1) / (ROOT_KAPPA + 1)
TUNED = {
    "heavy ball": (
        heavy_ball,
        4 / (np.sqrt(PROBLEM.L) + np.sqrt(PROBLEM.mu)) ** 2,
        BETA**2,
        BETA,
    ),
    "nesterov": (nesterov, 1 / PROBLEM.L, BETA, 1 - 1 / ROOT_KAPPA),
}


@pytest.mark.parametrize("method", TUNED)
def test_accelerated_paths_follow_their_matrices(method):
    """[[1 - a lam + b, -b], [1, 0]] and, for Nesterov, [[(1+b)(1-a lam), -b(1-a lam)], [1, 0]]."""
    make, eta, beta, _ = TUNED[method]
    p = PROBLEM
    optimizer, first, matrix_row = make(eta, beta)
    path = path_of(
        p.X, p.y, optimizer=optimizer, learning_rate=eta, max_iter=200, coef_init=p.start
    )
    modes = recurrence(first, matrix_row, p.eigenvalues, p.modes(p.start), 200)
    expected = modes @ p.U.T + p.optimum
    np.testing.assert_allclose(path, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("method", TUNED)
def test_accelerated_rates_at_their_tuned_parameters(method):
    """Radius sqrt(beta) for the heavy ball, 1 - 1/sqrt(kappa) for Nesterov; GD needs far longer."""
    make, eta, beta, radius = TUNED[method]
    p = PROBLEM
    optimizer, _, matrix_row = make(eta, beta)
    radii = [spectral_radius(matrix_row, value) for value in p.eigenvalues]
    assert max(radii) == pytest.approx(radius, rel=1e-6)
    path = path_of(p.X, p.y, optimizer=optimizer, learning_rate=eta, max_iter=60, coef_init=p.start)
    size = np.linalg.norm(path - p.optimum, axis=1)
    assert (size[60] / size[20]) ** (1 / 40) == pytest.approx(radius, rel=0.03)
    assert radius < 1 - 1 / p.kappa


STABLE_LIMITS = {
    "gd": lambda eta: (fastgd.GD(), None, lambda lam: (1 - eta * lam, 0.0)),
    "momentum": lambda eta: heavy_ball(eta, 0.5),
    "nesterov": lambda eta: nesterov(eta, 0.5),
}
LIMIT_TIMES_L = {"gd": 2.0, "momentum": 2 * 1.5, "nesterov": 2 * 1.5 / 2.0}


@pytest.mark.parametrize("fraction", [0.999, 1.001])
@pytest.mark.parametrize("method", STABLE_LIMITS)
def test_stability_edge(method, fraction):
    """Stable iff eta < 2/L, momentum 2(1+b)/L, Nesterov 2(1+b)/((1+2b)L); judged by the growth."""
    p = PROBLEM
    eta = fraction * LIMIT_TIMES_L[method] / p.L
    optimizer, _, matrix_row = STABLE_LIMITS[method](eta)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.DivergenceWarning)
        path = path_of(
            p.X,
            p.y,
            optimizer=optimizer,
            learning_rate=eta,
            max_iter=160,
            coef_init=p.optimum + 10 * p.U[:, -1],
        )
    along = np.abs(p.modes(path)[:, -1])
    growth = (along[160] / along[100]) ** (1 / 60)
    assert growth == pytest.approx(spectral_radius(matrix_row, p.L), rel=1e-8)
    assert growth > 1.0005 if fraction > 1 else growth < 0.9995


# ----------------------------------------------------------------------------- the laser pointers


def test_laser_pointer_with_one_parameter():
    """Height = 10 a, target 47, eta 0.005: the published trace."""
    X, y = np.array([[10.0]]), np.array([47.0])
    path = path_of(X, y, learning_rate=0.005, max_iter=4).ravel()
    np.testing.assert_allclose(path, [0, 2.35, 3.525, 4.1125, 4.40625], rtol=1e-15)
    np.testing.assert_allclose(10 * path - 47, [-47, -23.5, -11.75, -5.875, -2.9375], rtol=1e-14)


def test_laser_pointer_reaches_the_target_in_one_step_at_one_over_L():
    path = path_of(np.array([[10.0]]), np.array([20.0]), learning_rate=0.01, max_iter=3).ravel()
    np.testing.assert_array_equal(path, [0, 2, 2, 2])


def test_laser_pointer_overshoots_at_a_rate_of_one_tenth():
    """Target 20: the first step goes to a = 20, height 200, and that is said."""
    with pytest.warns(fastgd.DivergenceWarning, match="rose from 200 to 1.62e"):
        path = path_of(np.array([[10.0]]), np.array([20.0]), learning_rate=0.1, max_iter=1).ravel()
    np.testing.assert_array_equal(path, [0, 20])


def test_direct_laser_pointer():
    """J = (y - 100)^2 from 103 with eta 0.1 is 100 + 3 * 0.8^t; fit's loss has a 1/2, so 2 eta."""
    path = path_of(
        np.array([[1.0]]), np.array([100.0]), learning_rate=0.2, max_iter=30, coef_init=[103.0]
    ).ravel()
    np.testing.assert_allclose(path, 100 + 3 * 0.8 ** np.arange(31), rtol=1e-15)
    np.testing.assert_allclose(path[1:5], [102.4, 101.92, 101.536, 101.2288], rtol=1e-15)
    error = np.abs(path - 100)
    first_step_below = [int(np.argmax(error < bound)) for bound in (1.0, 0.1, 0.01)]
    assert first_step_below == [5, 16, 26]


def test_direct_laser_pointer_lands_in_one_step_at_one_half():
    path = path_of(
        np.array([[1.0]]), np.array([100.0]), learning_rate=1.0, max_iter=2, coef_init=[103.0]
    )
    np.testing.assert_array_equal(path.ravel(), [103, 100, 100])


def test_direct_laser_pointer_diverges_by_minus_two_a_step_and_says_so():
    """eta 1.5: the path keeps the truth, the result keeps the last good coefficients."""
    with pytest.warns(fastgd.DivergenceWarning) as caught:
        result = fastgd.fit(
            np.array([[1.0]]),
            np.array([100.0]),
            "batch",
            learning_rate=3.0,
            max_iter=200,
            coef_init=[103.0],
            fit_intercept=False,
            record_path=1,
        )
    path = result.path.ravel()
    assert 20 <= len(path) - 1 < 200
    np.testing.assert_allclose(path - 100, 3 * (-2.0) ** np.arange(len(path)), rtol=1e-9)
    assert np.isfinite(result.coef_).all()
    numbers = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", str(caught[0].message))}
    assert numbers >= {3.0, 2.0}  # the rate used, and the limit 2/L


# ------------------------------------------------ stochastic runs: exact over all visiting orders


FOUR = LeastSquares(n=4, d=2, seed=3)


class SecondMoments:
    """M = E ee' and m = E e of a (mini-batch) SGD run, step by step, by the exact recursion."""

    def __init__(self, problem, eta, phi):
        self.X, self.H, self.eta, self.phi = problem.X, problem.H, eta, phi
        self.r = problem.X @ problem.optimum - problem.y
        e = problem.start - problem.optimum
        self.M, self.m = np.outer(e, e), e

    def step(self):
        X, H, eta, n = self.X, self.H, self.eta, len(self.X)
        D = (X * (X @ self.m * self.r)[:, None]).T @ X / n
        C = (X * self.r[:, None] ** 2).T @ X / n
        fourth = (X * np.sum(X @ self.M * X, axis=1)[:, None]).T @ X / n
        S = fourth + D + D.T + C
        HMH = H @ self.M @ H
        first_order = H @ self.M + self.M @ H
        self.M = self.M - eta * first_order + eta**2 * (HMH + self.phi * (S - HMH))
        self.m = self.m - eta * H @ self.m


def moments_over(problem, sequences, eta, **settings):
    """Mean of e and of ee' after every step, over runs with the given visiting orders."""
    errors = np.array(
        [
            path_of(
                problem.X,
                problem.y,
                learning_rate=eta,
                coef_init=problem.start,
                shuffle=np.array([sequence]),
                **settings,
            )
            - problem.optimum
            for sequence in sequences
        ]
    )
    return errors.mean(axis=0), np.einsum("rti,rtj->tij", errors, errors) / len(errors)


def all_batches(size, replace, n=4):
    if replace:
        return list(itertools.product(range(n), repeat=size))
    return list(itertools.permutations(range(n), size))


@pytest.mark.parametrize(
    ("variant", "size", "replace", "phi"),
    [
        ("stochastic", 1, True, 1.0),
        ("minibatch", 1, True, 1.0),
        ("minibatch", 2, True, 1 / 2),
        ("minibatch", 2, False, (4 - 2) / (2 * (4 - 1))),
        ("minibatch", 3, False, (4 - 3) / (3 * (4 - 1))),
    ],
)
def test_second_moments_over_all_index_sequences(variant, size, replace, phi):
    """phi = 1/b with replacement, (n-b)/(b(n-1)) for independent batches drawn without."""
    n_steps = 4 if size == 1 else 2
    batches = all_batches(size, replace)
    sequences = [sum(parts, ()) for parts in itertools.product(batches, repeat=n_steps)]
    eta = 0.3 / FOUR.L
    settings = {} if variant == "stochastic" else {"batch_size": size}
    m, M = moments_over(FOUR, sequences, eta, variant=variant, **settings)
    expected = SecondMoments(FOUR, eta, phi)
    for t in range(1, n_steps + 1):
        expected.step()
        np.testing.assert_allclose(M[t], expected.M, rtol=0, atol=1e-13)
        np.testing.assert_allclose(m[t], expected.m, rtol=0, atol=1e-13)


def test_randomized_kaczmarz_on_a_tight_frame_halves_the_error():
    """Six unit vectors in the plane, consistent system, eta = 1: E|e_t|^2 = 2^-t exactly."""
    angle = np.arange(6) * np.pi / 6
    frame = LeastSquares(n=6, d=2)
    frame.X = np.column_stack([np.cos(angle), np.sin(angle)])
    frame.optimum, frame.start = np.array([1.5, -0.5]), np.array([2.1, 0.3])
    frame.y = frame.X @ frame.optimum
    _, M = moments_over(frame, itertools.product(range(6), repeat=3), eta=1.0, variant="stochastic")
    squared = np.trace(M, axis1=1, axis2=2)
    np.testing.assert_allclose(squared / squared[0], 0.5 ** np.arange(4), rtol=1e-13)


@pytest.mark.parametrize("m", [2, 3])
def test_best_step_and_rate_under_interpolation(m):
    """Ma, Bassily, Belkin 2018: m <= beta/(l1 - lk) + 1 here for m = 2, the other case for 3.

    With unit rows E[|x|^2 xx'] = beta H, so their bound on E|e|^2 is exact along eigenvectors.
    """
    unit = LeastSquares(n=4, d=2)
    angle = np.array([0.0, 0.3, 0.7, 1.0])
    unit.X = np.column_stack([np.cos(angle), np.sin(angle)])
    unit.optimum = np.array([1.0, 2.0])
    unit.y = unit.X @ unit.optimum
    (lk, l1), vectors = np.linalg.eigh(unit.X.T @ unit.X / 4)
    assert (m <= 1 / (l1 - lk) + 1) == (m == 2)

    def worst_factor(eta):
        factors = []
        for vector in vectors.T:
            unit.start = unit.optimum + vector
            _, M = moments_over(
                unit, all_batches(m, replace=True), eta, variant="minibatch", batch_size=m
            )
            factors.append(np.trace(M[1]))
        return max(factors)

    if m == 2:
        eta = m / (1 + (m - 1) * lk)
        rate = 1 - eta * lk
    else:
        eta = 2 * m / (1 + (m - 1) * (l1 + lk))
        rate = 1 - 2 * eta * l1 + eta**2 * l1 * (1 + (m - 1) * l1) / m
    assert worst_factor(eta) == pytest.approx(rate, rel=1e-12)
    assert worst_factor(0.98 * eta) > rate
    assert worst_factor(1.02 * eta) > rate


# ------------------------------------------------------------------------ stochastic runs: sampled


SMALL = LeastSquares(n=20, d=2, noise=1.0, seed=0)


def steady_error(eta, *, n_copies, n_epochs, shuffle):
    """Mean |e|^2 of a long run, sampled at every 20th step once 10,000 have passed.

    Copies of the rows change nothing for sampling with replacement; they make epochs longer.
    """
    X, y = np.tile(SMALL.X, (n_copies, 1)), np.tile(SMALL.y, n_copies)
    path = path_of(
        X,
        y,
        "stochastic",
        learning_rate=eta,
        max_iter=n_epochs,
        shuffle=shuffle,
        random_state=0,
        coef_init=SMALL.optimum,
        record_path=20,
    )
    assert len(path) == 1 + n_copies * n_epochs
    errors = path[500:] - SMALL.optimum
    return np.mean(np.sum(errors**2, axis=1))


def steady_error_by_theory(eta):
    """The fixed point of the second-moment recursion with m = 0, phi = 1, as a linear system."""
    d = 2
    at_optimum = SecondMoments(SMALL, eta, 1.0)

    def advance(M):
        at_optimum.M, at_optimum.m = M, np.zeros(d)
        at_optimum.step()
        return at_optimum.M.ravel()

    constant = advance(np.zeros((d, d)))
    linear = np.array([advance(unit.reshape(d, d)) - constant for unit in np.eye(d * d)]).T
    return np.trace(np.linalg.solve(np.eye(d * d) - linear, constant).reshape(d, d))


@pytest.mark.compiled
def test_steady_state_with_replacement_is_the_fixed_point():
    """Within 2 %, and halving eta about halves it (ratio 1.8 to 2.4)."""
    eta = 0.15 / SMALL.L
    settings = {"n_copies": 1000, "n_epochs": 40, "shuffle": "replacement"}
    large, small = steady_error(eta, **settings), steady_error(eta / 2, **settings)
    assert large == pytest.approx(steady_error_by_theory(eta), rel=0.02)
    assert small == pytest.approx(steady_error_by_theory(eta / 2), rel=0.02)
    assert 1.8 < large / small < 2.4


@pytest.mark.compiled
def test_reshuffling_gains_more_from_a_smaller_step():
    """Halving eta divides the steady error by 6 to 7.5 when every epoch is reshuffled; >= 3.5."""
    eta = 0.15 / SMALL.L
    settings = {"n_copies": 1, "n_epochs": 6000, "shuffle": True}
    large, small = steady_error(eta, **settings), steady_error(eta / 2, **settings)
    assert large / small >= 3.5
    assert large < steady_error_by_theory(eta)


@pytest.mark.compiled
@pytest.mark.parametrize("fraction", [0.5, 0.2])
def test_averaged_sgd_reaches_the_statistical_error(fraction):
    """Excess risk sigma^2 d/(2n) after one pass, whatever eta < 1/B (Bach, Moulines 2013).

    Standard normal rows have the row bound B = d + 2 and H = I; the last iterate stays far above.
    """
    n, d, sigma, repeats = 20_000, 5, 1.0, 20
    rng = np.random.default_rng(7)
    excess = {True: [], False: []}
    for repeat in range(repeats):
        X = rng.standard_normal((n, d))
        y = X @ np.ones(d) + sigma * rng.standard_normal(n)
        for average in excess:
            result = fastgd.fit(
                X,
                y,
                "stochastic",
                learning_rate=fraction / (d + 2),
                max_iter=1,
                average=average,
                fit_intercept=False,
                random_state=repeat,
            )
            excess[average].append(0.5 * np.sum((result.coef_ - 1.0) ** 2))
    statistical_error = sigma**2 * d / (2 * n)
    assert 0.6 < np.mean(excess[True]) / statistical_error < 1.5
    assert np.mean(excess[False]) > 20 * statistical_error


# ------------------------------------------------------------------------------------- optimizers


GOLDEN_X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0], [-2.0, 1.0]])
GOLDEN_Y = np.array([1.0, 2.0, 3.0, -1.0])
GOLDEN = [
    ("gd", 0.05, (0.6692670206622541, 0.49635554400603726)),
    ("momentum", 0.05, (0.9457607424736351, 0.2501964200452048)),
    ("nesterov", 0.05, (0.8004647770849428, 0.457275223823811)),
    ("adagrad", 0.1, (0.5137924993552564, 0.2230138259795552)),
    ("rmsprop", 0.01, (0.517136424895077, 0.2265080042296139)),
    ("adam", 0.01, (0.19945616458051643, -0.10048789359349611)),
]


@pytest.mark.parametrize(("optimizer", "learning_rate", "expected"), GOLDEN)
def test_ten_batch_steps_give_pytorchs_numbers(optimizer, learning_rate, expected):
    result = fastgd.fit(
        GOLDEN_X,
        GOLDEN_Y,
        "batch",
        optimizer=optimizer,
        learning_rate=learning_rate,
        max_iter=10,
        fit_intercept=False,
        coef_init=[0.1, -0.2],
    )
    np.testing.assert_allclose(result.coef_, expected, rtol=1e-13)
    assert result.intercept_ == 0.0


CONSTANT_GRADIENT = {
    "gd": lambda g, lr, t: lr * g * t,
    "momentum": lambda g, lr, t: np.cumsum(lr * g * (1 - 0.9**t) / 0.1, axis=0),
    "nesterov": lambda g, lr, t: np.cumsum(lr * g * (1 + 9 * (1 - 0.9**t)), axis=0),
    "adagrad": lambda g, lr, t: np.cumsum(lr * g / (abs(g) * np.sqrt(t) + 1e-10), axis=0),
    "rmsprop": lambda g, lr, t: np.cumsum(lr * g / (abs(g) * np.sqrt(1 - 0.99**t) + 1e-8), axis=0),
    "adam": lambda g, lr, t: t * lr * g / (abs(g) + 1e-8),
}


@pytest.mark.parametrize("optimizer", CONSTANT_GRADIENT)
def test_distance_covered_under_a_constant_gradient(optimizer):
    """Far from its targets the Huber loss has slope -1: the gradient is minus the mean row."""
    X, y = np.array([[1.0, 0.01], [3.0, -1.01]]), np.array([1e6, 1e6])
    t = np.arange(1, 51)[:, None]
    path = path_of(
        X,
        y,
        loss=fastgd.Huber(delta=1.0),
        optimizer=optimizer,
        learning_rate=0.1,
        max_iter=50,
    )
    expected = -CONSTANT_GRADIENT[optimizer](-X.mean(axis=0), 0.1, t)
    np.testing.assert_array_equal(path[0], [0, 0])
    np.testing.assert_allclose(path[1:], expected, rtol=1e-12)


# ----------------------------------------------------------------------------------- scikit-learn


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.05])
@pytest.mark.parametrize("schedule", ["constant", "invscaling"])
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_stochastic_path_ends_where_sgdregressor_ends(loss, schedule, alpha, weighted):
    """SGDRegressor(shuffle=False, tol=None): to 1e-12, for weights of mean 1 and no L1."""
    rng = np.random.default_rng(5)
    X = rng.standard_normal((60, 4))
    y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 1.0 + rng.standard_normal(60)
    weights = rng.uniform(0.5, 1.5, 60)
    weights = weights / weights.mean() if weighted else None
    peer = SGDRegressor(
        loss=loss,
        epsilon=0.7,
        alpha=alpha,
        penalty="l2",
        learning_rate=schedule,
        eta0=0.02,
        power_t=0.25,
        shuffle=False,
        tol=None,
        max_iter=7,
    ).fit(X, y, sample_weight=weights)
    ours = fastgd.fit(
        X,
        y,
        "stochastic",
        loss=fastgd.Huber(delta=0.7) if loss == "huber" else loss,
        alpha=alpha,
        learning_rate=(
            fastgd.Constant(eta0=0.02)
            if schedule == "constant"
            else fastgd.InverseScaling(eta0=0.02, power_t=0.25)
        ),
        shuffle=False,
        max_iter=7,
        sample_weight=weights,
    )
    np.testing.assert_allclose(ours.coef_, peer.coef_, rtol=0, atol=1e-12)
    assert ours.intercept_ == pytest.approx(peer.intercept_[0], abs=1e-12)


def test_stochastic_log_loss_ends_where_sgdclassifier_ends():
    rng = np.random.default_rng(6)
    X = rng.standard_normal((60, 3))
    y = np.where(X[:, 0] - X[:, 1] + rng.logistic(size=60) > 0, "yes", "no")
    peer = SGDClassifier(
        loss="log_loss",
        alpha=0.01,
        learning_rate="constant",
        eta0=0.05,
        shuffle=False,
        tol=None,
        max_iter=5,
    ).fit(X, y)
    ours = fastgd.fit(
        X, y, "stochastic", loss="log_loss", alpha=0.01, learning_rate=0.05, shuffle=False,
        max_iter=5,
    )  # fmt: skip
    np.testing.assert_allclose(ours.coef_, peer.coef_[0], rtol=0, atol=1e-11)
    assert ours.intercept_ == pytest.approx(peer.intercept_[0], abs=1e-11)
    assert list(ours.classes_) == ["no", "yes"]
    np.testing.assert_array_equal(ours.predict(X), peer.predict(X))


# ------------------------------------------------------------------- certified regressions (NIST)
# Statistical Reference Datasets, itl.nist.gov/div898/strd/lls/lls.shtml. The numbers typed here
# reproduce the certified values in exact rational arithmetic.

NORRIS = """
0.1 0.2 338.8 337.4 118.1 118.2 888.0 884.6 9.2 10.1 228.1 226.5 668.5 666.3 998.5 996.3 449.1 448.6
778.9 777.0 559.2 558.2 0.3 0.4 0.1 0.6 778.1 775.5 668.8 666.9 339.3 338.0 448.9 447.5 10.8 11.6
557.7 556.0 228.3 228.1 998.0 995.8 888.8 887.6 119.6 120.2 0.3 0.3 0.6 0.3 557.6 556.8 339.3 339.1
888.0 887.2 998.5 999.0 778.9 779.0 10.2 11.1 117.6 118.3 228.9 229.2 668.4 669.1
449.2 448.9 0.2 0.5
"""
NORRIS_SLOPE, NORRIS_INTERCEPT = 1.00211681802045, -0.262323073774029

LONGLEY = """
60323 83.0 234289 2356 1590 107608 1947    61122 88.5 259426 2325 1456 108632 1948
60171 88.2 258054 3682 1616 109773 1949    61187 89.5 284599 3351 1650 110929 1950
63221 96.2 328975 2099 3099 112075 1951    63639 98.1 346999 1932 3594 113270 1952
64989 99.0 365385 1870 3547 115094 1953    63761 100.0 363112 3578 3350 116219 1954
66019 101.2 397469 2904 3048 117388 1955   67857 104.6 419180 2822 2857 118734 1956
68169 108.4 442769 2936 2798 120445 1957   66513 110.8 444546 4681 2637 121950 1958
68655 112.6 482704 3813 2552 123366 1959   69564 114.2 502601 3931 2514 125368 1960
69331 115.7 518173 4806 2572 127852 1961   70551 116.9 554894 4007 2827 130081 1962
"""
LONGLEY_COEF = np.array(
    [
        15.0618722713733,
        -0.0358191792925910,
        -2.02022980381683,
        -1.03322686717359,
        -0.0511041056535807,
        1829.15146461355,
    ]
)
LONGLEY_INTERCEPT = -3482258.63459582


def right_digits(value, certified):
    """The smallest number of right significant digits."""
    error = np.max(np.abs(np.asarray(value) / certified - 1.0))
    return 15.0 if error == 0 else -np.log10(error)


def standardised(X):
    mean, scale = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / scale, mean, scale


def test_norris_is_certified():
    y, x = np.array(NORRIS.split(), dtype=float).reshape(36, 2).T
    Z, mean, scale = standardised(x[:, None])
    result = fastgd.fit(Z, y, "batch", learning_rate=0.5, max_iter=100)
    slope = result.coef_ / scale
    assert right_digits(slope, NORRIS_SLOPE) > 13
    assert right_digits(result.intercept_ - slope @ mean, NORRIS_INTERCEPT) > 11


def test_longley_is_certified_as_it_is_by_an_untuned_fit():
    """Ten digits, from the raw table, where means are up to 400 times the spreads."""
    table = np.array(LONGLEY.split(), dtype=float).reshape(16, 7)
    result = fastgd.fit(table[:, 1:], table[:, 0], "batch")
    assert right_digits(result.coef_, LONGLEY_COEF) > 10
    assert right_digits(result.intercept_, LONGLEY_INTERCEPT) > 10


@pytest.mark.compiled
def test_longley_is_certified_after_3500_nesterov_steps():
    """Condition number of H about 12,000 once standardised: 11 digits of every coefficient."""
    table = np.array(LONGLEY.split(), dtype=float).reshape(16, 7)
    Z, mean, scale = standardised(table[:, 1:])
    eigenvalues = np.linalg.eigvalsh(Z.T @ Z / 16)
    root_kappa = np.sqrt(eigenvalues[-1] / eigenvalues[0])
    y = table[:, 0]
    result = fastgd.fit(
        Z,
        y - y.mean(),
        "batch",
        optimizer=fastgd.Nesterov(mu=(root_kappa - 1) / (root_kappa + 1)),
        learning_rate=1 / eigenvalues[-1],
        max_iter=3500,
        fit_intercept=False,
    )
    coef = result.coef_ / scale
    assert right_digits(coef, LONGLEY_COEF) > 11
    assert right_digits(y.mean() - coef @ mean, LONGLEY_INTERCEPT) > 11
