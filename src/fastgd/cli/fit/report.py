"""The report of a fit: the model, its quality, its data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import fastgd
from fastgd.cli.fit.job import Job
from fastgd.cli.json_output import facts_of
from fastgd.cli.origins import Data

# What `fastgd fit --json` prints, and what each is.
KEYS = {
    "data": "object: source, rows, features, dtype, standardized, ...",
    "variant": "string",
    "loss": "string",
    "optimizer": "string",
    "learning_rate": "number; for a schedule, its Python code as a string",
    "epochs": "number",
    "passes": "number: row gradients divided by rows",
    "seconds": "number, without compiling",
    "compile_seconds": "number",
    "score": "number: R^2, D^2, or the fraction of labels predicted right",
    "objective": "number: loss + penalty, for the columns as fitted",
    "stop_reason": "string",
    "converged": "true or false; null if there was no tolerance",
    "warnings": "array of strings",
    "notes": "array of strings",
    "classes": "array of the two labels, or null",
    "coef": "array of numbers, in the units of the data",
    "intercept": "number",
    "feature_names": "array of strings, or null",
    "out": "string, the file written, or null",
}


@dataclass(frozen=True)
class Report:
    """The outcome of a fit."""

    job: Job
    n_rows: int
    dtype: str
    seconds: float  # to read or make the data
    result: fastgd.FitResult
    compile_seconds: float
    quality: dict[str, float]  # how well it fits, the score first
    remarks: list[str]
    warnings: list[str]
    code: str
    read: Sequence[str] = ()  # what is to be said about how the file was read
    problem: Exception | None = None  # why the model could not be saved

    @property
    def diverged(self) -> bool:
        """Whether the fit diverged."""
        return self.result.stop_reason is fastgd.StopReason.DIVERGED

    @property
    def saved(self) -> bool:
        """Whether the model was saved."""
        return self.job.out is not None and not self.diverged and self.problem is None

    def facts(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        data = {
            "source": self.job.origin.label,
            "rows": self.n_rows,
            "features": len(self.result.coef_),
            "dtype": self.dtype,
            "standardized": self.job.standardize,
            "seconds": self.seconds,
        }
        found = facts_of(self.result) | {
            "data": data,
            "compile_seconds": self.compile_seconds,
            "score": next(iter(self.quality.values())),
            "warnings": self.warnings,
            "notes": [*self.read, *self.remarks],
            "out": str(self.job.out) if self.saved else None,
        }
        return {key: found[key] for key in KEYS}


def measure(result: fastgd.FitResult, data: Data, *, with_truth: bool) -> dict[str, float]:
    """Return the quality of the fit, and the score of the true coefficients if they are known."""
    X, y, weights, offset = data.X, data.y, data.weights, data.offset
    score = result.score(X, y, weights, offset)
    truth = {}
    if with_truth and data.truth is not None:
        ideal = replace(result, coef_=data.truth, intercept_=0.0)
        truth = {"true coefficients": ideal.score(X, y, weights, offset)}
    if result.classes_ is None:
        square = np.average((y - result.predict(X, offset)) ** 2, weights=weights)
        return {result.loss_.score: score, "RMSE": float(np.sqrt(square)), **truth}
    if result.loss_.name != "log_loss":
        return {result.loss_.score: score, **truth}
    z = result.decision_function(X, offset)
    losses = np.logaddexp(0.0, np.where(y == result.classes_[1], -z, z))
    return {"accuracy": score, "mean log loss": float(np.average(losses, weights=weights)), **truth}
