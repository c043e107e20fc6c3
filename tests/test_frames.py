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
