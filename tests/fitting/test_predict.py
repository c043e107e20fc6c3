"""Predicting and scoring: labels of any kind, probabilities, and what a model is not asked for."""

import functools
import math

import naive
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, d2_tweedie_score, r2_score

import fastgd
from fastgd.data import targets
from fastgd.losses import LOSSES

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
SIGNAL = X @ np.array([1.0, -2.0, 0.5]) + 0.3
POSITIVE = SIGNAL + 0.5 * RNG.standard_normal(60) > 0
WEIGHTS = RNG.uniform(0.2, 2.0, 60)

TAKING_LABELS = [name for name, row in LOSSES.items() if row.target == "binary"]
TAKING_NUMBERS = [name for name, row in LOSSES.items() if row.target == "real"]
D2 = {  # of those with a log link
    "poisson": functools.partial(d2_tweedie_score, power=1),
    "gamma": functools.partial(d2_tweedie_score, power=2),
    "tweedie": functools.partial(d2_tweedie_score, power=1.5),
}
WITH_PROBABILITIES = ["log_loss", "modified_huber"]


def target_of(loss):
    if loss in TAKING_LABELS:
        return np.where(POSITIVE, "yes", "no")
    return naive.LOSSES[loss].targets(SIGNAL)


def fit(loss, y=None, **settings):
    y = target_of(loss) if y is None else y
    settings = {"learning_rate": 0.1, "max_iter": 20, **settings}
    return fastgd.fit(X, y, "batch", loss=loss, **settings)


@functools.cache
def model_of(loss):
    return fit(loss)


def spoiled(value):
    table = X.copy()
    table[5, 1] = value
    return table


# ----------------------------------------------------------------------------------------- numbers


@pytest.mark.parametrize("loss", LOSSES)
def test_the_decision_is_linear(loss):
    model = model_of(loss)
    expected = X @ model.coef_ + model.intercept_
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-12, atol=1e-14)
    assert model.decision_function(X[:1]).shape == (1,)


@pytest.mark.parametrize("loss", TAKING_NUMBERS)
def test_a_prediction_of_numbers_is_the_decision(loss):
    model = model_of(loss)
    assert model.classes_ is None
    z = model.decision_function(X)
    np.testing.assert_array_equal(model.predict(X), np.exp(z) if loss in D2 else z)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_score_is_scikit_learns(loss, weights):
    model = model_of(loss)
    y = target_of(loss)
    metric = accuracy_score if loss in TAKING_LABELS else D2.get(loss, r2_score)
    expected = metric(y, model.predict(X), sample_weight=weights)
    assert model.score(X, y, weights) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_the_score_of_targets_that_do_not_vary_is_scikit_learns(shift):
    """1 where they are predicted exactly, else 0."""
    model = fit("squared_error", np.zeros(60))
    y = np.full(60, shift)
    assert model.score(X, y) == r2_score(y, model.predict(X)) == 1.0 - shift


# ------------------------------------------------------------------------------------------ labels

LABELS = {  # how two labels are handed in: in the order in which the model must keep them
    "words": (["no", "yes"], np.array),
    "digits as words": (["0", "1"], np.array),
    "words of different lengths": (["a", "longer"], list),
    "bytes": ([b"no", b"yes"], np.array),
    "words as objects": (["a", "b"], lambda y: np.array(y, dtype=object)),
    "0 and 1": ([0, 1], np.array),
    "negative numbers": ([-7, -2], np.array),
    "-1 and 1": ([-1, 1], list),
    "small integers": ([0, 255], lambda y: np.array(y, dtype=np.uint8)),
    "integers that a float would merge": ([2**53, 2**53 + 1], np.array),
    "integers as objects": ([1, 2], lambda y: np.array(y, dtype=object)),
    "flags": ([False, True], np.array),
    "flags as objects": ([False, True], lambda y: np.array(y, dtype=object)),
    "floats": ([0.5, 1.5], np.array),
    "floats below 0": ([-1.5, -0.5], lambda y: np.array(y, dtype=np.float32)),
    "days": (
        [np.datetime64("2020-01-01"), np.datetime64("2021-01-01")],
        lambda y: np.array(y, dtype="datetime64[D]"),
    ),
    "pandas Series of words": (["hi", "lo"], pd.Series),
    "pandas string": (["hi", "lo"], lambda y: pd.Series(y, dtype="string")),
    "pandas Categorical": (["hi", "lo"], pd.Categorical),
    "ordered Categorical": (
        ["hi", "lo"],
        lambda y: pd.Categorical(y, categories=["lo", "hi"], ordered=True),
    ),
    "category of numbers": ([3, 5], lambda y: pd.Series(y, dtype="category")),
    "pandas boolean": ([False, True], lambda y: pd.Series(y, dtype="boolean")),
    "pandas Int64": ([1, 2], lambda y: pd.Series(y, dtype="Int64")),
    "pandas Series, index shuffled": ([1, 2], lambda y: pd.Series(y, index=RNG.permutation(60))),
    "polars words": (["hi", "lo"], pl.Series),
    "polars flags": ([False, True], pl.Series),
    "polars integers": ([1, 2], pl.Series),
    "polars Categorical": (["hi", "lo"], lambda y: pl.Series(y, dtype=pl.Categorical)),
}


@pytest.mark.compiled
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("loss", TAKING_LABELS)
def test_any_two_labels_are_told_apart(loss, kind):
    """They are kept in ascending order, the second is the positive one, and they come back."""
    two, make = LABELS[kind]
    y = make([two[positive] for positive in POSITIVE.astype(int)])
    model = fit(loss, y)
    np.testing.assert_array_equal(model.coef_, model_of(loss).coef_)
    assert list(model.classes_) == two
    assert model.predict(X).dtype == model.classes_.dtype
    expected = [two[positive] for positive in (model.decision_function(X) > 0).astype(int)]
    assert list(model.predict(X)) == expected
    share_right = np.mean((model.decision_function(X) > 0) == POSITIVE)
    assert model.score(X, y) == share_right > 0.8


@pytest.mark.parametrize("loss", TAKING_LABELS)
def test_a_tie_goes_to_the_first_label(loss):
    """As in scikit-learn, whose probabilities are a half there too."""
    model = fit(loss, fit_intercept=False)
    nothing = np.zeros((2, 3))
    np.testing.assert_array_equal(model.decision_function(nothing), [0.0, 0.0])
    assert list(model.predict(nothing)) == ["no", "no"]
    if loss in WITH_PROBABILITIES:
        np.testing.assert_array_equal(model.predict_proba(nothing), [[0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize("loss", TAKING_LABELS)
def test_labels_that_were_never_fitted_are_not_scored(loss):
    """No prediction could be right: -1 and 1 for 0 and 1 would give about the half of a score."""
    model = model_of(loss)
    known = r"y must hold the labels that were fitted, \['no', 'yes'\]; got others such as "
    for y, what in (
        (np.where(POSITIVE, "yes", "perhaps"), "'perhaps'"),
        (POSITIVE * 1, "[01]"),
        (POSITIVE, "True|False"),
        (np.where(POSITIVE, b"yes", b"no"), "b'(yes|no)'"),
        (["yes"] * 59 + ["Yes"], r"'Yes' \(first in row 59; 1 in all\)"),
    ):
        with pytest.raises(ValueError, match=f"{known}({what})"):
            model.score(X, y)
    signs, codes = 2 * POSITIVE - 1, POSITIVE * 1
    with pytest.raises(ValueError, match=r"fitted, \[0, 1\]; got others such as -1 \(first in row"):
        fit(loss, codes).score(X, signs)
    with pytest.raises(ValueError, match=r"fitted, \[-1, 1\]; got others such as 0 \(first in row"):
        fit(loss, signs).score(X, codes)
    assert fit(loss, codes).score(X, POSITIVE) == fit(loss, codes).score(X, codes * 1.0) > 0.8


NAN_AMONG_TEXTS = {
    "a list": ["yes", "no", math.nan] * 20,
    "a tuple": ("yes", "no", np.nan) * 20,
    "a list that begins with it": [np.nan, *["yes", "no"] * 29, "no"],
    "a list of one text and it": ["yes", "yes", math.nan] * 20,
    "a list with None": ["yes", "no", None] * 20,
    "a list of bytes": [b"yes", b"yes", math.nan] * 20,
    "objects": np.array(["yes", "no", math.nan] * 20, dtype=object),
    "an array of texts": np.array(["yes", "yes", math.nan] * 20),
    "pandas": pd.Series(["yes", "no", None] * 20),
    "pandas, objects": pd.Series(["yes", "no", math.nan] * 20, dtype=object),
    "pandas, NA": pd.Series(["yes", "no", pd.NA] * 20, dtype=object),
    "polars": pl.Series(["yes", "no", None] * 20),
    "days": np.array(["2020-01-01", "2021-01-01", "NaT"] * 20, dtype="M8[D]"),
    "a day and none": np.array(["2020-01-01", "2020-01-01", "NaT"] * 20, dtype="M8[D]"),
}


@pytest.mark.parametrize("case", NAN_AMONG_TEXTS)
def test_a_missing_label_is_no_label(case):
    y = NAN_AMONG_TEXTS[case]
    first = 0 if "begins" in case else 2
    for ask in (lambda: fit("log_loss", y), lambda: model_of("log_loss").score(X, y)):
        with pytest.raises(
            ValueError, match=r"y (has missing values|must hold the labels)"
        ) as error:
            ask()
        assert f"first in row {first}; " in str(error.value)


def test_nan_may_be_a_label_of_objects():
    y = np.where(POSITIVE, "nan", "roti").astype(object)
    assert list(fit("log_loss", y).classes_) == ["nan", "roti"]


def test_a_list_of_texts_and_numbers_is_a_mixture():
    with pytest.raises(TypeError, match="y must hold two labels of one type"):
        fit("log_loss", ["yes", 1] * 30)
    with pytest.raises(ValueError, match="y must be numeric; got words such as 'a'"):
        fastgd.fit(X, [1.0, "a"] * 30)


@pytest.mark.parametrize("loss", TAKING_LABELS)
def test_a_third_label_is_refused(loss):
    way_out = r": \[0, 1, 2\]; fit one label against the others, as in y == 0, each in turn, or use"
    with pytest.raises(ValueError, match=f"y must hold two labels for this loss; got 3{way_out}"):
        fit(loss, np.arange(60) % 3)
    assert list(fit(loss, np.arange(60) % 3 == 0).classes_) == [False, True]


@pytest.mark.parametrize("place", [targets.LABELS_AT_ONCE, -1])
@pytest.mark.parametrize(
    "labels", [[0, 1, 2], ["no", "yes", "so"], [-1.0, 1.0, 0.0], [False, True, 2]]
)
def test_a_third_label_far_down_is_refused(labels, place):
    """Labels are looked at a million at a time."""
    first, second, third = np.array(labels)
    y = np.where(np.arange(targets.LABELS_AT_ONCE + 2) % 3 == 0, first, second)
    y[place] = third
    with pytest.raises(ValueError, match="y must hold two labels for this loss; got 3"):
        targets.check_labels(y, np.dtype(np.float64))


def test_a_second_label_far_down_is_one_of_two():
    y = np.zeros(targets.LABELS_AT_ONCE + 3, np.int8)
    y[-1] = 1
    signs, classes = targets.check_labels(y, np.dtype(np.float32))
    assert classes.tolist() == [0, 1]
    assert (signs[:-1] == -1).all() and signs[-1] == 1


# ----------------------------------------------------------------------------------- probabilities


def test_the_losses_with_probabilities():
    able = [name for name, row in LOSSES.items() if row.probability is not None]
    assert able == WITH_PROBABILITIES


PROBABILITIES = {
    "log_loss": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "modified_huber": lambda z: (np.clip(z, -1.0, 1.0) + 1.0) / 2.0,
}


@pytest.mark.parametrize("loss", WITH_PROBABILITIES)
def test_probabilities_are_the_formula_and_agree_with_the_prediction(loss):
    model = model_of(loss)
    shares = model.predict_proba(X)
    assert shares.shape == (60, 2)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-15)
    expected = PROBABILITIES[loss](model.decision_function(X))
    np.testing.assert_allclose(shares[:, 1], expected, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[(shares[:, 1] > 0.5) * 1])


@pytest.mark.parametrize("loss", WITH_PROBABILITIES)
def test_probabilities_far_out_are_zero_and_one(loss):
    shares = model_of(loss).predict_proba(1e6 * X)
    assert np.isfinite(shares).all()
    assert set(shares.round(12).ravel()) == {0.0, 1.0}


@pytest.mark.parametrize("loss", WITH_PROBABILITIES)
def test_probabilities_are_scikit_learns(loss):
    y = np.where(POSITIVE, "yes", "no")
    peer = SGDClassifier(
        loss=loss, penalty=None, learning_rate="constant", eta0=0.05, shuffle=False, tol=None,
        max_iter=3,
    ).fit(X, y)  # fmt: skip
    ours = fastgd.fit(X, y, "stochastic", loss=loss, learning_rate=0.05, shuffle=False, max_iter=3)
    np.testing.assert_allclose(ours.predict_proba(X), peer.predict_proba(X), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X), peer.predict(X))


def test_the_mean_probability_at_the_optimum_is_the_share_of_the_label():
    """What the slope of log_loss by the intercept being 0 means."""
    model = fit("log_loss", learning_rate=1.0, max_iter=400)
    assert model.predict_proba(X)[:, 1].mean() == pytest.approx(POSITIVE.mean(), abs=1e-3)


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - set(WITH_PROBABILITIES)))
def test_other_losses_have_no_probabilities_and_say_which_have(loss):
    with pytest.raises(AttributeError) as caught:
        model_of(loss).predict_proba(X)
    sentence = str(caught.value)
    assert "\n" not in sentence and repr(loss) in sentence
    assert all(repr(able) in sentence for able in WITH_PROBABILITIES)


# ------------------------------------------------------------------------------- what is not a row

ASKS = ["decision_function", "predict", "predict_proba"]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("loss", WITH_PROBABILITIES)
def test_a_table_that_does_not_fit_is_refused(loss, ask):
    for table, message in (
        (X[:, :2], "^X has 2 features, but this model was fitted on 3"),
        (np.column_stack([X, X]), "^X has 6 features, but this model was fitted on 3"),
        (X[0], r"^Expected 2D array, got 1D array instead \(X of shape \(3,\)\)"),
        (X[:, :0], r"^Found array with 0 feature\(s\)"),
        (spoiled(np.nan), "^Input X contains NaN .*row 5"),
        (spoiled(-np.inf), "^Input X contains .*infinity.*row 5"),
    ):
        with pytest.raises(ValueError, match=message):
            getattr(model_of(loss), ask)(table)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_cannot_be_scored_is_refused(loss):
    y = target_of(loss)
    for arguments, message in (
        ((X[:, :2], y), "^X has 2 features, but this model was fitted on 3"),
        ((X, y[:59]), r"inconsistent numbers of samples: \[60, 59\]"),
        ((X, y, WEIGHTS[:59]), "inconsistent numbers of samples"),
        ((X, y, -WEIGHTS), "sample_weight must not be negative"),
        ((X, y, np.zeros(60)), "sample_weight must not be zero for every row"),
        ((X, None), "y, the target of every row, is needed"),
    ):
        with pytest.raises(ValueError, match=message):
            model_of(loss).score(*arguments)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_float32_table_is_predicted_as_its_float64_twin(loss):
    narrow = X.astype(np.float32)
    expected = model_of(loss).decision_function(narrow.astype(np.float64))
    np.testing.assert_allclose(model_of(loss).decision_function(narrow), expected, rtol=1e-12)
