"""Schedules: their formulas, what they take from the problem, and how a fit uses them."""

import math

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier, SGDRegressor

import fastgd
from fastgd.planning.request import SCHEDULE_HINTS
from fastgd.schedules import Memory

T = np.array([1, 2, 3, 10, 100, 10_000])
RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
y = X @ np.array([1.0, -2.0, 0.5]) + 0.3 + 0.1 * RNG.standard_normal(60)

FORMULAS = {
    "constant": (fastgd.Constant(eta0=0.3), lambda t: 0.3 + 0.0 * t),
    "inverse scaling": (fastgd.InverseScaling(eta0=0.3, power_t=0.6), lambda t: 0.3 * t**-0.6),
    "inverse scaling, power 0": (fastgd.InverseScaling(eta0=0.3, power_t=0), lambda t: 0.3 + 0 * t),
    "inverse time decay": (
        fastgd.InverseTimeDecay(eta0=0.3, decay_steps=20.0, power_t=0.75),
        lambda t: 0.3 / (1 + t / 20) ** 0.75,
    ),
    "optimal": (fastgd.Optimal(alpha=0.2, t0=7.0), lambda t: 1 / (0.2 * (7.0 + t - 1))),
    "exponential": (fastgd.Exponential(eta0=0.3, gamma=0.9), lambda t: 0.3 * 0.9 ** (t - 1.0)),
    "cosine": (
        fastgd.Cosine(eta0=0.3, n_steps=100, eta_min=0.01),
        lambda t: 0.01 + 0.29 * (1 + np.cos(np.pi * np.minimum((t - 1) / 99, 1))) / 2,
    ),
    "adaptive": (fastgd.Adaptive(eta0=0.3), lambda t: 0.3 + 0.0 * t),
    "step decay": (
        fastgd.StepDecay(eta0=0.3, gamma=0.9, decay_steps=9),
        lambda t: 0.3 * 0.9 ** np.floor((t - 1) / 9),
    ),
    "warm-up of a number": (
        fastgd.Warmup(0.3, n_steps=10),
        lambda t: 0.3 * np.minimum(t / 10, 1),
    ),
    "warm-up of a schedule": (
        fastgd.Warmup(fastgd.InverseScaling(eta0=0.3, power_t=0.5), n_steps=10),
        lambda t: np.where(t < 10, 0.03 * t, 0.3 / np.sqrt(np.maximum(t - 9, 1))),
    ),
    "warm-up of one step": (
        fastgd.Warmup(fastgd.Exponential(eta0=0.3, gamma=0.9), n_steps=1),
        lambda t: 0.3 * 0.9 ** (t - 1.0),
    ),
    "warm-up of a function": (
        fastgd.Warmup(lambda t: 0.3 / math.sqrt(t), n_steps=10),
        lambda t: np.where(t < 10, 0.03 * t, 0.3 / np.sqrt(np.maximum(t - 9, 1))),
    ),
    "warm-up of a dictionary": (
        fastgd.Warmup({1: 0.3, 91: 0.1}, n_steps=10),
        lambda t: np.where(t < 10, 0.03 * t, np.where(t < 100, 0.3, 0.1)),
    ),
    "warm-up of a warm-up": (
        fastgd.Warmup(fastgd.Warmup(0.3, n_steps=3), n_steps=10),
        lambda t: np.where(t < 10, 0.01 * t, 0.1 * np.clip(t - 9, 1, 3)),
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_formula(name):
    schedule, formula = FORMULAS[name]
    rates = schedule(T)
    assert rates.dtype == np.float64 and rates.shape == T.shape
    np.testing.assert_allclose(rates, formula(T.astype(float)), rtol=1e-14)
    assert schedule(T[:0]).shape == (0,)


def test_a_cosine_begins_at_eta0_ends_at_eta_min_and_stays_there():
    schedule = fastgd.Cosine(eta0=1.0, n_steps=11, eta_min=0.2)
    rates = schedule(np.arange(1, 20))
    assert rates[0] == 1.0
    np.testing.assert_allclose(rates[10:], 0.2, rtol=1e-15)
    assert rates[5] == pytest.approx(0.6)
    assert (np.diff(rates[:11]) < 0).all()
    np.testing.assert_array_equal(fastgd.Cosine(eta0=0.3, n_steps=1)(np.array([1])), [0.3])


BAD_PARAMETERS = [
    (fastgd.Constant, {"eta0": 0}, "eta0"),
    (fastgd.Constant, {"eta0": "0.1"}, "eta0"),
    (fastgd.InverseScaling, {"eta0": -1.0}, "eta0"),
    (fastgd.InverseScaling, {"power_t": -0.5}, "power_t"),
    (fastgd.InverseScaling, {"power_t": np.nan}, "power_t"),
    (fastgd.InverseTimeDecay, {"eta0": 0}, "eta0"),
    (fastgd.InverseTimeDecay, {"decay_steps": 0}, "decay_steps"),
    (fastgd.InverseTimeDecay, {"power_t": -1.0}, "power_t"),
    (fastgd.Optimal, {"alpha": 0}, "alpha"),
    (fastgd.Optimal, {"t0": -1.0}, "t0"),
    (fastgd.Exponential, {"gamma": 1.5}, "gamma"),
    (fastgd.Exponential, {"gamma": -0.1}, "gamma"),
    (fastgd.Cosine, {"n_steps": 0}, "n_steps"),
    (fastgd.Cosine, {"eta_min": -0.1}, "eta_min"),
    (fastgd.Adaptive, {"factor": 1.0}, "factor"),
    (fastgd.Adaptive, {"patience": 0}, "patience"),
    (fastgd.Adaptive, {"tol": -1.0}, "tol"),
    (fastgd.StepDecay, {"eta0": 0}, "eta0"),
    (fastgd.StepDecay, {"gamma": 1.5}, "gamma"),
    (fastgd.StepDecay, {"decay_steps": 0}, "decay_steps"),
    (fastgd.StepDecay, {"decay_steps": 2.5}, "decay_steps"),
    (fastgd.Warmup, {"schedule": 0}, "schedule"),
    (fastgd.Warmup, {"schedule": np.inf}, "schedule"),
    (fastgd.Warmup, {"schedule": "0.1"}, "schedule"),
    (fastgd.Warmup, {"n_steps": 0}, "n_steps"),
]


@pytest.mark.parametrize(("schedule", "parameters", "name"), BAD_PARAMETERS)
def test_a_bad_parameter_is_named(schedule, parameters, name):
    kind = TypeError if "0.1" in parameters.values() else ValueError
    with pytest.raises(kind, match=f"^{name} must be .*got"):
        schedule(**parameters)


# ------------------------------------------------------------------------------------------ optimal


@pytest.mark.parametrize("alpha", [0.01, 0.1, 2.0])
@pytest.mark.parametrize("loss", ["log_loss", "huber"])
def test_optimal_is_that_of_scikit_learn(loss, alpha):
    settings = {
        "loss": loss,
        "alpha": alpha,
        "learning_rate": "optimal",
        "shuffle": False,
        "tol": None,
        "max_iter": 4,
    }
    targets = np.where(y > 0, 1, -1) if loss == "log_loss" else y
    make = SGDClassifier if loss == "log_loss" else SGDRegressor
    epsilon = {} if loss == "log_loss" else {"epsilon": 0.7}
    peer = make(**settings, **epsilon).fit(X, targets)
    ours = fastgd.fit(
        X, targets, "stochastic", loss=loss if loss == "log_loss" else fastgd.Huber(delta=0.7),
        alpha=alpha, learning_rate=fastgd.Optimal(), shuffle=False, max_iter=4,
    )  # fmt: skip
    np.testing.assert_allclose(ours.coef_, peer.coef_.ravel(), rtol=0, atol=1e-9)
    assert ours.intercept_ == pytest.approx(float(peer.intercept_[0]), abs=1e-9)


@pytest.mark.filterwarnings("ignore::fastgd.DivergenceWarning")  # 60 steps, the first of 1.1
def test_optimal_takes_its_start_from_the_slope_of_the_loss():
    """Bottou's heuristic: where the loss is steep, the first steps are small."""
    alpha = 0.01
    typical = alpha**-0.25
    settings = {"alpha": alpha, "learning_rate": fastgd.Optimal(), "max_iter": 1}
    flat = fastgd.fit(X, y, "stochastic", loss=fastgd.Huber(delta=1.0), **settings)
    steep = fastgd.fit(X, y, "stochastic", **settings)
    assert flat.learning_rate_.t0 == pytest.approx(1 / (typical * alpha))
    assert steep.learning_rate_.t0 == pytest.approx((typical + 1) / (typical * alpha))
    assert steep.history["learning_rate"][0] == pytest.approx(typical / (typical + 1))


def test_optimal_prefers_its_own_numbers():
    schedule = fastgd.Optimal(alpha=0.5, t0=20.0)
    result = fastgd.fit(X, y, "stochastic", alpha=0.1, learning_rate=schedule, max_iter=1)
    assert result.learning_rate_ == schedule


def test_optimal_needs_a_penalty():
    with pytest.raises(
        ValueError, match=r"fastgd\.Optimal needs a penalty; give fit an alpha above 0"
    ):
        fastgd.fit(X, y, learning_rate=fastgd.Optimal())
    with pytest.raises(ValueError, match="needs both"):
        fastgd.Optimal(alpha=1.0)(T)


def test_optimal_works_with_a_loss_of_the_users():
    def squared(z, y):
        return 0.5 * (z - y) ** 2, z - y

    settings = {"alpha": 0.1, "learning_rate": fastgd.Optimal(), "max_iter": 2}
    ours = fastgd.fit(X, y, "batch", loss=squared, **settings)
    usual = fastgd.fit(X, y, "batch", **settings)
    np.testing.assert_allclose(ours.coef_, usual.coef_, rtol=1e-12)


# ----------------------------------------------------------------------------------------- adaptive


def lowered(losses, patience, factor, tol):
    """The factor after each epoch: progress is a loss at least tol below the best."""
    best, stalled, now, factors = np.inf, 0, 1.0, []
    for loss in losses:
        stalled = 0 if loss <= best - tol else stalled + 1
        best = min(best, loss)
        if stalled == patience:
            now, stalled = now * factor, 0
        factors.append(now)
    return factors


def test_adaptive_lowers_the_rate_after_epochs_without_progress():
    schedule = fastgd.Adaptive(eta0=1.0, factor=0.5, patience=2, tol=0.1)
    losses = [5.0, 4.0, 3.95, 3.7, 3.65, 3.64, 3.63, 9.0, 1.0, 1.0, 0.95]
    memory, factors = Memory(), []
    for loss in losses:
        memory = schedule.after_epoch(memory, loss)
        factors.append(memory.factor)
    assert factors == lowered(losses, 2, 0.5, 0.1)
    assert factors == [1, 1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]


@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
def test_adaptive_in_a_fit_follows_the_losses_met(variant):
    """The same run, epoch by epoch, with the rate that the losses met so far ask for."""
    losses = []

    def callback(state):
        losses.append(state.loss)

    schedule = fastgd.Adaptive(eta0=0.4, factor=0.3, patience=2, tol=2e-3)
    settings = {"max_iter": 25, "random_state": 0}
    if variant == "minibatch":
        settings["batch_size"] = 6
    result = fastgd.fit(
        X, y, variant, learning_rate=schedule, record_path=1, callback=callback, **settings
    )
    factors = lowered(losses, 2, 0.3, 2e-3)
    assert factors[-1] < 0.3
    per_epoch = result.t_ // 25
    rates = np.repeat(0.4 * np.array([1.0, *factors[:-1]]), per_epoch)
    same = fastgd.fit(
        X, y, variant, learning_rate=lambda t: rates[t - 1], record_path=1, **settings
    )
    np.testing.assert_array_equal(same.path, result.path)


# --------------------------------------------------------------------------------- callables, names


@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
def test_a_callable_is_asked_for_every_step_and_no_other(variant):
    asked = set()

    def rate(t):
        asked.update(t.tolist())
        return 0.05

    size = {"batch_size": 7} if variant == "minibatch" else {}
    result = fastgd.fit(X, y, variant, learning_rate=rate, max_iter=3, random_state=0, **size)
    assert asked == set(range(1, result.t_ + 1))


@pytest.mark.parametrize(
    "answer",
    [
        -0.1,
        np.nan,
        np.inf,
        None,
        "fast",
        [0.1, 0.2, 0.3, 0.4, 0.5],
        [[0.1]],
    ],
)
def test_a_callable_that_returns_no_rates_is_told_what_to_return(answer):
    with pytest.raises(
        ValueError, match="learning_rate, a callable, must return a finite rate >= 0"
    ):
        fastgd.fit(X, y, "batch", learning_rate=lambda t: answer, max_iter=2)


def test_a_callable_may_return_one_rate_for_all_or_integers():
    expected = fastgd.fit(X, y, learning_rate=0.1, max_iter=2, random_state=0).coef_
    one = fastgd.fit(X, y, learning_rate=lambda t: 0.1, max_iter=2, random_state=0).coef_
    np.testing.assert_array_equal(one, expected)
    still = fastgd.fit(X, y, learning_rate=lambda t: 0 * t, max_iter=2, random_state=0)
    np.testing.assert_array_equal(still.coef_, 0.0)


def test_an_error_in_a_callable_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        fastgd.fit(X, y, learning_rate=lambda t: 1 / 0)


@pytest.mark.parametrize("name", SCHEDULE_HINTS)
def test_the_bare_name_of_a_schedule_shows_the_object_to_write(name):
    with pytest.raises(ValueError, match="write learning_rate=fastgd") as error:
        fastgd.fit(X, y, learning_rate=name)
    shown = SCHEDULE_HINTS[name]
    assert shown in str(error.value) and f"got {name!r}" in str(error.value)
    schedule = eval(shown, {"fastgd": fastgd})  # it can be pasted as it is shown
    assert isinstance(schedule, fastgd.schedules.Schedule)
    fastgd.fit(X, y, learning_rate=schedule, alpha=0.1, max_iter=1)


class Steps:
    """A schedule as PyTorch's users write it: the function of one number is its call."""

    def __init__(self, eta0=0.1, every=10):
        self.eta0, self.every = eta0, every

    def __call__(self, step):
        return self.eta0 * 0.5 ** math.floor(step / self.every)


class OwnSchedule(fastgd.schedules.Schedule):
    def __call__(self, t):
        return 0.1 / math.sqrt(t)


class WithoutDefaults(fastgd.schedules.Schedule):
    def __init__(self, eta0):
        self.eta0 = eta0


TABLE = [0.1 / k for k in range(1, 500)]
SCALAR = {  # what is given, and the same as a function of an array of floats
    "math.sqrt": (lambda t: 0.1 / math.sqrt(t), lambda t: 0.1 / np.sqrt(t)),
    "math.exp": (lambda t: 0.1 * math.exp(-t / 50), lambda t: 0.1 * np.exp(-t / 50)),
    "a negative power": (lambda t: 0.1 * t**-1, lambda t: 0.1 / t),
    "ten to a negative power": (lambda t: 10**-t, lambda t: 10.0**-t),
    "a power that overflows": (lambda t: 1e-3 / t**9, lambda t: 1e-3 / t**9),
    "int": (lambda t: 0.1 / (1 + int(t / 10)), lambda t: 0.1 / (1 + np.floor(t / 10))),
    "round": (lambda t: 0.1 / (1 + round(t / 7)), lambda t: 0.1 / (1 + np.round(t / 7))),
    "max": (lambda t: max(0.01, 0.1 / t), lambda t: np.maximum(0.01, 0.1 / t)),
    "if": (lambda t: 0.1 if t < 5 else 0.01, lambda t: np.where(t < 5, 0.1, 0.01)),
    "a list": (lambda t: TABLE[t - 1], lambda t: 0.1 / t),
    "an array of one": (lambda t: np.float32(0.125), lambda t: 0.125 + 0 * t),
    "a dictionary": ({1: 0.1, 3: 0.05, 40: 0.01},
                     lambda t: np.select([t < 3, t < 40], [0.1, 0.05], 0.01)),
    "a dictionary in no order": ({40: 0.01, 1: 0.1}, lambda t: np.where(t < 40, 0.1, 0.01)),
    "a class": (Steps, lambda t: 0.1 * 0.5 ** np.floor(t / 10)),
    "an object": (Steps(0.05), lambda t: 0.05 * 0.5 ** np.floor(t / 10)),
    "a class of ours": (fastgd.InverseScaling, lambda t: 0.01 / t**0.25),
    "a class of one's own": (OwnSchedule, lambda t: 0.1 / np.sqrt(t)),
    "an object of one's own": (OwnSchedule(), lambda t: 0.1 / np.sqrt(t)),
}  # fmt: skip


@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
@pytest.mark.parametrize("case", SCALAR)
def test_any_scalar_function_of_a_step_number_is_a_schedule(case, variant):
    given, formula = SCALAR[case]
    size = {"batch_size": 7} if variant == "minibatch" else {}
    settings = {"max_iter": 4, "random_state": 0, **size}
    result = fastgd.fit(X, y, variant, learning_rate=given, **settings)
    rates = formula(np.arange(1.0, 500.0))
    same = fastgd.fit(X, y, variant, learning_rate=lambda t: rates[t - 1], **settings)
    np.testing.assert_allclose(result.coef_, same.coef_, rtol=1e-12)
    np.testing.assert_allclose(
        result.history["learning_rate"], same.history["learning_rate"], rtol=1e-14
    )
    again = fastgd.fit(X, y, **result.recipe)
    np.testing.assert_array_equal(again.coef_, result.coef_)


@pytest.mark.parametrize("case", SCALAR)
def test_minimize_takes_the_same(case):
    given, formula = SCALAR[case]
    result = fastgd.minimize(
        lambda x: x * x, 1.0, jac=lambda x: 2 * x, learning_rate=given, max_iter=30, tol=None
    )
    factors = 1 - 2 * formula(np.arange(1.0, 31.0))
    np.testing.assert_allclose(result.path, np.cumprod([1.0, *factors]), rtol=1e-10)


def test_a_function_that_overflows_far_out_is_asked_step_by_step():
    rate = fastgd.schedules.FromCallable(lambda t: 1e-3 / t**9)
    t = np.arange(100, 300)
    np.testing.assert_allclose(rate(t), 1e-3 / t.astype(float) ** 9, rtol=1e-14)


def test_a_function_of_arrays_alone_stays_one():
    rate = fastgd.schedules.FromCallable(lambda t: 0.1 / t.astype(float))
    np.testing.assert_array_equal(rate(np.array([5])), [0.02])
    calls = []
    fast = fastgd.schedules.FromCallable(lambda t: calls.append(t) or 0.1 / t)
    fast(np.arange(1, 100_000))
    assert len(calls) < 10


@pytest.mark.parametrize(
    "rates",
    [{}, {0: 0.1}, {2: 0.1}, {1.5: 0.1}, {1: 0.0}, {1: -0.1}, {1: np.nan}, {1: "fast"}, {"1": 0.1},
     {True: 0.1}, {1: 0.1, 3: None}, {1: 0.1, -3: 0.1}],
)  # fmt: skip
def test_a_dictionary_of_other_things_is_refused(rates):
    with pytest.raises(
        ValueError, match=r"learning_rate must be a dictionary \{first step: rate\}"
    ):
        fastgd.fit(X, y, learning_rate=rates)
    with pytest.raises(ValueError, match="rates must be a dictionary"):
        fastgd.PiecewiseConstant(rates)


def test_a_dictionary_is_saved(tmp_path):
    result = fastgd.fit(X, y, learning_rate={1: 0.1, 3: 0.01}, max_iter=3, random_state=0)
    assert result.learning_rate_ == fastgd.PiecewiseConstant({1: 0.1, 3: 0.01})
    result.save(tmp_path / "model.fastgd")
    loaded = fastgd.load(tmp_path / "model.fastgd")
    assert loaded.learning_rate_ == result.learning_rate_
    np.testing.assert_array_equal(fastgd.fit(X, y, **loaded.recipe).coef_, result.coef_)


def test_a_schedule_of_ones_own_is_what_a_result_shows():
    own = OwnSchedule()
    assert fastgd.fit(X, y, learning_rate=own, max_iter=2).learning_rate_ is own
    assert fastgd.minimize(lambda x: x, 1.0, learning_rate=own, tol=None).learning_rate_ is own


class Halving(fastgd.schedules.Schedule):
    def __call__(self, t):
        return 0.1

    def after_epoch(self, memory, loss):
        return memory._replace(factor=0.5 * memory.factor)


def test_a_schedule_of_ones_own_remembers_epochs():
    result = fastgd.fit(X, y, "batch", learning_rate=Halving(), max_iter=4)
    np.testing.assert_allclose(result.history["learning_rate"][1:], [0.1, 0.05, 0.025, 0.0125])


def test_a_class_without_its_numbers_says_what_it_needs():
    with pytest.raises(TypeError, match=r"class 'WithoutDefaults', which is missing .*'eta0'"):
        fastgd.fit(X, y, learning_rate=WithoutDefaults)
    with pytest.raises(TypeError, match="learning_rate must be a positive number, a schedule"):
        fastgd.fit(X, y, learning_rate=float)


def test_a_number_is_a_constant_rate():
    number = fastgd.fit(X, y, learning_rate=0.1, max_iter=2, random_state=0)
    schedule = fastgd.fit(X, y, learning_rate=fastgd.Constant(0.1), max_iter=2, random_state=0)
    np.testing.assert_array_equal(number.coef_, schedule.coef_)
    assert number.learning_rate_ == schedule.learning_rate_ == 0.1
    assert number.mode == schedule.mode == "textbook"


@pytest.mark.parametrize("ups_and_downs", [[0.9, 0.6, 0.9], [0.6, 0.55, 0.51], [2.0, 1.0, 0.5]])
def test_adaptive_progress_is_measured_from_the_best_loss_so_far(ups_and_downs):
    rate, memory = fastgd.Adaptive(patience=3, factor=0.5), fastgd.schedules.Memory()
    for loss in (1.0, 0.5, *ups_and_downs[:2]):
        memory = rate.after_epoch(memory, loss)
        assert memory.factor == 1.0
    memory = rate.after_epoch(memory, ups_and_downs[2])
    assert memory.factor == 0.5
    assert memory.best_loss == 0.5


# ---------------------------------------------------------------------------- step decay, warm-up


def test_a_step_decay_has_the_rates_of_pytorch():
    """StepLR multiplies the rate by gamma at every step_size-th call of its scheduler."""
    theirs, rate = [], 0.3
    for call in range(60):
        if call > 0 and call % 7 == 0:
            rate *= 0.5
        theirs.append(rate)
    ours = fastgd.StepDecay(eta0=0.3, gamma=0.5, decay_steps=7)(np.arange(1, 61))
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.parametrize("n_steps", [2, 10])
def test_a_warm_up_has_the_rates_of_pytorch(n_steps):
    """SequentialLR of a LinearLR that starts at 1 / n_steps and of an ExponentialLR."""
    theirs, total_iters = [], n_steps - 1
    for call in range(60):
        factor = 1 / n_steps + (1.0 - 1 / n_steps) * call / total_iters
        theirs.append(0.3 * (factor if call < total_iters else 0.9 ** (call - total_iters)))
    ours = fastgd.Warmup(fastgd.Exponential(eta0=0.3, gamma=0.9), n_steps)(np.arange(1, 61))
    np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.parametrize(
    "given", ["auto", None, True, {}, fastgd.LineSearch(), fastgd.Cosine, [0.1]], ids=repr
)
def test_a_warm_up_of_what_is_no_schedule_is_refused(given):
    with pytest.raises((TypeError, ValueError), match=r"^(schedule|rates) must be .*; got "):
        fastgd.Warmup(given)


WRAPPED = {
    "a number": 0.05,
    "a step decay": fastgd.StepDecay(eta0=0.05, gamma=0.5, decay_steps=4),
    "optimal": fastgd.Optimal(alpha=0.5, t0=20.0),
    "optimal, from the problem": fastgd.Optimal(),
    "adaptive": fastgd.Adaptive(eta0=0.05, patience=1, tol=1e6),
    "a dictionary": {1: 0.05, 3: 0.01},
}


@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
@pytest.mark.parametrize("case", WRAPPED)
def test_a_warmed_up_fit_is_replayed_and_saved(case, variant, tmp_path):
    schedule = fastgd.Warmup(WRAPPED[case], n_steps=3)
    settings = {"learning_rate": schedule, "alpha": 0.01, "max_iter": 4, "random_state": 0}
    result = fastgd.fit(X, y, variant, **settings)
    rate = result.learning_rate_
    assert isinstance(rate, fastgd.Warmup) and rate.n_steps == 3
    first = result.history["learning_rate"][1]
    assert first == rate(np.array([1]))[0]
    assert first == pytest.approx(rate.schedule(np.array([1]))[0] / 3, rel=1e-15)
    result.save(tmp_path / "model.fastgd")
    loaded = fastgd.load(tmp_path / "model.fastgd")
    assert loaded.learning_rate_ == rate
    for recipe in (result.recipe, loaded.recipe):
        np.testing.assert_array_equal(fastgd.fit(X, y, **recipe).coef_, result.coef_)


def test_a_warm_up_of_a_function_is_not_saved(tmp_path):
    result = fastgd.fit(X, y, learning_rate=fastgd.Warmup(lambda t: 0.1 / t), max_iter=1)
    with pytest.raises(TypeError, match="code of your own"):
        result.save(tmp_path / "model.fastgd")


def test_a_warm_up_of_warm_ups_without_end_is_not_saved(tmp_path):
    schedule = 0.1
    for _ in range(40):
        schedule = fastgd.Warmup(schedule, n_steps=1)
    result = fastgd.fit(X, y, learning_rate=schedule, max_iter=1)
    with pytest.raises(ValueError, match="nested more than 32 deep"):
        result.save(tmp_path / "model.fastgd")


def test_a_warmed_up_adaptive_schedule_is_told_losses():
    schedule = fastgd.Adaptive(eta0=0.1, factor=0.5, patience=1, tol=1e6)
    assert schedule.uses_losses and fastgd.Warmup(schedule).uses_losses
    assert not fastgd.Warmup(fastgd.Cosine()).uses_losses
    settings = {"jac": lambda x: 2 * x, "max_iter": 5, "tol": None}
    plain = fastgd.minimize(lambda x: x * x, 1.0, learning_rate=schedule, **settings)
    warm = fastgd.Warmup(schedule, n_steps=1)
    warmed = fastgd.minimize(lambda x: x * x, 1.0, learning_rate=warm, **settings)
    np.testing.assert_array_equal(plain.path, warmed.path)
    fitted = fastgd.fit(X, y, "batch", learning_rate=warm, max_iter=4)
    np.testing.assert_allclose(fitted.history["learning_rate"][1:], [0.1, 0.1, 0.05, 0.025])


def test_a_schedule_of_ones_own_is_warmed_up():
    result = fastgd.fit(X, y, "batch", learning_rate=fastgd.Warmup(OwnSchedule(), 2), max_iter=4)
    np.testing.assert_allclose(
        result.history["learning_rate"][1:], [0.05, 0.1, 0.1 / math.sqrt(2), 0.1 / math.sqrt(3)]
    )
    halved = fastgd.fit(X, y, "batch", learning_rate=fastgd.Warmup(Halving(), 2), max_iter=4)
    np.testing.assert_allclose(halved.history["learning_rate"][1:], [0.05, 0.05, 0.025, 0.0125])
