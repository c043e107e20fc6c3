"""The largest stable rate that a user is told is that of all rows, rare levels included."""

import re
import warnings

import numpy as np
import pytest

import fastgd
from fastgd.data.inputs import make_source
from fastgd.planning import costs, moments
from fastgd.planning.moments import largest_squared_norm, sum_moments

SEEDS = range(2)


def with_levels(n, d, counts, seed, standardised=True):
    """Return normal columns, then a column of zeros and ones for each level of so many rows."""
    rng = np.random.default_rng(seed)
    levels = np.zeros((n, len(counts)))
    for j, count in enumerate(counts):
        levels[rng.choice(n, count, replace=False), j] = 1.0
    X = np.hstack([rng.standard_normal((n, d)), levels])
    X = (X - X.mean(axis=0)) / X.std(axis=0) if standardised else X
    return X, X @ rng.standard_normal(X.shape[1]) + rng.standard_normal(n)


def facts(X, weights=None, l2=0.0, fit_intercept=True):
    """Return B and L by whole matrices and a pseudo-inverse."""
    ones = [np.ones(len(X))] * fit_intercept
    A = np.column_stack([np.asarray(X, np.float64), *ones])
    s = np.ones(len(A)) if weights is None else weights / weights.mean()
    D = l2 * np.diag([1.0] * X.shape[1] + [0.0] * fit_intercept)
    H = (A * s[:, None]).T @ A / len(A)
    fourth = (A * (s**2 * np.sum(A**2, axis=1))[:, None]).T @ A / len(A)
    inverse = np.linalg.pinv(H + D, hermitian=True)
    values = np.linalg.eigvals(inverse @ (fourth + 2 * l2 * (H + D) - l2 * D))
    return values.real.max(), np.linalg.eigvalsh(H + D)[-1]


def told(X, y, **settings):
    """Return the rate that the warning of a run that diverges names, and the warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fastgd.fit(X, y, learning_rate=1e9, max_iter=3, **settings)
    text = str(caught[0].message)
    assert caught[0].category is fastgd.DivergenceWarning
    return float(re.search(r"below about (\S+) stable", text)[1]), text


# ------------------------------------------------------------------------------- what is told is so

TABLES = {
    "one level of 3 rows": with_levels(9000, 4, [3], 0),
    "levels of 2 to 40 rows": with_levels(20_000, 3, [2, 5, 10, 40], 1),
    "zeros and ones": with_levels(9000, 2, [4, 4, 4], 2, standardised=False),
    "the only long row is the last": with_levels(8193, 3, [], 3),
    "columns that add up": with_levels(9000, 2, [5, 8995], 4),
    "units of 1e-4 to 1e5": with_levels(9000, 3, [6, 60], 5),
}
TABLES["the only long row is the last"][0][-1] = 300.0
TABLES["units of 1e-4 to 1e5"][0][:] *= 10.0 ** np.array([-4, 0, 5, 3, -2])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("variant", "size"), [("stochastic", 1), ("minibatch", 64), ("batch", 0)])
def test_the_warning_and_suggest_name_the_rate_of_all_rows(name, variant, size):
    X, y = TABLES[name]
    B, L = facts(X)
    right = 2 / L if variant == "batch" else 2 * size / (B + (size - 1) * L)
    rows = {"batch_size": size} if variant == "minibatch" else {}
    assert told(X, y, variant=variant, **rows)[0] == pytest.approx(right, rel=0.01)
    suggestion = fastgd.suggest(X, y, random_state=1)
    assert suggestion.row_bound == pytest.approx(B, rel=1e-5)
    assert suggestion.largest_eigenvalue == pytest.approx(L, rel=1e-9)
    assert suggestion.from_all_rows


@pytest.mark.parametrize("loss", ["squared_error", "huber", "log_loss", "squared_hinge"])
@pytest.mark.parametrize("l2", [0.0, 0.3, 20.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_penalty_weights_and_loss_are_counted(loss, l2, fit_intercept, weighted):
    X, y = with_levels(5000, 3, [5, 30], 7)
    weights = np.random.default_rng(0).lognormal(0, 1, len(X)) if weighted else None
    c = {"squared_error": 1.0, "huber": 1.0, "log_loss": 0.25, "squared_hinge": 2.0}[loss]
    B, L = facts(X, weights, l2 / c, fit_intercept)
    y = y if c == 1.0 else np.sign(y)
    keywords = {"fit_intercept": fit_intercept, "sample_weight": weights, "loss": loss, "alpha": l2}
    suggestion = fastgd.suggest(X, y, random_state=0, **keywords)
    assert suggestion.stable_rates["stochastic"] == pytest.approx(2 / (c * B), rel=1e-6)
    assert suggestion.stable_rates["batch"] == pytest.approx(2 / (c * L), rel=1e-9)
    together = 256 * 2 / (c * (B + 255 * L))
    assert suggestion.stable_rates["minibatch"] == pytest.approx(together, rel=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        np.asfortranarray,
        lambda X: X.astype(np.float32),
        lambda X: np.column_stack([X, np.full(len(X), 0.1), np.zeros(len(X))]),
        lambda X: np.column_stack([X, X[:, 0], X[:, 1]]),
        lambda X: X + 1e3,
        lambda X: 1e30 * X,
        lambda X: X[:4],
    ],
)
def test_moments_of_any_table(change):
    X = change(with_levels(9000, 3, [4, 40], 8)[0])
    source = make_source(X, np.zeros(len(X)), None, "real")
    one, two = (sum_moments(source, True, n_threads) for n_threads in (1, 2))
    assert one.fourth.tobytes() == two.fourth.tobytes()
    B, L = facts(X)
    assert one.row_bound() == pytest.approx(B, rel=1e-3)
    assert one.largest_eigenvalue() == pytest.approx(L, rel=1e-7)
    assert largest_squared_norm(source, True) * (1 + 1e-6) >= B


def test_rows_of_weight_zero_count_for_nothing():
    X, y = with_levels(6000, 3, [4], 9)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(X))
    weights[::3] = 0.0
    wild = X.copy()
    wild[::3] = 1e200
    kept = weights > 0
    ours = (
        make_source(wild, y, weights, "real"),
        make_source(X[kept], y[kept], weights[kept], "real"),
    )
    both = [sum_moments(source, True, 1) for source in ours]
    # Of the fewer rows each has a smaller weight relative to the mean.
    assert both[0].row_bound() == pytest.approx(1.5 * both[1].row_bound(), rel=1e-9)
    assert both[0].largest_eigenvalue() == pytest.approx(both[1].largest_eigenvalue(), rel=1e-9)


@pytest.mark.parametrize(("scale", "offset"), [(1e-3, 0.0), (1.0, 50.0), (1e4, -1e5), (1e3, 1e7)])
@pytest.mark.parametrize("l2", [0.0, 1e-3, 10.0])
def test_conditions_are_those_of_all_rows(scale, offset, l2):
    X, y = with_levels(9000, 3, [6, 60], 10)
    X = X @ np.diag([1, scale, 1, 1 / scale, 1]) + offset * np.array([0, scale, 0, 1, 0])
    suggestion = fastgd.suggest(X, y, alpha=l2, random_state=3)
    ridge = np.sqrt(l2 * len(X)) * np.eye(5, 6)
    raw = np.vstack([np.column_stack([X, np.ones(len(X))]), ridge])
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    scaled = np.vstack([np.column_stack([Z, np.ones(len(X))]), ridge / np.append(X.std(axis=0), 1)])
    assert suggestion.condition == pytest.approx(np.linalg.cond(raw) ** 2, rel=1e-3)
    assert suggestion.condition_scaled == pytest.approx(np.linalg.cond(scaled) ** 2, rel=1e-6)


# ---------------------------------------------------------------------------------- and it is right


@pytest.mark.compiled
@pytest.mark.parametrize("size", [1, 16, 256, 0])
@pytest.mark.parametrize(
    "counts", [[3, 10, 40], [], pytest.param([8], marks=pytest.mark.slow), [60] * 5]
)
def test_beyond_the_rate_runs_diverge_and_below_they_do_not(size, counts):
    """Where B / b is about L the rate is a safe one, up to two times too small."""
    X, y = with_levels(20_000, 5, counts, 11)
    variant = {1: "stochastic", 0: "batch"}.get(size, "minibatch")
    rows = {"batch_size": size} if variant == "minibatch" else {}
    rate = told(X, y, variant=variant, **rows)[0]
    B, L = facts(X)
    above = 1.2 if size == 0 or not 0.2 < B / (size * L) < 5 else 2.2
    run = {"max_iter": 20 if size else 800, **rows}

    def diverges(factor, seed):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fit = fastgd.fit(X, y, variant, learning_rate=factor * rate, random_state=seed, **run)
        return bool(caught) or not fit.objective < np.var(y)

    assert not any(diverges(0.8, seed) for seed in range(3))
    assert any(diverges(above, seed) for seed in range(3))


@pytest.mark.compiled
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"loss": "huber"}, marks=pytest.mark.slow),
        {"loss": "log_loss"},
        {"alpha": 0.5},
        {"alpha": 20.0},
        {"sample_weight": np.random.default_rng(0).lognormal(0, 1, 20_000)},
        {"sample_weight": np.where(np.arange(20_000) % 100, 1.0, 100.0)},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [1, 16, pytest.param(256, marks=pytest.mark.slow)])
def test_below_the_rate_no_run_diverges(settings, size):
    X, y = with_levels(20_000, 5, [3, 10, 40], 12)
    y = np.sign(y) if settings.get("loss") == "log_loss" else y
    variant = {1: "stochastic"}.get(size, "minibatch")
    rows = {"batch_size": size} if variant == "minibatch" else {}
    rate = told(X, y, variant=variant, **rows, **settings)[0] if "loss" not in settings else None
    rate = rate or fastgd.suggest(X, y, **settings).stable_rates["stochastic"] * size / 2
    for seed in range(3):
        fit = fastgd.fit(
            X,
            y,
            variant,
            learning_rate=0.8 * rate,
            max_iter=20,
            random_state=seed,
            **rows,
            **settings,
        )
        assert fit.objective < 1.2 * fit.history["loss"][0]


@pytest.mark.compiled
@pytest.mark.parametrize(("variant", "size"), [("stochastic", 1), ("minibatch", 32), ("batch", 0)])
def test_of_wide_tables_a_bound_is_told_and_called_a_bound(variant, size, monkeypatch):
    monkeypatch.setattr(moments, "MAX_COLUMNS", 20)
    X, y = with_levels(6000, 30, [3, 4], 13)
    B, L = facts(X)
    right = 2 / L if variant == "batch" else 2 * size / (B + (size - 1) * L)
    rows = {"batch_size": size} if variant == "minibatch" else {}
    rate, text = told(X, y, variant=variant, **rows)
    assert ("by a bound" in text) == (variant != "batch")
    assert (0.9 if variant != "batch" else 0.99) * right < rate < 1.01 * right
    first, second = (fastgd.suggest(X, y, random_state=seed) for seed in (0, 1))
    assert not first.from_all_rows and "the rates come from a bound on all rows" in str(first)
    assert first.stable_rates == pytest.approx(second.stable_rates, rel=1e-3)


# ---------------------------------------------------------------------------------- and told once


@pytest.mark.parametrize("name", TABLES)
def test_no_seed_changes_what_is_known_of_all_rows(name):
    X, y = TABLES[name]
    suggestions = [fastgd.suggest(X, y, random_state=seed) for seed in SEEDS]
    for suggestion in suggestions[1:]:
        for fact in ("condition", "condition_scaled", "stable_rates", "critical_batch_size"):
            assert getattr(suggestion, fact) == getattr(suggestions[0], fact)
    assert "condition and rates are those of all rows" in str(suggestions[0])
    assert "4,096 rows drawn at random" in str(suggestions[0])


def test_one_slow_run_of_several_changes_no_time(monkeypatch):
    clock = iter(np.cumsum([0, 5.0, 0.1, 0.02, 0.1, 38.0, 0.1, 0.03, 0.1, 0.02]).tolist())
    monkeypatch.setattr(costs.time, "perf_counter", lambda: next(clock))
    assert costs.shortest(lambda: None) == pytest.approx(0.02)


@pytest.mark.compiled
@pytest.mark.parametrize("seeds", [SEEDS, pytest.param(range(10), marks=pytest.mark.slow)])
def test_suggest_agrees_with_itself_on_the_flights(seeds):
    pytest.importorskip("pandas", reason="the flights need the extra `data`")
    X, y, _ = fastgd.datasets.load_flights()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    suggestions = [fastgd.suggest(Z, y, random_state=seed) for seed in seeds]
    for suggestion in suggestions:
        assert suggestion.condition == pytest.approx(446.7456, rel=1e-5)
        assert suggestion.row_bound == pytest.approx(11320.77, rel=1e-5)
        assert suggestion.stable_rates["minibatch"] == pytest.approx(0.04256, rel=1e-3)
        assert suggestion.passes == suggestions[0].passes


@pytest.mark.compiled
@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 2))])
def test_the_flights_diverge_above_the_rate_that_is_told_and_not_below(seed):
    pytest.importorskip("pandas", reason="the flights need the extra `data`")
    X, y, _ = fastgd.datasets.load_flights()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    with pytest.warns(fastgd.DivergenceWarning, match="below about 0.0426 stable here"):
        fastgd.fit(Z, y, learning_rate=0.051, max_iter=5, random_state=seed)
    fine = fastgd.fit(Z, y, learning_rate=0.034, max_iter=5, random_state=seed)
    assert fine.objective < 1.1 * 223.43739 / 2
