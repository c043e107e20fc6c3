"""Knobs: scaling, preconditioner, shares of the steps to average; each against its slow twin."""

import itertools

import numpy as np
import pytest

import fastgd
from fastgd import ConvergenceWarning
from fastgd.data.inputs import make_source
from fastgd.planning.pilot.coordinates import Coordinates, standardise, standardise_all

VARIANTS = ["batch", "stochastic", "minibatch"]
OPTIMIZERS = ["gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]
N, D = 300, 5
RNG = np.random.default_rng(8)
X = RNG.standard_normal((N, D)) * 10.0 ** np.arange(-2, 3) + 30.0
Z = (X - X.mean(axis=0)) / X.std(axis=0)
Y = Z @ np.arange(1.0, D + 1) + RNG.standard_normal(N)


def fit(X=X, variant="minibatch", **settings):
    return fastgd.fit(
        X, Y, variant, **{"learning_rate": 0.01, "max_iter": 3, "random_state": 0, **settings}
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_coordinates_lead_there_and_back(dtype):
    coordinates = standardise_all(make_source(X.astype(dtype), Y, None, "real"), centred=True)
    np.testing.assert_allclose(coordinates.mean, X.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(coordinates.scale, 1 / X.std(axis=0), rtol=1e-3)
    coef = RNG.standard_normal(D + 1)
    np.testing.assert_allclose(
        coordinates.inverse_transform(coordinates.transform(coef)), coef, rtol=1e-10
    )
    point = coordinates.transform(coef)
    u = (X - coordinates.mean) * coordinates.scale
    np.testing.assert_allclose(u @ point[:-1] + point[-1], X @ coef[:-1] + coef[-1], rtol=1e-10)
    slopes = RNG.standard_normal(N)
    g = np.append(X.T @ slopes, slopes.sum())
    expected = np.append(u.T @ slopes, slopes.sum())
    np.testing.assert_allclose(coordinates.gradient(g), expected, rtol=1e-8, atol=1e-8)


def test_a_constant_column_has_no_unit_and_moves_into_the_intercept():
    table = np.column_stack([X, np.full(N, 7.0)])
    coordinates = standardise_all(make_source(table, Y, None, "real"), centred=True)
    assert coordinates.scale[D] == 0
    point = coordinates.transform(np.append(np.zeros(D), [2.0, 1.0]))
    np.testing.assert_array_equal(point, [*np.zeros(D + 1), 15.0])
    np.testing.assert_array_equal(coordinates.inverse_transform(point), [*np.zeros(D + 1), 15.0])


@pytest.mark.parametrize(("variant", "optimizer"), [*itertools.product(VARIANTS, OPTIMIZERS)])
def test_scaling_takes_the_steps_of_a_table_that_was_standardised(variant, optimizer):
    settings = {"variant": variant, "optimizer": optimizer, "record_path": 7}
    standard = fit(Z, **settings)
    result = fit(scaling="standardize", **settings)
    back = Coordinates(X.mean(axis=0), 1 / X.std(axis=0))
    expected = np.array([back.inverse_transform(point) for point in standard.path])
    np.testing.assert_allclose(result.path, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    assert result.objective == pytest.approx(standard.objective, rel=1e-10)
    assert "by what all rows show" in result.summary()


@pytest.mark.parametrize("route", ["direct", "gram"])
def test_scaling_and_the_gram_route_agree(route):
    result = fit(variant="batch", scaling="standardize", route=route, max_iter=50)
    standard = fit(Z, variant="batch", max_iter=50)
    assert result.objective == pytest.approx(standard.objective, rel=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_scaling_reads_any_table_where_it_lies(variant, dtype):
    whole = np.asfortranarray(np.round(X * 100)).astype(dtype)
    table = (whole - whole.mean(axis=0, dtype=float)) / whole.std(axis=0, dtype=float)
    result = fit(whole, variant=variant, scaling="standardize")
    assert result.objective == pytest.approx(fit(table, variant=variant).objective, rel=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
def test_diagonal_divides_columns_by_their_root_mean_square(variant):
    rms = np.sqrt(np.mean(X * X, axis=0))
    scaled = fit(X / rms, variant=variant)
    result = fit(variant=variant, preconditioner="diagonal")
    np.testing.assert_allclose(result.coef_ * rms, scaled.coef_, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_a_full_preconditioner_makes_newtons_step(alpha):
    """Of all rows, where the sample is all there is."""
    settings = {"preconditioner": "full", "learning_rate": 1.0, "max_iter": 1, "alpha": alpha}
    result = fit(variant="batch", **settings)
    A = np.column_stack([X - X.mean(axis=0), np.ones(N)])
    H = A.T @ A / N + alpha * np.diag([*np.ones(D), 0.0])
    best = np.linalg.solve(H, A.T @ Y / N)
    np.testing.assert_allclose(result.coef_, best[:-1], rtol=1e-5)
    assert result.mode == "textbook" and result.converged is None


def test_a_full_preconditioner_is_that_of_the_rate_given():
    halves = fit(preconditioner="full", learning_rate=0.5, max_iter=2, variant="batch")
    A = np.column_stack([X, np.ones(N)])
    best = np.linalg.lstsq(A, Y)[0]
    np.testing.assert_allclose(halves.coef_, 0.75 * best[:-1], rtol=1e-5)
    batches = fit(preconditioner="full", learning_rate=0.3, max_iter=30, batch_size=30)
    assert batches.objective < 1.1 * fit(variant="batch", learning_rate="auto").objective
    assert batches.batch_size_ == 30 and batches.n_iter_ == 30


@pytest.mark.parametrize("settings", [
    {"loss": "absolute_error"},
    {"variant": "stochastic"},
    {"optimizer": "adam"},
    {"alpha": 0.1, "l1_ratio": 0.5},
    {"variant": "batch", "route": "gram"},
])  # fmt: skip
def test_a_full_preconditioner_that_makes_no_sense_is_refused(settings):
    with pytest.raises(ValueError, match='preconditioner="full" multiplies steps by the inverse'):
        fit(preconditioner="full", **settings)


def test_a_hessian_that_is_not_finite_preconditions_nothing():
    with pytest.raises(ValueError, match="of a sample of rows, which is not finite here; scale X"):
        fastgd.fit(X, Y * 1e200, "batch", learning_rate=0.1, preconditioner="full")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("scaling", "standardise", "Did you mean 'standardize'"),
        ("scaling", 1, "scaling"),
        ("preconditioner", "fall", "Did you mean 'full'"),
        ("average", 1.5, "a fraction of the steps between 0 and 1"),
        ("average", "tail", "a fraction of the steps between 0 and 1"),
        ("average", 0.0, "a fraction of the steps between 0 and 1"),
    ],
)
def test_knobs_that_make_no_sense_are_refused(name, value, words):
    with pytest.raises((ValueError, TypeError), match=words):
        fit(**{name: value})


@pytest.mark.parametrize("share", [0.5, 0.2, 0.9])
@pytest.mark.parametrize(("variant", "optimizer"), [
    ("batch", "gd"), ("minibatch", "gd"), ("minibatch", "adam"), ("stochastic", "adam"),
    ("stochastic", "gd"),
])  # fmt: skip
def test_a_share_of_the_steps_is_averaged(variant, optimizer, share):
    settings = {"variant": variant, "optimizer": optimizer, "learning_rate": 0.002, "max_iter": 7}
    path = fit(Z, record_path=1, **settings).path[1:]
    first = len(path) - int(np.ceil(share * len(path) - 1e-9))
    if (variant, optimizer) == ("stochastic", "gd"):
        first -= first % N % 4  # rows that are taken together
    result = fit(Z, average=share, **settings)
    found = np.append(result.coef_, result.intercept_)
    np.testing.assert_allclose(found, path[first:].mean(axis=0), rtol=1e-9, atol=1e-12)
    assert "the mean of the iterates" in result.summary()


KNOBS = [
    {"scaling": "standardize"},
    {"preconditioner": "full"},
    {"preconditioner": "diagonal"},
    {"average": 0.3},
    {"average": 0.3, "tol": 0.05, "max_iter": 90},
    {"average": "recent"},
    {"learning_rate": "auto", "scaling": None, "preconditioner": None, "max_iter": 2, "tol": None},
    {"learning_rate": "auto", "preconditioner": None, "max_iter": 60},
    {"learning_rate": "auto", "preconditioner": "diagonal", "scaling": None, "average": 0.5},
]


@pytest.mark.parametrize("knobs", KNOBS)
def test_a_recipe_replays_the_knobs(knobs):
    result = fit(Z, **knobs)
    again = fastgd.fit(Z, Y, **result.recipe)
    assert again.coef_.tobytes() == result.coef_.tobytes()
    assert again.intercept_ == result.intercept_


@pytest.mark.parametrize("epochs", [2, 8])
@pytest.mark.parametrize("variant", VARIANTS)
def test_an_early_end_is_replayed_before_the_share_begins_and_in_it(variant, epochs):
    ends = {"callback": lambda progress: progress.epoch == epochs}
    result = fit(Z, variant=variant, average=0.5, max_iter=10, **ends)
    again = fastgd.fit(Z, Y, **result.recipe)
    assert result.n_iter_ == again.n_iter_ == epochs
    assert again.coef_.tobytes() == result.coef_.tobytes()
    last = fit(Z, variant=variant, max_iter=epochs)
    assert np.array_equal(last.coef_, result.coef_) == (epochs == 2)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_constant_column_that_is_given_a_coefficient_hides_nothing(variant):
    table = np.column_stack([Z, np.full(N, 2.0)])
    given = {"learning_rate": "auto", "max_iter": None, "alpha": 0.1, "coef_init": np.full(6, 10.0)}
    result = fit(table, variant=variant, **given)
    assert result.coef_[D] == 0
    best = fit(Z, variant="batch", learning_rate="auto", max_iter=None, alpha=0.1)
    assert result.objective == pytest.approx(best.objective, rel=1e-3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_not_finite_in_a_column_constant_elsewhere_is_found(variant, bad):
    table = np.column_stack([RNG.standard_normal(9000), np.full(9000, 3.0)])
    table[17, 1] = bad
    with pytest.raises(ValueError, match=r"Input X contains .* \(first in row 17, column 1"):
        fastgd.fit(table, table[:, 0], variant, random_state=0)


def test_an_average_that_was_asked_for_is_what_is_returned():
    settings = {"learning_rate": "auto", "max_iter": 4, "tol": None}
    plain = fit(Z, variant="batch", **settings)
    mean = fit(Z, variant="batch", average=True, record_path=1, **settings)
    found = np.append(mean.coef_, mean.intercept_)
    np.testing.assert_allclose(found, mean.path[1:].mean(axis=0), rtol=1e-9)
    assert not np.array_equal(plain.coef_, mean.coef_)
    assert "averaging" not in plain.choices and "averaging" in mean.choices


@pytest.mark.parametrize(
    ("value", "fit_intercept"), [(0.0, True), (5.0, True), (-1e6, True), (1e-9, True), (0.0, False)]
)
def test_a_column_constant_in_a_sample_is_looked_at_in_all_rows(value, fit_intercept):
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.standard_normal(200), np.full(200, value), np.zeros(200)])
    table[150:, 1] += rng.standard_normal(50)
    source = make_source(table, np.arange(200.0), None, "real")
    coordinates, unseen = standardise(source, table[:100], np.ones(100), fit_intercept)
    centred = table[:, 1] - (table[:, 1].mean() if fit_intercept else 0.0)
    assert coordinates.scale[1] == pytest.approx(1.0 / np.sqrt(np.mean(centred**2)), rel=1e-6)
    assert unseen.tolist() == [False, True, False]
    assert coordinates.scale[2] == 0.0
    assert coordinates.passes == 1.0


@pytest.mark.parametrize("mean", [[3.0, 5.0, -2.0], [0.0, 1e6, 1.0]])
def test_coefficients_of_constant_columns_go_into_the_intercept(mean):
    """The same predictions, where the column is what it is everywhere."""
    here = Coordinates(np.array(mean), np.array([2.0, 0.0, 0.0]))
    coef = np.array([1.5, -4.0, 7.0, 0.25])
    moved = here.without_constants(coef)
    assert moved[:3].tolist() == [1.5, 0.0, 0.0]
    for x in (-1.0, 0.0, 10.0):
        row = np.array([x, mean[1], mean[2], 1.0])
        assert row @ moved == pytest.approx(row @ coef, rel=1e-14)
    np.testing.assert_array_equal(coef, [1.5, -4.0, 7.0, 0.25])


@pytest.mark.parametrize("settings", [{}, {"scaling": "standardize", "learning_rate": 0.1}])
@pytest.mark.parametrize("variant", ["batch", "stochastic", "minibatch"])
@pytest.mark.parametrize(
    "column",
    [
        1.7e18 + 10_000.0 * np.arange(400),
        1_700_000_000_000_000_000 + 10_000 * np.arange(400),
        1e15 + np.arange(400.0),
        -1e100 + 1e85 * np.arange(400),
        np.where(np.arange(400) == 7, 1.0 + 1e-13, 1.0),
    ],
    ids=["timestamps", "integers", "an offset", "huge", "one value"],
)
def test_a_column_too_close_to_a_constant_is_named(column, variant, settings):
    """Its coefficient of 0 is no estimate; that of a constant is right and stays unmentioned."""
    table = np.column_stack([np.arange(400.0) % 7, column, np.full(400, 0.1)])
    with pytest.warns(ConvergenceWarning, match="the values of column 1 differ by less than"):
        result = fastgd.fit(table, table[:, 0], variant, max_iter=3, random_state=0, **settings)
    assert result.coef_[1] == result.coef_[2] == 0
    assert result.choices["constant"].startswith("2: ")


@pytest.mark.parametrize("rows", [400, pytest.param(9000, marks=pytest.mark.compiled)])
def test_constant_columns_are_not_taken_for_nearly_constant_ones(rows):
    constants = [0.1, 1e15 + 0.3, -1e100, 5e-324, 3.0]
    table = np.column_stack([np.arange(rows) % 7.0, *(np.full(rows, c) for c in constants)])
    for weight in (None, np.linspace(0.1, 1.0, rows)):
        result = fastgd.fit(table, table[:, 0], sample_weight=weight, random_state=0)
        assert result.choices["constant"].startswith("1, 2, 3, 4, 5: ")
