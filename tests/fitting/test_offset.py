"""Offsets: numbers per row that are added to what the coefficients predict."""

import dataclasses

import naive
import numpy as np
import pandas as pd
import pytest
from refusals import refused

import fastgd
from fastgd.losses import LOSSES

VARIANTS = ["batch", "stochastic", "minibatch"]
RESIDUAL = [name for name, row in LOSSES.items() if row.of_residual]
RNG = np.random.default_rng(0)
N = 200
X = RNG.standard_normal((N, 3))
OFFSET = RNG.normal(size=N)
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3 + OFFSET + 0.2 * RNG.standard_normal(N)
WEIGHTS = RNG.uniform(0.2, 2.0, N)


def test_which_losses_depend_on_the_residual_alone():
    """The value is the same for z + c and y + c."""
    for name, row in LOSSES.items():
        loss = row()
        y = 1.0 if loss.takes_labels else 0.7
        here, moved = (loss.function(0.2 + c, y + c, loss.parameters) for c in (0.0, 2.0))
        assert (here == pytest.approx(moved)) == row.of_residual, name


@pytest.mark.parametrize("settings", [{}, {"learning_rate": 0.05, "max_iter": 5}])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", RESIDUAL)
def test_an_offset_is_taken_from_the_targets(loss, variant, settings):
    run = {"loss": loss, "random_state": 0, "sample_weight": WEIGHTS, **settings}
    with_offset = fastgd.fit(X, Y, variant, offset=OFFSET, **run)
    moved = fastgd.fit(X, Y - OFFSET, variant, **run)
    np.testing.assert_array_equal(with_offset.coef_, moved.coef_)
    assert with_offset.intercept_ == moved.intercept_
    assert with_offset.objective == moved.objective
    expected = naive.objective(
        X, Y - OFFSET, with_offset.coef_, with_offset.intercept_, loss=naive.LOSSES[loss].loss,
        sample_weight=WEIGHTS,
    )  # fmt: skip
    assert with_offset.objective == pytest.approx(expected, rel=1e-12)


def test_the_gram_route_takes_offsets_too():
    run = {"route": "gram", "preconditioner": None}
    gram = fastgd.fit(X, Y, "batch", offset=OFFSET, **run)
    np.testing.assert_array_equal(gram.coef_, fastgd.fit(X, Y - OFFSET, "batch", **run).coef_)


MODEL = fastgd.fit(X, Y, "batch", offset=OFFSET)


def test_predictions_and_scores_take_the_offset():
    z = X @ MODEL.coef_ + MODEL.intercept_ + OFFSET
    np.testing.assert_allclose(MODEL.predict(X, OFFSET), z, rtol=1e-12)
    np.testing.assert_allclose(MODEL.decision_function(X, list(OFFSET)), z, rtol=1e-12)
    expected = 1.0 - np.sum((Y - z) ** 2) / np.sum((Y - Y.mean()) ** 2)
    assert MODEL.score(X, Y, offset=OFFSET) == pytest.approx(expected, rel=1e-12)
    assert MODEL.score(X, Y, None, OFFSET) > 0.97


def test_without_an_offset_a_model_that_needs_one_is_not_asked():
    for ask in (MODEL.predict, MODEL.decision_function, lambda rows: MODEL.score(rows, Y)):
        sentence = refused(ValueError, lambda ask=ask: ask(X))
        assert sentence.startswith("offset, a number per row, is needed, as this model was fitted")
    assert "offset         needed: it was fitted with one" in MODEL.summary()
    other = fastgd.fit(X, Y, "batch")
    assert not other.needs_offset_ and "offset" not in other.summary()
    np.testing.assert_allclose(other.predict(X, OFFSET), other.predict(X) + OFFSET)


BAD = {
    "too few": (OFFSET[:-1], "inconsistent numbers of samples"),
    "a table": (OFFSET[:, None], "offset must be a 1d array"),
    "missing": (np.where(np.arange(N) == 3, np.nan, OFFSET), "Input offset contains NaN"),
    "infinite": (np.where(np.arange(N) == 3, np.inf, OFFSET), "Input offset contains infinity"),
    "text": (["a"] * N, "offset"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_offset_is_named(case):
    bad, words = BAD[case]
    with pytest.raises((TypeError, ValueError), match=words):
        fastgd.fit(X, Y, offset=bad)
    with pytest.raises((TypeError, ValueError), match=words):
        MODEL.predict(X, bad)


def test_a_saved_model_says_that_it_needs_one(tmp_path):
    MODEL.save(tmp_path / "model.fastgd")
    loaded = fastgd.load(tmp_path / "model.fastgd")
    assert loaded.needs_offset_
    np.testing.assert_array_equal(loaded.predict(X, OFFSET), MODEL.predict(X, OFFSET))
    assert refused(ValueError, lambda: loaded.predict(X)).startswith("offset, ")


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_recipe_has_it(variant):
    result = fastgd.fit(X, Y, variant, offset=OFFSET, random_state=0)
    again = fastgd.fit(X, Y, **result.recipe)
    np.testing.assert_array_equal(again.coef_, result.coef_)


def test_rows_that_are_left_out_have_offsets_that_are():
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.loc[[2, 50], "b"] = np.nan
    result = fastgd.fit(frame, Y, "batch", offset=OFFSET, missing="drop")
    kept = np.delete(np.arange(N), [2, 50])
    expected = fastgd.fit(X[kept], Y[kept], "batch", offset=OFFSET[kept])
    np.testing.assert_allclose(result.coef_, expected.coef_, rtol=1e-9)
    predicted = result.predict(frame, OFFSET)
    assert np.isnan(predicted[[2, 50]]).all() and np.isfinite(predicted[kept]).all()
    assert result.score(frame, Y, offset=OFFSET) == pytest.approx(
        expected.score(X[kept], Y[kept], offset=OFFSET[kept]), rel=1e-9
    )


def test_it_is_a_part_of_the_objective_of_a_comparison():
    comparison = fastgd.compare(X, Y, ["batch"], offset=OFFSET, peers=["cholesky"], repeats=1)
    best = fastgd.fit(X, Y - OFFSET, "batch").objective
    assert comparison.optimum == pytest.approx(best, rel=1e-9)
    assert all(entry.gaps[-1] <= 1e-8 * comparison.scale for entry in comparison.entries)


def test_suggestions_are_those_of_the_targets_less_the_offset():
    ours, moved = (
        fastgd.suggest(X, y, random_state=0, **extra)
        for y, extra in ((Y, {"offset": OFFSET}), (Y - OFFSET, {}))
    )
    names = ["condition", "row_bound", "largest_eigenvalue", "variant", "passes"]
    first, second = dataclasses.asdict(ours), dataclasses.asdict(moved)
    assert all(first[name] == second[name] for name in names)


@pytest.mark.parametrize("loss", sorted(set(LOSSES) - set(RESIDUAL)))
def test_other_losses_say_that_they_take_none(loss):
    y = naive.LOSSES[loss].targets(Y)
    y = np.where(Y > 0, 1.0, -1.0) if naive.LOSSES[loss].takes_labels else y
    sentence = refused(ValueError, lambda: fastgd.fit(X, y, loss=loss, offset=OFFSET))
    assert sentence == (f"offset is for losses of z - y, such as squared_error; got loss={loss!r}.")


def test_exposures_as_weights_are_those_of_an_offset():
    """Poisson regression of rates y / e with the weights e is that of y with the offset log(e)."""
    exposure = RNG.uniform(0.1, 3.0, N)
    y = RNG.poisson(exposure * np.exp(X @ np.array([0.5, -0.4, 0.0])))
    result = fastgd.fit(X, y / exposure, "batch", loss="poisson", sample_weight=exposure)
    z = X @ result.coef_ + result.intercept_ + np.log(exposure)
    residual = y - np.exp(z)  # what the gradient of the loss with the offset is made of
    assert abs(residual.mean()) < 1e-5 and np.abs(X.T @ residual / N).max() < 1e-5
