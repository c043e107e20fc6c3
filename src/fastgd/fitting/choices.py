"""Choices: what a fit that nobody tuned has chosen, a line of words each."""

import math
from collections.abc import Sequence

import numpy as np

from fastgd.data.sources import Source
from fastgd.planning.plan import EXACT, UNSEEN, Plan

MAX_NAMED = 10  # columns


def explain(plan: Plan, source: Source) -> dict[str, str]:
    """Return what was chosen beyond the textbook's algorithm, and why."""
    choices = {
        "smoothing": _smoothing(plan),
        "scaling": _scaling(plan),
        "constant": _constant_columns(plan, source),
        "averaging": _averaging(plan),
    }
    if plan.mode == "self-tuned":
        choices |= {"steps": _steps(plan), "stopping": _stopping(plan)}
    return {name: words for name, words in choices.items() if words}


def _scaling(plan: Plan) -> str:
    if plan.preconditioned:
        return "none needed: steps are multiplied by the inverse of the curvature of a sample"
    if plan.coordinates is None or (plan.coordinates.units == 1).all():
        return ""
    centred = "centred and " if plan.coordinates.mean.any() else ""
    seen = "a sample of rows shows" if plan.mode == "self-tuned" else "all rows show"
    return f"columns are {centred}scaled by what {seen}, without a copy of X"


def _smoothing(plan: Plan) -> str:
    if not plan.is_smoothed or plan.curvature is None:
        return ""
    return f"the kinks of the loss are smoothed within {plan.curvature.width:.2g}"


def _constant_columns(plan: Plan, source: Source) -> str:
    if plan.seen_in is None:
        return ""
    zero = set(np.flatnonzero(plan.seen_in.units == 0).tolist())
    columns = sorted(zero - set(plan.seen_in.unresolved))
    what = "column that is constant gets" if len(columns) == 1 else "columns that are constant get"
    return f"{name_columns(source, columns)}: {what} a coefficient of 0" if columns else ""


def name_columns(source: Source, columns: Sequence[int]) -> str:
    """Return the names, or numbers, of some columns."""
    names = source.feature_names
    shown = [repr(names[j]) if names else str(j) for j in columns[:MAX_NAMED]]
    if len(columns) > MAX_NAMED:
        shown.append(f"and {len(columns) - MAX_NAMED} more")
    return ", ".join(shown)


def _steps(plan: Plan) -> str:
    if plan.preconditioned and plan.variant == "minibatch" and plan.settles_after < plan.max_iter:
        return f"of {plan.batch_size} rows for {plan.settles_after} epoch, then of all rows"
    return ""


def _averaging(plan: Plan) -> str:
    if plan.settles_after < plan.max_iter and plan.preconditioned:
        return ""  # it is where the steps on all rows lead that is returned
    return {
        "none": "",
        "all": "the mean of all iterates is returned",
        "tail": f"the mean of the iterates from epoch {plan.averages_from[0] + 1} on is returned",
        "recent": "the mean of the iterates of the second half, or more, is returned",
    }[plan.average]


def _stopping(plan: Plan) -> str:
    if not math.isfinite(plan.target):
        return "" if plan.tol is None else f"tol={plan.tol:g}"
    assert plan.curvature is not None
    if plan.target > EXACT * plan.curvature.fall:
        return f"within {UNSEEN:g} statistical errors of the optimum, as far as it can tell"
    return f"within {plan.target:.2g} of the least objective, as far as it can tell"
