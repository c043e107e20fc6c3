"""What every bad input gets, of every variant, in both modes, row by row.

X times 1e4 and more, and rates far too large: test_divergence.py. Other arguments: test_inputs.py.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from layouts import read_only, unaligned
from refusals import frozen, refused

import fastgd

VARIANTS = ["batch", "stochastic", "minibatch"]
MODES = {"textbook": {"learning_rate": 0.05}, "self-tuned": {"learning_rate": "auto"}}
RNG = np.random.default_rng(0)
N, D = 60, 4
X = RNG.standard_normal((N, D))
Y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 0.3 + 0.1 * RNG.standard_normal(N)
LABELS = np.where(Y > 0, "yes", "no")
FRAME = pd.DataFrame(X, columns=list("abcd"))
POLARS = pl.DataFrame(dict(zip("abcd", X.T, strict=True)))
ONES = np.ones(N)


def fit(variant, mode, X=X, y=Y, **settings):
    defaults = {**MODES[mode], "max_iter": 3, "tol": None, "random_state": 0}
    return fastgd.fit(X, y, variant, **{**defaults, **settings})


def spoiled(values, place, value):
    values = np.array(values)
    values[place] = value
    return values


def labels(y, loss="log_loss"):
    return {"y": y, "loss": loss}


def objects(values, value):
    return spoiled(values.astype(object), 5, value)


# ------------------------------------------------------------------------------------- the refused

MISSING = "has missing values (first in row 5; 1 in all); drop those rows or fill them"
WIDE = "infinity or a value too large for dtype('float64')"
RATE = 'learning_rate must be a positive number, a schedule, a callable or "auto"; got'
LENGTHS = "Found input variables with inconsistent numbers of samples: [60, 59]"

REFUSED = {
    # NaN / inf in X, y, weights
    "NaN in X": ({"X": spoiled(X, (50, 2), np.nan)}, ValueError,
                 "Input X contains NaN (first in row 50, column 2; 1 in all): drop those"),
    "inf in X": ({"X": spoiled(X, (50, 2), np.inf)}, ValueError,
                 f"Input X contains {WIDE} (first in row 50, column 2; 1 in all)."),
    "-inf in X": ({"X": spoiled(X, (50, 2), -np.inf)}, ValueError, "Input X contains infinity"),
    "three in X": ({"X": spoiled(X, ([3, 40, 59], [1, 1, 0]), np.nan)}, ValueError,
                   "Input X contains NaN (first in row 3, column 1; 3 in all): drop those"),
    "NaN in X, float32": ({"X": spoiled(X, (59, 0), np.nan).astype(np.float32)}, ValueError,
                          "Input X contains NaN (first in row 59, column 0; 1 in all): drop those"),
    "NaN in X, Fortran": ({"X": np.asfortranarray(spoiled(X, (0, 3), np.nan))}, ValueError,
                          "Input X contains NaN (first in row 0, column 3; 1 in all): drop those"),
    "NaN in X, objects": ({"X": spoiled(X.astype(object), (5, 2), np.nan)}, ValueError,
                          "Input X contains NaN (first in row 5, column 2; 1 in all): drop those"),
    "a number beyond floats": ({"X": spoiled(X.astype(object), (5, 2), 10**400)}, ValueError,
                               "Input X contains a value too large for dtype('float64')."),
    "y beyond float32": ({"X": X.astype(np.float32), "y": spoiled(Y, 3, 1e200)}, ValueError,
                         "Input y contains infinity or a value too large for dtype('float32')"),
    "NaN in a column": ({"X": FRAME.assign(b=spoiled(X[:, 1], 9, np.nan))}, ValueError,
                        "Input X contains NaN (first in row 9, column 1 ('b'); 1 in all): drop"),
    "NaN in y": ({"y": spoiled(Y, 7, np.nan)}, ValueError,
                 "Input y contains NaN (first in row 7; 1 in all)."),
    "inf in y": ({"y": spoiled(Y, 7, np.inf)}, ValueError,
                 f"Input y contains {WIDE} (first in row 7; 1 in all)."),
    "NaN in weights": ({"sample_weight": spoiled(ONES, 4, np.nan)}, ValueError,
                       "Input sample_weight contains NaN (first in row 4; 1 in all)."),
    "inf in weights": ({"sample_weight": spoiled(ONES, 4, np.inf)}, ValueError,
                       f"Input sample_weight contains {WIDE} (first in row 4; 1 in all)."),
    # no rows / no columns
    "no rows": ({"X": X[:0], "y": Y[:0]}, ValueError,
                "Found array with 0 sample(s) (shape=(0, 4)) while a minimum of 1 is required."),
    "no columns": ({"X": X[:, :0]}, ValueError, "Found array with 0 feature(s) (shape=(60, 0))"),
    "no rows, frame": ({"X": FRAME[:0], "y": Y[:0]}, ValueError, "0 sample(s) (shape=(0, 4))"),
    # X 1-D, 3-D, scalar, None
    "X 1-D": ({"X": X[0]}, ValueError, "Expected 2D array, got 1D array instead (X of shape (4,))."
              " Reshape with X.reshape(-1, 1)"),
    "X and y swapped": ({"X": Y, "y": X}, ValueError, "Expected 2D array, got 1D array instead: X "
                        "has the shape (60,) and y (60, 4); were they swapped? Write fit(X, y)."),
    "X 3-D": ({"X": X[None]}, ValueError,
              "Expected 2D array, got 3D array instead (X of shape (1, 60, 4))."),
    "X a scalar": ({"X": 3.0}, ValueError,
                   "Expected 2D array, got scalar array instead: X is 3.0."),
    "X None": ({"X": None}, ValueError, "Expected 2D array for X, got None instead."),
    "X a dict": ({"X": {"a": [1.0]}}, TypeError, "X is a dict; make an array or a data frame"),
    "X a path": ({"X": "data.csv"}, TypeError, "array instead: X is 'data.csv'."),
    "X lazy": ({"X": POLARS.lazy()}, TypeError, "X is a LazyFrame; call its collect() first."),
    "X ragged": ({"X": [[1, 2], [3]]}, ValueError, "X must be a table of numbers; its rows differ"),
    # lengths differ
    "y shorter": ({"y": Y[:59]}, ValueError, f"{LENGTHS} (X and y have these)."),
    "weights shorter": ({"sample_weight": ONES[:59]}, ValueError,
                        f"{LENGTHS} (X and sample_weight have these)."),
    # y None; (n,2) (for (n,1), see below)
    "y None": ({"y": None}, ValueError, "y, the target of every row, is needed; got None."),
    "y (n,2)": ({"y": np.column_stack([Y, Y])}, ValueError,
                "y should be a 1d array, got an array of shape (60, 2) instead."),
    "y a scalar": ({"y": 3.0}, ValueError, "y should be a 1d array, one target a row; got 3.0."),
    "y a name": ({"X": FRAME, "y": "a"}, TypeError, "1d array, one target a row; got 'a'."),
    # y of words (regression); continuous y (classification); one class
    "y of words": ({"y": LABELS}, ValueError, "y must be numeric; got words such as"),
    "y of words, how to mend it": ({"y": LABELS}, ValueError,
                                   "labels need a loss for two classes, such as loss='log_loss'."),
    "y of numbers and a word": ({"y": [*Y[:59], "ten"]}, ValueError, "words such as 'ten'"),
    "y continuous": (labels(Y), ValueError, "Unknown label type: continuous. y must hold two"),
    "one class": (labels(["a"] * N), ValueError, "y must hold two labels for this loss; got 1: "),
    "three classes": (labels(np.arange(N) % 3, "hinge"), ValueError,
                      "got 3: [0, 1, 2]; fit one label against the others, as in y == 0, each"),
    "words, each another": (labels([f"{k}" for k in range(N)]), ValueError, "got 60: ['0', "),
    "a missing label, float": (labels(spoiled(np.sign(Y), 5, np.nan)), ValueError,
                               "Input y contains NaN (first in row 5; 1 in all)."),
    "labels of two types": (labels(np.array(["a", 1] * 30, dtype=object)), TypeError,
                            "y must hold two labels of one type; got a mixture of types."),
    # missing values among objects
    **{f"{value} in y": ({"y": objects(Y, value)}, ValueError, f"y {MISSING}")
       for value in (None, pd.NA, pd.NaT)},
    **{f"{value} in weights": ({"sample_weight": objects(ONES, value)}, ValueError,
                               f"sample_weight {MISSING}")
       for value in (None, pd.NA, pd.NaT)},
    **{f"{value} in labels": (labels(objects(LABELS, value)), ValueError, f"y {MISSING}")
       for value in (None, pd.NA, pd.NaT, np.nan)},
    **{f"{value} in X": ({"X": spoiled(X.astype(object), (5, 2), value)}, ValueError,
                         f"X {MISSING}")
       for value in (None, pd.NA)},
    "all labels None": (labels([None] * N), ValueError, "y has missing values (first in row 0; 60"),
    # object array of words / dicts
    "X of words": ({"X": np.array([["one"], ["two"]]), "y": [0, 1]}, ValueError,
                   "X must be numeric; got words such as 'one'."),
    "X of objects, words": ({"X": spoiled(X.astype(object), (5, 2), "one")}, ValueError,
                            "X must be numeric; got words such as 'one'."),
    "X of dicts": ({"X": np.array([[{}]] * N)}, TypeError, "X must be numeric; got {}."),
    "weights of words": ({"sample_weight": ["a"] * N}, ValueError, "sample_weight must be numeric"),
    # complex, datetime64
    "X complex": ({"X": X + 0j}, ValueError, "Complex data not supported: X has the type"),
    "y complex": ({"y": Y + 0j}, ValueError, "Complex data not supported: y has the type"),
    "X of times": ({"X": X.astype("datetime64[s]")}, TypeError, "X must be numeric; got datet"),
    "y of times": ({"y": Y.astype("datetime64[s]")}, TypeError, "y must be numeric; got datet"),
    "a column of times": ({"X": FRAME.assign(d=pd.date_range("2020", periods=N))}, TypeError,
                          "X, in column 'd', must be numeric; got datetime64"),
    # masked array with anything masked
    "X masked": ({"X": np.ma.masked_greater(X, 1.0)}, ValueError,
                 "X is a masked array with masked values, which would be read as data; drop those"),
    "y masked": ({"y": np.ma.masked_greater(Y, 1.0)}, ValueError, "y is a masked array"),
    # pandas category / NA, polars null
    "a category": ({"X": FRAME.assign(c=pd.Categorical(["x", "y"] * 30))}, ValueError,
                   "X, in column 'c', must be numeric; got a category; fit("),
    "a category of numbers": ({"X": FRAME.assign(c=pd.Categorical([1, 2] * 30))}, ValueError,
                              "X, in column 'c', must be numeric; got a category; fit("),
    "a column of a type that NumPy has not": (
        {"X": POLARS.with_columns(c=pl.Series([1] * 60, dtype=pl.Int128))}, TypeError,
        "X, in column 'c', must be numeric; got Int128"),
    "a column of words": ({"X": POLARS.with_columns(c=pl.lit("x"))}, ValueError,
                          "X, in column 'c', must be numeric; got words such as 'x'; fit(..., "
                          'categories="onehot") encodes text.'),
    "NA in a column": ({"X": FRAME.assign(b=pd.array(objects(ONES, pd.NA), dtype="Int64"))},
                       ValueError, f"X, in column 'b', {MISSING}"),
    "null in a column": ({"X": POLARS.with_columns(b=pl.Series(objects(ONES, None).tolist()))},
                         ValueError, f"X, in column 'b', {MISSING}"),
    "NA in a Series y": ({"y": pd.Series(pd.array(objects(ONES, pd.NA), dtype="Float64"))},
                         ValueError, f"y {MISSING}"),
    "null in weights": ({"sample_weight": pl.Series(objects(ONES, None).tolist())},
                        ValueError, f"sample_weight {MISSING}"),
    # scipy sparse
    **{f"sparse {form}": ({"X": make(X)}, TypeError, "Sparse data was passed for X, but fastgd "
                          "reads dense rows only; convert it with X.toarray().")
       for form, make in (("array", scipy.sparse.csr_array), ("matrix", scipy.sparse.csc_matrix))},
    # weights negative / all zero / 2-D
    "a negative weight": ({"sample_weight": spoiled(ONES, 3, -1.0)}, ValueError,
                          "sample_weight must not be negative; got -1.0 in row 3."),
    "weights zero": ({"sample_weight": 0 * ONES}, ValueError,
                     "sample_weight must not be zero for every row."),
    "weights 2-D": ({"sample_weight": ONES[:, None]}, ValueError,
                    "sample_weight must be a 1d array; got shape (60, 1)."),
    # learning_rate 0, negative, NaN, True, "invscaling"; max_iter 0, 2.5; ...
    **{f"learning_rate {rate}": ({"learning_rate": rate}, ValueError, f"{RATE} {rate!r}.")
       for rate in (0, -0.1, np.nan, np.inf, True, "fast")},
    "learning_rate -1, of NumPy": ({"learning_rate": np.float32(-1)}, ValueError, f"{RATE} -1.0."),
    "learning_rate invscaling": ({"learning_rate": "invscaling"}, ValueError,
                                 "write learning_rate=fastgd.InverseScaling(eta0=0.01, power_t="),
    **{f"max_iter {count}": ({"max_iter": count}, ValueError,
                             f"max_iter must be an integer >= 1; got {count!r}.")
       for count in (0, -1, 2.5, True)},
    **{f"tol {tol}": ({"tol": tol}, ValueError,
                      f'tol must be a finite number >= 0, None or "auto"; got {tol!r}.')
       for tol in (-1.0, np.nan, np.inf, "small")},
    **{f"alpha {alpha}": ({"alpha": alpha}, ValueError,
                          f"alpha must be a finite number >= 0; got {alpha!r}.")
       for alpha in (-1.0, np.nan, np.inf)},
    **{f"l1_ratio {ratio}": ({"l1_ratio": ratio}, ValueError,
                             f"l1_ratio must be a number in [0, 1]; got {ratio!r}.")
       for ratio in (-0.1, 1.1, np.nan)},
    **{f"batch_size {size}": ({"batch_size": size}, ValueError,
                              f'batch_size must be an integer >= 1 or "auto"; got {size!r}.')
       for size in (0, -3, 2.5, "all")},
    # unknown name, unknown keyword
    "an unknown loss": ({"loss": "squared_eror"}, ValueError, "Did you mean 'squared_error'?"),
    "an unknown optimizer": ({"optimizer": "adamm"}, ValueError, "Did you mean 'adam'?"),
    "an unknown keyword": ({"lr": 0.1}, TypeError, "fit() got an unexpected keyword argument 'lr'. "
                           "Did you mean 'learning_rate'?"),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_in_a_sentence(case, variant, mode):
    inputs, kind, message = REFUSED[case]
    sentence = refused(kind, lambda: fit(variant, mode, **inputs), X, Y, *inputs.values())
    assert message in sentence


@pytest.mark.parametrize("shuffle", [np.zeros((2, 5), dtype=int), "replacement"])
def test_rows_that_are_never_visited_are_looked_at_too(shuffle):
    table = spoiled(X, (59, 1), np.nan)
    settings = {"shuffle": shuffle, "max_iter": None}
    sentence = refused(ValueError, lambda: fit("stochastic", "textbook", table, **settings), table)
    assert "row 59, column 1" in sentence


def test_numbers_too_large_for_float64_are_infinite():
    table = X.astype(np.longdouble)
    if np.finfo(np.longdouble).max == np.finfo(np.float64).max:
        pytest.skip("long double is float64 here")
    table[3, 1] = np.longdouble(10) ** 400
    assert "row 3, column 1" in refused(ValueError, lambda: fit("batch", "textbook", table))


# ----------------------------------------------------------------------------- what predict refuses

MODEL = fit("minibatch", "textbook")
NAMED = fit("minibatch", "textbook", FRAME)
CLASSIFIER = fit("minibatch", "textbook", **labels(LABELS))
FITTED = "X must have the columns that were fitted"
HAS = "X has {} features, but this model was fitted on 4"

REFUSED_BY_PREDICT = {
    "fewer columns": (MODEL, X[:, :3], f"{HAS.format(3)}."),
    "more columns": (CLASSIFIER, np.column_stack([X, X]), f"{HAS.format(8)}."),
    "X 1-D": (MODEL, X[0], "Expected 2D array, got 1D array instead"),
    "NaN": (MODEL, spoiled(X, (5, 1), np.nan), "Input X contains NaN (first in row 5, column 1"),
    "inf": (MODEL, spoiled(X, (5, 1), np.inf), f"Input X contains {WIDE} (first in row 5"),
    "columns in another order": (NAMED, FRAME[list("bacd")], f"{FITTED}, in that order: ['a', 'b', "
                                 "'c', 'd']; got ['b', 'a', 'c', 'd']: X[list("),
    "a column renamed": (NAMED, FRAME.rename(columns={"a": "A"}),
                         f"{FITTED}; missing: ['a'], not fitted: ['A']. Did you mean 'a'?"),
    "a column missing": (NAMED, POLARS[["a", "b", "d"]], f"{HAS.format(3)}; missing: ['c']."),
    "a column too many": (NAMED, FRAME.assign(e=1.0), f"{HAS.format(5)}; not fitted: ['e']."),
    "a column twice": (NAMED, FRAME[list("abcdd")], f"{HAS.format(5)}; some are there twice."),
    "a table that overflows": (fit("batch", "textbook", y=1e3 * Y),
                               np.full((4, 4), 1.7e308) * np.diag([1, -1, 1, -1]),
                               "Input X contains values so large that the prediction overflows"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED_BY_PREDICT)
def test_predict_refuses_in_a_sentence(case):
    model, table, message = REFUSED_BY_PREDICT[case]
    for ask in (model.predict, model.decision_function):
        assert message in refused(ValueError, lambda ask=ask: ask(table), table)


@pytest.mark.parametrize(
    "case", [name for name, (inputs, _, _) in REFUSED.items() if [*inputs] == ["X"]]
)
def test_predict_refuses_the_tables_that_fit_refuses(case):
    inputs, kind, message = REFUSED[case]
    assert message in refused(kind, lambda: MODEL.predict(inputs["X"]), inputs["X"])


# ------------------------------------------------------------------------------ what works as it is


def memory_map(tmp_path, values):
    table = np.memmap(tmp_path / "X", dtype=values.dtype, mode="w+", shape=values.shape)
    table[:] = values
    table.flush()
    return np.memmap(tmp_path / "X", dtype=values.dtype, mode="r", shape=values.shape)


SMALL = RNG.integers(0, 4, (N, D)).astype(np.float64)  # the same numbers in every type
BITS = np.broadcast_to(SMALL[:, :1] > 1, (N, D))

WORK = {
    "Fortran order": (SMALL, lambda table, _: np.asfortranarray(table)),
    "every second": (SMALL, lambda table, _: table.repeat(2, 0).repeat(2, 1)[::2, ::2]),
    "negative strides": (SMALL, lambda table, _: table[::-1, ::-1].copy()[::-1, ::-1]),
    "read-only": (SMALL, lambda table, _: read_only(table)),
    "memory map": (SMALL, lambda table, tmp_path: memory_map(tmp_path, table)),
    "unaligned": (SMALL, lambda table, _: unaligned(table)),
    "0-stride broadcast": (
        np.repeat(SMALL[:1], N, 0),
        lambda *_: np.broadcast_to(SMALL[0], (N, D)),
    ),
    "object array of numbers": (SMALL, lambda table, _: table.astype(object)),
    "list": (SMALL, lambda table, _: table.tolist()),
    "pandas": (SMALL, lambda table, _: pd.DataFrame(table)),
    "polars": (SMALL, lambda table, _: pl.DataFrame(table)),
    "masked array, nothing masked": (SMALL, lambda table, _: np.ma.masked_array(table)),
    "a subclass": (SMALL, lambda table, _: table.view(np.recarray)),
    "int64": (SMALL, lambda table, _: table.astype(np.int64)),
    "uint8": (SMALL, lambda table, _: table.astype(np.uint8)),
    "int16, Fortran": (SMALL, lambda table, _: np.asfortranarray(table.astype(np.int16))),
    "bool": (BITS.astype(np.float64), lambda table, _: table > 0),
    "float16": (SMALL, lambda table, _: table.astype(np.float16)),
    "longdouble": (SMALL, lambda table, _: table.astype(np.longdouble)),
    "big-endian": (SMALL, lambda table, _: table.astype(">f8")),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("case", WORK)
def test_it_gives_the_bits_of_float64_in_c_order(case, variant, mode, tmp_path):
    table, lay = WORK[case]
    as_it_lies = lay(table, tmp_path)
    before = frozen(as_it_lies)
    expected, result = (fit(variant, mode, rows) for rows in (table, as_it_lies))
    assert frozen(as_it_lies) == before
    assert result.coef_.dtype == np.float64 and np.isfinite(result.coef_).all()
    np.testing.assert_array_equal(result.coef_, expected.coef_)
    assert result.intercept_ == expected.intercept_
    np.testing.assert_allclose(result.predict(as_it_lies), expected.predict(table), rtol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("lay", [np.asfortranarray, np.flipud, lambda table: table.astype(">f4")])
def test_float32_in_any_layout_is_float32_in_c_order(variant, lay):
    table = lay(X.astype(np.float32))
    native = np.ascontiguousarray(table, dtype=np.float32)
    result, expected = (fit(variant, "textbook", rows) for rows in (table, native))
    assert expected.coef_.dtype == np.float32
    np.testing.assert_allclose(result.coef_, expected.coef_, rtol=0, atol=1e-6)


@pytest.mark.parametrize("make", [lambda y: y[:, None], lambda y: pd.DataFrame(y), pl.DataFrame])
@pytest.mark.parametrize("variant", VARIANTS)
def test_y_of_one_column_is_taken_with_a_warning(variant, make):
    with pytest.warns(UserWarning, match="column-vector y was passed when a 1d array") as caught:
        result = fit(variant, "textbook", y=make(Y))
    assert len(caught) == 1 and caught[0].filename == __file__
    np.testing.assert_array_equal(result.coef_, fit(variant, "textbook").coef_)


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_larger_than_the_table_is_clipped_with_a_warning(mode):
    with pytest.warns(UserWarning, match="batch_size=100 is more than the 60 rows there") as caught:
        result = fit("minibatch", mode, batch_size=100)
    assert len(caught) == 1 and caught[0].filename == __file__
    assert result.batch_size_ == N
    np.testing.assert_array_equal(result.coef_, fit("minibatch", mode, batch_size=N).coef_)


# -------------------------------------------------------------------------------- degenerate tables


def long_fit(variant, X, y, **settings):
    """A self-tuned fit that goes on until nothing moves any more."""
    return fit(variant, "self-tuned", X, y, **{"max_iter": 3000, **settings})


def ridge(X, y, alpha):
    """The minimum of ½ mean (Xw + b - y)² + ½ alpha |w|², b free; of least norm for alpha 0."""
    centred = X - X.mean(axis=0)
    rows = np.vstack([centred / np.sqrt(len(X)), np.sqrt(alpha) * np.eye(X.shape[1])])
    targets = np.append((y - y.mean()) / np.sqrt(len(X)), np.zeros(X.shape[1]))
    w = np.linalg.lstsq(rows, targets)[0]
    return w, y.mean() - X.mean(axis=0) @ w


REDUNDANT = np.column_stack([X, np.ones(N), np.zeros(N), X[:, 0], X @ np.ones(D)])
DEGENERATE = {
    "constant, duplicate, collinear columns": (REDUNDANT, Y, 0.05),
    "columns all constant": (np.full((N, 3), 7.0), Y, 0.3),
    "columns all zero": (np.zeros((N, 3)), Y, 0.3),
    "y constant": (X, np.full(N, 5.0), 1e-2),
    "y zero": (X, np.zeros(N), 0.0),
}


@pytest.mark.compiled
@pytest.mark.parametrize("case", DEGENERATE)
def test_batch_finds_a_minimum_of_what_is_degenerate(case):
    table, y, _ = DEGENERATE[case]
    result = long_fit("batch", table, y)
    w, b = ridge(table, y, 0.0)
    np.testing.assert_allclose(result.predict(table), table @ w + b, atol=1e-6)


@pytest.mark.compiled  # seconds without it
@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_the_others_come_near_a_minimum_of_what_is_degenerate(variant, case):
    table, y, near = DEGENERATE[case]
    result = long_fit(variant, table, y)
    w, b = ridge(table, y, 0.0)
    assert np.abs(result.predict(table) - (table @ w + b)).max() <= near
    unseen = table.std(axis=0) == 0
    assert np.isfinite(result.coef_).all() and np.abs(result.coef_[unseen]).max(initial=0) < 10


@pytest.mark.compiled
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS)
def test_fewer_rows_than_features_are_fitted_with_a_warning(variant, n, mode):
    with pytest.warns(UserWarning, match="fewer rows .* than features .* not unique") as caught:
        result = fit(variant, mode, X[:n], Y[:n], max_iter=2000)
    assert len(caught) == 1 and caught[0].filename == __file__
    np.testing.assert_allclose(result.predict(X[:n]), Y[:n], atol=1e-2)


@pytest.mark.parametrize("counted", [1, 2, 3])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
def test_rows_of_weight_zero_do_not_make_a_solution_unique(variant, counted):
    weights = np.where(np.arange(len(Y)) % 10 < 1, 1.0, 0.0)
    weights[np.flatnonzero(weights)[counted:]] = 0.0
    settings = {"learning_rate": 0.001, "max_iter": 2}
    with pytest.warns(UserWarning, match=f"fewer rows of weight above 0 .{counted}. than features"):
        fastgd.fit(X, Y, variant, sample_weight=weights, **settings)
    weights[: X.shape[1] + 1] = 1.0
    fastgd.fit(X, Y, variant, sample_weight=weights, **settings)


@pytest.mark.compiled
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_penalty_makes_fewer_rows_than_features_enough(variant, n):
    """One solution, and no warning."""
    result = long_fit(variant, X[:n], Y[:n], alpha=0.1)
    w, b = ridge(X[:n], Y[:n], 0.1)
    np.testing.assert_allclose(result.coef_, w, atol=1e-5 if variant == "batch" else 0.05)
    assert result.intercept_ == pytest.approx(b, abs=1e-5 if variant == "batch" else 0.05)


FRACTIONS = {fastgd.Momentum: ["mu"], fastgd.Nesterov: ["mu"], fastgd.RMSprop: ["rho"],
             fastgd.Adam: ["beta_1", "beta_2"]}  # fmt: skip
NOT_NEGATIVE = {fastgd.AdaGrad: ["eps"], fastgd.RMSprop: ["eps"], fastgd.Adam: ["eps"]}


@pytest.mark.parametrize("row", {**FRACTIONS, **NOT_NEGATIVE})
def test_every_number_of_an_optimizer_is_checked(row):
    """A memory of 1 forgets nothing, and divides by zero."""
    for name in FRACTIONS.get(row, []):
        for bad in (1.0, 1.5, -0.1, np.nan, True):
            with pytest.raises(ValueError, match=rf"{name} must be a number in \[0, 1\)"):
                row(**{name: bad})
        assert getattr(row(**{name: 0.0}), name) == 0.0
    for name in NOT_NEGATIVE.get(row, []):
        for bad in (-1e-9, np.inf, np.nan, True):
            with pytest.raises(ValueError, match=f"{name} must be a finite number >= 0"):
                row(**{name: bad})
        assert getattr(row(**{name: 0.0}), name) == 0.0
