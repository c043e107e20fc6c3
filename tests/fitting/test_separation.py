"""Linearly separable labels have no optimum of the log loss: no fit calls itself converged."""

import warnings

import numpy as np
import pytest
from scipy.optimize import linprog

import fastgd
from fastgd.losses import LOSSES

RNG = np.random.default_rng(0)
VARIANTS = ["batch", "stochastic", "minibatch"]


def table(n, d=3):
    X = RNG.standard_normal((n, d))
    return X, X @ np.linspace(1.0, -2.0, d) + 0.3


X8, Z8 = table(8)
X200, Z200 = table(200)
LINE = np.arange(-4.0, 4.0)[:, None]
WEIGHTS = np.where(np.arange(8) == 5, 0.0, 1.0)
SEPARABLE = {
    "8 rows": (X8, Z8 > 0, {}),
    "8 rows, texts": (X8, np.where(Z8 > 0, "yes", "no"), {}),
    "8 rows, weighted": (X8, Z8 > 0, {"sample_weight": np.arange(1.0, 9.0)}),
    "8 rows, single precision": (X8.astype(np.float32), Z8 > 0, {}),
    "8 rows, the wrong one without weight": (X8, (Z8 > 0) ^ (WEIGHTS == 0),
                                             {"sample_weight": WEIGHTS}),
    "a line": (LINE, LINE[:, 0] >= 0, {}),
    "a line, no intercept": (LINE + 0.5, LINE[:, 0] >= 0, {"fit_intercept": False}),
    "two rows": (X8[:2, :1], [0, 1], {}),
    "one row is positive": (LINE, LINE[:, 0] == 3, {}),
    "200 rows": (X200, Z200 > 0, {}),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("case", SEPARABLE)
def test_separable_labels_are_said_and_never_converged(case, variant):
    X, y, settings = SEPARABLE[case]
    with pytest.warns(
        fastgd.ConvergenceWarning, match="labels are linearly separable, so that log"
    ):
        result = fastgd.fit(X, y, variant, loss="log_loss", random_state=0, **settings)
    assert result.converged is False
    assert result.stop_reason is fastgd.StopReason.SEPARABLE
    assert "linearly separable" in result.choices["labels"]
    right = result.predict(X) == y
    assert right[settings.get("sample_weight", np.ones(len(right))) > 0].all()


@pytest.mark.parametrize("case", ["8 rows", "a line", "two rows"])
def test_all_epochs_that_were_asked_for_are_no_warning_but_a_remark(case):
    X, y, settings = SEPARABLE[case]
    result = fastgd.fit(X, y, "batch", loss="log_loss", learning_rate=0.5, max_iter=200, **settings)
    assert result.converged is None
    assert result.stop_reason is fastgd.StopReason.MAX_ITER
    assert "labels         the labels are linearly separable, so that log_loss has no minimum" in (
        result.summary()
    )


INSEPARABLE = {
    "noise": (X200, Z200 + RNG.logistic(size=200) > 0, {}),
    "one wrong row": (X200, (Z200 > 0) ^ (np.arange(200) == 17), {}),
    "a row twice with both labels": (np.vstack([X200, X200[:1]]), [*(Z200 > 0), Z200[0] <= 0], {}),
    "a penalty": (X8, Z8 > 0, {"alpha": 1e-3}),
    "an L1 penalty": (X200, Z200 > 0, {"alpha": 1e-2, "l1_ratio": 1.0}),
}


@pytest.mark.parametrize("case", INSEPARABLE)
def test_other_labels_converge_as_ever(case):
    X, y, settings = INSEPARABLE[case]
    result = fastgd.fit(X, y, "batch", loss="log_loss", random_state=0, **settings)
    assert result.converged is True and "labels" not in result.choices


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "modified_huber"])
def test_losses_that_reach_zero_are_fine(loss):
    result = fastgd.fit(X8, Z8 > 0, "batch", loss=loss, random_state=0)
    assert result.stop_reason is not fastgd.StopReason.SEPARABLE
    assert result.objective < 1e-2 and "labels" not in result.choices


def test_the_loss_without_a_minimum_is_the_logistic():
    assert [name for name, row in LOSSES.items() if not row.has_minimum] == ["log_loss"]


def test_a_reason_comes_back_from_a_file(tmp_path):
    with pytest.warns(fastgd.ConvergenceWarning):
        result = fastgd.fit(X8, Z8 > 0, loss="log_loss", random_state=0)
    result.save(tmp_path / "model.fastgd")
    assert fastgd.load(tmp_path / "model.fastgd").stop_reason is fastgd.StopReason.SEPARABLE


MARGIN_LOSSES = ["hinge", "squared_hinge", "modified_huber"]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("loss", MARGIN_LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_what_separable_labels_leave_of_a_margin_loss_is_told(loss, variant, seed):
    """Its least value is 0, at large coefficients; few rows have a second derivative there."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((200, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        result = fastgd.fit(X, X @ [1, 2, -1, 0.5] > 0, variant, loss=loss, random_state=0)
    assert result.suboptimality >= 0.5 * result.objective
    if result.converged:
        assert result.objective <= 0.15 * result.statistical_error
    if loss == "hinge" and variant == "batch":
        assert result.objective == 0


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("noise", [0.02, 0.05, 0.1, 0.2])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_what_nearly_separable_labels_leave_of_a_hinge_is_told(noise, variant, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((1000, 4))
    y = np.where(X @ [1, 2, -1, 0.5] + noise * rng.standard_normal(1000) > 0, 1.0, -1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", fastgd.ConvergenceWarning)
        result = fastgd.fit(X, y, variant, loss="hinge", random_state=0)
    table = y[:, None] * np.column_stack([X, np.ones(1000)])
    costs = np.append(np.zeros(5), np.full(1000, 1e-3))
    rows = np.hstack([-table, -np.eye(1000)])
    bounds = [(None, None)] * 5 + [(0, None)] * 1000
    least = linprog(costs, A_ub=rows, b_ub=-np.ones(1000), bounds=bounds).fun
    above = result.objective - least
    assert result.suboptimality >= 0.1 * above
    if result.converged:
        assert above <= 0.3 * result.statistical_error
