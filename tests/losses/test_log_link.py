"""Poisson, gamma and Tweedie losses: halves of deviances, targets they take, far predictions."""

import itertools
import math
from fractions import Fraction

import naive
import numpy as np
import pytest
from refusals import refused
from sklearn.metrics import mean_tweedie_deviance

import fastgd

POWERS = {
    "poisson": (fastgd.Poisson(), 1),
    "gamma": (fastgd.Gamma(), 2),
    **{f"tweedie {p}": (fastgd.Tweedie(power=p), p) for p in (1, 1.3, 1.5, 1.9, 2, 2.5, 3)},
}


def at(loss, z, y):
    return loss.function(z, y, loss.parameters)


@pytest.mark.parametrize("name", POWERS)
def test_the_value_is_half_the_deviance(name):
    loss, power = POWERS[name]
    targets = (0.0, 1e-6, 0.3, 1.0, 7.0, 1e5) if power < 2 else (1e-6, 0.3, 1.0, 7.0, 1e5)
    for y, distance in itertools.product(targets, (-5.0, -0.1, 1e-3, 0.2, 5.0)):
        z = math.log(y or 0.5) + distance
        expected = mean_tweedie_deviance([y], [math.exp(z)], power=power) / 2
        scale = max(y, math.exp(z)) ** (2 - power)
        assert at(loss, z, y)[0] == pytest.approx(expected, rel=1e-9, abs=1e-10 * scale)


@pytest.mark.parametrize("name", POWERS)
def test_it_is_zero_where_the_mean_is_the_target_and_positive_elsewhere(name):
    loss, power = POWERS[name]
    for y in np.geomspace(1e-8, 1e8, 33):
        z, size = math.log(y), y ** (2 - power)
        value, derivative = at(loss, z, y)
        assert abs(value) <= 1e-28 * size
        assert abs(derivative) <= 1e-14 * size
        for distance in (1e-4, -1e-4, 1.0, -1.0):
            assert at(loss, z + distance, y)[0] > 0


def test_close_to_the_target_all_digits_are_right():
    """y (exp(d) - 1 - d) for d = z - log(y), of rational numbers."""
    for d in (Fraction(1, 1 << 10), Fraction(-1, 1 << 12)):
        series = sum(d**k / math.factorial(k) for k in range(2, 12))
        assert at(fastgd.Poisson(), float(d), 1.0)[0] == pytest.approx(float(series), rel=1e-9)
        assert at(fastgd.Gamma(), -float(d), 1.0)[0] == pytest.approx(float(series), rel=1e-9)


def test_tweedie_has_the_others_as_its_ends():
    for z, y in itertools.product(np.linspace(-5, 5, 21), (0.5, 1.0, 20.0)):
        for power, other in ((1, fastgd.Poisson()), (2, fastgd.Gamma())):
            expected = at(other, z, y)
            assert at(fastgd.Tweedie(power=power), z, y) == pytest.approx(expected, rel=1e-13)
            beside = at(fastgd.Tweedie(power=power + 1e-9), z, y)
            assert beside == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", POWERS)
def test_a_mean_that_overflows_is_no_number_of_the_loss(name):
    """So that a run that goes there is seen to diverge, whatever it compares."""
    loss, power = POWERS[name]
    for z in (-1e30, -1500.0, 1500.0, 1e30):
        value, derivative = at(loss, z, 1.0)
        if (2 - power) * z > 709 or (1 - power) * z > 709:
            assert not math.isfinite(value) and not math.isfinite(derivative)
        else:
            assert 0 <= value < math.inf and math.isfinite(derivative)


@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie"])
def test_divergence_is_not_silent(loss, variant):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 2))
    y = np.exp(X[:, 0] + 0.3 * rng.standard_normal(50))
    for rate in (10.0, 1e3, 1e8):
        with pytest.warns(fastgd.DivergenceWarning):
            result = fastgd.fit(
                X, y, variant, loss=loss, learning_rate=rate, max_iter=5, random_state=0
            )
        assert np.isfinite(result.coef_).all()
        assert result.objective <= result.history["objective"][0]


BAD_TARGETS = {
    "poisson": (fastgd.Poisson(), -1.0, "zero or more"),
    "gamma": (fastgd.Gamma(), 0.0, "above zero"),
    "tweedie 1.5": (fastgd.Tweedie(), -0.5, "zero or more, with power=1.5,"),
    "tweedie 2": (fastgd.Tweedie(power=2), 0.0, "above zero, with power=2,"),
}


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_targets_that_have_no_such_distribution_are_refused(case):
    loss, bad, wanted = BAD_TARGETS[case]
    X, y = np.arange(6.0)[:, None], np.array([1.0, 2.0, 3.0, bad, 2.0, bad])
    expected = (
        f"y must be {wanted} for the loss {loss.name!r}; got {bad} (first in row 3; 2 in all): "
        "drop those rows, or choose another loss."
    )
    assert refused(ValueError, lambda: fastgd.fit(X, y, loss=loss)) == expected
    assert refused(ValueError, lambda: fastgd.suggest(X, y, loss=loss)) == expected
    assert refused(ValueError, lambda: fastgd.compare(X, y, ["batch"], loss=loss)) == expected
    model = fastgd.fit(X, np.arange(1.0, 7.0), "batch", loss=loss)
    assert refused(ValueError, lambda: model.score(X, y)) == expected


def test_rows_are_counted_as_they_were_given():
    X, y = np.arange(6.0)[:, None], np.array([1.0, 2.0, np.nan, 3.0, -1.0, 2.0])
    X[0] = np.nan
    sentence = refused(ValueError, lambda: fastgd.fit(X, y, loss="poisson", missing="drop"))
    assert "first in row 4; 1 in all" in sentence


@pytest.mark.parametrize("power", [0.9, 3.1, math.nan, -1, "2", None, True])
def test_a_bad_power_is_named(power):
    kind = ValueError if isinstance(power, (int, float)) else TypeError
    sentence = refused(kind, lambda: fastgd.Tweedie(power=power))
    assert sentence.startswith("power must be a number from 1 to 3; got ")


def test_a_prediction_that_overflows_is_refused():
    model = fastgd.fit([[0.0], [1.0]], [1.0, 2.0], "batch", loss="poisson")
    sentence = refused(ValueError, lambda: model.predict([[1.0], [2000.0]]))
    assert sentence.startswith("the prediction for row 1 overflows: its z of 1386 is more than")
    assert model.predict([[-2000.0]])[0] == 0.0


@pytest.mark.parametrize("name", ["poisson", "gamma", "tweedie"])
def test_twins_are_their_own_derivatives(name):
    z, h = np.linspace(-2, 2, 41), 1e-6
    for y in (0.4, 3.0):
        above, below = (naive.LOSSES[name].loss(z + move, y)[0] for move in (h, -h))
        derivative = naive.LOSSES[name].loss(z, y)[1]
        np.testing.assert_allclose(derivative, (above - below) / (2 * h), atol=1e-8)
