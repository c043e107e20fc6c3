"""Rows in are rows out: of none, none; a score of no rows is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from refusals import refused

import fastgd

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 2))
Y = X @ np.array([1.0, -2.0])
LABELS = np.where(Y > 0, "yes", "no")
TEXTS = np.where(X[:, 0] > 0, "a", "b")
FRAMES = {
    "NumPy": X,
    "float32": X.astype(np.float32),
    "Fortran": np.asfortranarray(X),
    "pandas": pd.DataFrame(X, columns=["u", "v"]),
    "pandas, types": pd.DataFrame({"u": X[:, 0], "v": (10 * X[:, 1]).astype(int)}),
    "polars": pl.DataFrame({"u": X[:, 0], "v": X[:, 1]}),
    "Arrow": pl.DataFrame({"u": X[:, 0], "v": X[:, 1]}).to_arrow(),
}
ENCODED = {
    "pandas": pd.DataFrame({"u": X[:, 0], "v": TEXTS}),
    "polars": pl.DataFrame({"u": X[:, 0], "v": TEXTS}),
    "category": pd.DataFrame({"u": X[:, 0], "v": pd.Categorical(TEXTS)}),
    "polars category": pl.DataFrame({"u": X[:, 0], "v": pl.Series(TEXTS, dtype=pl.Categorical)}),
}


def check(result, nothing, y):
    assert result.decision_function(nothing).shape == (0,)
    predicted = result.predict(nothing)
    assert predicted.shape == (0,)
    some = result.predict(result.encode(nothing))
    assert some.shape == (0,) and some.dtype == predicted.dtype
    if result.classes_ is not None:
        assert predicted.dtype == result.classes_.dtype
        assert result.predict_proba(nothing).shape == (0, 2)
    sentence = refused(ValueError, lambda: result.score(nothing, y[:0]))
    assert "0 sample(s)" in sentence


@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
@pytest.mark.parametrize("case", FRAMES)
def test_no_rows_give_no_predictions(case, loss):
    table, y = FRAMES[case], LABELS if loss == "log_loss" else Y
    result = fastgd.fit(table, y, "batch", loss=loss, alpha=0.1, random_state=0)
    check(result, table[:0], y)
    assert "0 feature" in refused(ValueError, lambda: result.predict(np.empty((0, 0))))
    assert "has 3 features" in refused(ValueError, lambda: result.predict(np.empty((0, 3))))


@pytest.mark.parametrize("missing", ["error", "drop", "level", "median"])
@pytest.mark.parametrize("case", ENCODED)
def test_no_rows_of_a_frame_with_text(case, missing):
    frame = ENCODED[case]
    result = fastgd.fit(frame, Y, "batch", categories="onehot", missing=missing, alpha=0.1)
    check(result, frame[:0], Y)


@pytest.mark.parametrize("missing", ["drop", "median"])
@pytest.mark.parametrize("case", FRAMES)
def test_no_rows_where_values_may_be_missing(case, missing):
    result = fastgd.fit(FRAMES[case], Y, "batch", missing=missing, alpha=0.1)
    check(result, FRAMES[case][:0], Y)


def test_a_frame_of_column_names_alone_has_no_rows():
    for table in (FRAMES["pandas"], FRAMES["polars"]):
        result = fastgd.fit(table, Y, "batch", alpha=0.1)
        for nothing in (pd.DataFrame(columns=["u", "v"]), pl.DataFrame(schema=["u", "v"])):
            assert result.predict(nothing).shape == (0,)


@pytest.mark.parametrize("case", FRAMES)
def test_no_rows_cannot_be_fitted(case):
    assert "0 sample" in refused(ValueError, lambda: fastgd.fit(FRAMES[case][:0], Y[:0]))
