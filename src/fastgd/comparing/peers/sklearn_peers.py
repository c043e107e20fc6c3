"""scikit-learn: Ridge, SGDRegressor, SGDClassifier, LogisticRegression, TweedieRegressor."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from fastgd.comparing.peers.steps import EPOCHS, squared_lengths, start
from fastgd.comparing.peers.table import serves
from fastgd.comparing.problem import Problem
from fastgd.comparing.trace import Point
from fastgd.losses.log_link import LogLink

SKLEARN = {"module": "sklearn", "package": "scikit-learn"}
SGD_LOSSES = ("squared_error", "huber", "log_loss", "hinge", "squared_hinge", "modified_huber")


@serves("sklearn-ridge", "squared_error", **SKLEARN)
def sklearn_ridge(problem: Problem, seed: int) -> Iterator[Point]:
    """scikit-learn: Ridge, its own choice of solver."""
    from sklearn.linear_model import Ridge

    yield math.nan, start(problem)
    model = Ridge(alpha=problem.l2 * problem.n, fit_intercept=problem.fit_intercept)
    weights = problem.weights if problem.source.weighted else None
    model.fit(problem.table, problem.source.y, weights)
    yield math.nan, np.append(model.coef_, model.intercept_)


@serves("sklearn-sgd", *SGD_LOSSES, **SKLEARN)
def sklearn_sgd(
    problem: Problem, seed: int, rate: float = 0.5, power_t: float = 0.25, average: bool = True
) -> Iterator[Point]:
    """scikit-learn: SGDRegressor or SGDClassifier, averaged, rate ~ t^-1/4."""
    from sklearn import config_context
    from sklearn.linear_model import SGDClassifier, SGDRegressor

    classifies = problem.loss.takes_labels
    yield 0.0, start(problem)
    lengths = squared_lengths(problem)
    keywords: dict[str, Any] = {
        "loss": problem.loss.name,
        "penalty": "l2",
        "alpha": problem.l2,
        "fit_intercept": problem.fit_intercept,
        "learning_rate": "invscaling",
        "eta0": rate * lengths.mean() / np.square(lengths).mean() / (problem.loss.curvature or 1.0),
        "power_t": power_t,
        "average": average,
        "random_state": np.random.RandomState(seed),  # a number would repeat one order each epoch
    }
    if problem.loss.name == "huber":
        keywords["epsilon"] = problem.loss.parameters[0]
    model = (SGDClassifier if classifies else SGDRegressor)(**keywords)
    classes = {"classes": np.array([-1.0, 1.0])} if classifies else {}
    weights = problem.weights if problem.source.weighted else None
    with config_context(assume_finite=True):
        for epoch in range(1, 1 + EPOCHS):
            model.partial_fit(problem.table, problem.source.y, sample_weight=weights, **classes)
            yield epoch, np.append(model.coef_, model.intercept_)


@serves("sklearn-logistic", "log_loss", **SKLEARN)
def sklearn_logistic(problem: Problem, seed: int) -> Iterator[Point]:
    """scikit-learn: LogisticRegression by L-BFGS, tolerance 1e-8."""
    from sklearn.linear_model import LogisticRegression

    yield math.nan, start(problem)
    strength = 1 / (problem.l2 * problem.n) if problem.l2 else np.inf
    model = LogisticRegression(
        C=strength, fit_intercept=problem.fit_intercept, tol=1e-8, max_iter=1000
    )
    weights = problem.weights if problem.source.weighted else None
    model.fit(problem.table, problem.source.y, weights)
    yield math.nan, np.append(model.coef_.ravel(), model.intercept_)


@serves("sklearn-glm", "poisson", "gamma", "tweedie", **SKLEARN)
def sklearn_glm(problem: Problem, seed: int) -> Iterator[Point]:
    """scikit-learn: TweedieRegressor with a log link by Newton's method, tolerance 1e-8."""
    from sklearn.linear_model import TweedieRegressor

    yield math.nan, start(problem)
    assert isinstance(problem.loss, LogLink)
    model = TweedieRegressor(
        power=problem.loss.variance_power,
        alpha=problem.l2,
        fit_intercept=problem.fit_intercept,
        link="log",
        solver="newton-cholesky",
        tol=1e-8,
        max_iter=1000,
    )
    weights = problem.weights if problem.source.weighted else None
    model.fit(problem.table, problem.source.y, weights)
    yield math.nan, np.append(model.coef_, model.intercept_)
