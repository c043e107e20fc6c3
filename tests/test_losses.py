"""Losses: slopes that are derivatives, values that bear any margin, losses of the user's own."""

import math

import numpy as np
import pytest

import fastgd
from fastgd.losses import LOSSES, CustomLoss, HalfSquare

ROWS = {
    **{name: row() for name, row in LOSSES.items()},
    "huber, delta 0.3": fastgd.Huber(delta=0.3),
    "half_square": HalfSquare(),
}
Z = np.linspace(-6.0, 6.0, 97) + 1e-3  # on no kink


def targets(loss):
    return (-1.0, 1.0) if loss.target == "binary" else (-2.0, 0.0, 0.7)


def value(loss, z, y):
    return loss.function(z, y, loss.parameters)[0]


def slope(loss, z, y):
    return loss.function(z, y, loss.parameters)[1]


def test_a_row_is_found_by_its_name():
    assert {name: row.name for name, row in LOSSES.items()} == {name: name for name in LOSSES}
    assert set(LOSSES) >= {"squared_error", "huber", "log_loss"}


@pytest.mark.parametrize("name", ROWS)
def test_the_slope_is_the_derivative(name):
    loss, h = ROWS[name], 1e-6
    for y in targets(loss):
        for z in Z:
            difference = (value(loss, z + h, y) - value(loss, z - h, y)) / (2 * h)
            assert slope(loss, z, y) == pytest.approx(difference, abs=1e-7)


@pytest.mark.parametrize("name", ROWS)
def test_the_loss_is_convex_and_its_curvature_is_bounded_tightly(name):
    loss = ROWS[name]
    steepest = 0.0
    for y in targets(loss):
        slopes = np.array([slope(loss, z, y) for z in np.linspace(-8, 8, 4001)])
        curvature = np.diff(slopes) / (16 / 4000)
        assert curvature.min() > -1e-9
        assert curvature.max() <= loss.curvature + 1e-9
        steepest = max(steepest, curvature.max())
    assert steepest > 0.99 * loss.curvature


FORMULAS = {
    "squared_error": lambda z, y: 0.5 * (z - y) ** 2,
    "huber": lambda z, y: (
        0.5 * (z - y) ** 2 if abs(z - y) <= 1.35 else 1.35 * abs(z - y) - 0.5 * 1.35**2
    ),
    "log_loss": lambda z, y: math.log(1 + math.exp(-y * z)),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_the_formula(name):
    loss = ROWS[name]
    for y in targets(loss):
        for z in Z:
            assert value(loss, z, y) == pytest.approx(FORMULAS[name](z, y), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("number", [float, np.float32])
@pytest.mark.parametrize("z", [-1e30, -700.0, 700.0, 1e30])
def test_log_loss_bears_any_margin(z, number):
    """Exact where exp(700) would overflow: the loss is |z| or 0, the slope -y or 0."""
    loss = fastgd.LogLoss()
    for y in (-1.0, 1.0):
        met, along = loss.function(number(z), number(y), ())
        assert met == pytest.approx(max(0.0, -y * z), rel=1e-6, abs=1e-300)
        assert along == pytest.approx(-y if y * z < 0 else 0.0, abs=1e-300)


def test_log_loss_keeps_its_digits_where_the_loss_is_small():
    met, along = fastgd.LogLoss().function(40.0, 1.0, ())
    assert met == pytest.approx(math.exp(-40.0), rel=1e-12)
    assert along == pytest.approx(-math.exp(-40.0), rel=1e-12)


@pytest.mark.parametrize("name", ROWS)
def test_nan_stays_nan(name):
    """Or a run that ran away would go unnoticed."""
    met, along = ROWS[name].function(math.nan, 1.0, ROWS[name].parameters)
    assert math.isnan(met) and math.isnan(along)


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"half_square"}))
@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
def test_float32_runs_where_margins_are_large(name, variant):
    """A start far out, |z| about 700: finite, and better than before."""
    loss = ROWS[name]
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 2)).astype(np.float32)
    y = np.where(X[:, 0] > 0, 1, -1) if loss.target == "binary" else X[:, 0]
    result = fastgd.fit(
        X, y, variant, loss=loss, learning_rate=0.1, max_iter=5, coef_init=[-400.0, 0.0],
        random_state=0,
    )  # fmt: skip
    assert result.coef_.dtype == np.float32
    assert np.isfinite(result.coef_).all()
    assert result.objective < result.history["objective"][0]


# ---------------------------------------------------------------------------------- probabilities


def test_probabilities_of_log_loss():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 2))
    y = np.where(X @ [2.0, -1.0] + rng.logistic(size=50) > 0, "yes", "no")
    result = fastgd.fit(X, y, "batch", loss="log_loss", learning_rate=1.0)
    shares = result.predict_proba(X)
    assert shares.shape == (50, 2)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-15)
    expected = 1 / (1 + np.exp(-result.decision_function(X)))
    np.testing.assert_allclose(shares[:, 1], expected, rtol=1e-12)
    np.testing.assert_array_equal(result.predict(X), result.classes_[(shares[:, 1] > 0.5) * 1])
    # At the optimum with an intercept the mean probability is the share of the label.
    assert shares[:, 1].mean() == pytest.approx(np.mean(y == "yes"), abs=1e-3)
    far = result.predict_proba(1e6 * X)
    assert np.isfinite(far).all() and set(far.round(12).ravel()) == {0.0, 1.0}


# ------------------------------------------------------------------------------ losses as arguments

X = np.random.default_rng(1).standard_normal((20, 2))
Y = X @ np.array([1.0, -1.0]) + 0.2


def fit(loss, variant="batch", **settings):
    settings = {"learning_rate": 0.1, "max_iter": 5, "random_state": 0, **settings}
    return fastgd.fit(X, Y, variant, loss=loss, **settings)


@pytest.mark.parametrize(
    ("name", "row"),
    [("squared_error", fastgd.SquaredError), ("huber", fastgd.Huber)],
)
def test_a_name_a_row_and_an_object_mean_the_same(name, row):
    by_name, by_row, by_object = fit(name), fit(row), fit(row())
    np.testing.assert_array_equal(by_name.coef_, by_row.coef_)
    np.testing.assert_array_equal(by_name.coef_, by_object.coef_)
    assert by_name.loss_ == row()


def test_the_parameter_of_huber_counts():
    assert (fit(fastgd.Huber(delta=0.1)).coef_ != fit(fastgd.Huber(delta=0.5)).coef_).all()
    far = fit(fastgd.Huber(delta=1e9)).coef_
    np.testing.assert_allclose(far, fit("squared_error").coef_, rtol=1e-14)


@pytest.mark.parametrize("delta", [0, -1.0, math.nan, math.inf, "1", None, True])
def test_a_bad_delta_is_named(delta):
    with pytest.raises(ValueError, match="delta must be a finite number above 0"):
        fastgd.Huber(delta=delta)


def pseudo_huber(z, y):
    r = z - y
    root = math.sqrt(1 + r * r)
    return root - 1, r / root


def test_a_custom_loss_says_what_it_is():
    loss = CustomLoss(pseudo_huber, curvature=1.0)
    assert repr(loss) == "CustomLoss(pseudo_huber)"
    assert (loss.name, loss.curvature, loss.built_in) == ("pseudo_huber", 1.0, False)
    assert loss == CustomLoss(pseudo_huber) and hash(loss) == hash(CustomLoss(pseudo_huber))
    assert loss != CustomLoss(lambda z, y: pseudo_huber(z, y))
    result = fit(loss)
    assert "pseudo_huber" in result.summary() and "pseudo_huber" in repr(result)


def test_self_tuning_estimates_the_curvature_that_a_custom_loss_does_not_state():
    stated = fit(CustomLoss(pseudo_huber, curvature=1.0), learning_rate="auto", max_iter=3000)
    estimated = fit(CustomLoss(pseudo_huber), learning_rate="auto", max_iter=3000)
    assert estimated.learning_rate_ == pytest.approx(stated.learning_rate_, rel=0.05)
    np.testing.assert_allclose(estimated.coef_, [1.0, -1.0], atol=1e-3)


@pytest.mark.parametrize("curvature", [0, -1.0, math.nan, "steep"])
def test_a_bad_curvature_is_named(curvature):
    with pytest.raises(ValueError, match="curvature must be a finite number above 0"):
        CustomLoss(pseudo_huber, curvature=curvature)


def one_sentence(error):
    """No traceback of a compiler, however it is asked for."""
    text = str(error.value)
    assert "\n" not in text
    assert "nopython" not in text and "site-packages" not in text
    return text


@pytest.mark.parametrize(
    "loss",
    [
        lambda z: z,
        lambda z, y: z,
        lambda z, y: (z, y, z),
        lambda z, y: ("a", "b"),
        lambda z, y: None,
        lambda z, y: (z, None),
        lambda z, y: z.nothing,
        lambda z, y: 1 / 0,
    ],
)
def test_a_function_that_is_no_loss_is_told_what_a_loss_is(loss):
    with pytest.raises(
        TypeError, match=r"a loss must be a function f\(z, y\) -> \(value, slope\)"
    ) as error:
        fit(loss)
    one_sentence(error)


@pytest.mark.parametrize("loss", [3, None, ["squared_error"]])
def test_what_cannot_be_called_is_no_loss(loss):
    with pytest.raises(TypeError, match=r"loss must be one of .* or a function"):
        fit(loss)


class Table:
    """Something that Numba knows nothing of."""

    def __init__(self):
        self.scale = 2.0


TABLE = Table()


def with_an_object(z, y):
    return TABLE.scale * (z - y) ** 2, 4.0 * (z - y)


def with_a_string(z, y):
    if z > 1e300:
        return "far", 0.0
    return 0.5 * (z - y) ** 2, z - y


def with_an_unknown_function(z, y):
    return float(np.format_float_positional(z) != "") * (z - y) ** 2, 2.0 * (z - y)


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "stochastic"])
@pytest.mark.parametrize("loss", [with_an_object, with_a_string, with_an_unknown_function])
def test_a_loss_that_cannot_be_compiled_is_named_in_a_sentence(loss, variant):
    with pytest.raises(
        TypeError, match=f"the loss '{loss.__name__}' could not be compiled"
    ) as error:
        fit(loss, variant)
    one_sentence(error)


@pytest.mark.compiled
def test_a_loss_that_cannot_be_compiled_is_named_when_self_tuning_too():
    with pytest.raises(TypeError, match="'with_an_object' could not be compiled"):
        fit(with_an_object, learning_rate="auto")


def test_a_loss_may_be_compiled_already():
    numba = pytest.importorskip("numba")
    compiled = numba.njit(pseudo_huber)
    np.testing.assert_allclose(fit(compiled).coef_, fit(pseudo_huber).coef_, rtol=1e-14)


@pytest.mark.compiled
def test_an_object_that_can_be_called_is_refused_in_a_sentence():
    """Numba compiles functions."""

    class Scaled:
        def __call__(self, z, y):
            return 0.5 * (z - y) ** 2, z - y

    with pytest.raises(TypeError, match=r"loss.*function") as error:
        fit(Scaled())
    one_sentence(error)
