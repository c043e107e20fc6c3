"""The arguments of `fit`: what they may be, and what is said to whoever hands in something else.

Tables, targets and weights; what is refused: test_bad_inputs.py.
"""

import math
import re

import numpy as np
import pandas as pd
import pytest
from refusals import refused

import fastgd
from fastgd.base.validation import (
    check_count,
    check_not_negative,
    check_positive,
    check_random_state,
)
from fastgd.data import tables
from fastgd.data.arrays import missing_objects
from fastgd.data.targets import check_labels, check_weights

VARIANTS = ["batch", "stochastic", "minibatch"]
RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 4))
y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.3 + 0.1 * RNG.standard_normal(60)
LABELS = np.where(y > 0, "yes", "no")
FRAME = pd.DataFrame(X, columns=["a", "b", "c", "d"])


def fit(X=X, y=y, variant="minibatch", **settings):
    defaults = {"learning_rate": 0.05, "max_iter": 3, "random_state": 0}
    if isinstance(settings.get("shuffle"), (np.ndarray, list)):
        del defaults["max_iter"]
    return fastgd.fit(X, y, variant, **{**defaults, **settings})


def refusal(kind, **settings):
    return refused(kind, lambda: fit(**settings), *settings.values())


# ------------------------------------------------------------------------------------ bad arguments

ORDER = 'shuffle must be True, False, "replacement" or an integer array (n_epochs, n_visits); got'
SEED = "random_state must be None, an integer >= 0 or a numpy.random.Generator; got"
PATH = "record_path must be an integer >= 1, True or False; got"

BAD_VALUES = [
    ("max_iter", 1e3, "max_iter must be an integer >= 1; got 1000.0: write 1000."),
    ("alpha", 10**400, "alpha must be a finite number >= 0; got 1000"),
    ("average", "yes", "a fraction of the steps between 0 and 1; got 'yes'."),
    ("average", 2, "a fraction of the steps between 0 and 1; got 2."),
    ("variant", "mini-batch", "Did you mean 'minibatch'?"),
    ("route", "drect", "Did you mean 'direct'?"),
    ("shuffle", "yes", f"{ORDER} 'yes'."),
    ("shuffle", np.array([0, 1]), "(n_epochs, n_visits); got int64 of shape (2,)."),
    ("shuffle", np.array([[0.0, 1.0]]), "got float64 of shape (1, 2)."),
    ("shuffle", np.array([[0, 60]]), "shuffle must name rows from 0 to 59; got 0 to 60."),
    ("shuffle", np.array([[-1, 5]]), "shuffle must name rows from 0 to 59; got -1 to 5."),
    ("shuffle", np.zeros((0, 3), dtype=int), "(n_epochs, n_visits)"),
    *[("random_state", value, f"{SEED} {value!r}.") for value in (-1, 1.5, True)],
    *[("n_threads", value, f"n_threads must be an integer >= 1; got {value!r}.")
      for value in (0, 1.5)],
    ("record", ["loss"], "record may hold ['grad_norm', 'objective']; got ['loss']."),
    ("record", [["loss"]], "record may hold ['grad_norm', 'objective']; got [['loss']]."),
    *[("record_path", value, f"{PATH} {value!r}.") for value in (0, -1, 2.5)],
    *[("time_limit", value, f"time_limit must be a finite number above 0; got {value!r}.")
      for value in (0, -1, np.nan)],
    ("verbose", -1, "verbose must be an integer >= 0, True or False; got -1."),
    ("coef_init", [1, 2], "coef_init must have the shape (4,); got (2,)."),
    ("coef_init", [1, 2, 3, np.nan], "coef_init must be finite; got nan."),
    ("coef_init", [1, 2, 3, None], "coef_init has missing values (first in row 3; 1 in all)"),
    ("coef_init", "abcd", "coef_init must be numeric; got words such as 'abcd'."),
    ("intercept_init", [1, 2], "intercept_init must have the shape (); got (2,)."),
    ("intercept_init", np.inf, "intercept_init must be finite; got inf."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), BAD_VALUES)
def test_a_bad_value_is_named(name, value, message):
    sentence = refusal(ValueError, **{name: value})
    assert name in sentence and message in sentence


BAD_TYPES = [
    ("variant", 3, "variant must be one of ['batch', 'stochastic', 'minibatch', 'auto']"),
    ("variant", 0.01, "(numbers are given by name, as in learning_rate=0.1); got 0.01."),
    ("variant", None, "'stochastic', 'minibatch', 'auto']; got None."),
    ("loss", 3, "loss must be one of"),
    ("loss", None, "a function f(z, y) -> (value, derivative); got None."),
    ("loss", FRAME, "got a DataFrame of shape (60, 4)."),
    ("optimizer", None, "optimizer must be one of"),
    ("optimizer", lambda w, g: w - g, "or an optimizer object; got the function '<lambda>'."),
    ("learning_rate", None, 'a schedule, a callable or "auto"; got None.'),
    ("learning_rate", [0.1], 'a schedule, a callable or "auto"; got [0.1].'),
    ("learning_rate", lambda: 0.1, "which cannot be called with one argument (too many positional"),
    ("learning_rate", lambda t, loss: 0.1, "(missing a required argument: 'loss')."),
    ("max_iter", "ten", "max_iter must be an integer >= 1; got 'ten'."),
    ("batch_size", None, 'batch_size must be an integer >= 1 or "auto"; got None.'),
    ("tol", [1e-3], 'tol must be a finite number >= 0, None or "auto"; got [0.001].'),
    ("alpha", "much", "alpha must be a finite number >= 0; got 'much'."),
    ("alpha", np.arange(3.0), "alpha must be a finite number >= 0; got an array of shape (3,)."),
    ("l1_ratio", None, "l1_ratio must be a number in [0, 1]; got None."),
    *[("fit_intercept", value, f"fit_intercept must be True or False; got {value!r}.")
      for value in (2, "yes", None)],
    ("average", None, "a fraction of the steps between 0 and 1; got None."),
    ("shuffle", [[0, 1]], f"{ORDER} [[0, 1]]."),
    ("shuffle", None, f"{ORDER} None."),
    ("random_state", "seed", f"{SEED} 'seed'."),
    ("random_state", np.random.RandomState(0),
     f"{SEED} a RandomState: write numpy.random.default_rng(seed)."),
    ("n_threads", "all", "n_threads must be an integer >= 1; got 'all'."),
    ("callback", 3, "callback must be a function of one argument; got 3."),
    ("callback", lambda: True, "callback must be a function of one argument; got the function"),
    ("callback", lambda state, more: True, "(missing a required argument: 'more')."),
    ("record", 5, "record must be a collection of ['grad_norm', 'objective']; got 5."),
    ("record", None, "record must be a collection of ['grad_norm', 'objective']; got None."),
    ("record_path", "all", f"{PATH} 'all'."),
    ("verbose", "yes", "verbose must be an integer >= 0, True or False; got 'yes'."),
    ("time_limit", "1 min", "time_limit must be a finite number above 0; got '1 min'."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), BAD_TYPES)
def test_a_bad_type_is_named(name, value, message):
    sentence = refusal(TypeError, **{name: value})
    assert name in sentence and message in sentence


BAD_CALLABLES = [
    ("nan at step 1", np.nan),
    ("-1.0 at step 1", np.float64(-1.0)),
    ("'fast' for 1 steps", "fast"),
    ("None for 1 steps", None),
    ("[0.1, 0.1, 0.1] for 1 steps", [0.1] * 3),
    ("1j for 1 steps", 1j),
]


@pytest.mark.parametrize(("shown", "rate"), BAD_CALLABLES)
def test_a_callable_that_returns_no_rates_is_named(shown, rate):
    message = (
        "learning_rate, a callable, must return a finite rate >= 0 for each of the step numbers it "
        f"gets; got {shown}."
    )
    assert refusal(ValueError, learning_rate=lambda t: rate) == message


def test_a_function_of_which_python_knows_no_arguments_may_be_a_callback():
    assert fit(callback=type).n_iter_ == 3


OTHER_WORDS = {
    "loss": {
        "squared_error": ["mse", "ols", "l2", "MSE", "mean_squared_error"],
        "absolute_error": ["mae", "l1"],
        "log_loss": ["logistic", "logloss", "log", "cross_entropy", "Cross-Entropy", "bce"],
        "hinge": ["svm"],
        "quantile": ["pinball"],
        "huber": ["smooth_l1", "Huber"],
    },
    "variant": {
        "batch": ["full", "gd", "full-batch"],
        "stochastic": ["sgd"],
        "minibatch": ["mini_batch", "mini batch"],
    },
    "optimizer": {
        "gd": ["sgd"],
        "momentum": ["heavy_ball"],
        "nesterov": ["nag"],
        "adam": ["AdamW"],
    },
}


@pytest.mark.parametrize(
    ("name", "ours", "word"),
    [
        (k, ours, word)
        for k, v in OTHER_WORDS.items()
        for ours, words in v.items()
        for word in words
    ],
)
def test_what_others_call_it_is_told_our_name(name, ours, word):
    for given in (word, np.str_(word)):
        assert refusal(ValueError, **{name: given}).endswith(
            f"; got {word!r}. Did you mean {ours!r}?"
        )


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("eta0", "learning_rate"),
        ("epochs", "max_iter"),
        ("cost", "loss"),
        ("penalty", "alpha"),
        ("n_jobs", "n_threads"),
        ("solver", "variant"),
        ("learning_rat", "learning_rate"),
        ("fit_intercep", "fit_intercept"),
    ],
)
def test_an_unknown_keyword_is_told_the_known_one(word, meant):
    message = f"fit() got an unexpected keyword argument {word!r}. Did you mean {meant!r}?"
    assert refusal(TypeError, **{word: 1}) == message


def test_a_keyword_like_no_other_is_refused_without_a_guess():
    assert refusal(TypeError, zzz=1) == "fit() got an unexpected keyword argument 'zzz'."


def test_without_y_there_is_nothing_to_fit():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        fastgd.fit(X)


# -------------------------------------------------------------------------- arguments that conflict


def test_an_order_and_max_iter_must_agree():
    visits = np.zeros((3, 5), dtype=int)
    assert fit(shuffle=visits, max_iter=3).n_iter_ == 3
    sentence = refusal(ValueError, shuffle=visits, max_iter=4)
    assert "max_iter conflicts with shuffle, whose 3 rows set the epochs" in sentence


def test_an_initial_intercept_needs_an_intercept():
    sentence = refusal(ValueError, fit_intercept=False, intercept_init=2.0)
    assert sentence == "intercept_init needs fit_intercept=True; got 2.0."


@pytest.mark.parametrize("record_path", [1, 10])
def test_a_path_that_no_memory_holds_is_refused(record_path):
    settings = {"variant": "stochastic", "max_iter": 10**9, "record_path": record_path}
    sentence = refusal(ValueError, **settings)
    assert f"record_path={record_path} would keep" in sentence
    assert "GB of coefficients; give a larger record_path, fewer epochs" in sentence


@pytest.mark.compiled  # Python raises where machine code returns infinity
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_loss_that_overflows_is_told_from_a_rate_that_is_too_large(variant):
    def log_cosh(z, y):
        return math.log(math.cosh(z - y)), math.tanh(z - y)

    with pytest.warns(fastgd.DivergenceWarning, match="the loss is not finite even at z = 0"):
        fit(X, 1e4 * y, variant, loss=log_cosh)


# ----------------------------------------------------------------------- losses of the user's own

SCALES = {"a": 2.0}


def with_a_dict(z, y):
    return SCALES["a"] * (z - y) ** 2, 4.0 * (z - y)


def with_two_types(z, y):
    if z > 1e300:
        return "far", 0.0
    return 0.5 * (z - y) ** 2, z - y


def with_a_numpy_function(z, y):
    return float(np.format_float_positional(z) != "") * (z - y) ** 2, 2.0 * (z - y)


def with_a_function_of_math(z, y):
    return math.fsum([(z - y) ** 2]), 2.0 * (z - y)


def with_a_keyword(z, y):
    return max(z, y, key=None), (1.0 if z > y else 0.0)


def with_an_import(z, y):
    import math

    return math.fabs(z - y), math.copysign(1.0, z - y)


def with_a_context(z, y):
    with np.errstate():
        return (z - y) ** 2, 2.0 * (z - y)


UNCOMPILED = {
    with_a_dict: " ('SCALES' is neither a number nor a function to compile).",
    with_two_types: " (its branches return different types).",
    with_a_numpy_function: " (there is no compiled 'numpy.format_float_positional').",
    with_a_function_of_math: " (there is no compiled 'fsum').",
    with_a_keyword: " ('max' got other than numbers).",
    with_an_import: " (it imports a module, which should be done outside).",
    with_a_context: ".",
}


@pytest.mark.compiled
@pytest.mark.parametrize("loss", UNCOMPILED)
def test_a_loss_that_cannot_be_compiled_is_told_why_in_plain_words(loss):
    assert refusal(TypeError, loss=loss) == (
        f"the loss {loss.__name__!r} could not be compiled: use numbers and the math module only, "
        f"and return the same types from every branch{UNCOMPILED[loss]}"
    )


# ------------------------------------------------------------------------- targets, weights, names


def read_only(values):
    values = values.copy()
    values.flags.writeable = False
    return values


TARGETS = {
    "list": list,
    "series": pd.Series,
    "series in another order": lambda values: pd.Series(values, index=range(60, 0, -1)),
    "strided": lambda values: np.repeat(values, 2)[::2],
    "backwards": lambda values: values[::-1].copy()[::-1],
    "read-only": read_only,
    "objects": lambda values: values.astype(object),
    "big-endian": lambda values: values.astype(">f8"),
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_targets_and_weights_may_lie_in_any_way(variant, name):
    """They belong to rows by position."""
    weights = np.arange(1.0, 61.0)
    expected = fit(X, y, variant, sample_weight=weights)
    result = fit(X, TARGETS[name](y), variant, sample_weight=TARGETS[name](weights))
    np.testing.assert_array_equal(result.coef_, expected.coef_)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_weights_may_have_any_scale(scale):
    """Only their ratios count, however small or large their sum."""
    weights = np.arange(1.0, 61.0)
    expected = fit(sample_weight=weights).coef_
    np.testing.assert_allclose(fit(sample_weight=scale * weights).coef_, expected, rtol=1e-9)


@pytest.mark.parametrize("labels", [[0, 1], [False, True], ["no", "yes"], [-1.0, 1.0], [0, 1.5]])
@pytest.mark.parametrize("make", [pd.Series, lambda labels: labels.astype(object)])
def test_labels_may_be_any_two_values(labels, make):
    targets = make(np.array(labels)[(y > 0) * 1])
    expected = fit(X, np.where(y > 0, 1, -1), loss="log_loss")
    result = fit(X, targets, loss="log_loss")
    np.testing.assert_array_equal(result.coef_, expected.coef_)
    assert list(result.classes_) == labels
    assert result.score(X, targets) == expected.score(X, np.where(y > 0, 1, -1)) > 0.8


def test_names_of_columns_are_kept():
    assert list(fit(FRAME).feature_names_in_) == ["a", "b", "c", "d"]
    assert fit(pd.DataFrame(X)).feature_names_in_ is None  # numbers are no names
    assert fit(X).feature_names_in_ is None
    mixed = FRAME.assign(b=np.arange(60), c=FRAME["c"].astype(np.float32))
    np.testing.assert_allclose(
        fit(mixed, learning_rate=1e-5).coef_, fit(mixed.to_numpy(), learning_rate=1e-5).coef_
    )


# ---------------------------------------------------------------------------- scores, probabilities

MODEL = fit(FRAME)
CLASSIFIER = fit(X, LABELS, loss="log_loss", max_iter=50)


def test_names_matter_only_where_both_sides_have_them():
    np.testing.assert_allclose(MODEL.predict(FRAME), MODEL.predict(X), rtol=1e-12)
    np.testing.assert_allclose(CLASSIFIER.decision_function(FRAME), CLASSIFIER.decision_function(X))


def test_only_some_losses_have_probabilities():
    with pytest.raises(
        AttributeError, match=r"predict_proba needs one of the losses .*'log_loss'.*'squared_error'"
    ):
        MODEL.predict_proba(X)


NAN = np.where(np.arange(60) == 3, np.nan, y)
NONE = np.where(np.arange(60) == 3, None, LABELS)
KNOWN = "y must hold the labels that were fitted, ['no', 'yes']; got others such as"
UNSCORED = {
    "too few": (MODEL, y[:59], None, "inconsistent numbers of samples: [60, 59] (X and y have"),
    "too few weights": (MODEL, y, np.ones(59), "[60, 59] (X and sample_weight have these)."),
    "NaN": (MODEL, NAN, None, "Input y contains NaN (first in row 3; 1 in all)."),
    "words": (MODEL, LABELS, None, "y must be numeric; got words such as "),
    "None": (MODEL, None, None, "y, the target of every row, is needed; got None."),
    "numbers for words": (CLASSIFIER, y, None, f"{KNOWN} {y[0]} (first in row 0; 60 in all)."),
    "codes for words": (
        CLASSIFIER,
        (y > 0) * 1,
        None,
        f"{KNOWN} {(y > 0)[0] * 1} (first in row 0; 60 in all).",
    ),
    "one other word": (
        CLASSIFIER,
        ["no"] * 59 + ["maybe"],
        None,
        f"{KNOWN} 'maybe' (first in row 59; 1 in all).",
    ),
    "other words": (
        CLASSIFIER,
        ["maybe"] * 60,
        None,
        f"{KNOWN} 'maybe' (first in row 0; 60 in all).",
    ),
    "a label missing": (CLASSIFIER, NONE, None, "y has missing values (first in row 3; 1 in all)"),
    "a label NaN": (CLASSIFIER, NAN, None, "Input y contains NaN (first in row 3; 1 in all)."),
}


@pytest.mark.parametrize("case", UNSCORED)
def test_scoring_refuses_what_it_cannot_score(case):
    model, targets, weights, message = UNSCORED[case]
    sentence = refused(ValueError, lambda: model.score(X, targets, weights), X, targets, weights)
    assert message in sentence


def test_scores_are_the_share_explained_and_the_share_right():
    weights = np.arange(60)
    residual = np.average((y - MODEL.predict(X)) ** 2, weights=weights)
    spread = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    assert MODEL.score(X, y, weights) == pytest.approx(1 - residual / spread, rel=1e-12)
    assert CLASSIFIER.score(X, LABELS) == np.mean(CLASSIFIER.predict(X) == LABELS)


def test_labels_may_be_scored_that_are_only_some_of_those_fitted():
    predicted = CLASSIFIER.predict(X)
    assert CLASSIFIER.score(X, ["no"] * 60) == np.mean(predicted == "no")


def test_names_are_shown_with_the_largest_coefficients():
    summary = fit(FRAME, variant="batch", max_iter=200).summary()
    assert re.search(r"largest +b -\S+, a \S+, c \S+, d", summary)
    assert "largest" not in fit().summary()


@pytest.mark.parametrize("place", [0, 7, 23, 59])
def test_the_first_bad_row_is_named_and_all_are_counted_in_any_piece(place, monkeypatch):
    """A table is looked at in pieces, here of five rows."""
    monkeypatch.setattr(tables, "PIECE_VALUES", 5 * X.shape[1])
    table = X.copy()
    table[place:, 1] = np.nan
    words = f"NaN .first in row {place}, column 1; {60 - place} in all"
    with pytest.raises(ValueError, match=words):
        fastgd.fit(table, y, "batch", learning_rate=0.1)


def test_weights_below_zero_are_refused_wherever_they_are():
    for place, weight in [(0, -1.0), (59, -1e-300), (30, -1e300)]:
        weights = np.ones(60)
        weights[place] = weight
        with pytest.raises(ValueError, match=f"must not be negative; got .* in row {place}"):
            check_weights(weights, 60)
    assert check_weights(np.append(np.zeros(59), 1.0), 60).sum() == 1.0


def test_a_number_that_has_no_upper_end_must_be_finite():
    for bad in (np.inf, -np.inf, np.nan, 10**400, -1e-9, True, "1"):
        with pytest.raises(
            (TypeError, ValueError), match="alpha must be a finite number >= 0; got"
        ):
            check_not_negative("alpha", bad)
        with pytest.raises((TypeError, ValueError), match="alpha must be a finite number above 0"):
            check_positive("alpha", bad)
    assert check_not_negative("alpha", 0) == 0.0
    assert check_positive("alpha", 1e-300) == 1e-300


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_objects_that_stand_for_no_value_are_missing(missing):
    values = np.array(["no", "yes", missing, "no", missing], dtype=object)
    assert missing_objects(values).tolist() == [2, 4]
    with pytest.raises(ValueError, match=r"y has missing values .first in row 2; 2 in all"):
        check_labels(values, np.dtype(np.float64))


@pytest.mark.parametrize("size", [1e-300, 1e-101, 1.0, 1e101, 1e308])
def test_only_ratios_of_weights_count(size):
    """However small or large they are, their sum must be a number."""
    weights = np.random.default_rng(1).uniform(0.5, 1.7, 60)
    read = check_weights(size * weights, 60)
    assert 0 < read.sum() < np.inf
    np.testing.assert_allclose(read / read.sum(), weights / weights.sum(), rtol=1e-12)


def test_true_and_false_are_no_numbers():
    for bad in (True, False, np.True_):
        with pytest.raises(ValueError, match="max_iter must be an integer >= 1"):
            check_count("max_iter", bad)
        with pytest.raises(ValueError, match="random_state must be None, an integer >= 0"):
            check_random_state(bad)
    for seed in (-1, -(2**70)):
        with pytest.raises(ValueError, match="random_state must be None, an integer >= 0"):
            check_random_state(seed)
    assert check_random_state(2**70) == 2**70 and check_count("max_iter", np.int8(3)) == 3


@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
@pytest.mark.parametrize(
    "shuffle", ["replacement", np.arange(20).reshape(2, 10)], ids=["drawn", "given"]
)
def test_what_is_not_finite_is_found_in_rows_that_are_never_visited(variant, shuffle):
    table = X.copy()
    order = fastgd.visiting_order(60, 4, 0, 0, shuffle="replacement")
    row = np.setdiff1d(np.arange(20, 60), order)[0]
    table[row, 2] = np.nan
    settings = {"learning_rate": 0.01, "random_state": 0, "shuffle": shuffle}
    settings |= {"max_iter": 1} if isinstance(shuffle, str) else {}
    for loss in ("squared_error", "absolute_error"):
        with pytest.raises(ValueError, match=f"NaN .first in row {row}, column 2"):
            fastgd.fit(table, y, variant, loss=loss, **settings)
