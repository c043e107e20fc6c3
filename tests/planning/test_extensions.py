"""Classes of the user's that miss a part are told so in a sentence that says what it must be."""

import functools

import numpy as np
import pytest
from refusals import refused

import fastgd
from fastgd.losses import Loss
from fastgd.optimizers import GD, Optimizer
from fastgd.schedules import Schedule

X = np.random.default_rng(0).standard_normal((30, 2))
Y = X @ np.array([1.0, -2.0])
STEP = staticmethod(lambda w, g, lr: (w - lr * g, lr))
PREPARE = staticmethod(lambda t, lr, hyper, T: (T(lr),))
VALUE = staticmethod(lambda z, y, parameters: ((z - y) ** 2 / 2, z - y))
OPTIMIZER = {"name": "mine", "slots": 0, "prepare": PREPARE, "step": STEP}
LOSS = {"name": "mine", "function": VALUE}


def a_method(self, z, y, parameters):
    return (z - y) ** 2 / 2, z - y


def made(base, parts, **changes):
    parts = {k: v for k, v in (parts | changes).items() if v is not None}
    return type("Mine", (base,), parts)


BAD_OPTIMIZERS = {
    "nothing": (made(Optimizer, {}), "define name, a string; it has none"),
    "the base": (Optimizer, "the optimizer 'Optimizer' must define name"),
    "no slots": (made(Optimizer, OPTIMIZER, slots=None), "define slots, 0 to 2"),
    "slots 3": (made(Optimizer, OPTIMIZER, slots=3), "coefficient; got 3"),
    "slots a word": (made(Optimizer, OPTIMIZER, slots="b"), "coefficient; got 'b'"),
    "no step": (made(Optimizer, OPTIMIZER, step=None), "define step, a staticmethod"),
    "no prepare": (made(Optimizer, OPTIMIZER, prepare=None), "define prepare, a staticmethod"),
    "a method": (made(Optimizer, OPTIMIZER, step=a_method), "add @staticmethod"),
    "of GD": (made(GD, {}, step="a"), "define step, a staticmethod"),
}
BAD_LOSSES = {
    "nothing": (made(Loss, {}), "define name, a string; it has none"),
    "the base": (Loss, "the loss 'Loss' must define name"),
    "no function": (made(Loss, LOSS, function=None), "(value, derivative); it has none"),
    "a word": (made(Loss, LOSS, function="a"), "(value, derivative); got 'a'"),
    "a method": (made(Loss, LOSS, function=a_method), "add @staticmethod"),
    "a target": (made(Loss, LOSS, target="counts"), "got 'counts'"),
    "a curvature": (made(Loss, LOSS, curvature=-1.0), "second derivative; got -1.0"),
}


@pytest.mark.parametrize("as_class", [False, True], ids=["object", "class"])
@pytest.mark.parametrize("case", BAD_OPTIMIZERS)
def test_an_optimizer_that_misses_a_part_is_refused(case, as_class):
    kind, words = BAD_OPTIMIZERS[case]
    optimizer = kind if as_class else kind()
    for descend in (
        lambda: fastgd.fit(X, Y, optimizer=optimizer, learning_rate=0.1),
        lambda: fastgd.minimize(lambda x: x * x, 1.0, optimizer=optimizer),
    ):
        assert words in refused(TypeError, descend)


@pytest.mark.parametrize("as_class", [False, True], ids=["object", "class"])
@pytest.mark.parametrize("case", BAD_LOSSES)
def test_a_loss_that_misses_a_part_is_refused(case, as_class):
    kind, words = BAD_LOSSES[case]
    loss = kind if as_class else kind()
    assert words in refused(TypeError, lambda: fastgd.fit(X, Y, loss=loss))


UNCALLABLE = [Schedule, Schedule(), made(Schedule, {}), made(Schedule, {})()]
WARMED_UP = [fastgd.Warmup(UNCALLABLE[1]), fastgd.Warmup(fastgd.Warmup(UNCALLABLE[3]))]


@pytest.mark.parametrize("given", [*UNCALLABLE, *WARMED_UP], ids=str)
def test_a_schedule_that_cannot_be_called_is_refused(given):
    for descend in (
        lambda: fastgd.fit(X, Y, learning_rate=given),
        lambda: fastgd.minimize(lambda x: x * x, 1.0, learning_rate=given),
    ):
        assert "must define __call__(self, t), which returns" in refused(TypeError, descend)


def test_complete_classes_are_taken():
    optimizer, loss = made(Optimizer, OPTIMIZER)(), made(Loss, LOSS, curvature=1.0)()
    settings = {"learning_rate": 0.1, "max_iter": 3}
    mine = fastgd.fit(X, Y, "batch", optimizer=optimizer, loss=loss, **settings)
    usual = fastgd.fit(X, Y, "batch", route="direct", **settings)
    np.testing.assert_allclose(mine.coef_, usual.coef_, rtol=1e-12)


BAD_STEPS = {
    "None": lambda w, g, lr: None,
    "a string": lambda w, g, lr: "a",
    "one number": lambda w, g, lr: w - lr * g,
    "a tuple of strings": lambda w, g, lr: ("a", lr),
}


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@pytest.mark.parametrize("settings", [{}, {"learning_rate": 0.1}, {"scaling": "standardize"}])
@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
def test_a_class_of_gd_takes_its_own_steps(variant, settings):
    still = made(GD, {"name": "still", "step": staticmethod(lambda w, g, lr: (w, lr))})()
    start = {"coef_init": [0.5, 0.5], "intercept_init": 0.0}
    result = fastgd.fit(X, Y, variant, optimizer=still, max_iter=2, **start, **settings)
    assert result.coef_ == pytest.approx([0.5, 0.5], abs=1e-12)


def test_a_search_needs_the_steps_of_gd():
    still = made(GD, {"name": "still", "step": staticmethod(lambda w, g, lr: (w, lr))})()
    with pytest.raises(ValueError, match="got 'still', which needs a number or a schedule"):
        fastgd.minimize(lambda x: x * x, 1.0, optimizer=still, learning_rate=fastgd.LineSearch())


@pytest.mark.compiled
@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch", "minimize"])
@pytest.mark.parametrize("case", BAD_STEPS)
def test_a_class_of_gd_whose_step_is_none_is_refused(case, variant):
    optimizer = made(GD, {"name": "mine", "step": staticmethod(BAD_STEPS[case])})()
    settings = {"learning_rate": 0.1, "max_iter": 1, "optimizer": optimizer}
    descend = functools.partial(fastgd.fit, X, Y, variant, **settings)
    if variant == "minimize":
        descend = functools.partial(fastgd.minimize, lambda x: x * x, 1.0, **settings)
    with pytest.raises(TypeError, match="the optimizer 'mine' could not be compiled"):
        descend()


SEARCHES = [fastgd.LineSearch, fastgd.LineSearch(), fastgd.LineSearch("exact")]


@pytest.mark.parametrize("given", SEARCHES)
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_a_line_search_is_for_minimize_alone(variant, given):
    sentence = refused(TypeError, lambda: fastgd.fit(X, Y, variant, learning_rate=given))
    assert sentence.startswith("fastgd.LineSearch is for fastgd.minimize only: for fit, leave")


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
def test_an_adaptive_optimizer_of_ones_own_is_tuned_by_its_default_rate():
    """Its name is in no table of the package's."""
    usual = fastgd.fit(X, Y, optimizer="adam", max_iter=2, random_state=0)
    mine = made(fastgd.Adam, {"name": "mine"})()
    tuned = fastgd.fit(X, Y, optimizer=mine, max_iter=2, random_state=0)
    np.testing.assert_allclose(tuned.coef_, usual.coef_, rtol=1e-12)
    larger = made(fastgd.Adam, {"name": "mine", "default_rate": 0.01})()
    tuned = fastgd.fit(X, Y, optimizer=larger, max_iter=2, random_state=0)
    assert tuned.learning_rate_ == pytest.approx(10 * usual.learning_rate_)
