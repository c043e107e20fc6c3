"""The sentence that warns of divergence: the rate that was used and the rates theory allows."""

import math

from fastgd.base.quantities import tell_apart
from fastgd.descent.run import Run
from fastgd.planning.stability import largest_stable_rate


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
            plan.variant,
            plan.batch_size,
            plan.loss,
            plan.optimizer,
            plan.alpha * (1 - plan.l1_ratio),
            plan.fit_intercept,
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
