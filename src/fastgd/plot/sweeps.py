"""Sweeps: what both sweeps of fits, over rates and over batch sizes, begin with."""

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from fastgd.comparing.problem import OBJECTIVE, Problem, state_problem
from fastgd.fitting.fit import fit
from fastgd.fitting.result import FitResult
from fastgd.fitting.suggest import Suggestion, suggest
from fastgd.plot.style import need_matplotlib
from fastgd.plot.surface import best_point


@dataclass
class Ground:
    """One table and objective that many fits are made on."""

    problem: Problem
    keywords: dict[str, Any]  # of every fit, the objective among them
    suggestion: Suggestion

    @cached_property
    def least(self) -> float:
        """F*, or what the self-tuned `batch` reaches where that cannot be computed."""
        point = best_point(self.problem)
        if point is not None:
            return self.problem.objective(point)
        tuned = self.fit("batch")
        return self.objective(tuned.coef_, tuned.intercept_)

    def scale(self, least: float) -> float:
        """Return F(0) - F*, what relative suboptimality is relative to."""
        return max(self.problem.at_zero - least, float(np.finfo(np.float64).tiny))

    def fit(self, variant: str, **more: Any) -> FitResult:
        """Fit in silence: what a run would warn of is what is drawn."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fit(self.problem.X, self.problem.y, variant, **self.keywords, **more)

    def objective(self, coef: Any, intercept: float) -> float:
        """Return F of coefficients."""
        with np.errstate(all="ignore"):
            return self.problem.objective(np.append(coef, intercept).astype(np.float64))


def survey(X: Any, y: Any, keywords: dict[str, Any], swept: dict[str, str]) -> Ground:
    """Check the table and keywords, and ask which rates are stable.

    *swept* names the keywords of `fit` that a sweep sets itself, and what to write instead.
    """
    need_matplotlib()
    for name, instead in swept.items():
        if name in keywords:
            raise TypeError(f"{name} is what this picture sweeps: write {instead}.")
    stated = {name: keywords[name] for name in OBJECTIVE if name in keywords}
    keywords = {"random_state": 0, **keywords}
    problem = state_problem(X, y, **stated)
    return Ground(problem, keywords, suggest(X, y, **stated, random_state=0))
