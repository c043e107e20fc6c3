"""Functions that differ have other fingerprints; one that is written again has the same."""

import math

import numpy as np
import pytest

from fastgd.kernels.compiler.fingerprint import Fingerprint, fingerprint
from fastgd.losses import SquaredError


def made(code, name="f", **names):
    """A function as another cell of a notebook would define it."""
    space = {"math": math, "np": np, **names}
    exec(code, space)
    return space[name]


class Compiled:
    """What Numba makes of a function."""

    def __init__(self, function):
        self.py_func = function


def closure_over(value):
    return made("def outer(k):\n    return lambda x: k * x", "outer")(value)


PLAIN = "def f(x):\n    return 2.0 * x"
WITH_GLOBAL = "def f(x):\n    return K * x"
NESTED = "def f(x):\n    g = lambda u: {} * u\n    return g(x)"
DIFFERENT = {
    "constants": [made(PLAIN), made(PLAIN.replace("2.0", "3.0"))],
    "types of constants": [made(PLAIN), made(PLAIN.replace("2.0", "2"))],
    "code": [made(PLAIN), made(PLAIN.replace("*", "+"))],
    "globals": [made(WITH_GLOBAL, K=1.0), made(WITH_GLOBAL, K=2.0), made(WITH_GLOBAL, K=2)],
    "global arrays": [made(WITH_GLOBAL, K=np.ones(2)), made(WITH_GLOBAL, K=np.zeros(2))],
    "global tuples": [made(WITH_GLOBAL, K=(1, 2)), made(WITH_GLOBAL, K=(1, (2,)))],
    "global functions": [made(WITH_GLOBAL, K=made(PLAIN)), made(WITH_GLOBAL, K=closure_over(1.0))],
    "closures": [closure_over(1.0), closure_over(2.0)],
    "defaults": [made("def f(x, k=1.0):\n return k"), made("def f(x, k=2.0):\n return k")],
    "keywords": [made("def f(x, *, k=1):\n return k"), made("def f(x, *, k=2):\n return k")],
    "inner functions": [made(NESTED.format("2.0")), made(NESTED.format("3.0"))],
    "sets": [made("def f(x):\n return x in {1, 2}"), made("def f(x):\n return x in {1, 3}")],
    "library functions": [made(WITH_GLOBAL, K=math.sin), made(WITH_GLOBAL, K=math.cos)],
    "ufuncs": [made(WITH_GLOBAL, K=np.sin), made(WITH_GLOBAL, K=np.cos)],
    "numbers": [1, 1.0, True, np.float32(1), "1", None],
}


@pytest.mark.parametrize("values", DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_has_another_fingerprint(values):
    prints = [fingerprint(value) for value in values]
    assert len(set(prints)) == len(values)
    assert all(found.holds_elsewhere for found in prints)


AGAIN = {
    "plain": lambda: made(PLAIN),
    "global": lambda: made(WITH_GLOBAL, K=2.0),
    "global array": lambda: made(WITH_GLOBAL, K=np.arange(3.0)),
    "closure": lambda: closure_over(2.0),
    "library": lambda: made("def f(x):\n    return np.exp(math.sin(abs(x)))"),
    "nested": lambda: made(NESTED.format("2.0")),
    "one that calls itself": lambda: made("def f(x):\n    return f(x - 1) if x else 0"),
}


@pytest.mark.parametrize("make", AGAIN.values(), ids=AGAIN)
def test_the_same_written_again_has_the_same_fingerprint(make):
    first, again = fingerprint(make()), fingerprint(make())
    assert first == again and first.holds_elsewhere


ADDRESSES = {
    "an object": lambda: made(WITH_GLOBAL, K=object()),
    "a function that its author compiled": lambda: Compiled(made(PLAIN)),
    "one that is called": lambda: made(WITH_GLOBAL, K=Compiled(made(PLAIN))),
    "an array of objects": lambda: made(WITH_GLOBAL, K=np.array([object()])),
    "another module": lambda: made(WITH_GLOBAL, K=pytest),
}


@pytest.mark.parametrize("make", ADDRESSES.values(), ids=ADDRESSES)
def test_what_only_this_process_can_distinguish_is_marked(make):
    one, other = make(), make()
    assert not fingerprint(one).holds_elsewhere
    assert fingerprint(one) == fingerprint(one)
    if make is not ADDRESSES["another module"]:
        assert fingerprint(one) != fingerprint(other)


def test_a_global_that_changes_is_seen():
    function = made(WITH_GLOBAL, K=1.0)
    before = fingerprint(function)
    function.__globals__["K"] = 2.0
    assert fingerprint(function) != before


def test_functions_of_the_package_are_known_by_name():
    told = fingerprint(SquaredError.function)
    assert told == Fingerprint("fastgd.losses.squared_error._squared_error", True)
    assert fingerprint(Compiled(SquaredError.function)) == told


def test_an_attribute_of_that_name_is_the_users():
    first, other = made(PLAIN), made(PLAIN.replace("2.0", "3.0"))
    first.fingerprint = other.fingerprint = "mine"
    assert fingerprint(first) != fingerprint(other)
