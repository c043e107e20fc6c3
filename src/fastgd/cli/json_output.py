"""What the commands print with --json."""

import json
import math
from typing import Any

import fastgd


def facts_of(result: fastgd.FitResult) -> dict[str, Any]:
    """Return what a result itself says."""
    rate, names, classes = result.learning_rate_, result.coef_names_, result.classes_
    return {
        "variant": result.variant,
        "loss": result.loss_.name,
        "optimizer": result.optimizer_.name,
        "learning_rate": rate if isinstance(rate, float) else repr(rate),
        "epochs": result.n_iter_,
        "passes": float(result.history["passes"][-1]),
        "seconds": float(result.history["seconds"][-1]),
        "compile_seconds": result.compile_seconds,
        "objective": result.objective,
        "stop_reason": str(result.stop_reason),
        "converged": result.converged,
        "classes": None if classes is None else classes.tolist(),
        "coef": result.coef_.tolist(),
        "intercept": result.intercept_,
        "feature_names": None if names is None else [*map(str, names)],
    }


def write_json(facts: dict[str, Any]) -> str:
    """Return strict JSON: null for what is not finite."""
    return json.dumps(finite(facts), allow_nan=False, ensure_ascii=False)


def finite(value: Any) -> Any:
    """Return *value* with None for numbers that are not finite."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
