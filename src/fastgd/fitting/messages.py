"""What `fit` warns of, a sentence each."""

import math

import numpy as np

from fastgd.base.quantities import tell_apart
from fastgd.base.warning import warn
from fastgd.data.frames import Names, name_columns
from fastgd.data.sources import Source
from fastgd.descent.driver import Outcome
from fastgd.descent.run import Run
from fastgd.monitoring.reasons import ConvergenceWarning, DivergenceWarning, StopReason
from fastgd.planning.pilot.coordinates import MIN_SPREAD
from fastgd.planning.plan import Plan
from fastgd.planning.stability import largest_stable_rate
from fastgd.planning.stopping import PATIENCE


def warn_of(outcome: Outcome, run: Run) -> None:
    """Warn of what the user might overlook in the result."""
    plan, source = run.plan, run.source
    if outcome.stop_reason is StopReason.DIVERGED:
        warn(divergence_message(run, outcome.rise, outcome.falls_without_end), DivergenceWarning)
    if outcome.stop_reason is StopReason.CAPPED:
        warn(_capped_message(plan), ConvergenceWarning)
    if outcome.stop_reason is StopReason.STALLED:
        warn(_stalled_message(plan, outcome), ConvergenceWarning)
    if plan.row_coordinates is not None and plan.row_coordinates.unresolved:
        unresolved = plan.row_coordinates.unresolved
        warn(_unresolved_message(unresolved, source.feature_names), ConvergenceWarning)
    rows = int(np.count_nonzero(source.weights)) if source.weighted else source.n
    if rows < source.d and not plan.objective.is_penalised:
        warn(_few_rows_message(rows, source), UserWarning)


def divergence_message(
    run: Run, rise: tuple[float, float] | None, falls_without_end: bool = False
) -> str:
    """Return the sentence of the warning: the rate used and the largest stable one, if known.

    The *rise* is that of the objective from start to end, if only that shows the divergence.
    """
    plan = run.plan
    if falls_without_end:
        return (
            f"{plan.variant} gradient descent found no minimum: the loss {plan.loss.name!r} falls "
            "without end; the sign of its value is wrong, or it has no lower bound. The last good "
            "coefficients are returned."
        )
    stable = None
    if plan.coordinates is None and not plan.preconditioned:
        stable = largest_stable_rate(
            run.source,
            plan.steps_objective,
            plan.variant,
            plan.optimizer,
            plan.batch_size,
            plan.n_threads,
        )
    rate, edge = tell_apart(run.learning_rate, stable.value if stable else run.learning_rate)
    advice = "use a smaller learning_rate or scale the features"
    if plan.mode == "self-tuned":
        advice = "look for rows or columns unlike all others, or give a learning_rate"
    if not math.isfinite(run.full.loss_of_constant(0.0)):
        advice = "the loss is not finite even at z = 0: scale y, or write the loss without overflow"
    elif stable is not None:
        advice = f"theory calls rates below about {edge} stable here"
        if not stable.is_exact:
            advice += ", by a bound: somewhat larger ones may be, too"
    when = f"in epoch {run.epochs_begun}"
    if rise is not None:
        began, ended = tell_apart(*rise)
        when = f"(the objective rose from {began} to {ended})"
    return (
        f"{plan.variant} gradient descent diverged {when} at learning_rate="
        f"{rate}; {advice}. The last good coefficients are returned."
    )


def _capped_message(plan: Plan) -> str:
    missed, advice = f"meeting tol={plan.stopping.tol:g}", ""
    if plan.mode == "textbook":
        advice = ", a larger learning_rate or scaled features"
    if plan.stopping.is_by_suboptimality:
        near = f"{plan.stopping.suboptimality:.1g}"
        missed = f"coming within {near} of the least objective, as far as it can tell"
        advice = ", or look for rows unlike all others, or columns nearly collinear"
        if plan.max_iter < PATIENCE:
            advice = ""
        elif not plan.loss.has_minimum and not plan.objective.is_penalised:
            advice = ", or an alpha above 0: for linearly separable labels there is no optimum"
    return (
        f"{plan.variant} gradient descent made max_iter={plan.max_iter} epochs without "
        f"{missed}; give more epochs{advice}."
    )


def _stalled_message(plan: Plan, outcome: Outcome) -> str:
    missed = "stopped where a constant prediction is still better: give a smaller tol"
    if outcome.suboptimality is not None:
        missed = (
            f"could get no nearer than about {outcome.suboptimality:.1g} to the least "
            "objective: look for columns that are nearly collinear"
        )
    return f"{plan.variant} gradient descent {missed}, or give an alpha above 0."


def _unresolved_message(columns: tuple[int, ...], names: Names) -> str:
    which = "column" if len(columns) == 1 else "each of the columns"
    return (
        f"the values of {which} {name_columns(names, columns)} differ by less than "
        f"{MIN_SPREAD:g} of their size, too little for sums of floating-point numbers: the "
        "coefficient is 0; subtract a constant, such as the mean, from the column."
    )


def _few_rows_message(rows: int, source: Source) -> str:
    of_weight = "" if rows == source.n else " of weight above 0"
    return (
        f"X has fewer rows{of_weight} ({rows}) than features ({source.d}): the solution is not "
        "unique; an alpha above 0 makes it so."
    )
