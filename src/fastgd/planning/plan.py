"""`Plan`: every choice that a fit makes, and why. `make_plan` makes them in order."""

from dataclasses import dataclass, replace

from fastgd.base.types import Array
from fastgd.data.frames import Names
from fastgd.data.orders import Order
from fastgd.data.sources import Source
from fastgd.gradients.gram import Gram, make_gram
from fastgd.losses import Loss
from fastgd.optimizers import Optimizer
from fastgd.planning.averaging import Average, averaging_reason, begin_of_tail, choose_average
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.coordinates import Coordinates, standardise_all
from fastgd.planning.pilot.estimates import Estimates, estimate
from fastgd.planning.pilot.hessian import Hessian
from fastgd.planning.pilot.optimum import Optimum
from fastgd.planning.pilot.pilot import Pilot
from fastgd.planning.pilot.sample import refuse_wild_targets
from fastgd.planning.preconditioning import (
    is_preconditioned,
    refuse_preconditioner,
    smoothing_reason,
    wants_hessian,
)
from fastgd.planning.rates import ChosenRate, choose_rate, given_rate, refinement_rate
from fastgd.planning.request import Request
from fastgd.planning.scaling import choose_scaling, constant_reason, scaling_reason
from fastgd.planning.steps import Steps, choose_order, choose_steps, steps_reason
from fastgd.planning.stopping import Stopping, choose_max_iter, choose_stopping, refines_after
from fastgd.planning.variant import with_variant
from fastgd.schedules import Schedule


@dataclass(frozen=True)
class Plan:
    """What will run: nothing is left to choose."""

    mode: str  # "textbook" or "self-tuned"
    objective: Objective  # that is minimised
    loss: Loss  # whose derivatives make the steps: that of the objective, or a smoothed form of it
    is_smoothed: bool
    variant: str
    optimizer: Optimizer
    schedule: Schedule
    batch_size: int
    order: Order
    coordinates: Coordinates | None  # in which steps are taken; None: the original coefficients
    clip: float  # bound of a rate times a row's squared norm; inf: none
    gram: Gram | None  # where gradients come from; None: from the rows
    optimum: Optimum | None  # of a pilot sample, if known
    preconditioned: bool  # steps are multiplied by the inverse Hessian at the optimum
    initial: Array | None
    starts_from_sample: bool  # `initial` is the optimum of the sample, which the caller did not ask
    average: Average
    averages_from: tuple[int, int]  # epoch and visit at which averaging of the "tail" begins
    refines_after: int  # epochs; then all rows make one step
    refinement_rate: float
    max_iter: int  # epochs
    stopping: Stopping
    n_threads: int
    pilot_passes: float
    reasons: dict[str, str]  # of choices, by their names; "" if there is nothing to say

    @property
    def steps_objective(self) -> Objective:
        """The objective whose gradients make the steps, with the smoothed loss if there is one."""
        return replace(self.objective, loss=self.loss)

    @property
    def hessian(self) -> Hessian | None:
        """The Hessian at the optimum of a pilot sample, if known."""
        return None if self.optimum is None else self.optimum.hessian

    @property
    def groups_per_batch(self) -> int:
        """Return over how many buffers of the order a batch may reach."""
        return (self.batch_size - 2) // self.order.buffer_rows + 2

    @property
    def estimates_suboptimality(self) -> bool:
        """Return True if a gradient tells how far the objective is above its minimum."""
        return self.optimum is not None and not self.objective.has_l1

    @property
    def row_coordinates(self) -> Coordinates | None:
        """The coordinates in which rows are measured, if only to clip steps."""
        if self.preconditioned and self.optimum is not None:
            return self.optimum.hessian.coordinates
        return self.coordinates

    @property
    def route(self) -> str:
        """Where gradients come from."""
        return "direct" if self.gram is None else "gram"


def make_plan(request: Request, source: Source, initial: Array | None, seed: int) -> Plan:
    """Choose what the request leaves open."""
    objective = request.objective
    request, variant_reason = with_variant(request, source.n, source.d)
    pilot = Pilot(source, request.n_threads, seed)
    estimates = _estimate(request, pilot)
    optimum = None if estimates is None else estimates.optimum
    if optimum is not None:
        request = replace(request, loss=optimum.loss)
    preconditioned = optimum is not None and is_preconditioned(request)
    coordinates = None if preconditioned else _coordinates(request, source, estimates)
    order = choose_order(request, source.n, source.d, seed)
    steps = choose_steps(request, order, preconditioned)
    gram = make_gram(source) if steps.route == "gram" else None
    rate = _rate(request, pilot, steps, estimates, gram)
    may_start = initial is None and (objective.fit_intercept or optimum is not None)
    average, max_iter = choose_average(request), choose_max_iter(request, preconditioned)
    evaluated = estimates or coordinates
    plan = Plan(
        mode="self-tuned" if request.self_tuned else "textbook",
        objective=objective,
        loss=request.loss,
        is_smoothed=optimum is not None and optimum.smoothing > 0,
        variant=request.variant,
        optimizer=steps.optimizer,
        schedule=rate.schedule,
        batch_size=steps.batch_size,
        order=order,
        coordinates=coordinates,
        clip=rate.clip,
        gram=gram,
        optimum=optimum,
        preconditioned=preconditioned,
        initial=rate.start if may_start else initial,
        starts_from_sample=may_start and optimum is not None and rate.start is not None,
        average=average,
        averages_from=begin_of_tail(request, average, max_iter, order.length, steps.batch_size),
        refines_after=refines_after(request, order),
        refinement_rate=refinement_rate(optimum),
        max_iter=max_iter,
        stopping=choose_stopping(request, order, optimum, source.dtype, preconditioned),
        n_threads=request.n_threads,
        pilot_passes=rate.passes + (0.0 if evaluated is None else evaluated.passes),
        reasons={"learning_rate": rate.reason, "variant": variant_reason},
    )
    reasons = plan.reasons | _reasons(request, plan, steps, source.feature_names)
    return replace(plan, reasons=reasons)


def _estimate(request: Request, pilot: Pilot) -> Estimates | None:
    """Evaluate a sample of rows, if something is to be chosen by what it shows."""
    source = pilot.source
    if request.preconditioner == "full":
        refuse_preconditioner(request, source.d)
    elif not request.self_tuned:
        return None
    if request.self_tuned:
        refuse_wild_targets(source, request.loss)
    estimates = estimate(
        pilot,
        request.objective,
        wants_hessian=wants_hessian(request, source.d),
        scaling=choose_scaling(request),
    )
    if request.preconditioner == "full" and estimates.optimum is None:
        raise ValueError(
            'preconditioner="full" needs the inverse Hessian of a sample of rows, which is not '
            "finite here; scale X and y, or leave it out."
        )
    return estimates


def _coordinates(
    request: Request, source: Source, estimates: Estimates | None
) -> Coordinates | None:
    """Return the coordinates in which steps are taken if they are not preconditioned."""
    if estimates is not None:
        return estimates.coordinates
    scaling = choose_scaling(request)
    if scaling == "none":
        return None
    return standardise_all(source, centred=scaling == "standardize" and request.fit_intercept)


def _rate(
    request: Request,
    pilot: Pilot,
    steps: Steps,
    estimates: Estimates | None,
    gram: Gram | None,
) -> ChosenRate:
    if request.schedule is not None:
        return given_rate(request.schedule, request)
    assert estimates is not None
    return choose_rate(pilot, request.objective, steps, estimates, gram)


def _reasons(request: Request, plan: Plan, steps: Steps, names: Names) -> dict[str, str]:
    """Return what was chosen beyond the textbook's algorithm, and why."""
    refines = plan.preconditioned and plan.refines_after < plan.max_iter
    reasons = {
        "smoothing": smoothing_reason(plan.optimum),
        "scaling": scaling_reason(request, plan.coordinates, preconditioned=plan.preconditioned),
        "constant": constant_reason(plan.row_coordinates, names),
        # Refinement has no average: its last iterate is returned.
        "averaging": "" if refines else averaging_reason(plan.average, plan.averages_from[0]),
    }
    if request.self_tuned:
        reasons["steps"] = steps_reason(steps, plan.refines_after, plan.max_iter)
        reasons["stopping"] = plan.stopping.reason
    return reasons
