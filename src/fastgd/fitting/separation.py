"""Linearly separable labels: a loss that only falls towards its infimum has no minimum then."""

from dataclasses import replace

import numpy as np

from fastgd.base.types import Floats
from fastgd.base.warning import warn
from fastgd.data.sources import Source
from fastgd.data.tables import pieces
from fastgd.descent.driver import Outcome
from fastgd.monitoring.reasons import ConvergenceWarning, StopReason
from fastgd.planning.plan import Plan

SENTENCE = (
    "The labels are linearly separable, so that {loss} has no minimum: it falls towards 0 while "
    "the coefficients grow without end."
)
PROMISES = (StopReason.TOLERANCE, StopReason.CAPPED, StopReason.STALLED)  # of an optimum


def find_separation(outcome: Outcome, plan: Plan, source: Source) -> tuple[Outcome, dict[str, str]]:
    """Return the outcome, never converged if the loss has no minimum, and what to remark."""
    if plan.loss.has_minimum or plan.objective.is_penalised or not _separates(source, outcome.coef):
        return outcome, {}
    sentence = SENTENCE.format(loss=plan.loss.name)
    remark = {"labels": f"{sentence[0].lower()}{sentence[1:-1]}; an alpha above 0 ends that"}
    if outcome.stop_reason not in PROMISES:
        return outcome, remark
    warn(
        f"{sentence[:-1]}; they are returned as they were after {outcome.epochs} epochs: give an "
        "alpha above 0.",
        ConvergenceWarning,
    )
    return replace(outcome, stop_reason=StopReason.SEPARABLE, converged=False), remark


def _separates(source: Source, coef: Floats) -> bool:
    """Return True if every row that counts is predicted right; most tables say so at once."""
    for start, X in pieces(source.table):
        rows = slice(start, start + len(X))
        z = X @ coef[:-1] + coef[-1]
        z = z + source.offset[rows] if len(source.offset) else z
        right = source.y[rows] * z > 0
        if source.weighted:
            right |= source.weights[rows] == 0
        if not right.all():
            return False
    return bool(np.isfinite(coef).all())
