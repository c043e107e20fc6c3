"""`minimize`: the formulas, the closed forms, compiled and plain functions, what ends a descent."""

import contextlib
import math
import os
import pickle
import signal
import threading
import time
from itertools import pairwise

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive import OPTIMIZERS
from naive import minimize as naive_minimize
from refusals import refused

import fastgd
from fastgd import LineSearch, StopReason, minimize

SPREAD = np.array([1.0, 3.0, 10.0])


def bowl(x):
    return 0.5 * np.sum(SPREAD * x**2)


def bowl_gradient(x):
    return SPREAD * x


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def rosenbrock_gradient(x):
    along = x[1] - x[0] ** 2
    return np.array([-2 * (1 - x[0]) - 400 * x[0] * along, 200 * along])


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def laser(y):
    return (y - 100) ** 2


def laser_slope(y):
    return 2 * (y - 100)


jitted = numba.njit
jitted_bowl, jitted_bowl_gradient = jitted(bowl), jitted(bowl_gradient)
jitted_laser, jitted_slope = jitted(laser), jitted(laser_slope)
jitted_rosenbrock, jitted_rosenbrock_gradient = jitted(rosenbrock), jitted(rosenbrock_gradient)


# --------------------------------------------------------------------------- the algorithm itself


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "jitted"])
def test_steps_are_those_of_the_formulas(optimizer, compiled):
    x0, rate, steps = [3.0, -2.0, 1.0], 0.02, 300
    result = minimize(
        jitted_bowl if compiled else bowl,
        x0,
        jac=jitted_bowl_gradient if compiled else bowl_gradient,
        optimizer=optimizer,
        learning_rate=rate,
        max_iter=steps,
        tol=None,
    )
    path = naive_minimize(bowl_gradient, x0, optimizer, [rate] * steps)
    assert np.abs(result.path - path).max() <= 1e-12 * np.abs(path).max()
    assert result.path_steps.tolist() == [*range(steps + 1)]
    assert (result.x == result.path[-1]).all() and result.nit == steps
    assert result.history["objective"] == pytest.approx([bowl(x) for x in path], rel=1e-9)
    norms = [np.linalg.norm(bowl_gradient(x)) for x in path]
    assert result.history["grad_norm"] == pytest.approx(norms, rel=1e-9)


@pytest.mark.parametrize(
    ("optimizer", "hyper"),
    [
        (fastgd.Momentum(mu=0.5), {"mu": 0.5}),
        (fastgd.Nesterov(mu=0.5), {"mu": 0.5}),
        (fastgd.AdaGrad(eps=0.1), {"eps": 0.1}),
        (fastgd.RMSprop(rho=0.5, eps=0.1), {"rho": 0.5, "eps": 0.1}),
        (fastgd.Adam(beta_1=0.5, beta_2=0.7, eps=0.1), {"beta_1": 0.5, "beta_2": 0.7, "eps": 0.1}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_hyper_parameters_are_used(optimizer, hyper):
    result = minimize(
        bowl, [1.0, 1.0, 1.0], jac=bowl_gradient, optimizer=optimizer, max_iter=20, tol=None
    )
    path = naive_minimize(bowl_gradient, [1.0, 1.0, 1.0], optimizer.name, [0.1] * 20, hyper)
    assert np.abs(result.path - path).max() <= 1e-13


@pytest.mark.parametrize(
    "schedule",
    [
        fastgd.InverseScaling(eta0=0.05, power_t=0.5),
        fastgd.Exponential(eta0=0.05, gamma=0.9),
        fastgd.Cosine(eta0=0.05, n_steps=30),
        fastgd.InverseTimeDecay(eta0=0.05, decay_steps=10),
        fastgd.Optimal(alpha=1.0, t0=40),
        lambda t: 0.05 / t,
    ],
)
def test_schedules_give_the_rate_of_each_step(schedule):
    result = minimize(
        bowl, [1.0, 1.0, 1.0], jac=bowl_gradient, learning_rate=schedule, max_iter=50, tol=None
    )
    rates = schedule(np.arange(1, 51))
    path = naive_minimize(bowl_gradient, [1.0, 1.0, 1.0], "gd", rates)
    assert np.abs(result.path - path).max() <= 1e-14
    assert (result.history["learning_rate"][1:] == rates).all()
    assert math.isnan(result.history["learning_rate"][0])


def test_an_adaptive_rate_falls_where_the_value_stalls():
    result = minimize(
        lambda x: abs(x),
        1.0,
        jac=lambda x: math.copysign(1.0, x),
        learning_rate=fastgd.Adaptive(eta0=0.3, factor=0.5, patience=3, tol=1e-9),
        max_iter=60,
        tol=None,
    )
    rates = result.history["learning_rate"][1:]
    assert rates[0] == 0.3 and rates[-1] < 0.01 and (np.diff(rates) <= 0).all()
    assert abs(result.x) < 0.02  # a constant rate swings by 0.1 for ever


@pytest.mark.parametrize(("rate", "factor"), [(0.1, 0.8), (0.5, 0.0), (0.9, -0.8), (1.5, -2.0)])
def test_the_laser_follows_its_closed_form(rate, factor):
    steps = 15
    keywords = {"jac": laser_slope, "learning_rate": rate, "max_iter": steps, "tol": None}
    with contextlib.nullcontext() if factor > -1 else pytest.warns(fastgd.DivergenceWarning):
        result = minimize(laser, 103, **keywords)
    expected = 100 + 3 * factor ** np.arange(steps + 1.0)
    assert np.abs(result.path - expected).max() <= 1e-12 * np.abs(expected).max()
    assert isinstance(result.x, float) and result.path.shape == (steps + 1,)


def test_the_laser_at_the_usual_rate_in_numbers():
    result = minimize(laser, 103, jac=laser_slope, learning_rate=0.1)
    assert result.path[:5] == pytest.approx([103, 102.4, 101.92, 101.536, 101.2288], abs=1e-12)
    error = np.abs(result.path - 100)
    assert [int(np.argmax(error < limit)) for limit in (1.0, 0.1, 0.01)] == [5, 16, 26]


# ------------------------------------------------------------------------- how a function is given


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_jitted_and_plain_functions_agree_to_rounding(optimizer):
    keywords = {"optimizer": optimizer, "learning_rate": 1e-4, "max_iter": 500, "tol": None}
    plain = minimize(rosenbrock, [-1.2, 1.0], jac=rosenbrock_gradient, **keywords)
    compiled = minimize(jitted_rosenbrock, [-1.2, 1.0], jac=jitted_rosenbrock_gradient, **keywords)
    assert np.abs(plain.path - compiled.path).max() <= 1e-11
    assert (plain.nfev, plain.njev) == (compiled.nfev, compiled.njev)


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
@pytest.mark.parametrize("learning_rate", [1e-3, LineSearch(), LineSearch("exact")], ids=str)
def test_a_gradient_apart_with_the_value_or_by_differences_is_the_same(wrap, learning_rate):
    keywords = {"learning_rate": learning_rate, "max_iter": 20, "tol": None}

    def both(x):
        along = x[1] - x[0] ** 2
        gradient = np.array([-2 * (1 - x[0]) - 400 * x[0] * along, 200 * along])
        return (1 - x[0]) ** 2 + 100 * along**2, gradient

    apart = minimize(wrap(rosenbrock), [-1.2, 1.0], jac=wrap(rosenbrock_gradient), **keywords)
    together = minimize(wrap(both), [-1.2, 1.0], jac=True, **keywords)
    differences = minimize(wrap(rosenbrock), [-1.2, 1.0], **keywords)
    assert np.abs(apart.path - together.path).max() <= 1e-12
    assert np.abs(apart.path - differences.path).max() <= 1e-5
    assert [r.gradient for r in (apart, together, differences)] == [
        "jac",
        "fun",
        "central differences",
    ]


def test_differences_say_what_they_cost():
    result = minimize(bowl, [1.0, 1.0, 1.0], max_iter=10, tol=None)
    assert result.njev == 11 and result.nfev == 11 + 2 * 3 * 11
    assert "66 of them for 11 gradients by central differences (6 each)" in result.summary()


def test_counts_are_those_of_the_calls():
    calls = {"fun": 0, "jac": 0}

    def fun(x):
        calls["fun"] += 1
        return bowl(x)

    def jac(x):
        calls["jac"] += 1
        return bowl_gradient(x)

    for rate in (0.1, LineSearch(), LineSearch("exact")):
        calls.update(fun=0, jac=0)
        result = minimize(fun, [1.0, 1.0, 1.0], jac=jac, learning_rate=rate, max_iter=10, tol=None)
        assert (result.nfev, result.njev) == (calls["fun"], calls["jac"])


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 1, 2)], ids=str)
def test_points_have_the_shape_of_x0(wrap, shape):
    x0 = np.ones(shape) if shape else 1.0
    result = minimize(
        wrap(lambda x: np.sum(np.asarray(x) ** 2) if shape else x * x),
        x0,
        jac=wrap(lambda x: 2.0 * x),
        learning_rate=0.25,
        max_iter=3,
        tol=None,
    )
    assert np.shape(result.x) == np.shape(result.jac) == shape
    assert result.path.shape == (4, *shape)
    assert np.asarray(result.x).ravel() == pytest.approx(0.125)
    assert result.function(result.x) == pytest.approx(result.fun)


def test_further_arguments_reach_both_functions():
    def fun(x, scale, offset):
        return scale * (x - offset) ** 2

    def jac(x, scale, offset):
        return 2 * scale * (x - offset)

    for wrap in (lambda f: f, jitted):
        result = minimize(wrap(fun), 0.0, jac=wrap(jac), args=(0.5, 7.0))
        assert result.x == pytest.approx(7.0) and result.function(8.0) == 0.5
    alone = minimize(lambda x, offset: (x - offset) ** 2, 0.0, args=3.0)
    assert alone.x == pytest.approx(3.0)


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
def test_a_function_that_writes_to_its_argument_changes_nothing(wrap):
    def jac(x):
        x *= 2.0
        return x

    def fun(x):
        x[0] = x[0] ** 2
        return x[0]

    x0 = np.array([4.0])
    result = minimize(wrap(fun), x0, jac=wrap(jac), learning_rate=0.25, max_iter=2, tol=None)
    assert x0[0] == 4.0 and result.path.ravel().tolist() == [4.0, 2.0, 1.0]


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 6),
    optimizer=st.sampled_from([*OPTIMIZERS]),
    steps=st.integers(1, 40),
)
def test_any_quadratic_is_descended_as_by_hand(seed, n, optimizer, steps):
    rng = np.random.default_rng(seed)
    root, x0 = rng.standard_normal((n, n)), rng.standard_normal(n)
    matrix = root @ root.T / n
    result = minimize(
        lambda x: 0.5 * x @ matrix @ x,
        x0,
        jac=lambda x: matrix @ x,
        optimizer=optimizer,
        learning_rate=0.01,
        max_iter=steps,
        tol=None,
    )
    path = naive_minimize(lambda x: matrix @ x, x0, optimizer, [0.01] * steps)
    assert np.abs(result.path - path).max() <= 1e-11 * max(1.0, np.abs(path).max())


# ----------------------------------------------------------------------------------- line searches


@pytest.mark.parametrize("condition", [2.0, 20.0, 200.0])
def test_exact_steps_zig_zag_as_in_the_textbook(condition):
    # Boyd, Vandenberghe, "Convex optimization", 2004, section 9.3.2.
    steps = 12
    result = minimize(
        lambda x: 0.5 * (x[0] ** 2 + condition * x[1] ** 2),
        [condition, 1.0],
        jac=lambda x: np.array([x[0], condition * x[1]]),
        learning_rate=LineSearch("exact"),
        max_iter=steps,
        tol=None,
    )
    shrinking = ((condition - 1) / (condition + 1)) ** np.arange(steps + 1)
    signs = (-1.0) ** np.arange(steps + 1)
    expected = np.column_stack([condition * shrinking, signs * shrinking])
    assert np.abs(result.path - expected).max() <= 1e-10 * condition


@jitted
def scaled(x, scale):
    along = x[1] - x[0] ** 2
    gradient = np.array([-2 * (1 - x[0]) - 400 * x[0] * along, 200 * along])
    return scale * ((1 - x[0]) ** 2 + 100 * along**2), scale * gradient


@pytest.mark.compiled
@pytest.mark.parametrize("method", ["armijo", "exact"])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_a_line_search_needs_no_tuning(method, scale):
    result = minimize(
        scaled,
        [-1.2, 1.0],
        jac=True,
        args=scale,
        learning_rate=LineSearch(method),
        max_iter=50_000,
        tol=1e-6,
    )
    assert result.success and np.abs(result.x - 1).max() < 1e-2
    assert (np.diff(result.history["objective"]) <= 1e-15 * scale).all()


def test_armijo_steps_keep_their_promise():
    search = LineSearch(decrease=0.3, shrink=0.7, growth=1.5, eta0=5.0)
    result = minimize(
        rosenbrock, [-1.2, 1.0], jac=rosenbrock_gradient, learning_rate=search, max_iter=200,
        tol=None,
    )  # fmt: skip
    values, rates = result.history["objective"], result.history["learning_rate"][1:]
    promised = 0.3 * rates * result.history["grad_norm"][:-1] ** 2
    assert (values[1:] <= values[:-1] - promised).all()


def test_an_exact_search_ends_where_the_slope_along_the_ray_vanishes():
    result = minimize(
        himmelblau, [0.0, 0.0], learning_rate=LineSearch("exact"), max_iter=8, tol=None
    )
    gradients = [
        np.array(
            [
                4 * a * (a * a + b - 11) + 2 * (a + b * b - 7),
                2 * (a * a + b - 11) + 4 * b * (a + b * b - 7),
            ]
        )
        for a, b in result.path
    ]
    for before, after in pairwise(gradients):
        assert abs(before @ after) <= 1e-5 * (before @ before)


def test_a_search_at_the_bottom_of_rounding_stays_there():
    result = minimize(
        lambda x: 1e8 + bowl(x), [1.0, 1.0, 1.0], jac=bowl_gradient, learning_rate=LineSearch(),
        tol=1e-6,
    )  # fmt: skip
    assert result.success and np.abs(result.x).max() < 1e-5


def test_a_gradient_that_is_wrong_nearly_everywhere_is_noticed():
    random = np.random.default_rng(0).random  # one that repeats itself is refused
    with pytest.warns(fastgd.ConvergenceWarning, match="the gradient is not that of fun"):
        result = minimize(
            bowl, [1.0, 1.0, 1.0], jac=lambda x: -bowl_gradient(x) * (1 + 1e-9 * random()),
            learning_rate=LineSearch(),
        )  # fmt: skip
    assert result.stop_reason is StopReason.STALLED and not result.success and result.status == 2
    assert result.message == "No step changes the point any more."
    assert (result.x == 1.0).all() and result.nit == 0


def test_a_search_goes_back_where_the_function_ends():
    def barrier(x):  # NaN, infinite or an error of `math` left of 0
        return x - math.log(x)

    for method in ("armijo", "exact"):
        result = minimize(
            lambda x: barrier(x) if x > 0 else math.nan,
            0.01,
            jac=lambda x: 1 - 1 / x,
            learning_rate=LineSearch(method),
        )
        assert result.x == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
@pytest.mark.parametrize("method", ["armijo", "exact"])
def test_a_value_that_is_none_is_too_far(wrap, method):
    fun, jac = wrap(lambda x: 50 * (x - np.log(x))), wrap(lambda x: 50 * (1 - 1 / x))
    for eta0 in (1.0, 100.0):
        result = minimize(fun, 3.0, jac=jac, learning_rate=LineSearch(method, eta0=eta0))
        assert result.success and result.x == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
@pytest.mark.parametrize("method", ["armijo", "exact"])
def test_a_search_may_begin_anywhere(wrap, method):
    fun, jac = wrap(lambda x: x * x), wrap(lambda x: 2.0 * x)  # compiled once
    for eta0 in (1e-300, 1.0, 1e300):
        search = LineSearch(method, eta0=eta0)
        result = minimize(fun, 3.0, jac=jac, learning_rate=search, max_iter=1500)
        assert result.success and abs(result.x) < 1e-6


@pytest.mark.parametrize("method", ["armijo", "exact"])
@pytest.mark.parametrize("fun", [lambda x: x, lambda x: max(x, 0.0) + 0.5 * x, lambda x: -x * x])
def test_a_search_says_what_falls_without_end(method, fun):
    with pytest.warns(fastgd.DivergenceWarning, match="fun seems to fall without end"):
        result = minimize(fun, 3.3, learning_rate=LineSearch(method), max_iter=3000)
    assert result.fun <= fun(3.3)


@pytest.mark.parametrize("curvature", [0.99, 0.999, 0.9998, 0.49991, 7.0])
def test_a_search_does_not_jump_across_a_parabola_for_ever(curvature):
    result = minimize(
        lambda x: 0.5 * curvature * x * x, 1.0, jac=lambda x: curvature * x,
        learning_rate=LineSearch(),
    )  # fmt: skip
    assert result.success and result.nit < 40


@pytest.mark.parametrize("shrink", [0.95, 0.99])
def test_a_search_that_shrinks_slowly_arrives(shrink):
    result = minimize(
        lambda x: 500 * x * x, 1.0, jac=lambda x: 1000 * x, learning_rate=LineSearch(shrink=shrink)
    )
    assert result.success


# ----------------------------------------------------------------------------------- what ends it


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
@pytest.mark.parametrize("scale", [1e-180, 1e160])
def test_no_scale_is_too_small_or_large(wrap, scale):
    result = minimize(
        wrap(lambda x, scale: scale * (x[0] * x[0] + x[1] * x[1])), [1.0, 2.0],
        jac=wrap(lambda x, scale: 2 * scale * x), args=scale, learning_rate=0.1 / scale,
    )  # fmt: skip
    assert result.success and result.nit == 83 and np.abs(result.x).max() < 1e-7


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
def test_the_last_good_point_is_one_that_was_seen(wrap):
    with pytest.warns(fastgd.DivergenceWarning, match="The last good point is returned"):
        result = minimize(
            wrap(lambda x: -x if x < 203.05 else np.nan), 0.0, jac=wrap(lambda x: -1.0),
            learning_rate=0.01, max_iter=50_000, tol=None,
        )  # fmt: skip
    assert 202 < result.x < 203.05 and result.fun == -result.x


@pytest.mark.parametrize("learning_rate", [0.1, LineSearch(), LineSearch("exact")], ids=str)
@pytest.mark.parametrize("jac", [None, lambda x: 2 * (x - 1)], ids=["differences", "jac"])
def test_a_start_at_the_optimum_is_a_success(jac, learning_rate):
    result = minimize(
        lambda x: np.sum((x - 1) ** 2) + 3.0, [1.0, 1.0], jac=jac, learning_rate=learning_rate
    )
    assert result.success and result.nit <= 50


def test_a_result_may_be_gone_on_with():
    keywords = {"jac": lambda x: x - np.array([1.0, 3.0]) / 7, "learning_rate": 0.1}
    first = minimize(lambda x: 0.5 * np.sum((x - np.array([1.0, 3.0]) / 7) ** 2), [0.0, 0.0],
                     tol=1e-12, **keywords)  # fmt: skip
    again = minimize(first.function, first.x, **keywords)
    assert again.success and again.nit < 200


def test_a_rate_too_small_to_move_is_said():
    with pytest.warns(fastgd.ConvergenceWarning, match="the learning_rate is too small"):
        result = minimize(laser, 103, jac=laser_slope, learning_rate=1e-300)
    assert not result.success and result.stop_reason is StopReason.STALLED and result.nit == 3
    all_of_them = minimize(laser, 103, jac=laser_slope, learning_rate=1e-300, max_iter=9, tol=None)
    assert all_of_them.nit == 9


def test_advice_is_given_where_it_helps():
    with pytest.warns(fastgd.DivergenceWarning, match="use a smaller learning_rate"):
        minimize(rosenbrock, [0.0, 0.0], learning_rate=0.1)
    random = np.random.default_rng(0).random  # a gradient that repeats itself is refused
    with pytest.warns(
        fastgd.DivergenceWarning, match="is the gradient that of fun, and its sign right"
    ):
        minimize(bowl, [1.0, 1.0, 1.0], jac=lambda x: -bowl_gradient(x) * (1 + 1e-9 * random()))


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("fun", "x0", "jac"),
    [
        (lambda x: x[:1] * x[:1], [1.0, 2.0], lambda x: np.array([2 * x[0], 0.0])),
        (lambda x: x * x, 1.0, lambda x: np.array([2 * x])),
    ],
    ids=["an array of one number", "the derivative in an array"],
)
def test_what_the_compiled_loop_cannot_take_is_called_from_python(fun, x0, jac):
    with pytest.warns(UserWarning, match="called from Python, which is slower"):
        result = minimize(jitted(fun), x0, jac=jitted(jac))
    assert result.success and result.nit == minimize(fun, x0, jac=jac).nit


def test_a_result_can_be_pickled():
    result = minimize(rosenbrock, [0.0, 0.0], jac=rosenbrock_gradient, max_iter=9, tol=None,
                      learning_rate=1e-3)  # fmt: skip
    again = pickle.loads(pickle.dumps(result))
    assert (again.path == result.path).all() and again.function([1.0, 1.0]) == 0.0


@pytest.mark.compiled
def test_counts_do_not_depend_on_the_clock():
    calls = [
        minimize(laser, 103, jac=laser_slope, learning_rate=1e-6, max_iter=5000, tol=None, **other)
        for other in ({}, {}, {"callback": lambda _: None}, {"record_path": 3})
    ]
    assert len({(call.nfev, call.njev) for call in calls[:2]}) == 1
    assert len({len(call.history["step"]) for call in calls}) == 1


@pytest.mark.compiled
def test_a_gradient_that_gets_shorter_is_a_divergence():
    with pytest.warns(fastgd.DivergenceWarning):
        minimize(
            jitted_bowl, [1.0, 1.0, 1.0], jac=jitted(lambda x: SPREAD * x if x[0] > 0.5 else x[:2])
        )


def test_a_domain_error_of_math_is_too_far():
    result = minimize(
        lambda x: x - math.log(x), 30.0, jac=lambda x: 1 - 1 / x, learning_rate=LineSearch(eta0=100)
    )
    assert result.x == pytest.approx(1.0)


def test_many_differences_are_warned_of(monkeypatch):
    monkeypatch.setattr("fastgd.minimizing.minimize.MANY", 2)
    with pytest.warns(UserWarning, match="central differences take 6 evaluations"):
        minimize(bowl, [1.0, 1.0, 1.0], max_iter=1, tol=None)


def test_a_tolerance_is_that_of_the_gradient():
    result = minimize(laser, 103, jac=laser_slope, tol=1e-3)
    norms = result.history["grad_norm"]
    assert result.success and result.status == 0 and result.stop_reason is StopReason.TOLERANCE
    assert norms[-1] <= 1e-3 * norms[0] < norms[-2]


def test_a_start_at_rest_takes_no_step():
    result = minimize(laser, 100, jac=laser_slope)
    assert result.nit == 0 and result.success and result.path.tolist() == [100.0]


def test_steps_that_were_not_enough_are_said():
    with pytest.warns(fastgd.ConvergenceWarning, match="max_iter=5 steps without meeting tol"):
        result = minimize(laser, 103, jac=laser_slope, max_iter=5)
    assert not result.success and result.status == 1


def test_all_steps_where_no_tolerance_is_given_are_a_success():
    result = minimize(laser, 103, jac=laser_slope, max_iter=5, tol=None)
    assert result.success and result.message == "It made all the steps it was asked for."


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
def test_a_rate_too_large_is_said_and_the_start_returned(wrap):
    with pytest.warns(fastgd.DivergenceWarning, match="rates below about 1 stable"):
        result = minimize(wrap(laser), 103, jac=wrap(laser_slope), learning_rate=1.5)
    assert result.x == 103.0 and result.fun == 9.0 and result.jac == 6.0
    assert result.stop_reason is StopReason.DIVERGED and result.status == 3
    assert result.history["objective"][-1] > 1e12  # the truth
    assert result.path[-1] == pytest.approx(100 + 3 * (-2.0) ** result.nit)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("optimizer", "edge"), [("gd", 1.0), ("momentum", 1.9), ("nesterov", 1.9 / 2.8)]
)
def test_the_edge_of_stability_is_where_theory_puts_it(optimizer, edge):
    keywords = {"jac": jitted_slope, "optimizer": optimizer, "max_iter": 100_000, "tol": None}
    kept = minimize(jitted_laser, 101, learning_rate=0.999 * edge, **keywords)
    assert abs(kept.x - 100) < 1
    with pytest.warns(fastgd.DivergenceWarning, match=f"about {edge:.4g} stable"):
        minimize(jitted_laser, 101, learning_rate=1.001 * edge, **keywords)


def test_an_adaptive_optimizer_claims_no_edge():
    with pytest.warns(fastgd.DivergenceWarning, match="use a smaller learning_rate"):
        minimize(
            lambda x: x**4, 1.0, jac=lambda x: 4 * x**3, optimizer="rmsprop", learning_rate=1e80
        )


def test_a_function_without_end_is_said():
    with pytest.warns(fastgd.DivergenceWarning, match="fall without end"):
        result = minimize(lambda x: -(x**2), 1.0, jac=lambda x: -2 * x, max_iter=10_000)
    assert math.isfinite(result.x) and result.fun < -1e100


def quadratic(x):
    return 0.5 * x[0] * x[0] + 50.0 * x[1] * x[1]


def quadratic_slope(x):
    return np.array([x[0], 100.0 * x[1]])


@pytest.mark.parametrize("wrap", [lambda f: f, jitted], ids=["plain", "jitted"])
@pytest.mark.parametrize("max_iter", [1, 5, 20])
@pytest.mark.parametrize("tol", [None, 1e-8])
@pytest.mark.parametrize("rate", [2.1 / 100, 3 / 100])
def test_a_run_that_ends_above_its_start_is_said(rate, tol, max_iter, wrap):
    """Steps of 2/L and more grow by a factor that a few of them hardly show."""
    start = [0.1, 1.0]
    with pytest.warns(fastgd.DivergenceWarning, match="about 0.02 stable") as caught:
        result = minimize(wrap(quadratic), start, jac=wrap(quadratic_slope), learning_rate=rate,
                          max_iter=max_iter, tol=tol)  # fmt: skip
    (warning,) = caught
    assert f"gd diverged at step {result.nit} " in str(warning.message)
    assert str(warning.message).endswith("(50 at x0); where it started, theory calls rates below "
                                         "about 0.02 stable. x0 is returned.")  # fmt: skip
    assert not result.success and result.status == 3
    assert result.x.tolist() == start and result.fun == quadratic(start)
    assert result.history["objective"][-1] > 50.0  # the truth


def rosenbrock_slope(x):
    return np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])


MATRIX = np.random.default_rng(0).standard_normal((30, 3))
TARGET = MATRIX @ np.array([1.0, -2.0, 0.5]) / 3
STAYS = {  # runs that begin at an optimum, or as near as rounding lets them
    "a quadratic": (quadratic, quadratic_slope, [0.0, 0.0], 0.019),
    "a quadratic, near": (quadratic, quadratic_slope, [1e-200, 1e-200], 0.019),
    "an exact fit": (lambda x: float(np.sum((MATRIX @ x - TARGET) ** 2)),
                     lambda x: 2 * MATRIX.T @ (MATRIX @ x - TARGET),
                     np.linalg.lstsq(MATRIX, TARGET)[0], 0.005),
    "an exact fit, by differences": (lambda x: float(np.sum((MATRIX @ x - TARGET) ** 2)), None,
                                     np.linalg.lstsq(MATRIX, TARGET)[0], 0.005),
    "a sum with a large constant": (lambda x: quadratic(x) + 1e9, quadratic_slope, [1e-9, 0], 0.01),
    "rosenbrock": (rosenbrock, rosenbrock_slope, [1.0, 1.0], 1e-3),
    "a constant": (lambda x: 3.0, lambda x: np.zeros(2), [1.0, 2.0], 0.1),
    "thirds": (lambda x: (x - 1 / 3) ** 2, lambda x: 2 * (x - 1 / 3), 1 / 3 + 1e-16, 0.4),
}  # fmt: skip


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov"])
@pytest.mark.parametrize("max_iter", [1, 7, 300])
@pytest.mark.parametrize("case", STAYS)
def test_a_run_that_stays_at_the_optimum_is_a_success(case, max_iter, optimizer):
    fun, jac, x0, rate = STAYS[case]
    rate = rate if optimizer == "gd" else 0.2 * rate
    result = minimize(fun, x0, jac=jac, learning_rate=rate, optimizer=optimizer,
                      max_iter=max_iter, tol=None)  # fmt: skip
    assert result.success


@pytest.mark.parametrize("seed", range(40))
def test_good_runs_raise_no_alarm(seed):
    """Any convex quadratic, from any place, at any stable rate, however short the run."""
    rng = np.random.default_rng(seed)
    n, scale = int(rng.integers(1, 6)), 10.0 ** rng.uniform(-9, 9)
    root = rng.standard_normal((n, n)) * np.sqrt(scale)
    hessian, target = root.T @ root, rng.standard_normal(n) * 10.0 ** rng.uniform(-3, 3)
    rate = rng.uniform(0.05, 1.9) / np.linalg.eigvalsh(hessian)[-1]
    x0 = target + rng.standard_normal(n) * 10.0 ** rng.uniform(-16, 3)
    for max_iter in (1, 10, 1000):
        result = minimize(
            lambda x: float((x - target) @ hessian @ (x - target)) / 2,
            x0, jac=lambda x: hessian @ (x - target), learning_rate=rate, max_iter=max_iter,
            tol=None,
        )  # fmt: skip
        assert result.success and result.fun <= result.history["objective"][0] * (1 + 1e-9)


def test_a_maximum_is_no_success():
    with pytest.raises(ValueError, match="the sign is reversed"):
        minimize(math.cos, 0.4, jac=lambda x: math.sin(x), learning_rate=0.1)


ENDLESS = {
    "a parabola": (lambda x: -(x**2), lambda x: -2 * x, 1.0, 0.1),
    "by differences": (lambda x: -(x**2), None, 1.0, 0.1),
    "a cubic": (lambda x: x**3, lambda x: 3 * x * x, -1.0, 0.01),
    "a saddle": (lambda x: x[0] ** 2 - x[1] ** 2, lambda x: np.array([2, -2]) * x, [1.0, 0.1], 0.1),
}


@pytest.mark.parametrize("tol", [None, 1e-8])
@pytest.mark.parametrize("case", ENDLESS)
def test_a_function_without_a_lower_end_is_no_success(case, tol):
    fun, jac, x0, rate = ENDLESS[case]
    words = r"fun seems to fall without end: has it a minimum, and the right sign\? The last good"
    with pytest.warns(fastgd.DivergenceWarning, match=words):
        result = minimize(fun, x0, jac=jac, learning_rate=rate, tol=tol)
    assert not result.success and result.stop_reason is StopReason.DIVERGED
    assert result.fun < -1e3 and math.isfinite(result.fun)


def test_a_few_steps_down_a_function_without_end_are_told_both():
    with pytest.warns(fastgd.ConvergenceWarning, match="is enough if fun has no lower end"):
        result = minimize(lambda x: -(x**2), 1.0, jac=lambda x: -2 * x, max_iter=20)
    assert result.fun < -100


def test_what_becomes_nan_is_a_divergence():
    with pytest.warns(fastgd.DivergenceWarning):
        result = minimize(
            lambda x: math.nan if x < 0 else x, 1.0, jac=lambda x: 1.0, learning_rate=0.3
        )
    assert result.x == pytest.approx(0.1) and result.nit == 4
    assert math.isnan(result.history["objective"][-1])


def test_an_overflow_of_python_is_a_divergence():
    with pytest.warns(fastgd.DivergenceWarning):
        result = minimize(
            lambda x: math.exp(x * x), 1.0, jac=lambda x: 2 * x * math.exp(x * x), learning_rate=9
        )
    assert result.x == 1.0
    both = lambda x: (math.exp(x * x), 2 * x * math.exp(x * x))  # noqa: E731
    with pytest.warns(fastgd.DivergenceWarning):
        assert minimize(both, 1.0, jac=True, learning_rate=9).x == 1.0


def test_a_callback_sees_every_step_and_may_stop():
    seen = []

    def watch(iterate):
        seen.append((iterate.nit, iterate.x, iterate.fun, iterate.jac, iterate.learning_rate))
        return np.True_ if len(seen) == 3 else 1

    result = minimize(laser, 103, jac=laser_slope, callback=watch)
    assert result.stop_reason is StopReason.CALLBACK and result.status == 99 and not result.success
    assert [step for step, *_ in seen] == [1, 2, 3] and seen[-1][1] == result.x
    assert seen[0][1:] == pytest.approx((102.4, 5.76, 4.8, 0.1))


def test_a_callback_sees_the_last_step():
    seen = []
    result = minimize(laser, 103, jac=laser_slope, callback=lambda it: seen.append(it.nit))
    assert result.stop_reason is StopReason.TOLERANCE and seen[-1] == result.nit == 83


def test_a_callback_may_raise_stop_iteration_and_changes_no_bit():
    def stop(iterate):
        raise StopIteration

    assert minimize(laser, 103, jac=laser_slope, callback=stop).nit == 1
    watched = minimize(rosenbrock, [0.0, 0.0], learning_rate=1e-3, callback=lambda _: None,
                       max_iter=50, tol=None)  # fmt: skip
    alone = minimize(rosenbrock, [0.0, 0.0], learning_rate=1e-3, max_iter=50, tol=None)
    assert (watched.path == alone.path).all()


def test_a_time_limit_ends_it():
    def slow(x):
        time.sleep(0.002)
        return bowl(x)

    result = minimize(
        slow, [1.0, 1.0, 1.0], jac=bowl_gradient, learning_rate=1e-9, max_iter=10**6, tol=None,
        time_limit=0.05,
    )  # fmt: skip
    assert result.stop_reason is StopReason.TIME_LIMIT and result.status == 4
    assert 0 < result.nit < 10_000


@pytest.mark.compiled
def test_ctrl_c_ends_a_compiled_loop():
    fun, jac = jitted_bowl, jitted_bowl_gradient
    minimize(fun, [1.0, 1.0, 1.0], jac=jac)
    began = []

    def interrupt():
        began.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        minimize(fun, [1.0, 1.0, 1.0], jac=jac, learning_rate=1e-12, max_iter=10**12, tol=None)
    assert time.perf_counter() - began[0] < 0.5


def test_errors_of_the_function_are_its_own():
    def broken(x):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        minimize(broken, 1.0)


# ------------------------------------------------------------------------------ what it remembers


@pytest.mark.compiled
def test_a_million_steps_keep_an_even_history_and_the_end():
    result = minimize(
        jitted_bowl, [1.0, 1.0, 1.0], jac=jitted_bowl_gradient, learning_rate=1e-6,
        max_iter=1_000_001, tol=None,
    )  # fmt: skip
    steps = result.history["step"]
    assert 512 <= len(steps) <= 1025 and steps[0] == 0 and steps[-1] == 1_000_001
    assert len(set(np.diff(steps[:-1]))) == 1
    assert (result.path_steps == steps).all()
    expected = (1 - 1e-6 * SPREAD) ** steps[:, None]
    assert np.abs(result.path - expected).max() <= 1e-9
    assert result.nfev < 20_000


def test_a_path_of_every_seventh_step():
    every = minimize(laser, 103, jac=laser_slope, max_iter=20, tol=None, record_path=7)
    assert every.path_steps.tolist() == [0, 7, 14, 20] and len(every.history["step"]) == 21
    none = minimize(laser, 103, jac=laser_slope, max_iter=20, tol=None, record_path=False)
    assert none.path is None and none.path_steps is None


def test_a_path_of_many_parameters_stays_small(monkeypatch):
    monkeypatch.setattr("fastgd.minimizing.walk.MAX_NUMBERS", 3000)
    result = minimize(
        lambda x: 0.5 * x @ x, np.ones(100), jac=lambda x: x, learning_rate=0.01, max_iter=333,
        tol=None,
    )  # fmt: skip
    assert result.path_steps.tolist() == [*range(0, 333, 16), 333]
    assert result.path[:, 0] == pytest.approx(0.99**result.path_steps)
    assert len(result.history["step"]) == 334


def test_the_text_says_the_essentials():
    result = minimize(laser, 103, jac=laser_slope)
    assert repr(result) == (
        "MinimizeResult(gd, 83 steps, x=100., fun=7.36513e-16: It reached its tolerance.)"
    )
    assert "88 of the function, 84 of the gradient" in result.summary()


# --------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("kind", "sentence", "arguments", "keywords"),
    [
        (TypeError, "fun must be a function", (3, 1.0), {}),
        (TypeError, "jac must be a function", (laser, 1.0), {"jac": 3}),
        (ValueError, "jac must be a function", (laser, 1.0), {"jac": False}),
        (TypeError, "x0 must be a real number", (laser, "one"), {}),
        (TypeError, "x0 must be a real number", (laser, None), {}),
        (ValueError, "x0 must be a real number", (laser, np.array([1j])), {}),
        (ValueError, "x0 must hold at least one number", (laser, []), {}),
        (ValueError, "x0 must hold at least one number", (laser, math.nan), {}),
        (ValueError, "what fun returns must be a number", (lambda x: x, [1.0, 2.0]), {}),
        (TypeError, "what fun returns must be a number", (lambda x: None, 1.0), {}),
        (TypeError, "what fun returns must be a number", (lambda x: "a", 1.0), {}),
        (TypeError, r"must return (value, gradient)", (laser, 1.0), {"jac": True}),
        (ValueError, "jac must return the gradient", (bowl, [1.0] * 3), {"jac": lambda x: x[:2]}),
        (ValueError, "the shape of x0, (3,)", (bowl, [1.0] * 3), {"jac": lambda x: 1.0}),
        (ValueError, "the derivative, a real number", (laser, 1.0), {"jac": lambda x: [1, 2]}),
        (ValueError, "fun(x0) must be finite", (lambda x: math.nan, 1.0), {}),
        (ValueError, "the gradient must be finite", (laser, 1.0), {"jac": lambda x: math.inf}),
        (ValueError, "real numbers in an array", (bowl, [1.0]), {"jac": lambda x: x + 0j}),
        (ValueError, "real numbers", (bowl, [1.0]), {"jac": lambda x: np.ma.array(x, mask=[1])}),
        (ValueError, "none of them masked", (bowl, np.ma.array([1.0, 2.0], mask=[0, 1])), {}),
        (ValueError, "by central differences must be finite", (lambda x: math.log(x), 1e-6), {}),
        (ValueError, "tol must be a number in [0, 1)", (laser, 1.0), {"tol": 1.0}),
        (ValueError, "or fastgd.LineSearch(); got 0", (laser, 1.0), {"learning_rate": 0}),
        (ValueError, "max_iter must be", (laser, 1.0), {"max_iter": 0}),
        (ValueError, "tol must be", (laser, 1.0), {"tol": -1.0}),
        (ValueError, "learning_rate must be", (laser, 1.0), {"learning_rate": -1.0}),
        (ValueError, "fastgd.LineSearch()", (laser, 1.0), {"learning_rate": "auto"}),
        (ValueError, "optimizer must be named", (laser, 1.0), {"optimizer": "auto"}),
        (ValueError, "Did you mean 'adam'", (laser, 1.0), {"optimizer": "adamm"}),
        (TypeError, "callback must be", (laser, 1.0), {"callback": 3}),
        (ValueError, "record_path must be", (laser, 1.0), {"record_path": 0}),
        (ValueError, "time_limit must be", (laser, 1.0), {"time_limit": -1}),
        (TypeError, "Did you mean 'learning_rate'", (laser, 1.0), {"lr": 1}),
        (TypeError, "Did you mean 'max_iter'", (laser, 1.0), {"maxiter": 1}),
        (TypeError, "Did you mean 'optimizer'", (laser, 1.0), {"method": "BFGS"}),
        (TypeError, "by name: write args=(1, 2), if", (laser, 1.0, (1, 2)), {}),
        (TypeError, "by name: write args='BFGS', if", (laser, 1.0, "BFGS"), {}),
        (TypeError, "write args=3, if", (laser, 1.0, 3, "BFGS", True), {}),
        (TypeError, "as in max_iter=100.", (laser, 1.0), {"options": {"maxiter": 3}}),
        (TypeError, "There are none here: change variables", (laser, 1.0), {"bounds": [(0, 1)]}),
        (TypeError, "There are none here; scipy", (laser, 1.0), {"constraints": ()}),
        (TypeError, "takes no second derivatives", (laser, 1.0), {"hess": laser}),
        (TypeError, "write optimizer=fastgd.Adam(beta_1=...).", (laser, 1.0), {"beta1": 0.8}),
        (
            ValueError,
            'it is for optimizer="gd"',
            (laser, 1.0),
            {"learning_rate": LineSearch(), "optimizer": "adam"},
        ),
    ],
)
def test_nonsense_is_refused_in_a_sentence(kind, sentence, arguments, keywords):
    said = refused(kind, lambda: minimize(*arguments, **keywords), *arguments[1:])
    assert sentence in said


@pytest.mark.parametrize(
    ("keywords", "sentence"),
    [
        ({"method": "wolfe"}, "method must be one of"),
        ({"eta0": 0}, "eta0 must be"),
        ({"decrease": 0.6}, "decrease must be a number in (0, 0.5)"),
        ({"shrink": 1.0}, "shrink must be"),
        ({"growth": 0.5}, "growth must be"),
    ],
)
def test_a_line_search_checks_its_numbers(keywords, sentence):
    assert sentence in refused(ValueError, lambda: LineSearch(**keywords))


@pytest.mark.compiled
def test_what_numba_cannot_compile_is_one_sentence():
    @numba.njit
    def wrong(x):
        return np.bartlett(x) + "a"

    said = refused(TypeError, lambda: minimize(wrong, 1.0))
    assert said.startswith("fun, a jitted function, could not be compiled for 1.0: use what its")


@pytest.mark.parametrize("shape", [(2, 3), (6, 1), (1, 6)])
def test_a_gradient_of_another_shape_is_refused(shape):
    """Its numbers would be taken in another order."""
    for other in ((6,), (3, 2), (2, 3), (6, 1), (1, 6)):
        if other == shape:
            continue
        with pytest.raises(ValueError, match="jac must return the gradient, real numbers in an ar"):
            minimize(bowl, np.ones(shape), jac=lambda x, other=other: np.ones(other))


@pytest.mark.parametrize("rate", [1.5, 3.0])
def test_the_warning_names_the_point_that_is_returned(rate):
    with pytest.warns(fastgd.DivergenceWarning, match=r"stable. x0 is returned"):
        assert minimize(laser, 103, jac=laser_slope, learning_rate=rate).x == 103.0
    with pytest.warns(fastgd.DivergenceWarning, match=r"The last good point is returned"):
        found = minimize(
            laser, 103, jac=laser_slope, learning_rate=lambda t: np.where(t < 5, 0.4, 1e9 * rate)
        )
    assert found.x == pytest.approx(100 + 3 * 0.2**4) and found.fun < 9.0


@pytest.mark.parametrize("shrink", [0.3, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("curvature", [2.3, 7.0, 40.0])
def test_trials_shrink_by_the_factor_asked_for(shrink, curvature):
    """The first that is short enough: value <= 1 - 0.3 * rate * slope^2, of a parabola from 1."""
    found = minimize(
        lambda x: 0.5 * curvature * x * x, 1.0, jac=lambda x: curvature * x, max_iter=1, tol=None,
        learning_rate=LineSearch(shrink=shrink),
    )  # fmt: skip
    longest = 2.0 * (1 - 0.3) / curvature
    trials = max(0, math.ceil(math.log(longest) / math.log(shrink)))
    assert found.history["learning_rate"][1] == pytest.approx(shrink**trials, rel=1e-12)


@pytest.mark.parametrize("error", [ValueError("mine"), KeyError("mine")])
def test_errors_of_the_function_are_not_taken_for_a_point_outside_its_domain(error):
    def fails_later(x):
        if x < 102.0:
            raise error
        return laser(x)

    with pytest.raises(type(error), match="mine"):
        minimize(fails_later, 103, jac=laser_slope)


@pytest.mark.parametrize("size", [1.0, -1e3, 1e6, 1e12, -1e12])
def test_central_differences_are_good_at_points_of_any_size(size):
    found = minimize(
        lambda x: (x / size - 0.5) ** 2, size, learning_rate=1e-3 * size**2, max_iter=1, tol=None
    )
    assert found.history["grad_norm"][0] * abs(size) == pytest.approx(1.0, rel=1e-8)


def test_the_bottom_of_rounding_is_a_success_with_central_differences_too():
    """Where a gradient is what rounding of two values leaves, no rate finds a lower one."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        root, height = rng.standard_normal((3, 3)), 10.0 ** rng.integers(0, 6)
        H, start, best = root @ root.T + np.eye(3), 3.0 * rng.standard_normal(3), root[0]

        def fun(x, H=H, best=best, height=height):
            away = x - best
            return float(np.sum(np.exp(away) - away) + 0.5 * away @ H @ away + height)

        found = minimize(fun, start, learning_rate=LineSearch(), max_iter=3000, tol=1e-14)
        assert found.stop_reason is StopReason.TOLERANCE
        np.testing.assert_allclose(found.x, best, atol=1e-4)
