"""Losses: slopes that are derivatives, values that bear any margin, losses of the user's own."""

import functools
import itertools
import math

import naive
import numpy as np
import pytest
from sklearn.metrics import mean_gamma_deviance, mean_poisson_deviance, mean_tweedie_deviance

import fastgd
from fastgd.kernels.elementary import exp_and_rise, exp_of_negative, log, log_of_one_plus
from fastgd.losses import LOSSES, CustomLoss, HalfSquare

ROWS = {
    **{name: row() for name, row in LOSSES.items()},
    "huber, delta 0.3": fastgd.Huber(delta=0.3),
    "quantile, 0.8": fastgd.Quantile(quantile=0.8),
    "epsilon_insensitive, 0.5": fastgd.EpsilonInsensitive(epsilon=0.5),
    "squared_epsilon_insensitive, 0": fastgd.SquaredEpsilonInsensitive(epsilon=0),
    "half_square": HalfSquare(),
    "tweedie, 1": fastgd.Tweedie(power=1),
    "tweedie, 1.999": fastgd.Tweedie(power=1.999),
    "tweedie, 2": fastgd.Tweedie(power=2),
}
BOUNDED = [name for name, loss in ROWS.items() if loss.curvature is not None]
VARIANTS = ["batch", "stochastic", "minibatch"]
Z = np.linspace(-6.0, 6.0, 97) + 1e-3  # on no kink


def targets(loss):
    if loss.score == "D^2":
        return (0.0, 0.7) if loss.flattens and loss.parameters < (1.9,) else (0.01, 0.05)
    return (-1.0, 1.0) if loss.target == "binary" else (-2.0, 0.0, 0.7)


def value(loss, z, y):
    return loss.function(z, y, loss.parameters)[0]


def slope(loss, z, y):
    return loss.function(z, y, loss.parameters)[1]


def test_a_row_is_found_by_its_name_and_by_its_class():
    assert {name: row.name for name, row in LOSSES.items()} == {name: name for name in LOSSES}
    assert {getattr(fastgd, row.__name__) for row in LOSSES.values()} == set(LOSSES.values())


def test_every_loss_has_a_twin_of_the_same_kind():
    kinds = {name: row.target == "binary" for name, row in LOSSES.items()}
    assert kinds == {name: twin.takes_labels for name, twin in naive.LOSSES.items()}


@pytest.mark.parametrize("name", ROWS)
def test_the_slope_is_the_derivative(name):
    loss, h = ROWS[name], 1e-6
    for y in targets(loss):
        for z in Z:
            difference = (value(loss, z + h, y) - value(loss, z - h, y)) / (2 * h)
            assert slope(loss, z, y) == pytest.approx(difference, abs=1e-7)


@pytest.mark.parametrize("name", ROWS)
def test_the_slope_is_a_subgradient_everywhere(name):
    """So the loss is convex, and at a kink the slope lies between those of the two sides."""
    loss = ROWS[name]
    for y in targets(loss):
        kinks = [y, y - 0.1, y + 0.1, y - 0.5, y + 0.5, 1.0, -1.0]
        z = np.array([*np.linspace(-4.0, 4.0, 41), *kinks])
        values, slopes = (np.array([of(loss, at, y) for at in z]) for of in (value, slope))
        tangents = values[:, None] + slopes[:, None] * (z - z[:, None])
        assert (values >= tangents - 1e-12).all()


@pytest.mark.parametrize("name", BOUNDED)
def test_the_curvature_is_bounded_tightly(name):
    loss = ROWS[name]
    steepest = 0.0
    for y in targets(loss):
        slopes = np.array([slope(loss, z, y) for z in np.linspace(-8, 8, 4001)])
        curvature = np.diff(slopes) / (16 / 4000)
        assert curvature.max() <= loss.curvature + 1e-9
        steepest = max(steepest, curvature.max())
    assert steepest > 0.99 * loss.curvature


@pytest.mark.parametrize("name", ROWS)
def test_only_a_loss_that_is_not_smooth_has_a_slope_that_jumps(name):
    """Halve the interval over which the slope changes most, until nothing is left of it."""
    loss = ROWS[name]
    for y in targets(loss):
        low, high = -8.0, 8.0
        for _ in range(50):
            middle = 0.5 * (low + high)
            rises = slope(loss, middle, y) - slope(loss, low, y)
            if rises > slope(loss, high, y) - slope(loss, middle, y):
                high = middle
            else:
                low = middle
        jump = slope(loss, high, y) - slope(loss, low, y)
        assert jump < 1e-9 if loss.smooth else jump > 0.4


FORMULAS = {
    "squared_error": lambda z, y: 0.5 * (z - y) ** 2,
    "huber": lambda z, y: (
        0.5 * (z - y) ** 2 if abs(z - y) <= 1.35 else 1.35 * abs(z - y) - 0.5 * 1.35**2
    ),
    "absolute_error": lambda z, y: abs(z - y),
    "quantile": lambda z, y: 0.5 * abs(z - y),
    "quantile, 0.8": lambda z, y: 0.8 * (y - z) if y > z else 0.2 * (z - y),
    "epsilon_insensitive": lambda z, y: max(0, abs(z - y) - 0.1),
    "epsilon_insensitive, 0.5": lambda z, y: max(0, abs(z - y) - 0.5),
    "squared_epsilon_insensitive": lambda z, y: max(0, abs(z - y) - 0.1) ** 2,
    "squared_epsilon_insensitive, 0": lambda z, y: (z - y) ** 2,
    "log_loss": lambda z, y: math.log(1 + math.exp(-y * z)),
    "hinge": lambda z, y: max(0, 1 - y * z),
    "squared_hinge": lambda z, y: max(0, 1 - y * z) ** 2,
    "modified_huber": lambda z, y: max(0, 1 - y * z) ** 2 if y * z >= -1 else -4 * y * z,
    "poisson": lambda z, y: mean_poisson_deviance([y], [math.exp(z)]) / 2,
    "gamma": lambda z, y: mean_gamma_deviance([y], [math.exp(z)]) / 2,
    "tweedie": lambda z, y: mean_tweedie_deviance([y], [math.exp(z)], power=1.5) / 2,
    "tweedie, 1": lambda z, y: mean_poisson_deviance([y], [math.exp(z)]) / 2,
    "tweedie, 2": lambda z, y: mean_gamma_deviance([y], [math.exp(z)]) / 2,
}


def test_every_loss_has_a_formula():
    assert set(FORMULAS) >= set(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_its_naive_twin(name):
    for y in targets(ROWS[name]):
        for of, expected in zip((value, slope), naive.LOSSES[name].loss(Z, y), strict=True):
            found = [of(ROWS[name], z, y) for z in Z]
            np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_the_formula(name):
    loss = ROWS[name]
    for y in targets(loss):
        for z in Z:
            assert value(loss, z, y) == pytest.approx(FORMULAS[name](z, y), rel=1e-12, abs=1e-14)


KINKS = [  # loss, z, y, value, slope: all exact
    (fastgd.AbsoluteError(), 0.7, 0.7, 0.0, 0.0),
    (fastgd.Quantile(quantile=0.75), 0.7, 0.7, 0.0, 0.0),
    (fastgd.Quantile(quantile=0.75), 2.0, 1.0, 0.25, 0.25),
    (fastgd.Quantile(quantile=0.75), 0.0, 1.0, 0.75, -0.75),
    (fastgd.EpsilonInsensitive(epsilon=0.25), 1.25, 1.0, 0.0, 0.0),
    (fastgd.EpsilonInsensitive(epsilon=0.25), 0.75, 1.0, 0.0, 0.0),
    (fastgd.EpsilonInsensitive(epsilon=0), 0.7, 0.7, 0.0, 0.0),
    (fastgd.SquaredEpsilonInsensitive(epsilon=0.25), 1.25, 1.0, 0.0, 0.0),
    (fastgd.SquaredEpsilonInsensitive(epsilon=0.25), 0.75, 1.0, 0.0, 0.0),
    (fastgd.Huber(delta=2.0), 3.0, 1.0, 2.0, 2.0),
    (fastgd.Huber(delta=2.0), -1.0, 1.0, 2.0, -2.0),
    (fastgd.Hinge(), 1.0, 1.0, 0.0, -1.0),
    (fastgd.Hinge(), -1.0, -1.0, 0.0, 1.0),
    (fastgd.SquaredHinge(), 1.0, 1.0, 0.0, 0.0),
    (fastgd.SquaredHinge(), -1.0, -1.0, 0.0, 0.0),
    (fastgd.ModifiedHuber(), 1.0, 1.0, 0.0, 0.0),
    (fastgd.ModifiedHuber(), -1.0, 1.0, 4.0, -4.0),
    (fastgd.ModifiedHuber(), 1.0, -1.0, 4.0, 4.0),
]


@pytest.mark.parametrize(("loss", "z", "y", "expected", "along"), KINKS)
def test_value_and_slope_at_a_kink_or_joint(loss, z, y, expected, along):
    assert (value(loss, z, y), slope(loss, z, y)) == (expected, along)


SAME = {  # two ways to write a loss, and the factor between them
    "quantile(0.5) is half the absolute error": (fastgd.Quantile(), fastgd.AbsoluteError(), 0.5),
    "epsilon 0 is the absolute error": (
        fastgd.EpsilonInsensitive(epsilon=0),
        fastgd.AbsoluteError(),
        1.0,
    ),
    "squared, epsilon 0 is twice the squared error": (
        fastgd.SquaredEpsilonInsensitive(epsilon=0),
        fastgd.SquaredError(),
        2.0,
    ),
    "huber far out is the squared error": (fastgd.Huber(delta=1e9), fastgd.SquaredError(), 1.0),
}


@pytest.mark.parametrize("fact", SAME)
def test_losses_that_meet_at_a_parameter(fact):
    one, other, factor = SAME[fact]
    for z in (*Z, 0.0, 0.7):
        for y in (0.0, 0.7):
            assert value(one, z, y) == factor * value(other, z, y)
            assert slope(one, z, y) == factor * slope(other, z, y)


def test_the_hinges_agree_where_they_should():
    for y in (-1.0, 1.0):
        for z in Z:
            assert value(fastgd.SquaredHinge(), z, y) == value(fastgd.Hinge(), z, y) ** 2
            if y * z >= -1:
                both = (fastgd.SquaredHinge(), fastgd.ModifiedHuber())
                assert value(both[0], z, y) == value(both[1], z, y)
                assert slope(both[0], z, y) == slope(both[1], z, y)


def test_quantiles_mirror_each_other():
    low, high = fastgd.Quantile(quantile=0.25), fastgd.Quantile(quantile=0.75)
    for z in Z:
        assert value(low, z, 0.7) == value(high, -z, -0.7)
        assert slope(low, z, 0.7) == -slope(high, -z, -0.7)


EXPONENTIAL = {name for name, loss in ROWS.items() if loss.score == "D^2"}  # test_log_link.py
SQUARES = {"squared_error", "squared_hinge"} | {name for name in ROWS if "squared_eps" in name}


@pytest.mark.parametrize("number", [float, np.float32])
@pytest.mark.parametrize("name", sorted(set(FORMULAS) - {"log_loss"} - EXPONENTIAL))
def test_a_loss_bears_any_margin(name, number):
    """As far as float32 can hold the loss itself."""
    loss, far = ROWS[name], 1e15 if name in SQUARES else 1e30
    for z, y in itertools.product((-far, -700.0, 700.0, far), (-1.0, 1.0)):
        met, along = loss.function(number(z), number(y), loss.parameters)
        assert met == pytest.approx(FORMULAS[name](z, y), rel=1e-6)
        difference = (FORMULAS[name](1.001 * z, y) - FORMULAS[name](z, y)) / (0.001 * z)
        assert along == pytest.approx(difference, rel=2e-3)


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
    """Or a run that diverged would go unnoticed."""
    for z, y in ((math.nan, 1.0), (1.0, math.nan))[: 1 if name == "half_square" else 2]:
        met, along = ROWS[name].function(z, y, ROWS[name].parameters)
        assert math.isnan(met) and math.isnan(along)


@pytest.mark.parametrize(
    ("name", "variant"),
    [pair for pair in zip(LOSSES, itertools.cycle(VARIANTS)) if pair[0] not in EXPONENTIAL],
)
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


# ------------------------------------------------------------------------------ losses as arguments

X = np.random.default_rng(1).standard_normal((20, 2))
Y = X @ np.array([1.0, -1.0]) + 0.2


def fit(loss, variant="batch", **settings):
    settings = {"learning_rate": 0.1, "max_iter": 5, "random_state": 0, **settings}
    return fastgd.fit(X, Y, variant, loss=loss, **settings)


@pytest.mark.parametrize("name", LOSSES)
def test_a_name_a_row_and_an_object_mean_the_same(name):
    row = LOSSES[name]
    y = np.where(Y > 0, "yes", "no") if row.target == "binary" else naive.LOSSES[name].targets(Y)
    by_name, by_row, by_object = (
        fastgd.fit(X, y, "batch", loss=loss, learning_rate=0.1, max_iter=5)
        for loss in (name, row, row())
    )
    np.testing.assert_array_equal(by_name.coef_, by_row.coef_)
    np.testing.assert_array_equal(by_name.coef_, by_object.coef_)
    assert by_name.loss_ == row()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", LOSSES)
def test_a_run_notices_a_nan_wherever_it_is(name, variant):
    """Compiled code must not forget it where it compares."""
    takes_labels = LOSSES[name].target == "binary"
    y = np.where(Y > 0, 1.0, -1.0) if takes_labels else naive.LOSSES[name].targets(Y)
    settings = {"loss": name, "learning_rate": 0.1, "max_iter": 2, "random_state": 0}
    with pytest.raises(ValueError, match="Input X contains NaN"):
        fastgd.fit(
            np.where(np.arange(40).reshape(20, 2) == 39, math.nan, X), y, variant, **settings
        )
    with pytest.raises(ValueError, match="Input y contains NaN"):
        fastgd.fit(X, np.where(np.arange(20) == 19, math.nan, y), variant, **settings)


def test_the_parameters_count():
    assert (fit(fastgd.Huber(delta=0.1)).coef_ != fit(fastgd.Huber(delta=0.5)).coef_).all()
    low, high = (fit(fastgd.Quantile(quantile=share)) for share in (0.1, 0.9))
    assert low.intercept_ < 0 < high.intercept_
    for row in (fastgd.EpsilonInsensitive, fastgd.SquaredEpsilonInsensitive):
        assert (fit(row(epsilon=0.1)).coef_ != fit(row(epsilon=0.5)).coef_).all()
        assert not fit(row(epsilon=1e9)).coef_.any()  # nothing is far enough to pull


def test_huber_far_out_fits_the_squared_error():
    far = fit(fastgd.Huber(delta=1e9)).coef_
    np.testing.assert_allclose(far, fit("squared_error").coef_, rtol=1e-14)


def kind_of(value):
    """Of what to raise: a bad number is a bad value, all else a bad type."""
    return ValueError if isinstance(value, (int, float)) else TypeError


@pytest.mark.parametrize("delta", [0, -1.0, math.nan, math.inf, "1", None, True])
def test_a_bad_delta_is_named(delta):
    with pytest.raises(kind_of(delta), match="delta must be a finite number above 0"):
        fastgd.Huber(delta=delta)


@pytest.mark.parametrize("quantile", [0, 1, -0.1, 1.5, math.nan, math.inf, "0.5", None, True])
def test_a_bad_quantile_is_named(quantile):
    with pytest.raises(
        kind_of(quantile), match=r"^quantile must be a number in \(0, 1\); got .*\.$"
    ):
        fastgd.Quantile(quantile=quantile)


@pytest.mark.parametrize("row", [fastgd.EpsilonInsensitive, fastgd.SquaredEpsilonInsensitive])
@pytest.mark.parametrize("epsilon", [-0.1, math.nan, math.inf, "0.1", None, True])
def test_a_bad_epsilon_is_named(row, epsilon):
    with pytest.raises(kind_of(epsilon), match=r"^epsilon must be a finite number >= 0; got .*\.$"):
        row(epsilon=epsilon)


def test_parameters_may_be_numbers_of_any_type():
    assert fastgd.Quantile(quantile=np.float32(0.5)).parameters == (0.5,)
    assert fastgd.EpsilonInsensitive(epsilon=np.int64(2)).parameters == (2.0,)
    assert fastgd.Huber(delta=3).parameters == (3.0,)


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


@pytest.mark.parametrize("curvature", [1.0, None])
def test_self_tuning_fits_a_custom_loss_whether_or_not_it_states_its_curvature(curvature):
    result = fit(CustomLoss(pseudo_huber, curvature), learning_rate="auto", max_iter=3000)
    np.testing.assert_allclose(result.coef_, [1.0, -1.0], atol=1e-3)


def test_a_custom_loss_takes_no_labels():
    assert CustomLoss(pseudo_huber).target == "real"
    assert "for real targets" in CustomLoss.__doc__
    with pytest.raises(TypeError, match="target"):
        CustomLoss(pseudo_huber, target="binary")
    with pytest.raises(ValueError, match="y must be numeric"):
        fastgd.fit(X, np.where(Y > 0, "yes", "no"), loss=pseudo_huber, learning_rate=0.1)


@pytest.mark.parametrize("curvature", [0, -1.0, math.nan, "steep"])
def test_a_bad_curvature_is_named(curvature):
    with pytest.raises(kind_of(curvature), match="curvature must be a finite number above 0"):
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


BAD_STEPS = {
    "an unknown function": lambda w, g, lr: (w - lr * float(np.format_float_positional(g)), lr),
    "one number": lambda w, g, lr: w - lr * g,
    "no rate": lambda w, g, lr: (w - lr * g,),
    "a slot too many": lambda w, g, slot, lr: (w - lr * g, lr, slot),
    "a string": lambda w, g, lr: ("w", lr),
}


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch", "minimize"])
@pytest.mark.parametrize("step", BAD_STEPS.values(), ids=BAD_STEPS)
def test_an_optimizer_that_cannot_be_compiled_is_named_in_a_sentence(step, variant):
    given = {
        "name": "mine",
        "slots": 0,
        "prepare": staticmethod(lambda t, lr, hyper, T: (T(lr),)),
        "step": staticmethod(step),
    }
    optimizer = type("Mine", (fastgd.optimizers.Optimizer,), given)()
    settings = {"learning_rate": 0.1, "max_iter": 1, "optimizer": optimizer}
    descend = functools.partial(fastgd.fit, X, X.sum(axis=1), variant, **settings)
    if variant == "minimize":
        descend = functools.partial(fastgd.minimize, lambda x: x @ x, np.ones(2), **settings)
    with pytest.raises(TypeError, match="the optimizer 'mine' could not be compiled") as error:
        descend()
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


# ------------------------------------------------------------------------- exponential, logarithm


def test_elementary_functions_are_as_good_as_those_of_the_machine():
    x = np.concatenate([[0.0], -np.geomspace(1e-300, 708, 2000), -np.linspace(0, 708, 2000)])
    e = np.concatenate([np.geomspace(1e-300, 1, 2000), np.linspace(0, 1, 2000)])
    for function, expected, values in (
        (exp_of_negative, math.exp, x),
        (log_of_one_plus, math.log1p, e),
    ):
        found = [function(value) for value in values]
        np.testing.assert_allclose(found, [expected(value) for value in values], rtol=1e-15)
    assert math.isnan(exp_of_negative(math.nan)) and math.isnan(log_of_one_plus(math.nan))
    both = np.concatenate([x, -x[x > -709], np.linspace(-1, 1, 2001), np.geomspace(1e-20, 1, 999)])
    found = np.array([exp_and_rise(value) for value in both])
    np.testing.assert_allclose(found[:, 0], [math.exp(value) for value in both], rtol=1e-15)
    np.testing.assert_allclose(found[:, 1], [math.expm1(value) for value in both], rtol=1e-15)
    assert exp_and_rise(709.1) == (math.inf, math.inf) and math.isnan(exp_and_rise(math.nan)[1])
    x = np.concatenate([np.geomspace(1e-300, 1e300, 4001), np.linspace(0.5, 2.0, 2001)])
    np.testing.assert_allclose(
        [log(value) for value in x], [math.log(value) for value in x], rtol=1e-15
    )
    assert math.isnan(log(math.nan)) and math.isnan(log(math.inf))
    assert 0 < exp_of_negative(-math.inf) < 1e-300
