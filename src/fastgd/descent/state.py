"""`State`: where a run stands."""

import copy
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from fastgd.base.types import Array, Floats
from fastgd.data.sources import Source
from fastgd.gradients.gram import Reference, no_reference
from fastgd.gradients.team import empty_sums
from fastgd.kernels.arguments import TALLY_SIZE
from fastgd.planning.plan import Plan
from fastgd.schedules import Memory


@dataclass
class Refinement:
    """Progress of steps with full gradients."""

    anchor: Floats  # where the last step began
    best: Floats  # where the last step began that did not overshoot
    step: Floats  # from `best`
    direction: Floats  # minus that step at a rate of 1
    last_direction: Floats  # the same of the step that was just taken
    objective: float = np.inf  # at `best`
    decrement: float = np.inf  # Newton decrement at `best`: about its suboptimality
    least: float = np.inf  # least objective so far, up to rounding
    epochs_without_fall: int = 0  # since then
    contraction: float = 0.0  # of the decrement, from step to step; 0 if unknown

    @classmethod
    def at(cls, coef: Array) -> "Refinement":
        """Return a refinement that begins at *coef*."""
        anchor, nothing = coef.astype(np.float64), np.zeros(len(coef))
        return cls(anchor, anchor, nothing, nothing, nothing)


class Progress(NamedTuple):
    """What a stopping rule remembers from epoch to epoch."""

    first_norm: float = np.nan  # of the gradient
    best: float = np.inf  # objective
    epochs_without_progress: int = 0


@dataclass
class Safeguard:
    """What the divergence guard remembers."""

    start: Floats  # coefficients
    start_loss: float
    limit: float  # of the loss; above it, the run has diverged
    good: Floats  # the last coefficients whose loss is known to be sound
    candidate: Floats  # the coefficients whose loss is not known yet
    checked: tuple[float, float] = 0.0, 0.0  # loss and weight of this epoch, checked so far
    back_offs: int = 0


class Evaluated(NamedTuple):
    """Loss and gradient over all rows at some coefficients."""

    coef: Array
    g: Floats  # sum of the gradients
    tally: Floats


@dataclass
class Records:
    """The history and the path so far, and what the next record needs."""

    rows: list[tuple[float, ...]] = field(default_factory=list)
    points: list[Array] = field(default_factory=list)
    point_steps: list[int] = field(default_factory=list)
    recorded: Floats = field(default_factory=lambda: np.zeros(2))  # loss, weight; of this epoch
    next_batch_step: int = 1


@dataclass
class State:
    """Where a run stands; with the plan and the source, all that the next step depends on."""

    coef: Array  # (d + 1,): coefficients and intercept, in X's type
    point: Array  # the same in the plan's coordinates, where steps are taken; or `coef` itself
    slots: Array  # (slots, d + 1): what the optimizer keeps per coefficient
    g: Floats  # (d + 1,): gradients of a batch that is not full yet
    sums: Floats  # (groups, d + 1 and more): the same by groups of rows that threads share
    tallies: Floats  # accumulated with them, not yet in `tally`
    total: Floats  # (d + 1,): sum of the points that are averaged, or (0,)
    tally: Floats = field(default_factory=lambda: np.zeros(TALLY_SIZE))  # of the epoch begun last
    t: int = 0  # steps taken
    rate: float = np.nan  # learning rate of the last of them
    epoch: int = 0  # epochs completed
    visit: int = 0  # visits of this epoch
    counted: int = 0  # iterates in `total`
    older_total: Floats = field(default_factory=lambda: np.zeros(0))
    older_counted: int = 0
    memory: Memory = field(default_factory=Memory)  # the schedule's
    grad_norm: float = np.nan  # batch: norm of the (proximal) gradient before the last step
    scaled_grad_norm: float = np.nan  # the same in the plan's coordinates
    decrement: float = np.inf  # Newton decrement, about the suboptimality; not after every epoch
    in_tail: bool = False  # averaging of the "tail" has begun
    extra_passes: int = 0  # made for the decrement, and not used by a step since
    evaluated: Evaluated | None = None  # the last evaluation, for the step to come
    evaluated_counts: bool = False  # as one of the extra passes
    progress: Progress = field(default_factory=Progress)  # of the stopping rule
    safeguard: Safeguard | None = None  # None before the first check
    refinement: Refinement | None = None  # None before steps take all rows
    gram_reference: Reference | None = None  # None if gradients come from the rows
    records: Records = field(default_factory=Records)

    def refines(self, plan: Plan) -> bool:
        """Return True if every step is a refinement with full gradients by now."""
        return plan.preconditioned and self.epoch >= plan.refines_after

    def copy(self) -> "State":
        """Return a state that goes its own way."""
        return copy.deepcopy(self)

    def fork(self) -> "State":
        """Return a copy without the records, for steps that are not kept."""
        return copy.deepcopy(replace(self, records=Records()))


def initial_state(plan: Plan, source: Source) -> State:
    """Return the state in which a plan starts."""
    size, dtype = source.d + 1, source.dtype
    averaged = plan.average != "none"
    coef = np.zeros(size, dtype) if plan.initial is None else plan.initial.astype(dtype)
    if plan.row_coordinates is not None:
        coef[:] = plan.row_coordinates.without_constants(coef)
    point = coef
    if plan.coordinates is not None:
        point = plan.coordinates.transform(coef).astype(dtype)
        coef[:] = plan.coordinates.inverse_transform(point)
    shared = plan.preconditioned and plan.variant == "minibatch"
    sums, tallies = empty_sums(plan.groups_per_batch if shared else 0, source.d)
    refines = plan.preconditioned and plan.refines_after == 0
    return State(
        coef=coef,
        point=point,
        refinement=Refinement.at(coef) if refines else None,
        gram_reference=None if plan.gram is None else no_reference(source.d),
        slots=np.zeros((plan.optimizer.slots, size), dtype),
        g=np.zeros(size),
        sums=sums,
        tallies=tallies,
        total=np.zeros(size if averaged else 0),
    )
