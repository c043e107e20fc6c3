"""The command line on files: fit, predict and inspect, and what they refuse."""

import gzip
import json
import os
import stat
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_cli import SMALL, refused, run, run_python, start

import fastgd
from fastgd.base import memory
from fastgd.cli.fit import command as fit_command
from fastgd.cli.fit.report import KEYS
from fastgd.cli.standardizing import standardize
from fastgd.data.categories.encoding import MAX_LEVELS

polars = pytest.importorskip("polars")

N = 200


def make_cars():
    """Return a table as a practitioner has it: an id, numbers, text, booleans, two targets."""
    rng = np.random.default_rng(0)
    age, km = rng.integers(0, 20, N), rng.uniform(0, 2e5, N)
    city = rng.choice(["Rome", "Berlin", "Oslo"], N)
    diesel = rng.random(N) < 0.4
    price = 20_000 - 800 * age - 0.03 * km + 3000 * (city == "Oslo") + 500 * diesel
    price += rng.normal(0, 300, N)
    return polars.DataFrame(
        {
            "id": [f"car{k}" for k in range(N)],
            "age": age,
            "km": km,
            "city": city,
            "diesel": diesel,
            "weight": rng.integers(1, 4, N),
            "price": price,
            "sold": np.where(price > 9000, "yes", "no"),
        }
    )


CARS = make_cars()
TO_PRICE = ["--target", "price", "--drop", "id", "--drop", "sold"]


def write(frame, name):
    """Write a frame as the kind of file that its name asks for."""
    if name.endswith(".parquet"):
        frame.write_parquet(name)
    else:
        text = frame.write_csv(separator="\t" if ".tsv" in name else ",").encode()
        Path(name).write_bytes(gzip.compress(text, mtime=0) if name.endswith(".gz") else text)
    return name


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def done(*arguments):
    """Run a command that is to go well; return what it printed."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr or result.exception
    return result


def fit(*arguments):
    """Fit, save as m.fastgd, and return the model and the lines of Python."""
    said = done("fit", *arguments, "--out", "m.fastgd", "--force")
    assert said.stderr == ""
    card, _, code = said.stdout.partition("\n\nIn Python:\n\n")
    assert "saved          m.fastgd" in card.splitlines()
    return fastgd.load("m.fastgd"), code


def replay(code):
    """Run lines of Python; return what they define."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        exec(code, names := {})
    if hasattr(names.get("table"), "close"):
        names["table"].close()
    return names


def predicted(*arguments):
    """Return the numbers that `fastgd predict` prints."""
    title, *rows = done("predict", "m.fastgd", *arguments).stdout.splitlines()
    assert title == "prediction"
    return np.array([float(row) for row in rows])


def encode(frame):
    """Return X of cars as a careful person would write it."""
    return frame.select(
        polars.col("age", "km").cast(float),
        *((polars.col("city") == name).cast(float).alias(name) for name in ("Oslo", "Rome")),
        polars.col("diesel").cast(float),
    ).to_numpy()


# ---- round trips


@pytest.mark.parametrize(
    "name", ["c.csv", "c.csv.gz", "c.tsv", "c.tsv.gz", "c.parquet", "C.CSV"], ids=str
)
def test_frames_there_and_back(name):
    model, code = fit("--data", write(CARS, name), *TO_PRICE, "--drop", "weight")
    names = ["age", "km", "city=Oslo", "city=Rome", "diesel"]
    assert list(model.coef_names_) == names
    assert list(model.feature_names_in_) == ["age", "km", "city", "diesel"]
    lines = replay(code)
    X = encode(CARS)
    for other in (lines["result"], fastgd.load("m.fastgd")):
        np.testing.assert_allclose(other.coef_, model.coef_, rtol=1e-9)
    assert np.array_equal(lines["X"], X)
    assert model.score(X, CARS["price"].to_numpy()) > 0.99
    np.testing.assert_array_equal(predicted("--data", name), model.predict(X))


@pytest.mark.parametrize("place", [0, 2, 4, -1])
@pytest.mark.parametrize("scaled", ["--standardize", "--no-standardize"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_npy_there_and_back(place, scaled, dtype):
    rng = np.random.default_rng(0)
    table = np.round(rng.standard_normal((N, 5)) * 30).astype(dtype)
    np.save("t.npy", table)
    X, y = np.delete(table, place, axis=1), table[:, place]
    np.save("X.npy", X)
    model, code = fit("--data", "t.npy", "--target", str(place), scaled)
    expected = [f"x{k}" for k in range(5) if k != place % 5]
    assert list(model.feature_names_in_) == expected
    lines = replay(code)
    np.testing.assert_allclose(lines["result"].coef_, model.coef_, rtol=1e-3, atol=1e-4)
    for name in ("t.npy", "X.npy"):
        np.testing.assert_allclose(predicted("--data", name), model.predict(X), rtol=1e-6)
    said = done("predict", "m.fastgd", "--data", "t.npy")
    assert said.stderr == f"fastgd: R^2 {model.score(X, y):.6g} on column 'x{place % 5}'\n"


@pytest.mark.parametrize("name", ["X", "table"])
def test_npz_there_and_back(name):
    X, y, _ = fastgd.datasets.make_regression(N, 3, random_state=0)
    np.savez("t.npz", **{name: X, "y": y})
    np.savez("new.npz", **{name: X})
    np.save("X.npy", X)
    model, code = fit("--data", "t.npz")
    lines = replay(code)
    np.testing.assert_allclose(lines["result"].coef_, model.coef_, rtol=1e-9)
    for other in ("t.npz", "new.npz", "X.npy"):
        np.testing.assert_array_equal(predicted("--data", other), model.predict(X))
    assert "'y'" in done("predict", "m.fastgd", "--data", "t.npz").stderr
    assert done("predict", "m.fastgd", "--data", "new.npz").stderr == ""


def test_npz_with_weights_text_labels_and_a_column_left_out():
    X, y, _ = fastgd.datasets.make_classification(N, 3, random_state=0)
    np.savez("t.npz", X=X, label=np.where(y, "yes", "no"), w=np.arange(1.0, N + 1))
    options = ["--target", "label", "--weight", "w", "--drop", "1", "--loss", "log_loss"]
    model, code = fit("--data", "t.npz", *options)
    assert model.classes_.tolist() == ["no", "yes"]
    lines = replay(code)
    np.testing.assert_allclose(lines["result"].coef_, model.coef_, rtol=1e-9)
    said = done("predict", "m.fastgd", "--data", "t.npz")
    score = model.score(X[:, [0, 2]], np.where(y, "yes", "no"), np.arange(1.0, N + 1))
    assert said.stderr == f"fastgd: accuracy {score:.6g} on column 'label'\n"


def test_weights_are_a_column_and_not_kept_in_the_model():
    write(CARS, "c.csv")
    model, code = fit("--data", "c.csv", *TO_PRICE, "--weight", "weight")
    lines = replay(code)
    np.testing.assert_allclose(lines["result"].coef_, model.coef_, rtol=1e-9)
    assert "sample_weight=weights" in code
    assert model.recipe["sample_weight"] is None
    score = model.score(encode(CARS), CARS["price"], CARS["weight"].to_numpy())
    said = done("predict", "m.fastgd", "--data", "c.csv")
    assert f"R^2 {score:.6g} on column 'price'" in said.stderr


@pytest.mark.parametrize("name", ["o.csv", "o.npz"])
def test_an_offset_is_a_column_that_predicting_needs(name):
    rng = np.random.default_rng(0)
    X, offset, weights = rng.standard_normal((N, 2)), rng.normal(size=N), rng.uniform(1, 2, N)
    y = X @ [1.0, -1.0] + offset + 0.1 * rng.standard_normal(N)
    if name == "o.npz":
        np.savez(name, X=X, y=y, shift=offset, w=weights)
    else:
        names = ["a", "b", "y", "shift", "w"]
        write(polars.DataFrame(np.column_stack([X, y, offset, weights]), names), name)
    options = ["--target", "y", "--offset", "shift", "--weight", "w"]
    model, code = fit("--data", name, *options)
    assert "offset=offset" in code and model.recipe["offset"] is None and model.needs_offset_
    np.testing.assert_allclose(replay(code)["result"].coef_, model.coef_, rtol=1e-9)
    expected = model.predict(X, offset)
    np.testing.assert_allclose(predicted("--data", name), expected, rtol=1e-9)
    said = done("predict", "m.fastgd", "--data", name)
    score = model.score(X, y, weights, offset)
    assert f"R^2 {score:.6g} on column 'y'" in said.stderr
    assert "offset         shift" in done("inspect", "m.fastgd").stdout
    np.save("without.npy", X)
    without = run("predict", "m.fastgd", "--data", "without.npy")
    assert without.exit_code != 0
    words = " ".join(without.stderr.split())
    assert "without.npy lacks the column 'shift', the offset that the model needs." in words


def test_poisson_regression_from_a_file():
    rng = np.random.default_rng(0)
    age = rng.uniform(18, 80, N)
    frame = polars.DataFrame({"age": age, "claims": rng.poisson(np.exp(0.02 * age))})
    write(frame, "claims.csv")
    model, code = fit("--data", "claims.csv", "--target", "claims", "--loss", "poisson")
    np.testing.assert_allclose(replay(code)["result"].coef_, model.coef_, rtol=1e-6)
    means = predicted("--data", "claims.csv")
    np.testing.assert_allclose(means, model.predict(age[:, None]), rtol=1e-9)
    score = model.score(age[:, None], frame["claims"])
    assert f"D^2 {score:.6g} on" in done("predict", "m.fastgd", "--data", "claims.csv").stderr
    assert "Poisson()" in done("inspect", "m.fastgd").stdout


def test_text_labels_and_probabilities():
    write(CARS, "c.parquet")
    options = ["--target", "sold", "--drop", "id", "--drop", "price", "--drop", "weight"]
    model, code = fit("--data", "c.parquet", *options, "--loss", "log_loss")
    assert model.classes_.tolist() == ["no", "yes"]
    lines = replay(code)
    np.testing.assert_allclose(lines["result"].coef_, model.coef_, rtol=1e-9)
    X = encode(CARS)
    title, *labels = done("predict", "m.fastgd", "--data", "c.parquet").stdout.split()
    assert labels == model.predict(X).tolist()
    title, *rows = done("predict", "m.fastgd", "--data", "c.parquet", "--proba").stdout.split()
    assert title == "probability=no,probability=yes"
    shown = np.array([[float(word) for word in row.split(",")] for row in rows])
    np.testing.assert_array_equal(shown, model.predict_proba(X))


def test_labels_without_probabilities():
    write(CARS, "c.csv")
    options = ["--target", "sold", "--drop", "id", "--drop", "price", "--loss", "hinge"]
    fit("--data", "c.csv", *options)
    assert "  labels         no, yes; above 0 the last\n" in done("inspect", "m.fastgd").stdout
    found = json.loads(done("predict", "m.fastgd", "--data", "c.csv", "--json").stdout)
    assert found["classes"] == ["no", "yes"] and found["score"] > 0.9


def test_kinds_of_columns_of_parquet():
    text = CARS["city"]
    frame = CARS.select(
        polars.col("age").cast(polars.UInt8),
        polars.col("km").cast(polars.Float32),
        text.cast(polars.Categorical).alias("category"),
        text.cast(polars.Enum(["Rome", "Oslo", "Berlin"])).alias("enum"),
        polars.col("price").cast(polars.Decimal(scale=2)),
        polars.lit("all").alias("same"),
    )
    model, code = fit("--data", write(frame, "c.parquet"), "--target", "price")
    assert list(model.coef_names_) == [
        "age",
        "km",
        "category=Oslo",
        "category=Rome",
        "enum=Oslo",
        "enum=Berlin",
    ]
    lines = replay(code)
    X = lines["X"]
    np.testing.assert_array_equal(predicted("--data", "c.parquet"), model.predict(X))


def test_float32_parquet_stays_float32():
    X = np.random.default_rng(0).standard_normal((N, 3)).astype(np.float32)
    write(polars.DataFrame(X, schema=["a", "b", "y"]), "c.parquet")
    said = json.loads(done("fit", "--data", "c.parquet", "--target", "y", "--json").stdout)
    assert said["data"]["dtype"] == "float32"


def test_types_are_guessed_again_where_a_late_row_differs(monkeypatch):
    monkeypatch.setattr("fastgd.data.files.csv_file.GUESSED", 5)
    rows = ["a,y", *(f"{k},{k}" for k in range(20)), "0.5,1"]
    Path("c.csv").write_text("\n".join(rows))
    _, code = fit("--data", "c.csv", "--target", "y")
    assert "infer_schema_length=None" in code
    replay(code)
    assert len(predicted("--data", "c.csv")) == 21


def test_names_that_look_like_patterns():
    rows = ["^a.*$,*,,abc", *(f"{k},{k % 3},{k % 5},{k % 7}" for k in range(30))]
    Path("c[1].csv").write_text("\n".join(rows))
    model, _ = fit("--data", "c[1].csv", "--target", "abc", "--drop", "*")
    assert list(model.feature_names_in_) == ["^a.*$", ""]
    assert len(predicted("--data", "c[1].csv")) == 30


# ---- scaling


def test_constant_columns_get_no_coefficient():
    frame = CARS.select("age", polars.lit(0.1).alias("tenth"), "price")
    model, code = fit("--data", write(frame, "c.csv"), "--target", "price")
    assert model.coef_[1] == 0.0
    lines = replay(code)
    np.testing.assert_allclose(lines["result"].coef_, model.coef_, rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
def test_standardize(dtype):
    table = (np.random.default_rng(0).standard_normal((5000, 3)) * 50 + 1000).astype(dtype)
    table[:, 1] = 7
    Z, scaling = standardize(table.copy())
    np.testing.assert_allclose(scaling.mean, table.mean(axis=0, dtype=float), rtol=1e-12)
    std = table.std(axis=0, dtype=float)
    np.testing.assert_allclose(scaling.scale[[0, 2]], std[[0, 2]], rtol=1e-4)
    assert scaling.has_constant and not Z[:, 1].any()
    np.testing.assert_allclose(Z.std(axis=0, dtype=float), [1, 0, 1], rtol=1e-4)


def test_standardize_needs_numbers_of_a_size_that_can_be_squared():
    with pytest.raises(ValueError, match="--no-standardize"):
        standardize(np.array([[1e200], [-1e200]]))


def test_penalty_is_noted():
    write(CARS, "c.csv")
    said = done("fit", "--data", "c.csv", *TO_PRICE, "--alpha", "0.1").stdout
    assert "note           the penalty and the objective are those of the scaled columns" in said


def test_flights_can_be_saved(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N, 2)) * [1.0, 1e5] + [0.0, 1e5]
    flights = fastgd.datasets.Flights(X.copy(), X @ [1.0, 1e-5], ("dep_delay", "distance"))
    monkeypatch.setattr(fastgd.datasets, "load_flights", lambda: flights)
    model, _ = fit("--flights")
    np.testing.assert_allclose(model.coef_, [1.0, 1e-5], rtol=1e-2)
    write(polars.DataFrame(X, schema=["dep_delay", "distance"]), "new.csv")
    np.testing.assert_allclose(predicted("--data", "new.csv"), model.predict(X))


# ---- JSON


def test_fit_as_json():
    write(CARS, "c.csv")
    options = ["--data", "c.csv", *TO_PRICE, "--json", "--out", "m.fastgd", "--max-iter", "1"]
    said = done("fit", *options)
    assert said.stderr == ""
    found = json.loads(said.stdout)
    assert list(found) == list(KEYS)
    assert found["data"]["source"] == "c.csv" and found["data"]["rows"] == N
    model = fastgd.load("m.fastgd")
    assert found["coef"] == model.coef_.tolist()
    assert found["feature_names"] == model.coef_names_.tolist()
    assert (found["out"], len(found["warnings"]), found["converged"]) == ("m.fastgd", 1, False)


def test_help_names_the_keys_of_json_within_80_columns():
    lines = run("fit", "--help", COLUMNS="80").stdout.splitlines()
    for key in KEYS:
        assert any(line.startswith(f"    {key} ") for line in lines)
    assert max(map(len, lines)) <= 80


def test_json_is_strict(monkeypatch):
    said = run("fit", *SMALL, "--learning-rate", "1e300", "--json")
    assert said.exit_code == 1

    def refuse(word):
        raise AssertionError(word)

    json.loads(said.stdout, parse_constant=refuse)


def test_predict_as_json():
    write(CARS, "c.csv")
    fit("--data", "c.csv", *TO_PRICE)
    found = json.loads(done("predict", "m.fastgd", "--data", "c.csv", "--json").stdout)
    assert found["predictions"]["prediction"] == predicted("--data", "c.csv").tolist()
    assert (found["rows"], found["target"], found["out"]) == (N, "price", None)
    assert found["score"] > 0.99
    options = ["--data", "c.csv", "--json", "--out", "p.csv"]
    found = json.loads(done("predict", "m.fastgd", *options).stdout)
    assert (found["predictions"], found["out"]) == (None, "p.csv")


# ---- files of predictions, models of Python


def test_predictions_in_each_kind_of_file():
    write(CARS, "c.csv")
    fit("--data", "c.csv", *TO_PRICE)
    expected = predicted("--data", "c.csv")
    for name in ("p.csv", "p.npy", "p.parquet"):
        said = done("predict", "m.fastgd", "--data", "c.csv", "--out", name)
        assert said.stdout == ""
    np.testing.assert_array_equal(np.load("p.npy"), expected)
    for read, name in ((polars.read_csv, "p.csv"), (polars.read_parquet, "p.parquet")):
        np.testing.assert_array_equal(read(name)["prediction"].to_numpy(), expected)
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


def test_probabilities_as_npy():
    X, y, _ = fastgd.datasets.make_classification(N, 3, random_state=0)
    np.savez("t.npz", X=X, y=y)
    model, _ = fit("--data", "t.npz", "--loss", "log_loss")
    done("predict", "m.fastgd", "--data", "t.npz", "--proba", "--out", "p.npy")
    np.testing.assert_array_equal(np.load("p.npy"), model.predict_proba(X))


def test_models_of_python():
    X, y, _ = fastgd.datasets.make_regression(N, 3, random_state=0)
    frame = polars.DataFrame(X, schema=["a", "b", "c"])
    write(frame.select("c", "a", "b", y=y), "c.csv")
    write(frame, "X.csv")
    np.save("X.npy", X)
    named = fastgd.fit(frame, y, random_state=0)
    named.save("m.fastgd")
    for name in ("c.csv", "X.csv", "X.npy"):
        np.testing.assert_allclose(predicted("--data", name), named.predict(X), rtol=1e-12)
    assert "ignored: 'y'" in done("predict", "m.fastgd", "--data", "c.csv").stderr
    said = done("predict", "m.fastgd", "--data", "c.csv", "--target", "y")
    assert said.stderr == f"fastgd: R^2 {named.score(X, y):.6g} on column 'y'\n"
    fastgd.fit(X, y, random_state=0).save("m.fastgd")
    for name in ("X.csv", "X.npy"):
        np.testing.assert_allclose(predicted("--data", name), named.predict(X), rtol=1e-12)
    assert "has 4 columns" in refused(run("predict", "m.fastgd", "--data", "c.csv"))
    assert "coefficient  column" in done("inspect", "m.fastgd").stdout


@pytest.mark.parametrize(
    ("columns", "options", "left_out"),
    [
        (["", "age", "km"], [], [""]),
        (["Unnamed: 0", "age", "km"], [], ["Unnamed: 0"]),
        (["", "Unnamed: 0.1", "age", "km"], [], ["", "Unnamed: 0.1"]),
        (["", "age", "km", "price"], ["--target", "price"], [""]),
        (["age", "__index_level_0__", "km"], [], ["__index_level_0__"]),
        (["age", "km"], [], []),
        (["", "km"], [], []),  # or the model could not predict
    ],
)
def test_an_index_is_no_column_of_an_array(columns, options, left_out):
    X, y, _ = fastgd.datasets.make_regression(N, 2, random_state=0)
    model = fastgd.fit(X, y, random_state=0)
    model.save("m.fastgd")
    values = {"age": X[:, 0], "km": X[:, 1], "price": y}
    frame = polars.DataFrame({name: values.get(name, np.arange(N)) for name in columns})
    expected = [name for name in columns if name in ("age", "km")]
    rows = X if len(expected) == 2 else np.column_stack([np.arange(N), X[:, 1]])
    for name in ("t.csv", "t.parquet"):
        write(frame, name)
        said = done("predict", "m.fastgd", "--data", name, *options)
        assert ("left out, as an index" in said.stderr) == bool(left_out)
        assert all(repr(column) in said.stderr for column in left_out)
        assert ("looks like an index, is used as data" in said.stderr) == (rows is not X)
        found = [float(line) for line in said.stdout.split()[1:]]
        np.testing.assert_allclose(found, model.predict(rows), rtol=1e-9)


def test_an_index_that_is_asked_for_is_no_index():
    X, y, _ = fastgd.datasets.make_regression(N, 2, random_state=0)
    fastgd.fit(X, y, random_state=0).save("m.fastgd")
    write(polars.DataFrame({"": y, "age": X[:, 0], "km": X[:, 1]}), "t.csv")
    said = done("predict", "m.fastgd", "--data", "t.csv", "--target", "")
    assert "R^2" in said.stderr and "index" not in said.stderr


def test_inspect():
    write(CARS, "c.csv")
    model, _ = fit("--data", "c.csv", *TO_PRICE, "--drop", "weight")
    said = done("inspect", "m.fastgd").stdout
    assert said.startswith(model.summary())
    assert "  target         price\n" in said
    assert "  text           city: 3 levels, baseline 'Berlin'\n" in said
    rows = said.partition("\n\n")[2].splitlines()
    assert [row.split()[-1] for row in rows[1:3]] == ["age", "km"]
    assert float(rows[1].split()[0]) == pytest.approx(model.coef_[0], rel=1e-5)
    assert float(rows[1].split()[1]) == pytest.approx(model.coef_[0] * CARS["age"].std(ddof=0))
    assert rows[-1].endswith("(intercept)")
    found = json.loads(done("inspect", "m.fastgd", "--json").stdout)
    assert found["coef"] == model.coef_.tolist()
    assert found["notes"] == model.notes


def test_inspect_shows_twenty_coefficients_or_all():
    X, y, _ = fastgd.datasets.make_regression(N, 30, random_state=0)
    fastgd.fit(X, y, "batch", learning_rate=0.1).save("m.fastgd")
    said = done("inspect", "m.fastgd").stdout
    assert said.endswith("and 10 smaller coefficients: --all shows them\n")
    every = done("inspect", "m.fastgd", "--all").stdout
    assert every.count("\n") == said.count("\n") + 9


# ---- what is refused


def rows_of(**columns):
    return polars.DataFrame({"y": [1.0, 2.0, 3.0], "a": [3.0, 1.0, 2.0], **columns})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (rows_of(b=[1, None, None]), "column 'b' of f has 2 missing values, the first in row 1 "),
        (rows_of(b=[1.0, 2.0, np.nan]), "column 'b' of f has 1 missing value, the first in row 2 "),
        (rows_of(b=[1.0, np.inf, -np.inf]), "'b' of f has 2 infinite values, the first in row 1 "),
        (rows_of(b=["u", None, "v"]), "column 'b' of f has 1 missing value, the first in row 1 "),
        (rows_of(b=["1", "NA", "3"]), "column 'b' of f has 1 missing ('NA') value, the first in "),
        (rows_of(b=[[1], [2], [3]]), "column 'b' of f has the type List(Int64)"),
        (rows_of(b=[{"c": 1}] * 3), "column 'b' of f has the type Struct"),
        (
            rows_of(**{"the day": [f"2020-01-0{k}" for k in (1, 2, 3)]}).with_columns(
                polars.col("the day").str.to_date()
            ),
            "column 'the day' of f has the type Date, and only numbers, booleans and text can be "
            "used: leave it out with --drop 'the day'.",
        ),
        (rows_of(b=[None, None, None]), "column 'b' of f has 3 missing values"),
        (rows_of(y=["u", "v", "u"]), "column 'y' of f holds text, and --loss squared_error needs"),
        (rows_of(y=[1.0, None, 2.0]), "column 'y' of f has 1 missing value"),
        (rows_of(y=[1.0, np.nan, 2.0]), "column 'y' of f has 1 missing value"),
        (rows_of(b=["u", "v", "u"], **{"b=v": [1, 2, 3]}), "2 columns of X would be named 'b=v'"),
        (rows_of(a=["u", "u", "u"]), "there is nothing to predict from"),
        (rows_of().clear(), "f has no rows."),
        (rows_of().select("y"), "f has no column left to predict 'y' from."),
    ],
)
def test_tables_that_are_refused(frame, said):
    name = write(frame, "t.parquet")
    message = refused(run("fit", "--data", name, "--target", "y"))
    assert said.replace(" f ", " t.parquet ").replace("f has", "t.parquet has") in message


def test_text_with_too_many_levels_is_refused():
    write(CARS, "c.csv")
    message = refused(run("fit", "--data", "c.csv", "--target", "price"))
    assert f"column 'id' of c.csv is text with {N} levels, the first 'car0' in row 0" in message
    assert f"and at most {MAX_LEVELS:,} levels are supported" in message
    assert message.endswith("--drop id.\n")


def test_labels_have_to_be_two():
    write(CARS, "c.csv")
    options = ["--data", "c.csv", "--drop", "id", "--loss", "log_loss"]
    message = refused(run("fit", *options, "--target", "city"))
    assert "column 'city' of c.csv holds 3 labels, 'Berlin', 'Oslo', 'Rome', and" in message
    assert "--target must hold two labels" in refused(run("fit", *options, "--target", "age"))


@pytest.mark.parametrize(
    ("content", "name", "status", "said"),
    [
        (b"a,y,a\n1,2,3\n", "t.csv", 2, "t.csv has 2 columns named 'a'."),
        (b"a,y\n\x81,1\n", "t.csv", 2, "t.csv is not text in cp1252: "),
        (b"a,y\n1,2\n1,2,3\n2,3\n", "t.csv", 2, "line 3 of t.csv has 3 fields, and line 1"),
        (b'a,y\n"1,2\n3,4\n', "t.csv", 1, "a quotation mark that opens in line 2 is never"),
        (b"a,y\n1,2\n3\n", "t.csv", 2, "column 'y' of t.csv has 1 missing value"),
        (gzip.compress(b"a,y\n1,2\n" * 99, mtime=0)[:30], "t.csv.gz", 1, "cannot be read: "),
        (b"", "t.parquet", 1, "t.parquet cannot be read: "),
        (b"PAR1" + bytes(99) + b"PAR1", "t.parquet", 1, "t.parquet cannot be read: "),
        (b"", "t.npy", 1, "t.npy cannot be read as arrays"),
        (b"\x93NUMPY\x01\x00nonsense", "t.npy", 1, "t.npy cannot be read as arrays"),
        (b"\x80\x04K\x01.", "t.npy", 1, "nothing is ever unpickled"),
        (b"\x93NUMPY\x01\x00\x03\x00{((", "t.npy", 1, "t.npy cannot be read as arrays"),
        (b"PK\x03\x04nonsense", "t.npz", 1, "t.npz cannot be read as arrays"),
        (b"", "t.npz", 1, "t.npz cannot be read as arrays"),
        (b"a,y\n1,2\n", "t.txt", 2, "--data must end in .npy, .npz, .parquet, .csv, .csv.gz, .csv"),
    ],
)
def test_broken_files(content, name, status, said):
    Path(name).write_bytes(content)
    assert said in refused(run("fit", "--data", name, "--target", "y"), status)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([[1, "a"], [2, None]], dtype=object), "nothing is ever unpickled"),
        (np.zeros(5), "must be a table of numbers, rows by columns; got the shape (5,)"),
        (np.zeros((3, 2, 2)), "got the shape (3, 2, 2)"),
        (np.array([["a", "b"]]), "the type <U1"),
        (np.zeros((3, 2), dtype=complex), "the type complex128"),
        (np.zeros((0, 2)), "is empty: its shape is (0, 2)"),
        (np.array([[1.0, 2.0], [np.nan, 3.0]]), "column 'x0' of t.npy has 1 missing value"),
        (np.array([[1.0, np.nan], [2.0, 3.0]]), "column 'x1' of t.npy has 1 missing value"),
    ],
)
def test_arrays_that_are_refused(array, said):
    np.save("t.npy", array)
    done = run("fit", "--data", "t.npy", "--target", "-1")
    assert said in refused(done, done.exit_code)
    assert done.exit_code == 1 + ("unpickled" not in said)


def test_tables_that_do_not_fit_in_memory(monkeypatch):
    write(CARS, "c.csv")
    np.save("t.npy", np.zeros((N, 9), dtype=np.float32))
    monkeypatch.setattr(memory, "available_memory", lambda: 1000.0)
    message = refused(run("fit", "--data", "c.csv", *TO_PRICE))
    assert "200 rows x 6 features need 0.0 GB" in message
    message = refused(run("fit", "--data", "t.npy", "--target", "0"))
    assert "200 rows x 8 features need 0.0 GB" in message and "--no-standardize" in message


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y": np.zeros(3)}, "must hold an array named 'X', or a single table beside the"),
        ({"a": np.zeros((3, 2)), "b": np.zeros((3, 2)), "y": np.zeros(3)}, "it holds 'a', 'b'"),
        ({"X": np.zeros((3, 2)), "y": np.zeros(4)}, "'y' of t.npz must have 3 values"),
        ({"X": np.zeros((3, 2)), "z": np.zeros(3)}, "t.npz has no column 'y'."),
        ({"X": np.zeros((3, 2)), "y": np.array([{}] * 3)}, "nothing is ever unpickled"),
    ],
)
def test_npz_that_are_refused(arrays, said):
    np.savez("t.npz", **arrays)
    done = run("fit", "--data", "t.npz")
    assert said in refused(done, done.exit_code)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--data c.csv", "--target is needed, the column to predict: 'id', 'age'"),
        ("--data c.csv --target prise", "c.csv has no column 'prise'. Did you mean 'price'?"),
        ("--data c.csv --target x", "It has 'id', 'age', 'km',"),
        ("--data c.csv --target price --drop agee", "Did you mean 'age'?"),
        ("--data c.csv --target price --weight wait", "has no column 'wait'"),
        ("--data c.csv --target price --drop price", "--drop and --target name the same column"),
        ("--data c.csv --target price --weight price", "--weight and --target name the same"),
        ("--data c.csv --target price --offset price", "--offset and --target name the same"),
        ("--flights --offset w", "--offset names a column of a file"),
        ("--data c.csv --target price --drop id --loss gamma", "must be above zero for the loss"),
        ("--data c.csv --target price --drop id --weight city", "column 'city' holds text"),
        ("--data c.csv --flights --target price", "--data and --flights exclude each other"),
        ("--data c.csv --target price --rows 9", "--rows is for generated data; leave it out with"),
        ("--target price", "--target names a column of a file; give a file with --data."),
        ("--drop price", "--drop names a column of a file"),
        ("--flights --weight w", "--weight names a column of a file"),
        ("--data no.csv --target price", "no.csv does not exist."),
        ("--data . --target price", "--data must end in"),
        ("--data folder.csv --target price", "folder.csv is not a file."),
        ("--data t.npy", "--target is needed, the column to predict: 'x0', 'x1'."),
        ("--data t.npy --target 2", "t.npy has 2 columns, 0 to 1 (or -2 to -1); got 2."),
        ("--data t.npy --target y", "t.npy has no column 'y'."),
        ("--data c.csv --target price --seed -1", "--seed must be"),
        ("--data c.csv --target price --drop id --learning-rate -1", "--learning-rate must be"),
        ("--data c.csv --target price --force", "--force is for --out"),
        ("--data c.csv --target price --out no/m.fastgd", "the folder no of --out does not exist."),
        ("--data c.csv --target price --out folder.csv", "--out folder.csv is not a file."),
        ("--data c.csv --target price --out c.csv --force", "is also an input"),
    ],
)
def test_fit_refuses(arguments, said):
    write(CARS, "c.csv")
    np.save("t.npy", np.zeros((3, 2)))
    Path("folder.csv").mkdir()
    assert said in refused(run("fit", *arguments.split()))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.drop("km"), "new.csv lacks the column 'km' that the model needs."),
        (lambda f: f.drop("km", "age"), "lacks the columns 'age', 'km' that the model needs."),
        (lambda f: f.rename({"km": "kms"}), "Did you mean 'kms'?"),
        (
            lambda f: f.with_columns(city=polars.lit("Paris")),
            "column 'city' of new.csv holds 'Paris' in row 0 (counted from 0), which the model has "
            "not seen (200 rows hold such levels); it knows 'Berlin', 'Oslo', 'Rome': --on-unknown",
        ),
        (lambda f: f.with_columns(km=polars.lit("far")), "'km' of new.csv holds text; the model"),
        (lambda f: f.with_columns(km=None), "column 'km' of new.csv has 200 missing values"),
        (lambda f: f.head(0), "new.csv has no rows."),
    ],
)
def test_predict_refuses_other_tables(change, said):
    write(CARS, "c.csv")
    fit("--data", "c.csv", *TO_PRICE)
    write(change(CARS), "new.csv")
    assert said in refused(run("predict", "m.fastgd", "--data", "new.csv"))


def test_predict_without_a_usable_target_says_so():
    write(CARS, "c.csv")
    fit("--data", "c.csv", *TO_PRICE)
    write(CARS.with_columns(price=None), "new.csv")
    said = done("predict", "m.fastgd", "--data", "new.csv")
    assert "no score: column 'price' of new.csv has 200 missing values" in said.stderr
    some = CARS.with_columns(price=polars.when(polars.arange(N) != 3).then("price"))
    for name in ("new.csv", "new.parquet"):
        write(some, name)
        for options in ([], ["--drop-missing"]):
            said = done("predict", "m.fastgd", "--data", name, *options)
            assert said.stderr.endswith("the first in row 3 (counted from 0): fill it in.\n")
    write(CARS.with_columns(price=polars.lit("dear")), "new.csv")
    said = done("predict", "m.fastgd", "--data", "new.csv")
    assert "no score: column 'price' holds text; the model predicts numbers." in said.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("predict no.fastgd --data c.csv", 2, "no.fastgd does not exist."),
        ("predict c.csv --data c.csv", 2, "c.csv is not a readable fastgd model"),
        ("predict m.fastgd", 2, "--data"),
        ("predict m.fastgd --data c.csv --proba", 2, "--proba needs a model of --loss log_loss"),
        ("predict m.fastgd --data c.csv --out p.txt", 2, "--out must end in .csv, .npy, .parquet"),
        ("predict m.fastgd --data c.csv --target prise", 2, "Did you mean 'price'?"),
        ("predict m.fastgd --data c.csv --out c.csv", 2, "is also an input"),
        ("predict m.fastgd --data t.npy", 2, "t.npy has 2 columns, and the model needs 5"),
        (
            "predict m.fastgd --data five.npy",
            2,
            "but the model needs text in 'x2'.",
        ),
        ("inspect no.fastgd", 2, "no.fastgd does not exist."),
        ("inspect .", 2, ". is not a file."),
        ("inspect", 2, "MODEL"),
    ],
)
def test_predict_and_inspect_refuse(arguments, status, said):
    write(CARS, "c.csv")
    np.save("t.npy", np.zeros((3, 2)))
    np.save("five.npy", np.zeros((3, 5)))
    fit("--data", "c.csv", *TO_PRICE)
    assert said in refused(run(*arguments.split()), status)


@pytest.mark.parametrize(
    "notes",
    [
        {"encoding": 3},
        {"encoding": [3]},
        {"encoding": {"named": False, "width": 2}},
        {"encoding": {"width": "many"}},
    ],
)
def test_damaged_notes_are_refused(notes):
    X = polars.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.0]})
    result = fastgd.fit(X, [1.0, 2.0, 4.0], "batch", learning_rate=0.1)
    replace(result, notes=notes).save("m.fastgd")
    write(X, "c.csv")
    assert "notes" in refused(run("predict", "m.fastgd", "--data", "c.csv"))


def test_without_polars(monkeypatch):
    write(CARS, "c.csv")
    np.save("t.npy", np.random.default_rng(0).standard_normal((9, 3)))
    monkeypatch.setitem(sys.modules, "polars", None)
    message = refused(run("fit", "--data", "c.csv", "--target", "price"), 1)
    assert "pip install polars" in message
    fit("--data", "t.npy", "--target", "0")
    predicted("--data", "t.npy")
    options = ["--data", "t.npy", "--out", "p.parquet"]
    assert "pip install polars" in refused(run("predict", "m.fastgd", *options), 1)


# ---- what is written


def test_nothing_is_overwritten_without_force(monkeypatch):
    write(CARS, "c.csv")
    Path("m.fastgd").write_text("precious")
    with monkeypatch.context() as patched:
        patched.setattr(fit_command, "perform", lambda *_: pytest.fail("it began"))
        message = refused(run("fit", "--data", "c.csv", *TO_PRICE, "--out", "m.fastgd"))
    assert message == (
        "fastgd: m.fastgd exists: give --force to replace it, or --out another name.\n"
    )
    assert Path("m.fastgd").read_text() == "precious"
    fit("--data", "c.csv", *TO_PRICE)
    Path("p.csv").write_text("precious")
    options = ["m.fastgd", "--data", "c.csv", "--out", "p.csv"]
    assert "p.csv exists" in refused(run("predict", *options))
    assert Path("p.csv").read_text() == "precious"
    done("predict", *options, "--force")
    assert Path("p.csv").read_text().startswith("prediction\n")


@pytest.mark.skipif(
    sys.platform == "win32" or getattr(os, "geteuid", lambda: 1)() == 0, reason="may write anywhere"
)
def test_folder_that_cannot_be_written(folder):
    (folder / "locked").mkdir()
    (folder / "locked").chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert "nothing can be written" in refused(run("fit", *SMALL, "--out", "locked/m.fastgd"))


def test_diverged_model_is_not_saved():
    said = run("fit", *SMALL, "--learning-rate", "100", "--out", "m.fastgd")
    assert said.exit_code == 1
    assert said.stdout.startswith("data  ")
    assert said.stderr == "fastgd: the fit diverged, and nothing was written to m.fastgd.\n"
    assert not Path("m.fastgd").exists()


def test_card_is_shown_though_the_model_cannot_be_saved(monkeypatch):
    def full(self, path):
        raise OSError("No space left on device")

    monkeypatch.setattr(fastgd.FitResult, "save", full)
    said = run("fit", *SMALL, "--out", "m.fastgd")
    assert (said.exit_code, said.stderr) == (1, "fastgd: No space left on device\n")
    assert said.stdout.startswith("data  ") and "saved" not in said.stdout


# ---- as a process


@pytest.mark.compiled
@pytest.mark.skipif(sys.platform == "win32", reason="has no head")
def test_reader_that_has_enough():
    X, y, _ = fastgd.datasets.make_regression(20_000, 2, random_state=0)
    fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=2).save("m.fastgd")
    np.save("X.npy", X)
    with start("predict", "m.fastgd", "--data", "X.npy") as process:
        assert process.stdout.readline() == b"prediction\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_files_of_numpy_load_no_polars():
    np.save("t.npy", np.random.default_rng(0).standard_normal((9, 3)))
    code = (
        "import sys; sys.modules['polars'] = sys.modules['pandas'] = None; "
        "from fastgd.cli import main; main(['fit', '--data', 't.npy', '--target', '0'])"
    )
    done = run_python(code)
    assert (done.returncode, done.stderr) == (0, "")
