"""Columns of text and missing values: encoded as scikit-learn would, wherever the fit was made."""

import itertools
import json
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_cli import refused, run

import fastgd
from fastgd.data.categories.encoding import MAX_LEVELS, MISSING, UNKNOWN

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")
preprocessing = pytest.importorskip("sklearn.preprocessing")
impute = pytest.importorskip("sklearn.impute")

N = 120
NUMBERS, TEXTS = ("age", "km", "new"), ("city", "fuel")
MODELS = Path(__file__).parents[1] / "models"


def make_frame(missing=False, n=N):
    """Return a frame of pandas: numbers, booleans, text, a category with a level of no row."""
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "age": rng.integers(0, 20, n).astype(float),
            "city": rng.choice(["Rome", "Berlin", "Oslo"], n).astype(object),
            "km": rng.standard_normal(n),
            "fuel": pandas.Categorical(rng.choice(["oil", "gas"], n), ["oil", "sun", "gas"]),
            "new": rng.random(n) < 0.3,
        }
    )
    if missing:
        frame.loc[[3, 7], "age"] = np.nan
        frame.loc[[7, 11, 12], "city"] = None
    return frame


def target_of(frame):
    """Return targets that the columns explain, but for a small part."""
    noise = np.random.default_rng(1).standard_normal(len(frame)) / 10
    age = frame["age"].fillna(5.0)
    return (3 * (frame["city"] == "Oslo") - 0.5 * age + (frame["fuel"] == "gas") + noise).to_numpy()


def in_chunks(frame):
    """Return an Arrow table of three parts."""
    table = pyarrow.Table.from_pandas(frame)
    parts = [table.slice(0, 40), table.slice(40, 1), table.slice(41)]
    return pyarrow.concat_tables(parts)


def to_polars(frame):
    """Return a frame of polars in two parts, whose declared levels are those of the category."""
    levels = polars.Enum([*frame["fuel"].cat.categories])
    whole = polars.from_pandas(frame.astype({"fuel": object}), nan_to_null=True)
    whole = whole.with_columns(polars.col("fuel").cast(levels))
    return polars.concat([whole.head(50), whole.slice(50)], rechunk=False)


LIBRARIES = {
    "pandas": lambda frame: frame,
    "pandas, Arrow inside": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow").assign(
        fuel=frame["fuel"]
    ),
    "pandas, nullable": lambda frame: frame.convert_dtypes(),
    "polars": to_polars,
    "Arrow": pyarrow.Table.from_pandas,
    "Arrow in chunks": in_chunks,
}


def fit(frame, y, **keywords):
    """Fit a frame, with a category encoded, in a way that takes no time."""
    return fastgd.fit(frame, y, "batch", **{"categories": "onehot", "max_iter": 200} | keywords)


def expected_columns(frame, train, name, *, full, missing, unknown):
    """Return what scikit-learn makes of a column, with *train* to learn from."""
    values, known = frame[[name]], train[[name]]
    if name in NUMBERS:
        if missing != "median":
            return values.to_numpy(dtype=float)
        has_missing = bool(known[name].isna().any())
        imputer = impute.SimpleImputer(strategy="median")
        filled = imputer.fit(known.astype(float)).transform(values.astype(float))
        indicator = values.isna().to_numpy(dtype=float)
        return np.hstack([filled, indicator]) if has_missing else filled
    levels = sorted(known[name].dropna().unique())
    if hasattr(known[name].dtype, "categories"):
        levels = [*known[name].cat.categories]
    last = ["missing"] if known[name].isna().any() and missing in ("level", "median") else []
    texts = values[name].astype(object).where(values[name].notna(), "missing").to_numpy()
    if unknown == "baseline":
        other = ~np.isin(texts.astype(str), [*levels, *last])
        texts = np.where(other, levels[0], texts)
    encoder = preprocessing.OneHotEncoder(
        categories=[[*levels, *last]],
        drop=None if full else "first",
        handle_unknown="ignore",
        sparse_output=False,
    )
    encoder.fit(np.array([*levels, *last], dtype=object)[:, None])
    with np.errstate(all="ignore"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)  # of levels that are unknown
        return encoder.transform(np.array(texts, dtype=object)[:, None])


def expected(frame, train=None, *, full=False, missing="error", unknown="error"):
    """Return X as scikit-learn makes it, column by column."""
    train = frame if train is None else train
    columns = [
        expected_columns(frame, train, name, full=full, missing=missing, unknown=unknown)
        for name in train.columns
    ]
    return np.hstack(columns)


# ---- what X becomes


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("missing", ["error", "median"])
def test_x_is_that_of_scikit_learn(library, alpha, missing):
    frame = make_frame(missing == "median")
    y = target_of(frame)
    X = expected(frame, full=alpha > 0, missing=missing)
    result = fit(LIBRARIES[library](frame), y, alpha=alpha, missing=missing)
    rows = result.encode(LIBRARIES[library](frame))
    np.testing.assert_array_equal(rows.to_array(), X)
    assert result.coef_names_.shape == result.coef_.shape == (X.shape[1],)
    assert result.feature_names_in_.tolist() == frame.columns.tolist()
    assert result.n_features_in_ == frame.shape[1]
    same = fastgd.fit(X, y, "batch", alpha=alpha, max_iter=200)
    np.testing.assert_array_equal(result.coef_, same.coef_)
    np.testing.assert_array_equal(result.predict(LIBRARIES[library](frame)), same.predict(X))


@pytest.mark.parametrize("library", LIBRARIES)
def test_any_rows_are_made(library):
    frame = make_frame(missing=True)
    rows = fit(LIBRARIES[library](frame), target_of(frame), missing="median").encode(
        LIBRARIES[library](frame)
    )
    X = rows.to_array()
    order = np.random.default_rng(0).permutation(N)[:50]
    out = np.full((50, X.shape[1]), np.nan)
    rows.table.fill(order, out)
    np.testing.assert_array_equal(out, X[order])
    for start, stop in ((0, 7), (38, 60), (100, N)):
        room = np.full((40, X.shape[1]), np.nan)
        np.testing.assert_array_equal(rows.table.between(start, stop, room), X[start:stop])


def test_names_of_the_columns():
    frame = make_frame(missing=True)
    y = target_of(frame)
    names = ["age", "age is missing", "city=Oslo", "city=Rome", "city is missing", "km"]
    names += ["fuel=sun", "fuel=gas", "new"]
    result = fit(frame, y, missing="median")
    assert result.coef_names_.tolist() == names
    assert "'age' (2), 'city' (3)" in result.choices["missing"]
    assert "4 rows with missing values" in result.summary()
    full = fit(frame, y, missing="median", alpha=0.1).coef_names_.tolist()
    assert [name for name in full if name not in names] == ["city=Berlin", "fuel=oil"]


def test_numbers_alone_give_the_same_bits():
    frame = make_frame()[["age", "km", "new"]]
    y = target_of(make_frame())
    for make in (
        lambda f: f,
        polars.from_pandas,
        pyarrow.Table.from_pandas,
        lambda f: f.to_numpy(),
    ):
        for variant in ("batch", "minibatch", "stochastic"):
            keywords = {"random_state": 0, "learning_rate": 0.001, "max_iter": 3}
            plain = fastgd.fit(make(frame.astype(float)), y, variant, **keywords)
            onehot = fastgd.fit(
                make(frame.astype(float)), y, variant, categories="onehot", **keywords
            )
            np.testing.assert_array_equal(plain.coef_, onehot.coef_)


def test_float32_stays():
    frame = make_frame().astype({"age": np.float32, "km": np.float32}).drop(columns="new")
    result = fit(frame, target_of(frame).astype(np.float32))
    assert result.coef_.dtype == np.float32
    assert result.encode(frame).table.dtype == np.float32


@pytest.mark.parametrize("missing", ["drop", "median"])
def test_the_recipe_replays(missing):
    frame = make_frame(missing=True)
    y = target_of(frame)
    for variant in ("batch", "minibatch"):
        result = fastgd.fit(
            frame,
            y,
            variant,
            categories="onehot",
            missing=missing,
            sample_weight=np.arange(N),
            max_iter=2,
            learning_rate=0.001,
        )
        again = fastgd.fit(frame, y, **result.recipe)
        np.testing.assert_array_equal(result.coef_, again.coef_)


def test_a_penalty_makes_the_fit_independent_of_the_baseline():
    frame = make_frame()
    y = target_of(frame)
    other = frame.replace({"city": {"Berlin": "Z", "Rome": "A"}})
    for alpha in (0.01, 1.0):
        one, two = (fit(f, y, alpha=alpha, tol=1e-12, max_iter=5000) for f in (frame, other))
        np.testing.assert_allclose(one.predict(frame), two.predict(other), rtol=1e-6)


def test_without_an_intercept_one_column_has_all_its_levels():
    frame = make_frame()
    y = target_of(frame) + 7
    names = fit(frame, y, fit_intercept=False).coef_names_.tolist()
    assert [name for name in names if "=" in name] == [
        *("city=Berlin", "city=Oslo", "city=Rome"),
        *("fuel=sun", "fuel=gas"),
    ]


def test_the_baseline_is_a_level_that_rows_have():
    frame = make_frame()
    frame["fuel"] = frame["fuel"].cat.reorder_categories(["sun", "oil", "gas"])
    weights = (frame["city"] != "Berlin").to_numpy(dtype=float)
    names = fit(frame, target_of(frame), sample_weight=weights).coef_names_.tolist()
    assert [name for name in names if "=" in name] == [
        *("city=Berlin", "city=Rome"),
        *("fuel=sun", "fuel=gas"),
    ]


def test_medians_count_weights_as_repeated_rows():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 30, (N, 3)).astype(float)
    X[rng.random(X.shape) < 0.2] = np.nan
    y, weights = rng.standard_normal(N), rng.integers(0, 4, N)
    weighted = fastgd.fit(X, y, "batch", missing="median", sample_weight=weights)
    repeated = fastgd.fit(
        np.repeat(X, weights, axis=0), np.repeat(y, weights), "batch", missing="median"
    )
    assert weighted.encoding_ == repeated.encoding_
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-8)
    plain = fastgd.fit(X, y, "batch", missing="median").encoding_
    np.testing.assert_array_equal([c.median for c in plain.columns], np.nanmedian(X, axis=0))


def test_a_row_of_weight_zero_is_no_part_of_a_median():
    X = np.array([[1.0], [2.9], [3.0], [np.nan]])
    for weights, median in (([1, 0, 1, 1], 2.0), ([1, 1, 1, 1], 2.9), ([0, 1, 0, 1], 2.9)):
        result = fastgd.fit(X, np.arange(4.0), "batch", missing="median", sample_weight=weights)
        assert result.encoding_.columns[0].median == median


def test_nulls_in_parts_that_begin_in_different_rows():
    rng = np.random.default_rng(0)
    n = 3000
    values = {"i": rng.integers(0, 9, n), "b": rng.random(n) < 0.5, "t": rng.choice([*"uvw"], n)}
    columns = {
        name: [None if rng.random() < 0.1 else value for value in column.tolist()]
        for name, column in values.items()
    }
    cuts = {"i": (0, 700, n), "b": (0, 1500, 1600, n), "t": (0, 2000, n)}
    whole = pyarrow.table(columns)
    table = pyarrow.table(
        {
            name: pyarrow.chunked_array(
                [pyarrow.array(values[a:b]) for a, b in itertools.pairwise(cuts[name])]
            )
            for name, values in columns.items()
        }
    )
    frame = polars.DataFrame(
        [
            polars.concat(
                [polars.Series(name, v[: cuts[name][1]]), polars.Series(name, v[cuts[name][1] :])],
                rechunk=False,
            )
            for name, v in columns.items()
        ]
    )
    y = rng.standard_normal(n)
    X = fit(whole, y, missing="median").encode(whole).to_array()
    filled = np.array([np.nan if k is None else float(k) for k in columns["i"]])
    np.testing.assert_array_equal(X[:, 0], np.where(np.isnan(filled), np.nanmedian(filled), filled))
    np.testing.assert_array_equal(X[:, -1], [value is None for value in columns["t"]])
    for other in (table, frame):
        rows = fit(other, y, missing="median").encode(other)
        np.testing.assert_array_equal(rows.to_array(), X)
        out, order = np.empty((500, X.shape[1])), rng.permutation(n)[:500]
        rows.table.fill(order, out)
        np.testing.assert_array_equal(out, X[order])


# ---- what predict does with what was not fitted


def new_rows():
    """Return rows with an unknown level, missing values, and both."""
    frame = make_frame().head(6).copy()
    frame.loc[1, "city"] = "Paris"
    frame.loc[2, "city"] = None
    frame.loc[3, "age"] = np.nan
    frame.loc[4, "city"] = "Lima"
    frame.loc[4, "km"] = np.nan
    return frame


@pytest.mark.parametrize("library", ["pandas", "polars", "Arrow"])
@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("seen", [False, True], ids=["complete", "with missing values"])
@pytest.mark.parametrize(("unknown", "missing"), [*itertools.product(UNKNOWN, MISSING)], ids=str)
def test_rows_in_are_rows_out(unknown, missing, seen, alpha, library):
    make = LIBRARIES[library]
    has_missing = seen and missing in ("drop", "median")
    train = make_frame(has_missing)
    if seen and missing == "level":
        train.loc[[7, 11], "city"] = None
    y = target_of(train)
    result = fit(make(train), y, alpha=alpha, unknown=unknown, missing=missing)
    rows = new_rows()
    if unknown == "error":
        with pytest.raises(ValueError, match=r"column 'city'.*'Paris' in row 1.*2 rows.*'Berlin'"):
            result.predict(make(rows.assign(km=0.0, age=1.0).drop(index=2)))
        rows["city"] = rows["city"].replace({"Paris": "Oslo", "Lima": "Rome"})
    if missing == "error":
        with pytest.raises(ValueError, match=r"missing|NaN"):
            result.predict(make(rows))
        rows = rows.fillna({"age": 1.0, "km": 0.0, "city": "Oslo"})
    if missing == "level":
        with pytest.raises(ValueError, match=r"2 columns cannot be used: .*'age'.*'km'.*median"):
            result.predict(make(rows))
        rows = rows.fillna({"age": 1.0, "km": 0.0})
    predicted = result.predict(make(rows))
    assert predicted.shape == (6,)
    dropped = rows.isna().any(axis=1).to_numpy() & (missing == "drop")
    np.testing.assert_array_equal(np.isnan(predicted), dropped)
    X = expected(rows, train, full=alpha > 0, missing=missing, unknown=unknown)
    z = X[~dropped] @ result.coef_ + result.intercept_
    np.testing.assert_allclose(predicted[~dropped], z, rtol=1e-12)
    encoded = result.encode(make(rows))
    assert encoded.unknown == ({} if unknown == "error" else {"city": 2})
    assert encoded.unknown_rows == sum(encoded.unknown.values())
    assert encoded.missing == {n: int(c) for n, c in rows.isna().sum().items() if c}
    assert encoded.missing_rows == rows.isna().any(axis=1).sum()
    assert set(encoded.remarks) == {
        *(["unknown"] if encoded.unknown else []),
        *(["missing"] if encoded.missing else []),
    }


@pytest.mark.parametrize("labels", [["no", "yes"], [0, 1], [0.0, 1.0], [False, True]], ids=str)
def test_rows_left_out_have_no_label(labels):
    frame = make_frame(missing=True)
    y = np.array(labels)[(target_of(frame) > -4).astype(int)]
    result = fit(frame, y, missing="drop", loss="log_loss", alpha=0.01)
    predicted = result.predict(frame)
    assert len(predicted) == N
    assert [k for k in range(N) if predicted[k] is None or predicted[k] != predicted[k]] == [
        *(3, 7, 11, 12)
    ]
    assert np.isnan(result.predict_proba(frame)).any(axis=1).sum() == 4
    kept = np.delete(np.arange(N), [3, 7, 11, 12])
    assert result.score(frame, y) == np.mean(predicted[kept] == y[kept]) > 0.8
    assert result.score(frame, y, np.ones(N)) == result.score(frame, y)


def test_rows_left_out_are_as_if_they_had_never_been():
    frame = make_frame(missing=True)
    frame.loc[3, "city"] = "Atlantis"  # in no other row
    y = target_of(frame)
    kept = frame.dropna().index
    weights = np.arange(1.0, N + 1)
    result = fit(frame, y, missing="drop", sample_weight=weights)
    same = fit(frame.loc[kept], y[kept], sample_weight=weights[kept])
    np.testing.assert_array_equal(result.coef_, same.coef_)
    assert result.coef_names_.tolist() == same.coef_names_.tolist()
    frame.loc[20, "km"] = np.inf
    with pytest.raises(ValueError, match=r"infinity.*first in row 20"):
        fit(frame, y, missing="drop")


OR_MISSING = 'or give fit missing="drop" or missing="median"'
ABSENT = [3, 41, 60]
TARGETS = {
    "NaN": lambda y: y,
    "a list": lambda y: y.tolist(),
    "a column": lambda y: pandas.DataFrame({"y": y}),
    "None": lambda y: np.where(np.isnan(y), None, y.astype(object)),
    "a nullable Series": lambda y: pandas.Series(y).astype("Float64"),
    "polars": lambda y: polars.Series(y, nan_to_null=True),
    "Arrow": lambda y: pyarrow.chunked_array([pyarrow.array(y, from_pandas=True)]),
    "labels": lambda y: np.where(np.isnan(y), np.nan, np.where(y > 0, "up", "down").astype(object)),
    "labels in a list": lambda y: [None if v != v else "up" if v > 0 else "down" for v in y],
    "labels of 0 and 1": lambda y: pandas.array(np.where(np.isnan(y), None, y > 0), "boolean"),
}


@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("missing", [False, True], ids=["complete", "with missing values"])
@pytest.mark.parametrize("library", ["pandas", "polars", "Arrow", "NumPy"])
def test_rows_without_a_target_are_left_out(targets, missing, library):
    frame = make_frame(missing=missing)
    y = np.array(target_of(frame.fillna({"km": 0, "age": 0})))
    y[ABSENT] = np.nan
    kept = frame.dropna().index.difference(ABSENT)
    keywords = {"loss": "log_loss", "alpha": 0.1} if targets.startswith("labels") else {}
    weights = np.arange(1.0, N + 1)
    table, complete = frame, frame.loc[kept]
    if library == "NumPy":
        table, complete = frame[["age", "km"]].to_numpy(float), None
        kept = np.setdiff1d(np.flatnonzero(~np.isnan(table).any(axis=1)), ABSENT)
        complete = table[kept]
    elif library != "pandas":
        make = polars.from_pandas if library == "polars" else pyarrow.Table.from_pandas
        table, complete = make(frame), make(complete.reset_index(drop=True))
    known = TARGETS["None" if not keywords else "labels"](y)[kept]
    known = known.astype(str if keywords else float)
    if targets == "labels of 0 and 1":
        known = known == "up"
    given = TARGETS[targets](y)
    result = fit(table, given, missing="drop", sample_weight=weights, **keywords)
    same = fit(complete, known, sample_weight=weights[kept], **keywords)
    np.testing.assert_array_equal(result.coef_, same.coef_)
    assert f"{N - len(kept)} rows with missing values, in y (3)" in result.choices["missing"]
    assert "left out" in result.choices["missing"]
    expected = same.score(complete, known, weights[kept])
    assert result.score(table, given, weights) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("missing", ["error", "median"])
def test_only_drop_leaves_out_rows_without_a_target(missing):
    frame = make_frame()
    y = np.array(target_of(frame))
    y[ABSENT] = np.nan
    with pytest.raises(ValueError, match=r"Input y contains NaN .first in row 3; 3 in all"):
        fit(frame, y, missing=missing)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fit(frame, y[:-1], missing="drop")
    with pytest.raises(ValueError, match="Input y contains NaN"):
        fit(frame, np.full(N, np.nan), missing="drop")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"km": lambda f: np.where(f.index == 5, np.nan, f["km"])}, OR_MISSING),
        ({"age": lambda f: pandas.array([None, *f["age"][1:]], "Int64")}, OR_MISSING),
        ({"new": "True"}, "'new', must be numeric; got words such as 'True'; the model was fitted"),
        ({"new": lambda f: pandas.Categorical(["True"] * N)}, "got a category; the model was"),
        ({"km": "far"}, "'km', must be numeric; got words such as 'far'; the model was fitted"),
    ],
)
def test_predict_says_what_helps(change, said):
    frame = make_frame()
    result = fit(frame, target_of(frame))
    with pytest.raises(ValueError) as caught:
        result.predict(frame.assign(**change))
    assert said in str(caught.value)
    assert "categories=" not in str(caught.value)


def test_what_is_to_be_done_can_be_said_with_the_rows():
    frame = make_frame()
    result = fit(frame, target_of(frame))
    rows = new_rows().drop(index=[2, 3]).assign(km=0.0)
    encoded = result.encode(rows, unknown="baseline")
    assert encoded.remarks["unknown"] == (
        "2 rows with levels that the model has not seen, in 'city' (2): taken as the baseline"
    )
    berlin = rows.replace({"city": {"Paris": "Berlin", "Lima": "Berlin"}})
    np.testing.assert_array_equal(result.predict(encoded), result.predict(berlin))
    with pytest.raises(ValueError, match=r"no median of it: give missing=.median. to the fit"):
        result.encode(new_rows(), unknown="ignore", missing="median")
    with pytest.raises(ValueError, match="unknown must be one of"):
        result.encode(rows, unknown="guess")


def test_columns_are_found_by_name_and_encoded_ones_are_taken_as_they_are():
    frame = make_frame()
    result = fit(frame, target_of(frame))
    z = result.predict(frame)
    np.testing.assert_array_equal(result.predict(frame.iloc[:, ::-1].assign(more="x")), z)
    X = expected(frame)
    np.testing.assert_allclose(result.predict(X), z, rtol=1e-14)
    encoded = pandas.DataFrame(X, columns=result.coef_names_)
    np.testing.assert_allclose(result.predict(encoded), z, rtol=1e-14)
    with pytest.raises(ValueError, match=r"missing: .'city'"):
        result.predict(frame.drop(columns="city"))
    with pytest.raises(ValueError, match="X has 3 features, but this model was fitted on 5"):
        result.predict(X[:, :3])


@pytest.mark.parametrize(
    ("fitted", "given"),
    [
        (pandas.Categorical([1, 2, 3, 1] * 10), np.array([3, 2, 1, 1] * 10)),
        (pandas.Categorical([1, 2, 3, 1] * 10), np.array([3, 2, 1, np.nan] * 10)),
        (pandas.Categorical([1.0, 2.0, 3.0, 1.0] * 10), np.array([3, 2, 1, 1] * 10)),
        (pandas.Categorical([1, 2, 3, 1] * 10), pandas.array([3, 2, None, 1] * 10, "Int64")),
        (pandas.Categorical([1, 2, 3, 1] * 10), np.array(["3", "2", "1", "1"] * 10, object)),
        (np.array(["1", "2", "3", "1"] * 10, object), pandas.Categorical([3, 2, 1, 1] * 10)),
        (np.array(["1", "2", "3", "1"] * 10, object), np.array([None] * 40, object)),
    ],
)
def test_numbers_are_levels_in_any_type(fitted, given):
    y = np.array([1.0, 2.0, 4.0, 1.0] * 10)
    result = fit(pandas.DataFrame({"k": fitted}), y, missing="level")
    frame = pandas.DataFrame({"k": given})
    wanted = [
        1.0 if k != k or k is None else {1: 1.0, 2: 2.0, 3: 4.0}[int(k)]
        for k in frame["k"].astype(object).where(frame["k"].notna(), None)
    ]
    for make in (lambda f: f, polars.from_pandas, pyarrow.Table.from_pandas):
        np.testing.assert_allclose(result.predict(make(frame)), wanted, atol=1e-8)


# ---- what is refused

REFUSED = {
    "too many levels": (
        lambda f: f.assign(city=[f"c{k}" for k in range(N)]),
        {},
        f"'city', is text with {N} levels, and at most {MAX_LEVELS} are told apart: leave it out",
    ),
    "too many declared": (
        lambda f: f.assign(fuel=f["fuel"].cat.set_categories(["oil", "gas", *map(str, range(60))])),
        {},
        "'fuel', is text with 62 levels",
    ),
    "text and numbers": (
        lambda f: f.assign(city=[1, *f["city"][1:]]),
        {},
        "'city', holds text beside other values such as 1",
    ),
    "dates": (
        lambda f: f.assign(km=pandas.date_range("2020", periods=N)),
        {},
        "'km', must be numeric; got datetime64",
    ),
    "missing text": (
        lambda f: f.assign(city=[None, *f["city"][1:]]),
        {},
        r"'city', has missing values \(first in row 0; 1 in all\).*missing=\"level\"",
    ),
    "missing numbers": (
        lambda f: f.assign(km=pandas.array([None, *f["km"][1:]], "Float64")),
        {},
        "'km', has missing values .*or give fit missing=.drop. or missing=.median.",
    ),
    "NaN": (
        lambda f: f.assign(km=[np.nan, *f["km"][1:]]),
        {},
        "Input X contains NaN .*or give fit missing=.drop. or missing=.median.",
    ),
    "missing number": (
        lambda f: f.assign(km=[np.nan, *f["km"][1:]]),
        {"missing": "level"},
        '\'km\', has 1 number missing.*"median" or missing="drop"',
    ),
    "nothing but missing": (
        lambda f: f.assign(km=np.nan),
        {"missing": "median"},
        "'km', has no value in any row",
    ),
    "nothing but missing text": (
        lambda f: f.assign(city=[None] * N),
        {"missing": "level"},
        "'city', has no value in any row",
    ),
    "a missing value in every row": (
        lambda f: f.assign(km=np.where(f["new"], np.nan, 1), age=np.where(f["new"], 1, np.nan)),
        {"missing": "drop"},
        "every row has a missing value",
    ),
    "one name twice": (
        lambda f: f.assign(**{"city=Oslo": 1.0}),
        {},
        "2 columns of X would be named 'city=Oslo'",
    ),
    "nothing to tell apart": (
        lambda f: f[["city"]].assign(city="Rome"),
        {},
        "nothing to predict from",
    ),
    "several at once": (
        lambda f: f.assign(
            city=[f"c{k}" for k in range(N)], km=pandas.date_range("2020", periods=N), fuel=None
        ),
        {"missing": "level"},
        "3 columns cannot be used: .*'city'.*'km'.*'fuel'",
    ),
    "an unknown word": (lambda f: f, {"categories": "dummy"}, r"categories must be one of"),
    "a mistyped word": (lambda f: f, {"missing": "medain"}, "Did you mean 'median'"),
    "levels without categories": (
        lambda f: f,
        {"categories": None, "missing": "level"},
        'give categories="onehot", too',
    ),
    "unknown without categories": (
        lambda f: f,
        {"categories": None, "unknown": "ignore"},
        'give categories="onehot", too',
    ),
    "a hint": (lambda f: f, {"categories": None}, r'"onehot"\) encodes text'),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    change, keywords, said = REFUSED[case]
    frame = make_frame()
    with pytest.raises((TypeError, ValueError), match=said):
        fit(change(frame), target_of(frame), **keywords)


# ---- files


def test_models_are_saved_with_their_encoding(tmp_path):
    frame = make_frame(missing=True)
    for keywords in (
        {"missing": "median", "unknown": "ignore"},
        {"missing": "drop"},
        {"missing": "median", "alpha": 0.1},
    ):
        result = fit(frame, target_of(frame), **keywords)
        result.save(tmp_path / "m.fastgd")
        loaded = fastgd.load(tmp_path / "m.fastgd")
        assert loaded.encoding_ == result.encoding_
        assert loaded.coef_names_.tolist() == result.coef_names_.tolist()
        np.testing.assert_array_equal(loaded.predict(frame), result.predict(frame))
        loaded.save(tmp_path / "again.fastgd")
        assert (tmp_path / "again.fastgd").read_bytes() == (tmp_path / "m.fastgd").read_bytes()


def test_columns_without_names_are_known_by_their_place(folder):
    frame = make_frame()
    unnamed = frame.set_axis(range(5), axis=1)
    result = fit(unnamed, target_of(frame))
    assert result.feature_names_in_ is None and result.column_names_ == (0, 1, 2, 3, 4)
    assert result.coef_names_.tolist()[:3] == ["x0", "x1=Oslo", "x1=Rome"]
    result.save("m.fastgd")
    loaded = fastgd.load("m.fastgd")
    assert loaded.encoding_ == result.encoding_
    for table in (unnamed, frame, polars.from_pandas(frame)):
        np.testing.assert_array_equal(loaded.predict(table), result.predict(unnamed))
    text, _ = shell("predict", "m.fastgd", "--data", write(frame, "c.csv"))
    np.testing.assert_allclose(numbers_of(text), result.predict(unnamed), rtol=1e-14)


@pytest.mark.parametrize(
    "names",
    [
        [7, 3, 1, 0, 2],
        [-1, 10**30, 0, 1, 2],
        [0.5, 1.5, 2.5, 3.5, 4.5],
        [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)],
        [0, 1, ("a", 2), 3, "e"],
        ["a", -5, 2, 3, 4],
        [np.int64(5), np.int64(4), np.int64(3), np.int64(2), np.int64(1)],
    ],
    ids=str,
)
@pytest.mark.parametrize("missing", ["error", "median"])
def test_columns_are_found_by_names_of_any_type(names, missing, folder):
    frame = make_frame()
    named = frame.copy()
    named.columns = pandas.Index(names, dtype=object, tupleize_cols=False)
    result = fit(named, target_of(frame), missing=missing)
    plain = fit(frame, target_of(frame), missing=missing)
    assert result.feature_names_in_ is None and result.column_names_ == (*names,)
    assert f"{names[1]}=Oslo" in result.coef_names_
    result.save("m.fastgd")
    for model in (result, fastgd.load("m.fastgd")):
        assert model.encoding_ == result.encoding_
        for table in (named, named.iloc[:, ::-1], named.assign(more=1.0)):
            np.testing.assert_array_equal(model.predict(table), plain.predict(frame))
        other = named.set_axis([*names[:4], "other"], axis=1)
        with pytest.raises(ValueError, match=r"the columns that were fitted.* missing: "):
            model.predict(other)
    text, _ = shell("predict", "m.fastgd", "--header", "--data", write(named, "c.csv"))
    np.testing.assert_allclose(numbers_of(text), plain.predict(frame), rtol=1e-14)


@pytest.mark.parametrize("twice", ["city", "km"])
def test_a_column_that_is_there_twice_is_refused(twice):
    frame = make_frame()
    result = fit(frame, target_of(frame))
    table = pandas.concat([frame, frame[[twice]]], axis=1)
    with pytest.raises(ValueError, match="some are there twice"):
        result.predict(table)


def change_facts(path, change):
    """Change the facts of a file of a model."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members["model.json"])
    change(document["facts"]["encoding_"]["dict"])
    members["model.json"] = json.dumps(document).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def city_of(facts):
    """Return what a file keeps of the column of text."""
    return facts["texts"]["dict"]["1"]["dict"]


DAMAGES = {
    "an entry less": lambda facts: facts.pop("unknown"),
    "an entry more": lambda facts: facts.update(more=1),
    "another word": lambda facts: facts.update(unknown="guess"),
    "a word that is a list": lambda facts: facts.update(missing=["drop"]),
    "no texts": lambda facts: facts.update(texts={"dict": {}}),
    "texts of another kind": lambda facts: facts.update(texts=3),
    "a place beyond": lambda facts: facts["texts"]["dict"].update(
        {"9": facts["texts"]["dict"]["1"]}
    ),
    "levels that are numbers": lambda facts: city_of(facts).update(levels=[1, 2, 3]),
    "levels that are none": lambda facts: city_of(facts).update(levels=[]),
    "many levels": lambda facts: city_of(facts).update(levels=[f"c{k}" for k in range(200)]),
    "a level less": lambda facts: city_of(facts)["levels"].pop(),
    "a baseline beyond": lambda facts: city_of(facts).update(baseline=3),
    "a baseline that is true": lambda facts: city_of(facts).update(baseline=True),
    "a word for full": lambda facts: city_of(facts).update(full="yes"),
    "medians of another kind": lambda facts: facts.update(medians=[1.0]),
    "one array twice": lambda facts: facts.update(medians=facts["indicators"]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_encodings_are_refused(damage, tmp_path):
    frame = make_frame(missing=True)
    fit(frame, target_of(frame), missing="median").save(tmp_path / "m.fastgd")
    change_facts(tmp_path / "m.fastgd", DAMAGES[damage])
    with pytest.raises(ValueError, match=r"m\.fastgd is not a readable fastgd model"):
        fastgd.load(tmp_path / "m.fastgd")


OLD = {"age": [17.0, 12.0, 10.0], "city": ["Oslo", "Oslo", "Oslo"], "fuel": ["oil", "gas", "oil"]}
OLD_PREDICTIONS = [9.366922488738803, 13.466498174190951, 14.967568745636179]  # that version's own


def test_models_of_version_1_still_predict(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = fastgd.load(MODELS / "version1_text.fastgd")
    assert old.feature_names_in_.tolist() == ["age", "city", "fuel"]
    assert old.coef_names_.tolist() == ["age", "city=Oslo", "city=Rome", "fuel=oil"]
    for make in (pandas.DataFrame, polars.DataFrame, pyarrow.table):
        np.testing.assert_allclose(old.predict(make(OLD)), OLD_PREDICTIONS, rtol=1e-14)
    X = np.array([[17.0, 1, 0, 1], [12.0, 1, 0, 0], [10.0, 1, 0, 1]])
    np.testing.assert_allclose(old.predict(X), OLD_PREDICTIONS, rtol=1e-14)
    polars.DataFrame(OLD).write_csv("new.csv")
    said = run("predict", str(MODELS / "version1_text.fastgd"), "--data", "new.csv")
    assert [*map(float, said.stdout.split()[1:])] == pytest.approx(OLD_PREDICTIONS, rel=1e-14)
    plain = fastgd.load(MODELS / "version1_frame.fastgd")
    assert plain.encoding_ is None
    z = plain.predict(pandas.DataFrame({"age": [1.0, 2.0]}))
    assert z[1] - z[0] == pytest.approx(plain.coef_[0])
    old.save("again.fastgd")
    assert fastgd.load("again.fastgd").encoding_ == old.encoding_


# ---- the command line


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(frame, name):
    """Write a frame of pandas as CSV or Parquet."""
    if name.endswith(".parquet"):
        to_polars(frame).write_parquet(name)
    else:
        frame.to_csv(name, index=False)
    return name


def shell(*arguments):
    """Run a command that is to go well; return what it printed, and what it said."""
    done = run(*arguments)
    assert done.exit_code == 0, done.stderr or done.exception
    return done.stdout, done.stderr


def numbers_of(text):
    """Return the column that `fastgd predict` prints; NaN for a row without."""
    return np.array([float(line or "nan") for line in text.splitlines()[1:]])


@pytest.mark.parametrize("name", ["c.csv", "c.parquet"])
@pytest.mark.parametrize("options", ["", "--alpha 0.01", "--no-standardize"])
@pytest.mark.parametrize("missing", ["error", "drop", "median", "level"])
def test_a_model_of_the_shell_predicts_its_own_frame(name, options, missing, folder):
    frame = make_frame(missing in ("drop", "median"))
    if missing == "level":
        frame.loc[[3, 9], "city"] = None
    frame["price"] = target_of(frame)
    write(frame, name)
    more = [] if missing == "error" else ["--on-missing", missing]
    printed, said = shell(
        "fit", "--data", name, "--target", "price", "--out", "m.fastgd", *options.split(), *more
    )
    rows = int(frame.isna().any(axis=1).sum())
    assert bool(said) == bool(rows) and (
        not rows or f"{rows} of {N} rows" in said or f"{rows} rows with" in said
    )
    model = fastgd.load("m.fastgd")
    text, _ = shell("predict", "m.fastgd", "--data", name)
    assert len(numbers_of(text)) == N
    for make in ("pandas", "polars", "Arrow", "Arrow in chunks"):
        for table in (frame, frame.drop(columns="price")):
            predicted = model.predict(LIBRARIES[make](table))
            np.testing.assert_array_equal(numbers_of(text), predicted)
    assert np.isnan(numbers_of(text)).sum() == (rows if missing == "drop" else 0)
    exec(printed.partition("In Python:\n\n")[2], found := {})
    np.testing.assert_allclose(found["result"].coef_, model.coef_, rtol=1e-7, atol=1e-9)
    assert model.score(frame, frame["price"]) > 0.98
    assert ("city=Berlin" in model.coef_names_) == ("--alpha" in options)


@pytest.mark.parametrize("missing", ["drop", "median", "level"])
@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("library", ["pandas", "polars", "Arrow"])
def test_a_model_of_python_predicts_a_file(missing, alpha, library, folder):
    frame = make_frame(missing != "level")
    result = fit(
        LIBRARIES[library](frame), target_of(frame), alpha=alpha, missing=missing, unknown="ignore"
    )
    result.save("m.fastgd")
    rows = frame.assign(city=["Paris", *frame["city"][1:]])
    wanted = result.predict(rows)
    for name in ("c.csv", "c.parquet"):
        text, said = shell("predict", "m.fastgd", "--data", write(rows, name))
        np.testing.assert_allclose(numbers_of(text), wanted, rtol=1e-14)
        assert "fastgd: 1 row with levels that the model has not seen, in 'city' (1)" in said
    told = shell("inspect", "m.fastgd")[0]
    assert "  text           city: 3 levels" in told and f"  missing values {missing}\n" in told
    assert ("  median         age: " in told) == (missing == "median")


def test_a_nightly_job_is_not_stopped(folder):
    frame = make_frame()
    frame["price"] = target_of(frame)
    write(frame, "c.csv")
    shell("fit", "--data", "c.csv", "--target", "price", "--out", "m.fastgd")
    rows = new_rows()
    write(rows, "new.csv")
    predict = ["predict", "m.fastgd", "--data", "new.csv"]
    message = refused(run(*predict))
    assert message.startswith("fastgd: 3 columns of new.csv cannot be used")
    assert "'age' has 1 missing value, the first in row 3" in message
    message = refused(run(*predict, "--drop-missing"))
    assert "column 'city' of new.csv holds 'Paris' in row 1 " in message
    text, said = shell(*predict, "--on-unknown", "baseline", "--on-missing", "drop")
    numbers = numbers_of(text)
    np.testing.assert_array_equal(np.isnan(numbers), [False, False, True, True, True, False])
    assert said.splitlines() == [
        "fastgd: 2 rows with levels that the model has not seen, in 'city' (2): taken as the "
        "baseline",
        "fastgd: 3 rows with missing values, in 'age' (1), 'km' (1), 'city' (1): left out",
    ]
    write(rows.assign(city=["Oslo", "Berlin", *rows["city"][2:]]), "berlin.csv")
    options = ["--on-unknown", "ignore", "--on-missing", "drop"]
    text, _ = shell("predict", "m.fastgd", "--data", "berlin.csv", *options)
    assert numbers_of(text)[1] == numbers[1]
    for kind, read in (("npy", np.load), ("csv", lambda p: numbers_of(Path(p).read_text()))):
        shell(*predict, "--on-unknown", "baseline", "--on-missing", "drop", "--out", f"p.{kind}")
        np.testing.assert_array_equal(read(f"p.{kind}"), numbers)
    facts = json.loads(
        shell(*predict, "--on-unknown", "ignore", "--on-missing", "drop", "--json")[0]
    )
    assert facts["predictions"]["prediction"][2] is None and len(facts["notes"]) == 2


@pytest.mark.parametrize("missing", ["drop", "median"])
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_files_of_numpy_with_missing_values(missing, kind, folder):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.standard_normal(N) / 10
    X[[1, 5], 0] = X[[5, 8], 2] = np.nan
    if kind == "npz":
        np.savez("t.npz", X=X, y=y)
    else:
        np.save("t.npy", np.column_stack([X, y]))
    target = ["--target", "-1"] if kind == "npy" else []
    options = ["--data", f"t.{kind}", *target, "--on-missing", missing, "--out", "m.fastgd"]
    printed, said = shell("fit", *options)
    assert f"3 of {N} rows" in said if missing == "drop" else "3 rows with" in said
    model = fastgd.load("m.fastgd")
    exec(printed.partition("In Python:\n\n")[2], found := {})
    np.testing.assert_allclose(found["result"].coef_, model.coef_, rtol=1e-7, atol=1e-9)
    if hasattr(found["table"], "close"):
        found["table"].close()
    predicted = numbers_of(shell("predict", "m.fastgd", "--data", f"t.{kind}")[0])
    np.testing.assert_array_equal(predicted, model.predict(X))
    assert np.isnan(predicted).sum() == (3 if missing == "drop" else 0)


def test_labels_of_rows_left_out_are_empty_in_a_file(folder):
    frame = make_frame(missing=True)
    frame["sold"] = np.where(target_of(frame) > -4, "yes", "no")
    write(frame, "c.csv")
    options = ["--target", "sold", "--loss", "log_loss", "--on-missing", "drop"]
    shell("fit", "--data", "c.csv", *options, "--out", "m.fastgd")
    text, said = shell("predict", "m.fastgd", "--data", "c.csv")
    assert [k for k, line in enumerate(text.splitlines()[1:]) if not line.strip('"')] == [
        3,
        7,
        11,
        12,
    ]
    assert "accuracy" in said


def test_drop_missing_is_another_name_of_on_missing_drop(folder):
    frame = make_frame(missing=True)
    frame["price"] = target_of(frame)
    write(frame, "c.csv")
    fit = ["fit", "--data", "c.csv", "--target", "price", "--json"]
    told = [
        json.loads(shell(*fit, *options)[0])
        for options in (["--drop-missing"], ["--on-missing", "drop"])
    ]
    assert told[0]["coef"] == told[1]["coef"] and told[0]["notes"] == told[1]["notes"]
    assert told[0]["data"]["rows"] == N - 4
    both = refused(run(*fit, "--drop-missing", "--on-missing", "median"))
    assert "--drop-missing and --on-missing median contradict each other" in both


@pytest.mark.parametrize(
    ("missing", "column", "said"),
    [
        ("error", "age", ", or give --on-missing median."),
        ("error", "city", ", or give --on-missing level."),
        ("level", "age", ", or give --on-missing median."),
        ("error", "price", "fill them in or leave those rows out with --drop-missing."),
        ("median", "price", "fill them in or leave those rows out with --drop-missing."),
        ("level", "price", "fill them in or leave those rows out with --drop-missing."),
    ],
)
@pytest.mark.parametrize("name", ["c.csv", "c.parquet"])
def test_what_is_refused_says_what_to_give(missing, column, said, name, folder):
    frame = make_frame()
    frame["price"] = target_of(frame)
    frame.loc[5, column] = None
    write(frame, name)
    fit = ["fit", "--data", name, "--target", "price", "--on-missing", missing]
    message = refused(run(*fit))
    assert f"column {column!r} of {name} has 1 missing value, the first in row 5" in message
    assert message.endswith(f"{said}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "--drop-missing"),
        ("fit", "--on-missing", "drop"),
        ("fit", "--flights", "--on-unknown", "ignore"),
        ("compare", "--on-missing", "median"),
    ],
)
def test_options_about_columns_need_a_file(arguments):
    assert "is an option for files; give a file with --data" in refused(run(*arguments))


# ---- memory


@pytest.mark.compiled
def test_x_is_never_made_as_a_whole():
    n, levels = 100_000, 40
    rng = np.random.default_rng(0)
    words = np.array([f"level{k:02}" for k in range(levels)], dtype=object)
    frame = polars.DataFrame({f"c{j}": words[rng.integers(0, levels, n)] for j in range(8)})
    y = rng.standard_normal(n)
    small = frame.head(2000)
    keywords = {"categories": "onehot", "learning_rate": 0.1, "max_iter": 1, "n_threads": 1}
    for variant in ("batch", "minibatch", "stochastic"):
        fastgd.fit(small, y[:2000], variant, **keywords)  # compile
        tracemalloc.start()
        result = fastgd.fit(frame, y, variant, **keywords)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 0.15 * n * len(result.coef_) * 8 + 16 * n + 16e6


def test_the_snippet_of_the_manual_runs(capsys):
    folder = Path(__file__).parents[2] / "docs" / "manual"
    page = (folder / "text_and_missing.md").read_text(encoding="utf-8")
    section = page.partition("# Text and missing values")[2]
    exec(section.partition("```python")[2].partition("```")[0], {"fastgd": fastgd})
    said = capsys.readouterr().out
    assert "'city is missing'" in said and "1 row with levels that the model has not seen" in said


def test_an_encoding_can_be_replaced():
    frame = make_frame()
    result = fit(frame, target_of(frame))
    lenient = replace(result, encoding_=replace(result.encoding_, unknown="baseline"))
    rows = new_rows().drop(index=[2, 3]).assign(km=0.0)
    assert len(lenient.predict(rows)) == 4
