"""Variants beside NumPy and scikit-learn, grouped by problem: the time of the same few epochs.

benchmarks/README.md says how to run these, and how to compare what two runs saved.
"""

import functools
import itertools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

import fastgd
from fastgd.comparing.peers import PEERS
from fastgd.comparing.problem import Problem
from fastgd.comparing.reference import Distance, Hessian, find_reference
from fastgd.losses import LOSSES

EPOCHS = 10
ROUNDS = 3


class Case(NamedTuple):
    loss: str
    rows: int
    features: int
    condition_number: float


CASES = {
    "tall": Case("squared_error", 400_000, 10, 10.0),
    "wide": Case("squared_error", 40_000, 100, 10.0),
    "labels": Case("log_loss", 100_000, 20, 10.0),
}
VARIANTS = ("batch", "stochastic", "minibatch")
# How much of F(0) - F* may be left.
DESCENTS = dict.fromkeys((*VARIANTS, "numpy-batch", "numpy-minibatch", "sklearn-sgd"), 0.1)
SOLVERS = {"cholesky": 1e-9, "lstsq": 1e-9, "sklearn-ridge": 1e-9, "sklearn-logistic": 1e-6}
BOUNDS = {**DESCENTS, **SOLVERS}
ROWS = [
    (case, who)
    for case in CASES
    for who in BOUNDS
    if who in VARIANTS or CASES[case].loss in PEERS[who].losses
]


@functools.cache
def posed(case: str) -> tuple[Problem, Callable[[np.ndarray], float]]:
    """Return a problem, and what tells the relative suboptimality of a point."""
    row = CASES[case]
    loss, datasets = LOSSES[row.loss](), fastgd.datasets
    make = datasets.make_classification if loss.target == "binary" else datasets.make_regression
    X, y, _ = make(row.rows, row.features, condition_number=row.condition_number, random_state=0)
    problem = Problem(X, y, loss)
    hessian = Hessian(problem, problem.weights)
    reference = find_reference(problem, hessian)
    distance = Distance(problem, reference, hessian)

    def suboptimality(point: np.ndarray) -> float:
        value, gap = distance.objective_or_gap(point)
        gap = value - reference.objective if gap is None else gap
        return gap / (reference.start_objective - reference.objective)

    return problem, suboptimality


def run_variant(problem: Problem, variant: str) -> tuple[float, np.ndarray]:
    """Return the passes that self-tuned epochs took, and where they led."""
    result = fastgd.fit(
        problem.X,
        problem.y,
        variant,
        loss=problem.loss,
        max_iter=EPOCHS,
        tol=None,
        random_state=0,
    )
    return result.history["passes"][-1], np.append(result.coef_, result.intercept_)


def run_peer(problem: Problem, name: str) -> tuple[float, np.ndarray]:
    """Return the same of a peer; an exact solver has no passes."""
    *_, (passes, point) = itertools.islice(PEERS[name].run(problem, 0), 1 + EPOCHS)
    return passes, point


@pytest.mark.parametrize(("case", "who"), ROWS)
def test_epochs(benchmark, case, who):
    problem, suboptimality = posed(case)
    if who in PEERS and not PEERS[who].installed:
        pytest.skip(f"{who} needs {PEERS[who].module}")
    run = run_variant if who in VARIANTS else run_peer
    benchmark.group = f"{case}: {problem.n:,} x {problem.d}, {problem.loss}"
    benchmark.name = who
    passes, point = benchmark.pedantic(run, (problem, who), rounds=ROUNDS, warmup_rounds=1)
    left = suboptimality(point)
    counted = {"passes": passes, "rows_per_second": passes * problem.n / benchmark.stats["median"]}
    benchmark.extra_info["suboptimality"] = left
    benchmark.extra_info |= {k: v for k, v in counted.items() if not math.isnan(v)}
    assert -1e-12 <= left <= BOUNDS[who]
