"""Two numbers that a sentence compares are told apart by their digits."""

import math
import re

import numpy as np
import pytest

import fastgd
from fastgd.base.quantities import tell_apart

APART = {
    (1.89, 1.89): ("1.89", "1.89"),
    (1.0, 2.0): ("1", "2"),
    (1.894, 1.891): ("1.894", "1.891"),
    (1.8899, 1.8898): ("1.8899", "1.8898"),
    (9.0000001, 9.0): ("9.0000001", "9"),
    (1e12, 1e12 + 1): ("1000000000000", "1000000000001"),
    (1.0, math.nextafter(1.0, 2.0)): ("1", "1.0000000000000002"),
    (math.inf, 3.0): ("inf", "3"),
    (math.nan, math.nan): ("nan", "nan"),
}


@pytest.mark.parametrize("numbers", APART)
def test_as_many_digits_as_tell_them_apart(numbers):
    assert tell_apart(*numbers) == APART[numbers]


RNG = np.random.default_rng(0)
X = RNG.standard_normal((100, 3))
Y = X @ np.array([1.0, -2.0, 0.5])
EDGE = (
    2.0
    / np.linalg.eigvalsh(
        np.column_stack([X, np.ones(100)]).T @ np.column_stack([X, np.ones(100)]) / 100
    )[-1]
)
NUMBER = r"(-?[\d.]+(?:e[+-]?\d+)?)"


@pytest.mark.parametrize(
    "excess", [*(pytest.param(x, marks=pytest.mark.compiled) for x in (1.0001, 1.001)), 1.01, 2.0]
)
def test_a_rate_just_beyond_the_edge_is_told_apart_from_it(excess):
    with pytest.warns(fastgd.DivergenceWarning) as caught:
        fastgd.fit(X, Y, "batch", learning_rate=excess * EDGE, max_iter=300_000)
    text = str(caught[0].message)
    rate, edge = re.search(f"learning_rate={NUMBER}; .* below about {NUMBER} stable", text).groups()
    assert float(rate) > float(edge)
    assert float(rate) == pytest.approx(excess * EDGE, rel=5e-3)


@pytest.mark.parametrize("excess", [1e-9, 1e-6, 1e-3, 1.0])
def test_values_of_minimize_are_told_apart(excess):
    with pytest.warns(fastgd.DivergenceWarning) as caught:
        fastgd.minimize(
            lambda w: (w - 100) ** 2, 103, jac=lambda w: 2 * (w - 100),
            learning_rate=1 + excess, max_iter=5,
        )  # fmt: skip
    text = str(caught[0].message)
    rate, value, start, edge = re.search(
        f"learning_rate={NUMBER}, where fun is {NUMBER} .{NUMBER} at x0.*about {NUMBER} stable",
        text,
    ).groups()
    assert float(value) > float(start) and float(rate) > float(edge)


@pytest.mark.parametrize("rate", [1e-12, 1e-9, 1e-5, 1e-2])
def test_norms_that_hardly_fell_are_told_apart(rate):
    with pytest.warns(fastgd.ConvergenceWarning) as caught:
        fastgd.minimize(lambda w: w * w, 3.0, jac=lambda w: 2 * w, learning_rate=rate, max_iter=2)
    first, last, began, ended = re.search(
        f"from {NUMBER} to {NUMBER}, and fun from {NUMBER} to {NUMBER};", str(caught[0].message)
    ).groups()
    assert float(first) > float(last) and float(began) > float(ended)
