"""Every choice that a fit makes, in one frozen `Plan`."""

import math
import sys
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fastgd.base.types import Array
from fastgd.base.validation import show
from fastgd.base.warning import warn
from fastgd.data.orders import Order, make_order
from fastgd.data.sources import Source
from fastgd.gradients.gram import Gram
from fastgd.losses import Loss
from fastgd.losses.smoothing import can_smooth
from fastgd.optimizers import GD, AdaGrad, Nesterov, Optimizer
from fastgd.planning.pilot import rates as pilot
from fastgd.planning.pilot.coordinates import Coordinates, standardise_all
from fastgd.planning.pilot.curvature import Curvature
from fastgd.planning.pilot.sample import refuse_wild_targets
from fastgd.planning.request import Request, is_auto
from fastgd.schedules import Schedule

DEFAULT_BATCH_SIZE = 256
USUAL_STEPS = 50  # of self-tuned batch descent, or more
GRAM_COLUMNS_PER_STEP = 5  # X'X takes the time of d / 5 passes
SELF_TUNED_STEPS = 32  # an epoch at least, where there are so many rows
PRECONDITIONED_STEPS = 64  # an epoch, within these bounds of the rows of one
MIN_TOGETHER, MAX_TOGETHER = 64, 8192
MIN_STEPS = 8
MAX_PRECONDITIONED = 1024  # columns: the square of it is met with every step
EPOCHS_OF_STEPS = 1  # of batches, before every step takes all rows
EXACT = 1e-8  # of the fall of the objective from coefficients of zero
OF_SMOOTHING = 1e-3  # of the width of smoothing, which itself moves the optimum by more
NARROW = 100  # times as far a batch may end where float32 lets it go no further
UNSEEN = 0.1  # of the statistical error
PATIENCE = 20  # epochs of going on beyond that
SMALL = 10_000_000  # values of X: to go on to the optimum costs nothing
DEFAULT_MAX_ITER = 100
SELF_TUNED_BATCH_MAX_ITER = 10_000
PRECONDITIONED_BATCH_MAX_ITER = 1000
SELF_TUNED_TOL = {"batch": 1e-6, "stochastic": 1e-4, "minibatch": 1e-4}
TINY = 1e-12  # of a number of steps: rounding

Average = Literal["none", "all", "recent", "tail"]


@dataclass(frozen=True)
class Plan:
    """What will run: nothing is left to choose."""

    variant: str
    mode: str  # "textbook" or "self-tuned"
    loss: Loss  # whose derivatives make the steps
    asked_loss: Loss  # of the objective; `loss` may be a smoothed form of it
    optimizer: Optimizer
    schedule: Schedule
    batch_size: int
    max_iter: int  # epochs
    tol: float | None
    alpha: float
    l1_ratio: float
    fit_intercept: bool
    average: Average
    averages_from: tuple[int, int]  # epoch and visit, where only the "tail" counts
    guard: float  # bound that a rate times a row's squared norm is held to; inf: none
    coordinates: Coordinates | None  # in which steps are taken; None: coefficients as they are
    order: Order
    initial: Array | None
    n_threads: int
    gram: Gram | None  # where gradients come from; None: from the rows
    curvature: Curvature | None  # of a sample, where it is known
    preconditioned: bool  # steps are multiplied by its inverse
    settles_after: int  # epochs; then all rows make one step
    settling_rate: float
    target: float  # how far above its optimum the objective may end; inf: tol decides
    unseen: float  # how far it may end after PATIENCE epochs
    pilot_passes: float
    rate_reason: str  # where the learning rate comes from

    @property
    def starts_from_sample(self) -> bool:
        """Return True if it was the optimum of a sample of rows that no one else asked for."""
        return self.curvature is not None and self.initial is self.curvature.start

    @property
    def is_smoothed(self) -> bool:
        """Whether steps are those of a smoothed form of the loss."""
        return self.loss is not self.asked_loss

    @property
    def groups_per_batch(self) -> int:
        """Return over how many buffers of the order a batch may reach."""
        return (self.batch_size - 2) // self.order.buffer_rows + 2

    @property
    def tells_distance(self) -> bool:
        """Return True if a gradient shows how far above its optimum the objective is."""
        return self.curvature is not None and self.alpha * self.l1_ratio == 0

    @property
    def ends_short(self) -> bool:
        """Return True if mini-batches may end where only the statistical error is left."""
        return self.variant == "minibatch" and self.target == self.unseen < math.inf

    @property
    def seen_in(self) -> Coordinates | None:
        """In which coordinates rows are looked at, be it only for the guard."""
        if self.preconditioned and self.curvature is not None:
            return self.curvature.coordinates
        return self.coordinates

    @property
    def route(self) -> str:
        """Where gradients come from."""
        return "direct" if self.gram is None else "gram"


def has_gradient_test(asked: Plan | Request) -> bool:
    """Return True if a vanishing gradient shows convergence: with jumping slopes it does not."""
    return asked.variant == "batch" and asked.loss.smooth


def best_variant(loss: Loss, has_l1: bool, n: int, d: int) -> tuple[str, str]:
    """Return the variant that suits a self-tuned fit of so many rows and columns, and why."""
    if not loss.smooth:
        return "minibatch", "where the slope jumps, many small steps beat a few exact ones"
    if has_l1 and _gram_pays(loss, n, d, USUAL_STEPS):
        return "batch", "X'X costs some passes, once; then steps are nearly free, and exact"
    if n * d < SMALL and not has_l1:
        return "batch", "so few values are read so fast that the exact optimum costs nothing"
    if has_l1 or d > MAX_PRECONDITIONED:
        return "minibatch", "steps of all rows would be many, for no curvature is inverted here"
    return "minibatch", "statistical precision after a pass or two; more would fit noise"


def make_plan(request: Request, source: Source, initial: Array | None, seed: int) -> Plan:
    """Choose what the request leaves open."""
    if request.variant == "auto":
        request = replace(request, variant=_variant(request, source))
    variant, self_tuned = request.variant, request.self_tuned
    seen, asked_loss = _look(request, source, seed), request.loss
    curvature = None if seen is None else seen.curvature
    if curvature is not None:
        request = replace(request, loss=curvature.loss_function)
    preconditioned = curvature is not None and _is_preconditioned(request)
    coordinates = None if preconditioned else _coordinates(request, source, seen)
    optimizer = request.optimizer or _optimizer(request, preconditioned)
    order = _order(request, source, seed)
    batch_size = _batch_size(request, source.n, preconditioned, order.buffer_rows)
    takes_gram = _takes_gram(request, source, preconditioned)
    gram = Gram(source, request.n_threads) if takes_gram else None
    tuned = _tune(request, source, optimizer, batch_size, preconditioned, seen, gram, seed)
    looked = seen or coordinates
    max_iter = request.max_iter or _max_iter(request, preconditioned)
    average = _average(request)
    target, unseen = _targets(request, source, order, curvature, preconditioned)
    return Plan(
        variant=variant,
        mode="self-tuned" if self_tuned else "textbook",
        loss=request.loss,
        asked_loss=asked_loss,
        optimizer=optimizer,
        schedule=tuned.schedule,
        batch_size=batch_size,
        max_iter=max_iter,
        tol=_tol(request),
        alpha=request.alpha,
        l1_ratio=request.l1_ratio,
        fit_intercept=request.fit_intercept,
        average=average,
        averages_from=_averages_from(request, average, max_iter, order.length, batch_size),
        guard=tuned.guard,
        coordinates=coordinates,
        order=order,
        initial=_initial(request, tuned, initial, curvature),
        n_threads=request.n_threads,
        gram=gram,
        curvature=curvature,
        preconditioned=preconditioned,
        settles_after=_settles_after(request, order),
        settling_rate=_settling_rate(curvature),
        target=target,
        unseen=unseen,
        pilot_passes=tuned.passes + (looked.passes if looked is not None else 0.0),
        rate_reason=tuned.reason,
    )


def _variant(request: Request, source: Source) -> str:
    if isinstance(request.shuffle, np.ndarray) or request.batch_size is not None:
        return "minibatch"
    return best_variant(request.loss, request.has_l1, source.n, source.d)[0]


# ------------------------------------------------------------------ what is looked at, and where


def _look(request: Request, source: Source, seed: int) -> pilot.Look | None:
    """Look at a sample of rows, where something is to be chosen by what it shows."""
    if request.preconditioner == "full":
        _refuse_preconditioner(request, source)
    elif not request.self_tuned:
        return None
    if request.self_tuned:
        refuse_wild_targets(source, request.loss)
    wants_curvature = source.d <= MAX_PRECONDITIONED and (
        request.loss.smooth or _is_smoothed(request)
    )
    seen = pilot.look_at(
        source,
        request.loss,
        request.l2,
        request.fit_intercept,
        request.n_threads,
        seed,
        wants_curvature=wants_curvature,
        scaling=_scaling(request),
    )
    if request.preconditioner == "full" and seen.curvature is None:
        raise ValueError(
            'preconditioner="full" needs the inverse of the curvature of a sample of rows, which '
            "is no number here; scale X and y, or leave it out."
        )
    return seen


def _is_smoothed(request: Request) -> bool:
    """Return True if steps are to be those of a smoothed form of the loss."""
    is_open = request.self_tuned and request.optimizer is None
    is_open = is_open and request.average in ("auto", False)
    return is_open and not request.has_l1 and can_smooth(request.loss)


def _scaling(request: Request) -> pilot.Scaling:
    """Return in which columns steps are taken, where no preconditioner makes them alike."""
    if request.scaling == "standardize":
        return "standardize"
    if request.preconditioner == "diagonal":
        return "rms"
    return "standardize" if request.self_tuned and request.scaling == "auto" else "none"


def _coordinates(request: Request, source: Source, seen: pilot.Look | None) -> Coordinates | None:
    """Return the coordinates in which steps are taken, where they are not preconditioned."""
    if seen is not None:
        return seen.coordinates
    scaling = _scaling(request)
    if scaling == "none":
        return None
    return standardise_all(source, centred=scaling == "standardize" and request.fit_intercept)


def _refuse_preconditioner(request: Request, source: Source) -> None:
    """Refuse to multiply steps by a matrix where there is none, or no sense in it."""
    has_curvature = request.loss.smooth and source.d <= MAX_PRECONDITIONED
    if has_curvature and _is_preconditioned(request):
        return
    raise ValueError(
        'preconditioner="full" multiplies steps by the inverse of the curvature: it needs a loss '
        'that has one, variant="batch" or "minibatch", the optimizer "gd", no L1 penalty, '
        f'route="direct" or "auto", and at most {MAX_PRECONDITIONED} columns; got loss='
        f"{show(request.loss.name)}, variant={show(request.variant)}, optimizer="
        f"{show(request.optimizer.name if request.optimizer else 'auto')}, l1_ratio="
        f"{request.l1_ratio:g}, route={show(request.route)}, {source.d} columns."
    )


def _is_preconditioned(request: Request) -> bool:
    """Return True if steps are multiplied by the inverse of the curvature of a sample.

    Near the optimum those take all rows: there is nothing to average, and who asks for it means
    other steps.
    """
    is_open = request.self_tuned and request.average in ("auto", False)
    if request.preconditioner != "full" and not (is_open and request.preconditioner == "auto"):
        return False
    is_plain = request.optimizer is None or request.optimizer.is_plain
    by_all_rows = request.route != "gram" and request.variant != "stochastic"
    return is_plain and by_all_rows and not request.has_l1


# ------------------------------------------------------------------------------------- the steps


def _tune(
    request: Request,
    source: Source,
    optimizer: Optimizer,
    batch_size: int,
    preconditioned: bool,
    seen: pilot.Look | None,
    gram: Gram | None,
    seed: int,
) -> pilot.Tuned:
    """Return the rate and what goes with it."""
    if request.schedule is not None:
        schedule = request.schedule.settled(request.alpha, request.loss)
        return pilot.Tuned(schedule, math.inf, "given")
    assert seen is not None
    if preconditioned:
        rate = _settling_rate(seen.curvature)
        return pilot.tune_preconditioned(request.variant, source.n, batch_size, rate, seen)
    given = source, request.variant, request.loss, optimizer, request.l2, request.fit_intercept
    return pilot.tune(*given, request.n_threads, seed, seen, gram, batch_size)


def _takes_gram(request: Request, source: Source, preconditioned: bool) -> bool:
    """Return True if X'X is made: it is asked for, or cheaper than the passes of a self-tuned run.

    The textbook's algorithm on the rows as given is run as written unless something else is asked.
    """
    if request.route != "auto":
        return request.route == "gram"
    is_open = request.self_tuned and request.variant == "batch" and not preconditioned
    steps = min(request.max_iter or USUAL_STEPS, USUAL_STEPS)
    return is_open and _gram_pays(request.loss, source.n, source.d, steps)


def _gram_pays(loss: Loss, n: int, d: int, steps: int) -> bool:
    """Return True if X'X takes less than the passes of so many steps."""
    return loss.quadratic and d < GRAM_COLUMNS_PER_STEP * steps and d <= n


def _batch_size(request: Request, n: int, preconditioned: bool, buffer_rows: int) -> int:
    """Return how many rows a step sees."""
    if request.variant != "minibatch":
        return n if request.variant == "batch" else 1
    if request.batch_size is None and preconditioned and request.self_tuned:
        wanted = min(max(n // PRECONDITIONED_STEPS, MIN_TOGETHER), MAX_TOGETHER)
        wanted = max(1, min(wanted, n // MIN_STEPS))
        size = -(-n // (n // wanted))  # or the last batch might be of a few rows, and all noise
        pair = 2 * buffer_rows  # for two threads, which take whole buffers, to end together
        return size if size < pair else min(n, -(-size // pair) * pair)
    if request.batch_size is None:
        most = max(1, n // SELF_TUNED_STEPS) if request.self_tuned else n
        return min(DEFAULT_BATCH_SIZE, most)
    if request.batch_size > n:
        warn(
            f"batch_size={request.batch_size} is more than the {n} rows there are; {n} is used.",
            UserWarning,
        )
    return min(request.batch_size, n)


def _optimizer(request: Request, preconditioned: bool) -> Optimizer:
    if not request.self_tuned or preconditioned:
        return GD()
    if not request.loss.smooth:
        return AdaGrad()
    return Nesterov() if request.variant == "batch" else GD()


def _initial(
    request: Request, tuned: pilot.Tuned, initial: Array | None, curvature: Curvature | None
) -> Array | None:
    """Return where to start: what was tuned must not override what the caller gives."""
    may_choose = request.fit_intercept or curvature is not None
    return tuned.start if initial is None and may_choose else initial


def _order(request: Request, source: Source, seed: int) -> Order:
    order = make_order(source.n, source.d, seed, request.shuffle)
    return Order(source.n, source.d) if request.variant == "batch" else order


# --------------------------------------------------------------------------- averages and the end


def _average(request: Request) -> Average:
    if request.average == "auto":
        return "recent" if request.self_tuned and not has_gradient_test(request) else "none"
    if request.average == "recent":
        return "recent"
    if isinstance(request.average, float):
        return "tail" if _tol(request) is None else "recent"
    return "all" if request.average else "none"


def _averages_from(
    request: Request, average: Average, max_iter: int, length: int, batch_size: int
) -> tuple[int, int]:
    """Return the epoch and the visit from which on a share of all steps is averaged."""
    if average != "tail":
        return 0, 0
    steps = -(-length // batch_size)
    counted = float(request.average) * steps * max_iter
    first = steps * max_iter - math.ceil(counted * (1.0 - TINY))
    return first // steps, first % steps * batch_size


def _settles_after(request: Request, order: Order) -> int:
    is_asked_for = request.average not in ("auto", False)
    if not request.self_tuned or is_asked_for or not order.meets_every_row:
        return sys.maxsize
    return 0 if request.variant == "batch" else EPOCHS_OF_STEPS


def _settling_rate(curvature: Curvature | None) -> float:
    """Return the rate at which no direction overshoots, as far as the sample tells."""
    return math.nan if curvature is None else 1.0 / curvature.uncertainty


def _tol(request: Request) -> float | None:
    if not isinstance(request.tol, str):
        return request.tol
    return SELF_TUNED_TOL[request.variant] if request.self_tuned else None


def _targets(
    request: Request,
    source: Source,
    order: Order,
    curvature: Curvature | None,
    preconditioned: bool,
) -> tuple[float, float]:
    """Return how far from the optimum to end at once, and where that has taken long.

    A tenth of the statistical error is invisible in whatever the coefficients are used for; small
    problems go on beyond, since it costs nothing.
    """
    can_tell = order.meets_every_row and not request.has_l1
    is_open = request.self_tuned and is_auto(request.tol)
    if curvature is None or not can_tell or not is_open:
        return math.inf, math.inf
    if not max(curvature.fall, curvature.loss) > 0:  # all targets of the sample are alike
        return math.inf, math.inf
    exact = EXACT * max(curvature.fall, np.finfo(np.float64).tiny)
    if curvature.width > 0:
        exact = max(exact, OF_SMOOTHING * curvature.width)
    if request.variant == "batch":
        return exact, exact if source.dtype == np.float64 else exact * NARROW
    unseen = max(exact, UNSEEN * np.nan_to_num(curvature.statistical_error))
    goes_on = preconditioned and source.n * source.d < SMALL
    return exact if goes_on else unseen, unseen


def _max_iter(request: Request, preconditioned: bool) -> int:
    if request.variant != "batch" or not request.self_tuned:
        return DEFAULT_MAX_ITER
    return PRECONDITIONED_BATCH_MAX_ITER if preconditioned else SELF_TUNED_BATCH_MAX_ITER
