"""The optimum of a sample by Newton's method, beside SciPy's, and the curvature there."""

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize

from fastgd import losses
from fastgd.base.threads import Workers
from fastgd.planning.pilot.newton import Sample, descend, predictions, region

N, D = 300, 4
RNG = np.random.default_rng(2)
U = RNG.standard_normal((N, D))
U = (U - U.mean(axis=0)) / U.std(axis=0)
Z = U @ [1.0, -2.0, 0.5, 0.0]
Y = Z + 1.5 + RNG.standard_t(3, N)
SIGNS = np.where(Z + 0.7 + 2.0 * RNG.logistic(size=N) > 0, 1.0, -1.0)
SHARES = RNG.uniform(0.2, 3.0, N)
SHARES /= SHARES.mean()
NO_RIDGE = np.full(D, 1e-12), np.zeros(D)

CURVED = {
    "squared_error": (losses.SquaredError(), Y),
    "huber": (losses.Huber(0.5), Y),
    "huber, small units": (losses.Huber(1e-3), Y),
    "squared_epsilon_insensitive": (losses.SquaredEpsilonInsensitive(0.5), Y),
    "log_loss": (losses.LogLoss(), SIGNS),
    "squared_hinge": (losses.SquaredHinge(), SIGNS),
    "modified_huber": (losses.ModifiedHuber(), SIGNS),
}


def sample_of(name, fit_intercept=True):
    loss, y = CURVED[name]
    u = np.column_stack([U, np.full(N, float(fit_intercept))])
    return Sample(u, y, SHARES, loss, np.zeros(D), Workers(1))


def objective(sample, l2):
    """The value and the gradient of the sample's penalised objective, row by row in Python."""
    f, parameters = sample.loss.function, sample.loss.parameters

    def value_and_gradient(point):
        rows = [f(z, y, parameters) for z, y in zip(sample.u @ point, sample.y, strict=True)]
        values, slopes = np.array(rows).T
        penalty = np.append(l2, 0.0)
        value = np.mean(sample.weights * values) + 0.5 * penalty @ point**2
        return value, sample.u.T @ (sample.weights * slopes) / N + penalty * point

    return value_and_gradient


PENALISED = [*itertools.product([True, False], [0.0, 0.5])]


@pytest.mark.parametrize("name", CURVED)
def test_it_ends_at_the_optimum_of_the_penalised_sample(name):
    for fit_intercept, l2 in PENALISED:
        check_the_optimum(sample_of(name, fit_intercept), fit_intercept, np.full(D, l2))


def check_the_optimum(sample, fit_intercept, l2):
    value_of = objective(sample, l2)
    point, fall, _ = descend(sample, l2, NO_RIDGE, tolerance=0.0)
    best = minimize(value_of, np.zeros(D + 1), jac=True, method="BFGS", options={"gtol": 1e-10})
    value = value_of(point)[0]
    at_zero = value_of(np.zeros(D + 1))[0]
    assert value - best.fun < 1e-6 * (at_zero - best.fun)
    assert fit_intercept or point[-1] == 0.0
    constants = [value_of(np.append(np.zeros(D), c))[0] for c in (point[-1], start_of(sample))]
    assert fall == pytest.approx(min(constants[: 1 + fit_intercept]) - value, rel=1e-9)


def start_of(sample):
    """Where it begins: the weighted middle of numbers, and zero between two labels."""
    if sample.loss.target == "binary":
        return 0.0
    if isinstance(sample.loss, losses.SquaredError):
        return np.average(Y, weights=SHARES)
    order = np.argsort(Y)
    return Y[order][np.searchsorted(np.cumsum(SHARES[order]), 0.5 * SHARES.sum())]


@pytest.mark.parametrize("offset", [0.0, 1e3, -1e6])
def test_the_fall_does_not_count_an_offset_of_y(offset):
    """Nor what lies in the intercept of a Huber loss, whose middle is the median."""
    loss, y = CURVED["huber"]
    falls = []
    for shift in (0.0, offset):
        u = np.column_stack([U, np.ones(N)])
        skewed = Sample(u, np.exp(y) + shift, SHARES, loss, np.zeros(D), Workers(1))
        falls.append(descend(skewed, np.zeros(D), NO_RIDGE, 0.0)[1])
        value_of = objective(skewed, np.zeros(D))
        point = descend(skewed, np.zeros(D), NO_RIDGE, 0.0)[0]
        at_constant = value_of(np.append(np.zeros(D), point[-1]))[0]
        assert falls[-1] <= at_constant - value_of(point)[0] + 1e-9
    assert falls[1] == pytest.approx(falls[0], rel=1e-4)


@pytest.mark.parametrize("l2", [0.0, 3.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("unseen", [False, True])
def test_the_metric_is_the_inverse_of_the_curvature(l2, fit_intercept, unseen):
    """In coefficients of (u, 1), the intercept among them; a column unseen counts like others."""
    sample = sample_of("log_loss", fit_intercept)
    sample.unseen = np.array([0.0, 0.0, 0.0, float(unseen)])
    z = predictions(sample.u, np.array([0.5, 0.5, 0.0, 0.0, 0.3 * fit_intercept]))
    curvatures, ridge = sample.second_derivatives(z, 1.0), np.full(D, 0.01)
    metric = sample.metric(curvatures, np.full(D, l2), ridge)
    H = (sample.u * curvatures[:, None]).T @ sample.u / N
    H[np.arange(D), np.arange(D)] += l2 + np.mean(curvatures) * (ridge + sample.unseen)
    gradient = np.append(np.arange(1.0, D + 1), 7.0 * fit_intercept)
    size = D + fit_intercept
    expected = np.linalg.solve(H[:size, :size], gradient[:size])
    np.testing.assert_allclose(metric.step(gradient)[:size], expected, rtol=1e-9)


@pytest.mark.parametrize("far", [1e-6, 0.1, 10.0])
@pytest.mark.parametrize("name", ["huber", "squared_hinge", "log_loss"])
def test_curvatures_are_those_that_steps_of_a_length_meet(name, far):
    sample = sample_of(name)
    f, parameters = sample.loss.function, sample.loss.parameters
    z = sample.u @ np.array([1.0, -1.0, 0.5, 0.0, 0.2])
    width = np.maximum(far, 1e-4 * (1.0 + np.abs(z)))
    slopes = [[f(at + s * w, y, parameters)[1] for at, w, y in zip(z, width, sample.y, strict=True)]
              for s in (1.0, -1.0)]  # fmt: skip
    expected = (np.array(slopes[0]) - slopes[1]) / (2.0 * width)
    expected = np.maximum(expected, 0.01 * expected.mean())
    np.testing.assert_allclose(
        sample.second_derivatives(z, far), SHARES * expected, rtol=1e-6, atol=1e-9
    )


def test_the_region_shrinks_with_the_share_of_columns():
    sample = sample_of("log_loss")
    z = predictions(sample.u, np.array([1.0, -1.0, 0.5, 0.0, 0.2]))
    slopes = SHARES * sample.losses_at(z)[1]
    sizes = [region(sample, z, slopes, share) for share in (0.5, 0.05, 0.005)]
    assert sizes[0] > sizes[1] > sizes[2] > 0
    along = np.mean(sample.second_derivatives(z, sizes[2]))
    assert sizes[2] == pytest.approx(np.sqrt(0.005 * np.mean(slopes**2)) / along, rel=0.05)
