"""Recipes: the keywords with which `fit` repeats a run bit for bit."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastgd.descent.driver import Outcome
from fastgd.monitoring.reasons import StopReason
from fastgd.planning.plan import Plan

GIVEN = (
    "random_state",
    "learning_rate",
    "alpha",
    "l1_ratio",
    "average",
    "scaling",
    "preconditioner",
    "shuffle",
    "sample_weight",
    "coef_init",
    "intercept_init",
    "categories",
    "unknown",
    "missing",
)  # keywords that are replayed as they were given


def make_recipe(plan: Plan, outcome: Outcome, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords with which `fit` replays a run; its arrays are copies."""
    given = {name: keywords[name] for name in GIVEN}
    if keywords["offset"] is not None:
        given["offset"] = keywords["offset"]
    # A run that diverged within an epoch does so again; one that was cut there ends before it.
    diverged = outcome.stop_reason is StopReason.DIVERGED
    epochs = max(1, outcome.epochs_begun if diverged else outcome.epochs)
    given["average"] = replayed_average(plan, given["average"], epochs)
    if isinstance(given["shuffle"], np.ndarray):
        given["shuffle"] = given["shuffle"][:epochs]
    return {
        "variant": plan.variant,
        "loss": plan.objective.loss,
        "optimizer": "auto" if plan.is_smoothed else plan.optimizer,  # others are not smoothed
        "batch_size": plan.batch_size if plan.variant == "minibatch" else "auto",
        "route": plan.route,
        "max_iter": epochs,
        "tol": None,
        "fit_intercept": plan.objective.fit_intercept,
        **{name: copy.copy(value) for name, value in given.items()},
    }


def replayed_average(plan: Plan, average: Any, epochs: int) -> Any:
    """Return the `average` that gives the same iterates if only *epochs* are asked for."""
    if average == "auto" or plan.average not in ("recent", "tail"):
        return average
    if plan.average == "recent":
        return "recent"
    steps = -(-plan.order.length // plan.batch_size)
    before = plan.averages_from[0] * steps + plan.averages_from[1] // plan.batch_size
    return max(0.0, 1.0 - before / (steps * epochs)) or False
