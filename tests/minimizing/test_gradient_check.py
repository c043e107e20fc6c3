"""A gradient given to `minimize` must be that of the function; right ones raise no alarm."""

import math
import warnings

import numba
import numpy as np
import pytest
from refusals import refused

import fastgd
from fastgd import LineSearch, StopReason, minimize

RNG = np.random.default_rng(0)
A = RNG.standard_normal((60, 40))
B = A @ RNG.standard_normal(40) + 0.1 * RNG.standard_normal(60)
S = np.linspace(1.0, 3.0, 500)


def bowl(x):
    return float(np.sum((x - 1.0) ** 2))


def without(k):
    def jac(x):
        g = 2.0 * (x - 1.0)
        g[k] = 0.0
        return g

    return jac


WRONG = {  # fun, x0, jac, the parameter, the derivative returned, the right one
    "another minimum": (lambda w: (w - 100) ** 2, 103.0, lambda w: 2 * (w - 99), "x", 8.0, 6.0),
    "zero": (lambda w: (w - 100) ** 2, 103.0, lambda w: 0.0 * w, "x", 0.0, 6.0),
    "half": (lambda w: (w - 100) ** 2, 103.0, lambda w: w - 100, "x", 3.0, 6.0),
    "the wrong sign": (lambda w: (w - 100) ** 2, 103.0, lambda w: -2 * (w - 100), "x", -6.0, 6.0),
    "one forgotten": (bowl, [3.0, 2.0], without(0), "x[0]", 0.0, 4.0),
    "one of 500 forgotten": (bowl, 3 + S, without(123), "x[123]", 0.0, 2 * (2 + S[123])),
    "in a table": (bowl, np.full((3, 4), 2.0), without((1, 2)), "x[1, 2]", 0.0, 2.0),
    "two swapped": (lambda x: x[0] ** 2 + 3 * x[1] ** 2, [1.0, 1.0],
                    lambda x: np.array([6 * x[1], 2 * x[0]]), "x[0]", 6.0, 2.0),
    "a constant function": (lambda w: 1.0 + 0 * w, 3.0, lambda w: 2 * w, "x", 6.0, 0.0),
}  # fmt: skip
RATES = [0.1, LineSearch(), LineSearch("exact")]


def both_of(fun, jac):
    return lambda x: (fun(x), jac(x))


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("together", [False, True], ids=["jac", "both"])
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_gradient_is_refused_before_the_first_step(case, together, rate):
    fun, x0, jac, name, returned, right = WRONG[case]
    given = {"jac": True} if together else {"jac": jac}
    called = both_of(fun, jac) if together else fun
    sentence = refused(ValueError, lambda: minimize(called, x0, learning_rate=rate, **given))
    assert sentence.startswith("fun, with jac=True, must" if together else "jac must return")
    assert f" by {name}, but the difference quotient of fun is " in sentence
    first, second = sentence.split(" it returns the derivative ")[1].split(" by ", 1)
    quotient = second.split("fun is ")[1].split(";")[0]
    assert float(first) == pytest.approx(returned, rel=1e-2)
    assert float(quotient) == pytest.approx(right, rel=1e-2)
    assert ("the sign is reversed" in sentence) == (case == "the wrong sign")


def test_jitted_functions_are_asked_too():
    fun, jac = numba.njit(lambda w: (w - 100) ** 2), numba.njit(lambda w: 2 * (w - 99))
    assert "derivative 8 by x" in refused(ValueError, lambda: minimize(fun, 103.0, jac=jac))


def softplus(x):
    return float(np.logaddexp(0, x).sum() - 0.3 * x.sum())


def rounded(x):
    return round(float(np.sum((x - 1.0) ** 2)), 2)


def single(x):
    return np.float32(np.sum((np.asarray(x, np.float32) - np.float32(1)) ** 2) + np.float32(100))


def edge(x):
    if x < 0:
        raise LookupError("outside")
    return x * math.sqrt(x) + x


RIGHT = {
    "a bowl": (bowl, [3.0, -2.0], lambda x: 2 * (x - 1)),
    "a kink": (lambda x: abs(x - 3.0), 3.0, lambda x: float(np.sign(x - 3.0))),
    "kinks": (lambda x: float(np.abs(x).sum()), np.zeros(50), np.sign),
    "kinks all over": (lambda x: float(np.abs(x).sum()), S - 2, np.sign),
    "many": (lambda x: float(np.sum((A @ x - B) ** 2)), np.zeros(40),
             lambda x: 2 * A.T @ (A @ x - B)),
    "500": (lambda x: float(S @ x**4), S, lambda x: 4 * S * x**3),
    "far from zero": (lambda x: 1e9 + bowl(x), [1e4, 3.0], lambda x: 2 * (x - 1)),
    "far from zero, flat": (lambda x: 1e15 + bowl(x), [3.0, 3.0], lambda x: 2 * (x - 1)),
    "huge": (lambda x: 1e200 * bowl(x), [3.0, 3.0], lambda x: 2e200 * (x - 1)),
    "tiny": (lambda x: 1e-200 * bowl(x), [3.0, 3.0], lambda x: 2e-200 * (x - 1)),
    "steep": (lambda x: math.exp(300 * x) - 300 * x, 1.0, lambda x: 300 * math.exp(300 * x) - 300),
    "softplus": (softplus, [1.0, 500.0, -500.0], lambda x: 1 / (1 + np.exp(-x)) - 0.3),
    "rounded": (rounded, [3.0, 2.0], lambda x: 2 * (x - 1)),
    "float32": (single, [3.0, 2.0, 1.5], lambda x: 2 * (x - 1)),
    "float32, large": (lambda x: np.float32(single(x) + np.float32(1e6)), [3.0],
                       lambda x: 2 * (x - 1)),
    "noisy": (lambda x: bowl(x) + 1e-3 * RNG.standard_normal(), [3.0, 2.0], lambda x: 2 * (x - 1)),
    "a noisy gradient": (bowl, [3.0, 2.0], lambda x: 2 * (x - 1) + RNG.standard_normal(2)),
    "at the edge": (edge, 1e-9, lambda x: 1.5 * math.sqrt(x) + 1),
    "wiggles": (lambda x: x * x + 1e-6 * math.sin(1e6 * x), 2.0,
                lambda x: 2 * x + math.cos(1e6 * x)),
    "a saddle": (lambda x: x[0] ** 2 - x[1] ** 2, [0.0, 0.0], lambda x: np.array([2, -2]) * x),
    "a constant": (lambda x: 3.0, [1.0, 2.0], lambda x: np.zeros(2)),
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_gradient_is_never_refused(case):
    fun, x0, jac = RIGHT[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for called, given in ((fun, jac), (both_of(fun, jac), True)):
            result = minimize(called, x0, jac=given, learning_rate=1e-300, max_iter=1, tol=None)
            assert result.nit == 1


@pytest.mark.parametrize("rate", [0.05, LineSearch()], ids=str)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_end_of_a_right_descent_is_a_success(scale, rate):
    rate = rate if isinstance(rate, LineSearch) else rate / scale
    for offset in (0.0, 1.0, 1e6):
        for at in (1.0, 1 / 3, 1e4):
            result = minimize(
                lambda x, at=at, offset=offset: scale * float(np.sum((x - at) ** 2)) + offset,
                [at + 1.0, at - 2.0],
                jac=lambda x, at=at: 2 * scale * (x - at),
                learning_rate=rate,
            )
            assert result.success, (offset, at)


def bump(x, k):
    """Return 0 at x0 = 2 and 1 far away: what is wrong with a gradient that x0 does not show."""
    return (x[k] - 2.0) ** 2


LATE = {  # right at x0 = (2, 2), wrong where they are zero
    "another place": lambda x: 2 * (x - 1) - 0.3 * bump(x, 0),
    "one of them": lambda x: np.array([2 * (x[0] - 1), 2 * (x[1] - 1) - 0.5 * bump(x, 1)]),
    "zero below": lambda x: np.where(x < 1.5, 0.0, 2 * (x - 1)),
    "one is zero below": lambda x: np.array([2 * (x[0] - 1) if x[0] > 1.5 else 0, 2 * (x[1] - 1)]),
}


def says_what_was_warned_of(result, caught):
    """Return True if the message gives the reason that the warning gives."""
    begins, reason = str(caught[0].message).split(": ", 1)
    assert begins == f"gd is not known to have found a minimum after step {result.nit}"
    assert result.message in repr(result) and result.message in result.summary()
    return result.message == f"It is not known to have found a minimum: {reason}"


@pytest.mark.parametrize("rate", [0.1, LineSearch()], ids=str)
@pytest.mark.parametrize("together", [False, True], ids=["jac", "both"])
@pytest.mark.parametrize("case", LATE)
def test_a_gradient_that_vanishes_where_fun_falls_is_no_success(case, together, rate):
    fun, jac = (both_of(bowl, LATE[case]), True) if together else (bowl, LATE[case])
    with pytest.warns(fastgd.ConvergenceWarning) as caught:
        result = minimize(fun, [2.0, 2.0], jac=jac, learning_rate=rate)
    assert not result.success
    if not isinstance(rate, LineSearch):  # a search may notice before
        assert "about zero there, but fun still falls: by x[" in str(caught[0].message)
        assert says_what_was_warned_of(result, caught)


@pytest.mark.parametrize("offset", [1e10, 1e12, 1e14, 1e16])
@pytest.mark.parametrize("rate", [0.1, LineSearch()], ids=str)
def test_no_success_is_claimed_that_differences_cannot_see(rate, offset):
    with pytest.warns((fastgd.ConvergenceWarning, fastgd.DivergenceWarning)):
        result = minimize(lambda w: offset + (w - 100) ** 2, 103.0, learning_rate=rate)
    assert not result.success and result.stop_reason is not StopReason.TOLERANCE


def test_the_message_says_that_rounding_hides_the_gradient():
    with pytest.warns(fastgd.ConvergenceWarning, match="whose rounding hides") as caught:
        result = minimize(lambda w: 1e12 + (w - 100) ** 2, 103.0)
    assert says_what_was_warned_of(result, caught)


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e4, 1e6])
def test_what_differences_can_see_is_a_success(offset):
    result = minimize(lambda w: offset + (w - 100) ** 2, 103.0)
    assert result.success and result.x == pytest.approx(100, abs=1e-5)


@pytest.mark.parametrize("wrap", [lambda f: f, numba.njit], ids=["plain", "jitted"])
@pytest.mark.parametrize("together", [False, True], ids=["jac", "both"])
def test_a_stochastic_gradient_keeps_its_place(together, wrap):
    """It goes through rows in an order whose place is an argument: one row a step."""
    rows = np.array([4.0, 3.5, 3.0, 2.5, 2.0])

    def value(x, turn):
        return np.mean((x - rows) ** 2)

    def slope(x, turn):
        turn[0] += 1
        return 2 * (x - rows[(turn[0] - 1) % 5])

    def both(x, turn):
        turn[0] += 1
        row = rows[(turn[0] - 1) % 5]
        return (x - row) ** 2, 2 * (x - row)

    turn, settings = np.zeros(1, np.int64), {"learning_rate": 0.1, "max_iter": 4, "tol": None}
    fun, jac = (wrap(both), True) if together else (wrap(value), wrap(slope))
    result = minimize(fun, 0.0, jac=jac, args=(turn,), **settings)
    path = [0.0]
    for row in rows[:4]:
        path.append(path[-1] - 0.2 * (path[-1] - row))
    assert result.path == pytest.approx(path) and turn[0] <= 6


def test_looking_changes_no_iterate(monkeypatch):
    looked = minimize(bowl, [3.0, 2.0], jac=lambda x: 2 * (x - 1))
    monkeypatch.setattr("fastgd.minimizing.walk.refuse_wrong_gradient", lambda *_: None)
    monkeypatch.setattr("fastgd.minimizing.walk.doubt_of", lambda *_: None)
    alone = minimize(bowl, [3.0, 2.0], jac=lambda x: 2 * (x - 1))
    assert (looked.path == alone.path).all() and looked.nit == alone.nit
    assert alone.nfev < looked.nfev <= alone.nfev + 2 * 2 * 40 and looked.njev == alone.njev
