"""A job of `fastgd fit`: its data, its arguments, and the equivalent Python code."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fastgd
from fastgd import datasets
from fastgd.cli.origins import Data, Origin
from fastgd.data.files.python_code import write_call

UNSCALE = [
    "coef = result.coef_ / scale",
    "intercept = float(result.intercept_ - coef @ mean)",
    "result = replace(result, coef_=coef, intercept_=intercept)",
]


@dataclass(frozen=True)
class Job:
    """The arguments of the command."""

    origin: Origin
    fit: dict[str, Any]  # keywords
    standardize: bool
    out: Path | None = None  # for the model
    as_json: bool = False

    @property
    def may_end_early(self) -> bool:
        """Return True if a tolerance may end the fit before its last epoch."""
        tuned = self.fit.get("learning_rate", "auto") == "auto"
        return tuned or self.fit.get("tol", "auto") not in ("auto", None)

    def rehearse(self) -> fastgd.FitResult:
        """Fit two generated rows for one epoch, to check the arguments and compile early."""
        X = datasets.make_regression(**self.origin.rehearsal | {"n_samples": 2})[0]
        return fastgd.fit(X, np.array([1.0, 2.0]), **self.fit, callback=lambda _: True)

    def code(self, data: Data, *, has_constant: bool) -> str:
        """Return the equivalent Python code."""
        beside = [] if data.weights is None else ["sample_weight=weights"]
        beside += [] if data.offset is None else ["offset=offset"]
        table = "(X - mean) / scale" if self.standardize else "X"
        fit = write_call("result", "fastgd.fit", table, "y", *beside, **self.fit)
        imports = [f"import {name}" for name in sorted(["fastgd", *data.library.split()])]
        lines = [*data.lines, fit]
        if self.standardize:
            imports = ["from dataclasses import replace", "", *imports]
            constant = ['scale[X.max(axis=0) == X.min(axis=0)] = float("inf")  # constant columns']
            scale = ["mean, scale = X.mean(axis=0), X.std(axis=0)"]
            lines = [*data.lines, *scale, *(constant if has_constant else []), fit, *UNSCALE]
        return "\n".join([*imports, "", *lines, ""])
