"""Data frames: columns that hold no numbers are named, and names of any type are matched."""

import datetime
import decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from refusals import refused

import fastgd

N = 6
A = np.arange(float(N))
Y = 2.0 * A
DAY = datetime.date(2020, 1, 1)
MIDNIGHT = datetime.datetime(2020, 1, 1)


def arrow_of(column):
    return pd.array([*column], dtype=pd.ArrowDtype(column.type))


class Degrees(pa.ExtensionType):
    """Numbers with a meaning."""

    def __init__(self):
        super().__init__(pa.float64(), "tests.degrees")

    def __arrow_ext_serialize__(self):
        return b""


PAIRS = pa.array([[1.0, 2.0]] * N, pa.list_(pa.float64(), 2))
STRUCTS = pa.array([{"x": 1.0, "y": 2.0}] * N)
NO_NUMBERS = {
    "polars, list": pl.Series([[1.0, 2.0]] * N),
    "polars, array": pl.Series([[1.0, 2.0]] * N, dtype=pl.Array(pl.Float64, 2)),
    "polars, array of one": pl.Series([[1.0]] * N, dtype=pl.Array(pl.Float64, 1)),
    "polars, array of arrays": pl.Series([[[1.0]]] * N, dtype=pl.Array(pl.Float64, (1, 1))),
    "polars, struct": pl.Series([{"x": 1.0, "y": 2.0}] * N),
    "polars, struct of one": pl.Series([{"x": 1.0}] * N),
    "polars, struct of texts": pl.Series([{"x": "a"}] * N),
    "polars, object": pl.Series([object()] * N, dtype=pl.Object),
    "polars, duration": pl.Series([datetime.timedelta(1)] * N),
    "polars, time": pl.Series([datetime.time(1)] * N),
    "polars, date": pl.Series([DAY] * N),
    "polars, datetime": pl.Series([MIDNIGHT] * N),
    "polars, binary": pl.Series([b"a"] * N),
    "polars, null": pl.Series([None] * N),
    "polars, category": pl.Series(["a", "b"] * 3, dtype=pl.Categorical),
    "polars, text": pl.Series(["a", "b"] * 3),
    "pandas, objects": pd.Series([object()] * N),
    "pandas, lists": pd.Series([[1.0, 2.0]] * N),
    "pandas, dicts": pd.Series([{"x": 1.0}] * N),
    "pandas, period": pd.Series(pd.period_range("2020-01", periods=N, freq="M")),
    "pandas, interval": pd.Series(pd.interval_range(0, N)),
    "pandas, timedelta": pd.Series(pd.to_timedelta(range(N), unit="D")),
    "pandas, datetime": pd.Series(pd.date_range("2020", periods=N)),
    "pandas, time zone": pd.Series(pd.date_range("2020", periods=N, tz="UTC")),
    "pandas, category": pd.Series(["a", "b"] * 3, dtype="category"),
    "pandas, complex": pd.Series(A + 1j),
    "pandas of arrow, list": pd.Series(arrow_of(PAIRS)),
    "pandas of arrow, struct": pd.Series(arrow_of(STRUCTS)),
    "arrow, list": pa.array([[1.0, 2.0]] * N),
    "arrow, list of two": PAIRS,
    "arrow, struct": STRUCTS,
    "arrow, dictionary of texts": pa.array(["a", "b"] * 3).dictionary_encode(),
    "arrow, map": pa.array([[("k", 1)]] * N, pa.map_(pa.string(), pa.int64())),
    "arrow, null": pa.nulls(N),
    "arrow, time": pa.array([datetime.time(1)] * N),
    "arrow, binary": pa.array([b"a"] * N),
    "arrow, union": pa.UnionArray.from_dense(
        pa.array([0] * N, pa.int8()), pa.array(range(N), pa.int32()), [pa.array(A)]
    ),
}
NUMBERS = {
    "polars, decimal": pl.Series([decimal.Decimal(int(a)) for a in A]),
    "polars, objects": pl.Series([*A], dtype=pl.Object),
    "pandas, decimals": pd.Series([decimal.Decimal(int(a)) for a in A]),
    "arrow, dictionary": pa.array(A).dictionary_encode(),
    "arrow, extension": pa.ExtensionArray.from_storage(Degrees(), pa.array(A)),
    "arrow, runs": pa.RunEndEncodedArray.from_arrays([*range(1, N + 1)], A),
    "arrow, decimal": pa.array([decimal.Decimal(int(a)) for a in A]),
}


def frame_of(column, name="bad", times=1):
    """A frame of a column of numbers and this one, in so many chunks."""
    if isinstance(column, pl.Series):
        one = pl.DataFrame([pl.Series("a", A), column.alias(name)])
        return pl.concat([one] * times, rechunk=False)
    if isinstance(column, pd.Series):
        return pd.concat([pd.DataFrame({"a": A, name: column})] * times)
    return pa.concat_tables([pa.table({"a": A, name: column})] * times)


@pytest.mark.parametrize("times", [1, 2], ids=["one chunk", "two chunks"])
@pytest.mark.parametrize("case", NO_NUMBERS)
def test_a_column_that_holds_no_numbers_is_named(case, times):
    frame = frame_of(NO_NUMBERS[case], times=times)
    model = fastgd.fit(pd.DataFrame({"a": A, "bad": A**2}), Y, "batch", max_iter=1, tol=None)
    for ask in (
        lambda: fastgd.fit(frame, np.tile(Y, times), "batch"),
        lambda: model.predict(frame),
    ):
        with pytest.raises((TypeError, ValueError)) as caught:
            ask()
        assert "X, in column 'bad'," in refused(type(caught.value), ask)


def test_a_long_type_is_cut():
    column = pl.Series([{f"field_{k}": 1.0 for k in range(100)}] * N)
    sentence = refused(TypeError, lambda: fastgd.fit(frame_of(column), Y))
    assert sentence.startswith(
        "X, in column 'bad', must be numeric; got Struct({'field_0': Float64"
    )
    assert sentence.endswith("..., each value holds several: make a column of each.")


@pytest.mark.parametrize("times", [1, 2], ids=["one chunk", "two chunks"])
@pytest.mark.parametrize("variant", ["batch", "stochastic"])
@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_of_any_type_are_read(case, variant, times):
    settings = {"learning_rate": 0.01, "max_iter": 3, "random_state": 0}
    frame, y = frame_of(NUMBERS[case], times=times), np.tile(Y, times)
    table = np.tile(np.column_stack([A, A]), (times, 1))
    result, plain = (fastgd.fit(X, y, variant, **settings) for X in (frame, table))
    np.testing.assert_allclose(result.coef_, plain.coef_, rtol=1e-12)
    np.testing.assert_allclose(result.predict(frame), plain.predict(table), rtol=1e-12)


# ------------------------------------------------------------------------------------------- names

B = A**2
TABLE = np.column_stack([A, B])
NAMES = {
    "default integers": [0, 1],
    "integers": [7, 3],
    "negative integers": [-1, 0],
    "a huge integer": [10**30, 1],
    "integers of NumPy": [np.int64(5), np.int64(2)],
    "floats": [0.5, 1.5],
    "tuples": [("a", 1), ("a", 2)],
    "tuples in tuples": [("a", (1, 2)), ("b", (1, 2))],
    "flags": [False, True],
    "a text and a number": ["a", 1],
    "None": [None, "a"],
    "days": [datetime.date(2020, 1, 1), datetime.date(2021, 1, 1)],
    "times of pandas": [*pd.to_datetime(["2020-01-01", "2021-01-01"])],
}
KEPT = {name: names for name, names in NAMES.items() if name not in ("days", "times of pandas")}


def named(names, table=TABLE):
    frame = pd.DataFrame(table)
    frame.columns = pd.Index(
        names, dtype=None if all(isinstance(name, tuple) for name in names) else object
    )
    return frame


def fitted(names):
    return fastgd.fit(named(names), Y, "batch", learning_rate=1e-3, max_iter=3)


def check_names(model, names):
    frame = named(names)
    expected = frame.to_numpy() @ model.coef_ + model.intercept_
    np.testing.assert_allclose(model.predict(frame), expected, rtol=1e-12)
    np.testing.assert_allclose(model.predict(frame.to_numpy()), expected, rtol=1e-12)
    swapped = frame.iloc[:, ::-1]
    sentence = refused(ValueError, lambda: model.predict(swapped))
    assert sentence.startswith("X must have the columns that were fitted, in that order: [")
    assert sentence.endswith(": X[list(result.column_names_)] puts them so.") or names[0] == "a"
    if not isinstance(names[0], bool | None):  # with which pandas means something else
        again = swapped[list(model.column_names_)]
        np.testing.assert_allclose(model.predict(again), expected, rtol=1e-12)
    other = named([names[0], "other"])
    assert "missing: [" in refused(ValueError, lambda: model.predict(other))


@pytest.mark.parametrize("case", NAMES)
def test_swapped_columns_are_refused_whatever_their_names(case):
    model = fitted(NAMES[case])
    assert model.feature_names_in_ is None and model.column_names_ == (*NAMES[case],)
    check_names(model, NAMES[case])


@pytest.mark.parametrize("case", KEPT)
def test_a_file_keeps_names_that_are_numbers_and_tuples(case, tmp_path):
    fitted(NAMES[case]).save(tmp_path / "model.fastgd")
    check_names(fastgd.load(tmp_path / "model.fastgd"), NAMES[case])


@pytest.mark.parametrize("case", [case for case in NAMES if case not in KEPT])
def test_a_file_leaves_other_names_out(case, tmp_path):
    fitted(NAMES[case]).save(tmp_path / "model.fastgd")
    loaded = fastgd.load(tmp_path / "model.fastgd")
    assert loaded.column_names_ is None
    np.testing.assert_array_equal(
        loaded.predict(named(NAMES[case])), fitted(NAMES[case]).predict(named(NAMES[case]))
    )


def test_a_frame_without_names_is_matched_by_position():
    """pandas numbers the columns of an array: these are no names."""
    plain, words = named([0, 1]), named(["a", "b"])
    by_number, by_name = (fastgd.fit(frame, Y, "batch") for frame in (plain, words))
    np.testing.assert_array_equal(by_number.predict(words), by_number.predict(plain))
    np.testing.assert_array_equal(by_name.predict(plain), by_name.predict(words))
    for model, names in ((by_number, [3, 4]), (by_name, [1, 0]), (by_name, [1, 2])):
        assert "the columns that were fitted" in refused(
            ValueError, lambda model=model, names=names: model.predict(named(names))
        )


def test_strings_are_the_names_of_scikit_learn():
    model = fitted(["a", "b"])
    assert model.feature_names_in_.tolist() == ["a", "b"] and model.column_names_ is None


def test_a_bad_value_is_named_by_its_column():
    table = np.column_stack([A, np.where(A == 3, np.nan, A)])
    for names, shown in (
        ([0, 1], "column 1;"),
        ([4, 5], "column 1 (5);"),
        ([5, ("a", 1)], "('a', 1)"),
    ):
        sentence = refused(ValueError, lambda names=names: fastgd.fit(named(names, table), Y))
        assert shown in sentence and "first in row 3" in sentence
