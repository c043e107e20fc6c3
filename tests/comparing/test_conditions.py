"""Conditions on a comparison: what can be said, what is refused, what holds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgd.comparing.conditions import OPERATORS, Measure, read_condition

RUNS = ["batch", "minibatch:adam:learning_rate=0.01", "minibatch"]
METRICS = ["passes", "seconds", "passes_to_1e-4", "seconds_to_stat"]

measures = st.tuples(st.sampled_from(RUNS), st.sampled_from(METRICS)).map(".".join)
numbers = st.floats(allow_nan=False, allow_infinity=False).map(repr)
symbols = st.sampled_from([*OPERATORS])


@given(measures, symbols, numbers)
def test_a_number_on_the_right(left, symbol, number):
    condition = read_condition(f"{left} {symbol} {number}", RUNS, METRICS)
    assert str(condition.left) == left
    assert (condition.symbol, condition.factor, condition.right) == (symbol, float(number), None)


@given(measures, symbols, numbers, measures)
def test_a_factor_and_another_run_on_the_right(left, symbol, number, right):
    condition = read_condition(f"{left} {symbol} {number} * {right}", RUNS, METRICS)
    assert (condition.factor, str(condition.right)) == (float(number), right)
    plain = read_condition(f"{left} {symbol} {right}", RUNS, METRICS)
    assert (plain.factor, str(plain.right)) == (1.0, right)


@pytest.mark.compiled
@given(st.text())
def test_whatever_else_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError) as caught:
        read_condition(text, RUNS, METRICS)
    assert "\n" not in str(caught.value)


@given(measures, symbols, st.text(alphabet="0123456789.eE+-_*()[]{}'\"abcdefimnportx", min_size=1))
def test_a_right_side_is_a_number_or_refused(left, symbol, right):
    try:
        condition = read_condition(f"{left} {symbol} {right}", RUNS, METRICS)
    except ValueError:
        return
    assert math.isfinite(condition.factor)
    assert condition.factor == float(right)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') <= 1",
        "batch.passes <= __import__('os').getpid()",
        "batch.passes.__class__ <= 1",
        "batch.passes <= 9**9**9",
        "batch.passes <= 1e999",
        "batch.passes <= nan",
        "batch.passes <= 1_000",
        "batch.passes <= ١",
        "batch.passes == 1",
        "batch.passes<=1",
        "batch.passes <= 2 + batch.passes",
        "batch.passes <= 2 * 3",
        "batch.passes <= batch.passes * 2",
        "batch.passes <= 1; import os",
        "batch.passes <= " + "9" * 10_000,
    ],
)
def test_hostile_texts_are_refused(text):
    with pytest.raises(ValueError):
        read_condition(text, RUNS, METRICS)


def test_the_longest_name_that_fits_is_meant():
    runs = ["a", "a.passes"]
    assert read_condition("a.passes.passes <= 1", runs, METRICS).left == Measure(
        "a.passes", "passes"
    )


def test_a_near_miss_is_named():
    with pytest.raises(ValueError, match="Did you mean 'batch'"):
        read_condition("bacth.passes <= 1", RUNS, METRICS)
    with pytest.raises(ValueError, match="Did you mean 'passes_to_1e-4'"):
        read_condition("batch.passes_to_1e4 <= 1", RUNS, METRICS)
    with pytest.raises(TypeError, match="must be a string"):
        read_condition(3, RUNS, METRICS)


@given(measures, symbols, measures, st.floats(0, 10))
def test_what_was_never_reached_satisfies_nothing(left, symbol, right, value):
    condition = read_condition(f"{left} {symbol} {right}", RUNS, METRICS)
    for nothing in (math.inf, math.nan):
        assert not condition.holds(nothing, value)
        assert not condition.holds(value, nothing)
        assert not condition.holds(nothing, nothing)
    assert condition.holds(value, value) == (symbol in ("<=", ">="))
