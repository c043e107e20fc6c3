"""A loss of the user's must return the derivative of its value; right ones are never refused."""

import math
from typing import ClassVar

import naive
import numpy as np
import pytest
from numba import njit
from refusals import refused

import fastgd
from fastgd.data.inputs import make_source
from fastgd.losses import LOSSES, Loss
from fastgd.planning.derivatives import refuse_wrong_derivative

RNG = np.random.default_rng(0)
N = 200
X = RNG.standard_normal((N, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * RNG.standard_normal(N)
WILD = np.where(np.arange(N) % 10 == 0, 1e12, Y)


def squared(z, y):
    r = z - y
    return 0.5 * r * r, r


def absolute(z, y):
    r = z - y
    return abs(r), (1 if r > 0 else -1)


def own_huber(z, y):
    r = z - y
    if abs(r) <= 1:
        return 0.5 * r * r, r
    return abs(r) - 0.5, math.copysign(1.0, r)


def quantile(z, y):
    r = z - y
    return (0.3 * r, 0.3) if r > 0 else (-0.7 * r, -0.7)


def own_hinge(z, y):
    missing = 1 - y * z
    return (missing, -y) if missing > 0 else (0.0, 0.0)


def steep(z, y):
    e = math.exp(1000 * (z - y))
    return e - 1000 * (z - y), 1000 * e - 1000


def clipped(z, y):
    r = z - y
    return (r * r, 2 * r) if r * r < 1 else (1.0, 0.0)


def log_cosh(z, y):
    return math.log(math.cosh(z - y)), math.tanh(z - y)


def softplus(z, y):
    return math.log(1 + math.exp(z - y)), 1 / (1 + math.exp(y - z))


def poisson(z, y):
    return math.exp(z) - y * z, math.exp(z) - y


def logistic(z, y):
    return math.log(1 + math.exp(z)) - y * z, 1 / (1 + math.exp(-z)) - y


def for_positive(z, y):
    return z - y * math.log(z), 1 - y / z


def tukey(z, y):
    r = (z - y) / 4.685
    if abs(r) >= 1:
        return 4.685**2 / 6, 0.0
    return 4.685**2 / 6 * (1 - (1 - r * r) ** 3), (z - y) * (1 - r * r) ** 2


def root(z, y):
    s = math.sqrt(1 + (z - y) ** 2)
    return s - 1, (z - y) / s


def power(z, y):
    r = z - y
    return abs(r) ** 1.5, 1.5 * math.sqrt(abs(r)) * math.copysign(1.0, r)


def single(z, y):
    r = np.float32(z) - np.float32(y)
    return r * r * np.float32(0.5), r


def single_absolute(z, y):
    r = np.float32(z) - np.float32(y)
    return abs(r), np.sign(r)


def tolerant(z, y):
    beyond = abs(z - y) - 0.5
    return (beyond, math.copysign(1.0, z - y)) if beyond > 0 else (0.0, 0.0)


@njit
def jitted(z, y):
    r = z - y
    return r * r, 2 * r


@njit
def square(r):
    return r * r


def calls_jitted(z, y):
    return square(z - y), 2 * (z - y)


RIGHT = [squared, absolute, own_huber, quantile, own_hinge, steep, clipped, log_cosh, softplus,
         poisson, logistic, for_positive, tukey, root, power, single, single_absolute, tolerant,
         jitted, calls_jitted, lambda z, y: (3.0, 0.0), lambda z, y: (0, 0)]  # fmt: skip
TARGETS = {
    **{f"times {scale:g}": Y * scale for scale in (1e-300, 1e-150, 1e-9, 1.0, 1e4, 1e9, 1e150)},
    "far from zero": Y + 1e6,
    "very far from zero": Y + 1e12,
    "0 and 1": np.where(Y > 0, 1.0, 0.0),
    "-1 and 1": np.sign(Y),
    "counts": RNG.poisson(3.0, N).astype(float),
    "a constant": np.full(N, 3.0),
    "zeros": np.zeros(N),
    "a tenth of them wild": WILD,
    "Cauchy": RNG.standard_cauchy(N),
}


def source_of(y, X=X, dtype=np.float64, sample_weight=None):
    return make_source(X.astype(dtype), np.asarray(y, dtype), sample_weight, "real")


@pytest.mark.parametrize("loss", RIGHT, ids=lambda f: f.__name__)
def test_a_right_loss_is_never_refused(loss):
    for y in TARGETS.values():
        for dtype in (np.float64, np.float32):
            with np.errstate(over="ignore"):
                source = source_of(y, dtype=dtype)
            refuse_wrong_derivative(fastgd.CustomLoss(loss), source, None)
            refuse_wrong_derivative(fastgd.CustomLoss(loss), source, np.array([1.0, 2, 3, 4]))


def swapped(f):
    return lambda y, z: f(z, y)


def with_derivative(f, change):
    def changed(z, y):
        value, derivative = f(z, y)
        return value, change(derivative)

    return changed


SIGN = "; the sign is reversed, as it is if the arguments are swapped: "
SWAPPED = "; the arguments seem to be swapped: "
CORRECT = "; correct the derivative; "
FIRST = "the prediction z is the first argument and the target y the second, f(z, y)."
WRONG = {
    "squared, swapped": (swapped(squared), Y, SIGN),
    "squared, swapped, tiny": (swapped(squared), 1e-150 * Y, SIGN),
    "squared, swapped, huge": (swapped(squared), 1e150 * Y, SIGN),
    "squared, swapped, far from zero": (swapped(squared), Y + 1e6, SIGN),
    "absolute, swapped": (swapped(absolute), Y, SIGN),
    "quantile, swapped": (swapped(quantile), Y, SIGN),
    "huber, swapped": (swapped(own_huber), WILD, SIGN),
    "log cosh, swapped": (swapped(log_cosh), Y, SIGN),
    "logistic, swapped": (swapped(logistic), TARGETS["0 and 1"], SWAPPED),
    "poisson, swapped": (swapped(poisson), TARGETS["counts"], SWAPPED),
    "hinge, swapped": (swapped(own_hinge), TARGETS["-1 and 1"], SWAPPED),
    "squared, the wrong sign": (with_derivative(squared, lambda d: -d), Y, SIGN),
    "hinge, the wrong sign": (with_derivative(own_hinge, lambda d: -d), np.sign(Y), SIGN),
    "jitted, the wrong sign": (njit(lambda z, y: ((z - y) ** 2, y - z)), Y, CORRECT),
    "squared, a factor of two": (with_derivative(squared, lambda d: 2 * d), Y, CORRECT),
    "logistic, a factor of two": (with_derivative(logistic, lambda d: 2 * d), np.sign(Y), CORRECT),
    "a derivative of zero": (lambda z, y: ((z - y) ** 2, 0.0), Y, CORRECT),
    "a derivative of one": (lambda z, y: (log_cosh(z, y)[0], 1.0), Y, CORRECT),
    "a value of zero": (lambda z, y: (0.0, z - y), Y, CORRECT),
    "clipped in its value alone": (lambda z, y: (min((z - y) ** 2, 0.1), 2 * (z - y)), Y, CORRECT),
    "wrong where it is linear": (
        lambda z, y: own_huber(z, y) if abs(z - y) < 1 else (abs(z - y) - 0.5, z - y), Y, CORRECT),
}  # fmt: skip


def wrong_beyond(limit, f=squared, change=lambda d: -d):
    """Return a loss whose derivative is wrong in the tails alone."""
    return lambda z, y: with_derivative(f, change)(z, y) if abs(z - y) > limit else f(z, y)


def with_tail(places, values):
    y = 5 * RNG.standard_normal(N)
    y[places] = values
    return y


TAILS = {
    "twenty wild ones": (wrong_beyond(50), with_tail(slice(20), 500.0)),
    "one wild one": (wrong_beyond(50), with_tail([77], 500.0)),
    "one below": (wrong_beyond(50), with_tail([77], -500.0)),
    "several sizes": (wrong_beyond(50), with_tail(slice(20), np.linspace(100, 500, 20))),
    "the absolute error": (wrong_beyond(50, absolute), with_tail(slice(10), 500.0)),
    "a factor of two": (wrong_beyond(50, squared, lambda d: 2 * d), with_tail(slice(5), 1e4)),
    "zero": (wrong_beyond(50, own_huber, lambda d: 0.0), with_tail(slice(5), 1e4)),
    "one of 5000": (wrong_beyond(50), np.where(np.arange(5000) == 1234, 500.0, np.resize(Y, 5000))),
}


@pytest.mark.parametrize("case", TAILS)
def test_a_derivative_that_is_wrong_in_the_tail_is_refused(case):
    loss, y = TAILS[case]
    table = RNG.standard_normal((len(y), 3))
    sentence = refused(ValueError, lambda: fastgd.fit(table, y, "batch", loss=loss), table, y)
    assert "but the difference quotient of its value is" in sentence


def test_a_tail_of_weight_zero_is_not_looked_at():
    loss, y = TAILS["one wild one"]
    refuse_wrong_derivative(
        fastgd.CustomLoss(loss), source_of(y, sample_weight=np.where(y < 400, 1.0, 0.0)), None
    )


@pytest.mark.parametrize("mode", [{}, {"learning_rate": 0.1}], ids=["self-tuned", "textbook"])
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_derivative_is_refused_before_the_first_step(case, mode):
    loss, y, advice = WRONG[case]
    with np.errstate(over="ignore"):
        sentence = refused(ValueError, lambda: fastgd.fit(X, y, "batch", loss=loss, **mode), X, y)
    assert sentence.startswith("the loss ") and " at z = " in sentence
    assert sentence.endswith(f"{advice}{FIRST}")


def test_the_sentence_names_what_was_found():
    def twice(z, y):
        return (z - y) ** 2, z - y

    sentence = refused(ValueError, lambda: fastgd.fit(X[:1], [3.0], loss=twice))
    place, found = sentence.split(" it returns the derivative ")
    z, y = (float(part.split(" = ")[1]) for part in place.rstrip(":").split(" at ")[1].split(", "))
    returned, quotient = found.split(";")[0].split(", but the difference quotient of its value is ")
    assert y == 3.0
    assert float(returned) == pytest.approx(z - y, rel=1e-3)
    assert float(quotient) == pytest.approx(2 * (z - y), rel=1e-3)


def test_predictions_at_the_start_are_tried():
    def wrong_far_out(z, y):  # where neither zero nor any target lies
        return z, (1.0 if abs(z) < 1e3 else 2.0)

    far = {"coef_init": [1e4, 0.0, 0.0], "intercept_init": 1e5}
    for settings in ({"max_iter": 1, "tol": None, "learning_rate": 1e-3}, {}):
        with pytest.raises(ValueError, match="it returns the derivative 2, but"):
            fastgd.fit(X, Y, "batch", loss=wrong_far_out, **far, **settings)


def test_rows_of_weight_zero_are_not_looked_at():
    y = np.where(np.arange(N) % 2 == 0, 1e6, Y)

    def wrong_at_sentinels(z, y):
        return 0.5 * (z - y) ** 2, (z - y if y < 1e5 else 0.0)

    loss = fastgd.CustomLoss(wrong_at_sentinels)
    weights = np.where(y < 1e5, 1.0, 0.0)
    refuse_wrong_derivative(loss, source_of(y, sample_weight=weights), None)
    with pytest.raises(ValueError, match="must return its value and the derivative"):
        refuse_wrong_derivative(loss, source_of(y), None)


class Square(Loss):
    """A row as an extender writes it; the parameters reach the function."""

    name: ClassVar[str] = "square"
    function = staticmethod(lambda z, y, parameters: ((z - y) ** 2, 2.0 * (z - y)))


class WrongSquare(Loss):
    name: ClassVar[str] = "wrong_square"
    function = staticmethod(lambda z, y, parameters: ((z - y) ** 2, z - y))


class WrongMargin(Loss):
    name: ClassVar[str] = "wrong_margin"
    target: ClassVar[str] = "binary"
    function = staticmethod(lambda z, y, parameters: (math.exp(-y * z), math.exp(-y * z)))


def test_a_loss_of_ones_own_class_is_looked_at_too():
    refuse_wrong_derivative(Square(), source_of(Y), None)
    for loss, y in ((WrongSquare(), Y), (WrongMargin(), np.where(Y > 0, "yes", "no"))):
        sentence = refused(ValueError, lambda loss=loss, y=y: fastgd.fit(X, y, loss=loss))
        assert sentence.startswith(f"the loss {loss.name!r} must return")


@pytest.mark.parametrize("name", LOSSES)
def test_our_own_losses_pass(name):
    """They are never asked; a class derived from one is."""
    loss = type("Derived", (LOSSES[name],), {})()
    y = np.where(Y > 0, 1, 0) if loss.target == "binary" else naive.LOSSES[name].targets(Y)
    refuse_wrong_derivative(loss, make_source(X, y, None, loss.target), None)


@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
def test_looking_changes_no_bit(variant, monkeypatch):
    settings = {"loss": own_huber, "max_iter": 3, "random_state": 0, "learning_rate": 0.05}
    looked = fastgd.fit(X, Y, variant, **settings)
    monkeypatch.setattr("fastgd.fitting.fit.refuse_wrong_derivative", lambda *_: None)
    np.testing.assert_array_equal(looked.coef_, fastgd.fit(X, Y, variant, **settings).coef_)
