"""What may be handed in, and what is said to whoever hands in something else.

The table: shared/BAD_INPUTS.md.
"""

import math
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import fastgd

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


def spoiled(values, place, value):
    values = np.array(values)
    values[place] = value
    return values


def refusal(kind, *arguments, **settings):
    """The sentence that is given, which must be one, of the type that is meant and no other."""
    with pytest.raises(kind) as caught:
        fit(*arguments, **settings)
    assert type(caught.value) is kind
    sentence = str(caught.value)
    assert "numba" not in sentence.lower() and "\n" not in sentence.strip()
    return sentence


# ------------------------------------------------------------------------------- NaN and infinity

NOT_FINITE = {
    "NaN in X": (spoiled(X, (50, 2), np.nan), y, "Input X contains NaN", "row 50, column 2"),
    "inf in X": (spoiled(X, (50, 2), np.inf), y, "Input X contains infinity or a value too large "
                 "for dtype('float64')", "row 50, column 2"),
    "-inf in X": (spoiled(X, (50, 2), -np.inf), y, "Input X contains infinity", "row 50, column 2"),
    "NaN in X, float32": (spoiled(X, (59, 0), np.nan).astype(np.float32), y,
                          "Input X contains NaN", "row 59, column 0"),
    "NaN in X, Fortran": (np.asfortranarray(spoiled(X, (0, 3), np.nan)), y,
                          "Input X contains NaN", "row 0, column 3"),
    "NaN in y": (X, spoiled(y, 7, np.nan), "Input y contains NaN", "row 7"),
    "inf in y": (X, spoiled(y, 7, np.inf), "Input y contains infinity", "row 7"),
}  # fmt: skip


@pytest.mark.parametrize("learning_rate", [0.05, "auto"])
@pytest.mark.parametrize("case", NOT_FINITE)
@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_not_finite_is_found_and_placed(variant, case, learning_rate):
    table, targets, beginning, place = NOT_FINITE[case]
    sentence = refusal(ValueError, table, targets, variant, learning_rate=learning_rate)
    assert sentence.startswith(beginning)
    assert f"first in {place}" in sentence and "1 in all" in sentence


def test_what_is_not_finite_is_counted():
    table = spoiled(X, ([3, 40, 59], [1, 1, 0]), np.nan)
    assert "first in row 3, column 1; 3 in all" in refusal(ValueError, table)


def test_the_column_of_a_frame_is_named():
    assert "column 1 ('b')" in refusal(ValueError, FRAME.assign(b=spoiled(X[:, 1], 9, np.nan)))


@pytest.mark.parametrize("shuffle", [np.zeros((2, 5), dtype=int), "replacement"])
def test_rows_that_are_never_visited_are_looked_at_too(shuffle):
    sentence = refusal(ValueError, spoiled(X, (59, 1), np.nan), y, "stochastic", shuffle=shuffle)
    assert "row 59, column 1" in sentence


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_placed(value):
    sentence = refusal(ValueError, sample_weight=spoiled(np.ones(60), 4, value))
    assert sentence.startswith("Input sample_weight contains ") and "row 4" in sentence


# ------------------------------------------------------------------ shapes, types, targets, weights

BAD_TABLES = {
    "no rows": (X[:0], ValueError, r"Found array with 0 sample\(s\) \(shape=\(0, 4\)\) while a "
                "minimum of 1 is required"),
    "no columns": (X[:, :0], ValueError, r"0 feature\(s\) \(shape=\(60, 0\)\)"),
    "one dimension": (X[0], ValueError, "Expected 2D array, got 1D array instead .* reshape"),
    "three dimensions": (X[None], ValueError, "Expected 2D array, got 3D array instead"),
    "a scalar": (3.0, ValueError, "Expected 2D array, got scalar array instead"),
    "None": (None, ValueError, "Expected 2D array"),
    "ragged": ([[1, 2], [3]], ValueError, "X must be a table of numbers; its rows differ"),
    "words": ([["one"], ["two"]], ValueError, "X must be numeric"),
    "dicts": (np.array([[{}], [{}]]), TypeError, "X must be numeric"),
    "complex": (X + 0j, ValueError, "Complex data not supported"),
    "times": (X.astype("datetime64[s]"), TypeError, "X must be numeric; got datetime64"),
    "sparse": (scipy.sparse.csr_array(X), TypeError, r"Sparse data was passed.*toarray\(\)"),
    "masked": (np.ma.masked_greater(X, 1.0), ValueError, "X is a masked array with masked values"),
    "a column of words": (FRAME.assign(c="blue"), ValueError, "'c'"),
    "a category": (FRAME.assign(c=pd.Categorical(["x", "y"] * 30)), ValueError, "'c'"),
    "a missing value": (FRAME.assign(b=pd.array([1, None] * 30, dtype="Int64")), None, "'b'"),
    "a column of times": (FRAME.assign(d=pd.date_range("2020", periods=60)), TypeError, "'d'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_refused(case):
    table, kind, message = BAD_TABLES[case]
    with pytest.raises(kind or (ValueError, TypeError), match=f"(?i){message}"):
        fit(table)
    if case != "a missing value":
        with pytest.raises(kind, match=f"(?i){message}"):
            MODEL.predict(table)


BAD_TARGETS = {
    "None": (None, {}, ValueError, "y, the target of every row, is needed; got None"),
    "too short": (y[:59], {}, ValueError,
                  r"Found input variables with inconsistent numbers of samples: \[60, 59\]"),
    "two columns": (np.column_stack([y, y]), {}, ValueError, "y should be a 1d array"),
    "a scalar": (3.0, {}, ValueError, "y should be a 1d array"),
    "words": (LABELS, {}, ValueError, "y must be numeric"),
    "complex": (y + 0j, {}, ValueError, "Complex data not supported: y"),
    "times": (y.astype("datetime64[s]"), {}, TypeError, "y must be numeric; got datetime64"),
    "masked": (np.ma.masked_greater(y, 1.0), {}, ValueError, "y is a masked array"),
    "one label": (np.ones(60), {"loss": "log_loss"}, ValueError,
                  r"y must hold two labels for this loss; got 1: \[1\.\]"),
    "three labels": (np.arange(60) % 3, {"loss": "log_loss"}, ValueError,
                     r"y must hold two labels for this loss; got 3: \[0, 1, 2\]"),
    "continuous labels": (y, {"loss": "log_loss"}, ValueError,
                          "Unknown label type: continuous. y must hold two labels"),
    "a missing label": (spoiled(np.sign(y), 5, np.nan), {"loss": "log_loss"}, ValueError,
                        "Input y contains NaN .*row 5"),
    "labels of two types": (np.array(["a", 1] * 30, dtype=object), {"loss": "log_loss"}, TypeError,
                            "y must hold two labels of one type"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_TARGETS)
def test_bad_targets_are_refused(case):
    targets, settings, kind, message = BAD_TARGETS[case]
    assert re.search(message, refusal(kind, X, targets, **settings))


BAD_WEIGHTS = {
    "negative": (spoiled(np.ones(60), 3, -1.0), "sample_weight must not be negative.* row 3"),
    "all zero": (np.zeros(60), "sample_weight must not be zero for every row"),
    "too short": (np.ones(59), r"inconsistent numbers of samples: \[59, 60\] \(sample_weight"),
    "two-dimensional": (np.ones((60, 1)), r"sample_weight must be a 1d array; got shape \(60, 1\)"),
    "a number": (3.0, "sample_weight must be a 1d array"),
    "words": (["a"] * 60, "sample_weight must be numeric"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_weights_are_refused(case):
    weights, message = BAD_WEIGHTS[case]
    assert re.search(message, refusal(ValueError, sample_weight=weights))


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_weights_may_have_any_scale(scale):
    """Only their ratios count, however small or large their sum."""
    weights = np.arange(1.0, 61.0)
    expected = fit(sample_weight=weights).coef_
    np.testing.assert_allclose(fit(sample_weight=scale * weights).coef_, expected, rtol=1e-9)


def test_a_column_of_targets_is_taken_with_a_warning():
    with pytest.warns(UserWarning, match="column-vector y was passed") as caught:
        result = fit(X, y[:, None])
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(result.coef_, fit().coef_)


# ------------------------------------------------------------------------------------ the arguments

BAD_VALUES = [
    *[("learning_rate", value, 'learning_rate must be a positive number, a schedule, a callable or '
       f'"auto"; got {value!r}.') for value in (0, -0.1, np.nan, np.inf, True, None, "fast")],
    ("learning_rate", "invscaling", "fastgd.InverseScaling(eta0=0.01, power_t=0.25)"),
    *[("max_iter", value, f"max_iter must be a whole number >= 1; got {value!r}.")
      for value in (0, -1, 2.5, True)],
    *[("batch_size", value, f"batch_size must be a whole number >= 1; got {value!r}.")
      for value in (0, -3, 2.5, "all")],
    *[("tol", value, f"tol must be a finite number >= 0; got {value!r}.")
      for value in (-1.0, np.nan, np.inf, "small")],
    *[("alpha", value, f"alpha must be a finite number >= 0; got {value!r}.")
      for value in (-1.0, np.nan, "much")],
    *[("l1_ratio", value, f"l1_ratio must be a number in [0, 1]; got {value!r}.")
      for value in (-0.1, 1.1, np.nan)],
    ("loss", "squared_eror", "Did you mean 'squared_error'?"),
    ("optimizer", "adamm", "Did you mean 'adam'?"),
    ("variant", "mini-batch", "Did you mean 'minibatch'?"),
    ("route", "drect", "Did you mean 'direct'?"),
    ("shuffle", "yes", 'shuffle must be True, False, "replacement" or an integer array'),
    ("shuffle", np.array([0, 1]), "(n_epochs, n_visits); got int64 of shape (2,)."),
    ("shuffle", np.array([[0.0, 1.0]]), "got float64 of shape (1, 2)."),
    ("shuffle", np.array([[0, 60]]), "shuffle must name rows from 0 to 59; got 0 to 60."),
    ("shuffle", np.array([[-1, 5]]), "shuffle must name rows from 0 to 59; got -1 to 5."),
    ("shuffle", np.zeros((0, 3), dtype=int), "(n_epochs, n_visits)"),
    *[("random_state", value, f"random_state must be None, a whole number >= 0 or a "
       f"numpy.random.Generator; got {value!r}.") for value in (-1, 1.5, "seed", True)],
    *[("n_threads", value, f"n_threads must be a whole number >= 1; got {value!r}.")
      for value in (0, 1.5)],
    ("record", ["loss"], "record may hold ['grad_norm', 'objective']; got ['loss']."),
    *[("record_path", value, f"record_path must be a whole number >= 1, True or False; "
       f"got {value!r}.") for value in (0, -1, 2.5)],
    *[("time_limit", value, f"time_limit must be a finite number above 0; got {value!r}.")
      for value in (0, -1, np.nan)],
    *[(name, value, f"{name} must be True or False; got {value!r}.")
      for name in ("fit_intercept", "average") for value in (2, "yes", None)],
    ("coef_init", [1, 2], "coef_init must have the shape (4,); got (2,)."),
    ("coef_init", [1, 2, 3, np.nan], "coef_init must be finite"),
    ("intercept_init", [1, 2], "intercept_init must have the shape (); got (2,)."),
    ("intercept_init", np.inf, "intercept_init must be finite"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "message"), BAD_VALUES)
def test_a_bad_value_is_named(name, value, message):
    sentence = refusal(ValueError, **{name: value})
    assert name in sentence
    assert message in sentence


BAD_TYPES = [
    ("loss", 3, "loss must be one of"),
    ("loss", None, "a function f(z, y) -> (value, slope)"),
    ("optimizer", None, "optimizer must be one of"),
    ("variant", 3, "variant must be one of ['batch', 'stochastic', 'minibatch']"),
    ("callback", 3, "callback must be a function of one argument; got 3."),
    ("record", 5, "record"),
    ("record", None, "record"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_TYPES)
def test_a_bad_type_is_named(name, value, message):
    assert message in refusal(TypeError, **{name: value})
    assert repr(value) in refusal(TypeError, **{name: value})


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("lr", "learning_rate"),
        ("eta0", "learning_rate"),
        ("epochs", "max_iter"),
        ("cost", "loss"),
        ("penalty", "alpha"),
        ("n_jobs", "n_threads"),
        ("learning_rat", "learning_rate"),
        ("fit_intercep", "fit_intercept"),
    ],
)
def test_an_unknown_keyword_is_told_the_known_one(word, meant):
    with pytest.raises(
        TypeError, match=f"unexpected keyword argument '{word}'. Did you mean '{meant}'"
    ):
        fit(**{word: 1})


def test_a_keyword_like_no_other_is_refused_without_a_guess():
    assert refusal(TypeError, zzz=1) == "fit() got an unexpected keyword argument 'zzz'."


def test_an_order_and_max_iter_must_agree():
    visits = np.zeros((3, 5), dtype=int)
    assert fit(shuffle=visits, max_iter=3).n_iter_ == 3
    sentence = refusal(ValueError, shuffle=visits, max_iter=4)
    assert "max_iter conflicts with shuffle, whose 3 rows set the epochs" in sentence


def test_a_batch_larger_than_the_table_is_clipped_with_a_warning():
    with pytest.warns(UserWarning, match="batch_size=100 is more than the 60 rows") as caught:
        result = fit(batch_size=100)
    assert caught[0].filename == __file__
    assert result.batch_size_ == 60


# -------------------------------------------------------------------------------- layouts and types


def memory_map(tmp_path, values):
    table = np.memmap(tmp_path / "X", dtype=values.dtype, mode="w+", shape=values.shape)
    table[:] = values
    table.flush()
    return np.memmap(tmp_path / "X", dtype=values.dtype, mode="r", shape=values.shape)


def read_only(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def unaligned(values):
    raw = np.empty(values.nbytes + 1, dtype=np.uint8)
    table = raw[1:].view(values.dtype).reshape(values.shape)
    table[:] = values
    return table


SAME_VALUES = {
    "Fortran order": lambda values, _: np.asfortranarray(values),
    "every second row and column": lambda values, _: np.repeat(np.repeat(values, 2, 0), 2, 1)[
        ::2, ::2
    ],
    "backwards": lambda values, _: values[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": lambda values, _: read_only(values),
    "unaligned": lambda values, _: unaligned(values),
    "memory map": lambda values, tmp_path: memory_map(tmp_path, values),
    "list": lambda values, _: values.tolist(),
    "frame": lambda values, _: pd.DataFrame(values),
    "objects": lambda values, _: values.astype(object),
    "masked, nothing masked": lambda values, _: np.ma.masked_array(values),
    "subclass": lambda values, _: values.view(np.recarray),
    "float32 as float64": lambda values, _: values.astype(np.float32).astype(np.float64),
    "long double": lambda values, _: values.astype(np.longdouble),
    "big-endian": lambda values, _: values.astype(">f8"),
}
ROUNDED = X.astype(np.float16).astype(np.float64)  # the same number in every type


@pytest.mark.parametrize("layout", SAME_VALUES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_values_give_the_same_bits(variant, layout, tmp_path):
    expected = fit(ROUNDED, y, variant)
    result = fit(SAME_VALUES[layout](ROUNDED, tmp_path), y, variant)
    assert result.coef_.dtype == np.float64
    np.testing.assert_array_equal(result.coef_, expected.coef_)
    assert result.intercept_ == expected.intercept_


NARROW = {
    "int64": lambda table: table.astype(np.int64),
    "uint8": lambda table: table.astype(np.uint8),
    "int16, Fortran": lambda table: np.asfortranarray(table.astype(np.int16)),
    "bool": lambda table: table > 1,
    "float16": lambda table: table.astype(np.float16),
}


@pytest.mark.parametrize("name", NARROW)
@pytest.mark.parametrize("variant", VARIANTS)
def test_narrow_types_are_computed_in_float64(variant, name):
    table = RNG.integers(0, 4, (60, 4))
    narrow = NARROW[name](table)
    expected = fit(narrow.astype(np.float64), y, variant)
    result = fit(narrow, y, variant)
    assert result.coef_.dtype == np.float64
    np.testing.assert_array_equal(result.coef_, expected.coef_)
    np.testing.assert_allclose(result.predict(narrow), expected.predict(narrow), rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "layout", [np.asfortranarray, np.flipud, lambda table: table.astype(">f4")]
)
def test_float32_in_any_layout_is_float32_in_c_order(variant, layout):
    table = layout(X.astype(np.float32))
    native = np.ascontiguousarray(table, dtype=np.float32)
    result, expected = fit(table, y, variant), fit(native, y, variant)
    assert expected.coef_.dtype == np.float32
    np.testing.assert_allclose(result.coef_, expected.coef_, rtol=0, atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_row_broadcast_to_many(variant):
    table = np.broadcast_to(X[0], (60, 4))
    expected = fit(np.repeat(X[:1], 60, axis=0), y, variant)
    np.testing.assert_array_equal(fit(table, y, variant).coef_, expected.coef_)


def test_numbers_too_large_for_float64_are_infinite():
    table = X.astype(np.longdouble)
    if np.finfo(np.longdouble).max == np.finfo(np.float64).max:
        pytest.skip("long double is float64 here")
    table[3, 1] = np.longdouble(10) ** 400
    assert "row 3, column 1" in refusal(ValueError, table)


TARGETS = {
    "list": list,
    "series": pd.Series,
    "strided": lambda values: np.repeat(values, 2)[::2],
    "backwards": lambda values: values[::-1].copy()[::-1],
    "read-only": read_only,
    "objects": lambda values: values.astype(object),
    "big-endian": lambda values: values.astype(">f8"),
}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_targets_and_weights_may_lie_in_any_way(variant, name):
    weights = np.arange(1.0, 61.0)
    expected = fit(X, y, variant, sample_weight=weights)
    result = fit(X, TARGETS[name](y), variant, sample_weight=TARGETS[name](weights))
    np.testing.assert_array_equal(result.coef_, expected.coef_)


@pytest.mark.parametrize("labels", [[0, 1], [False, True], ["no", "yes"], [-1.0, 1.0]])
def test_labels_may_be_a_series(labels):
    targets = pd.Series(np.array(labels)[(y > 0) * 1])
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


# -------------------------------------------------------------------------------- degenerate tables


@pytest.mark.parametrize("learning_rate", [0.05, "auto"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_columns_without_news_do_no_harm(variant, learning_rate):
    """Constant, duplicate and collinear columns."""
    table = np.column_stack([X, np.ones(60), np.zeros(60), X[:, 0], X @ np.ones(4)])
    settings = {"learning_rate": learning_rate, "max_iter": 60, "tol": None}
    result = fit(table, y, variant, **settings)
    assert np.isfinite(result.coef_).all()
    assert result.score(table, y) > 0.9


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS)
def test_fewer_rows_than_features_are_fitted_with_a_warning(variant, n):
    with pytest.warns(UserWarning, match="fewer rows .* than features .* not unique") as caught:
        result = fit(X[:n], y[:n], variant, max_iter=2000, learning_rate=0.1)
    assert caught[0].filename == __file__
    np.testing.assert_allclose(result.predict(X[:n]), y[:n], atol=1e-6)
    fit(X[:n], y[:n], variant, alpha=0.1)  # and without one: the solution is unique


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_self_tuned_fits_bear_any_scale(variant, scale):
    result = fit(scale * X, y, variant, learning_rate="auto", max_iter=60, tol=None)
    assert result.score(scale * X, y) > 0.95


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", [1e200, np.float32(1e30)])
def test_a_self_tuned_fit_that_is_hopeless_is_no_silent_success(variant, scale):
    """Squares of these overflow: until columns are scaled, an error and not a wrong fit."""
    table = (scale * X).astype(type(scale))
    with pytest.raises(ValueError, match="X is too large: its squares overflow"):
        fastgd.fit(table, y, variant, random_state=0)


@pytest.mark.parametrize("variant", VARIANTS)
def test_targets_whose_squares_overflow_diverge_without_other_noise(variant):
    with pytest.warns(fastgd.DivergenceWarning) as caught:
        result = fit(X, 1e200 * y, variant)
    assert len(caught) == 1
    assert np.isfinite(result.coef_).all()


# ---------------------------------------------------------------------------- predicting, scoring

MODEL = fit()
CLASSIFIER = fit(X, LABELS, loss="log_loss", max_iter=50)


@pytest.mark.parametrize("ask", [MODEL.predict, MODEL.decision_function, CLASSIFIER.predict_proba])
def test_predicting_refuses_what_it_was_not_fitted_for(ask):
    for table, message in (
        (X[:, :3], "X has 3 features, but this model was fitted on 4"),
        (np.column_stack([X, X]), "X has 8 features, but this model was fitted on 4"),
        (X[0], "Expected 2D array, got 1D array instead"),
        (spoiled(X, (5, 1), np.nan), "contains NaN.*row 5"),
        (spoiled(X, (5, 1), np.inf), "contains .*infinity.*row 5"),
    ):
        with pytest.raises(ValueError, match=message):
            ask(table)


def test_predicting_finite_numbers_blames_no_nan():
    with pytest.raises(ValueError, match=r"(?i)overflow|too large"):
        fit(X, 1e3 * y).predict(np.full((4, 4), 1.7e308) * np.diag([1, -1, 1, -1]))


def test_only_log_loss_has_probabilities():
    with pytest.raises(
        AttributeError, match=r"predict_proba needs one of the losses .*'log_loss'.*'squared_error'"
    ):
        MODEL.predict_proba(X)


@pytest.mark.parametrize(
    ("targets", "weights", "message"),
    [
        (y[:59], None, r"inconsistent numbers of samples: \[60, 59\]"),
        (y, np.ones(59), r"inconsistent numbers of samples|sample_weight"),
        (spoiled(y, 3, np.nan), None, "Input y contains NaN"),
        (LABELS, None, "y must be numeric"),
        (None, None, "y, the target of every row, is needed"),
    ],
)
def test_scoring_refuses_what_it_cannot_score(targets, weights, message):
    with pytest.raises(ValueError, match=message):
        MODEL.score(X, targets, weights)


def test_scores_are_the_share_explained_and_the_share_right():
    weights = np.arange(60)
    residual = np.average((y - MODEL.predict(X)) ** 2, weights=weights)
    spread = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    assert MODEL.score(X, y, weights) == pytest.approx(1 - residual / spread, rel=1e-12)
    assert CLASSIFIER.score(X, LABELS) == np.mean(CLASSIFIER.predict(X) == LABELS)


# ------------------------------------------------------------------------------ what users run into


def test_a_frame_whose_columns_are_permuted_is_refused():
    frame = pd.DataFrame(X, columns=list("abcd"))
    result = fit(frame)
    with pytest.raises(ValueError, match="X must have the columns that were fitted, in that order"):
        result.predict(frame[list("bacd")])
    np.testing.assert_allclose(result.predict(frame), result.predict(X), rtol=1e-12)


def test_an_initial_intercept_needs_an_intercept():
    with pytest.raises(ValueError, match=r"intercept_init needs fit_intercept=True; got 2\.0"):
        fit(fit_intercept=False, intercept_init=2.0)


@pytest.mark.parametrize("record_path", [1, 10])
def test_a_path_that_no_memory_holds_is_refused(record_path):
    with pytest.raises(ValueError, match=r"record_path=\d+ would keep .* GB of coefficients"):
        fit(variant="stochastic", max_iter=10**9, record_path=record_path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_columns_of_very_different_sizes_are_warned_of_where_the_rate_is_chosen(variant):
    table = X * [1.0, 1.0, 1e-5, 1.0]
    with pytest.warns(fastgd.ConvergenceWarning, match="the columns of X differ in size by a"):
        fit(table, y, variant, learning_rate="auto", max_iter=3)
    assert fit(table, y, variant, learning_rate=0.01).converged is None  # and only there


@pytest.mark.compiled  # Python raises where machine code returns infinity
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_loss_that_overflows_is_told_from_a_rate_that_is_too_large(variant):
    def log_cosh(z, y):
        return math.log(math.cosh(z - y)), math.tanh(z - y)

    with pytest.warns(fastgd.DivergenceWarning, match="the loss is not finite even at z = 0"):
        fit(X, 1e4 * y, variant, loss=log_cosh)
