"""Every choice that a fit makes, in one frozen `Plan`."""

import math
import os
import sys
import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from fastgd import pilot
from fastgd.coordinates import Coordinates, standardise_all
from fastgd.curvature import Curvature
from fastgd.gram import Gram
from fastgd.kernels.arguments import Array
from fastgd.losses import LOSSES, CustomLoss, Loss, SquaredError
from fastgd.optimizers import GD, OPTIMIZERS, AdaGrad, Nesterov, Optimizer
from fastgd.order import Order, make_order
from fastgd.schedules import Constant, FromCallable, Schedule
from fastgd.sources import Source
from fastgd.validation import (
    NUMBER_OR_WORD,
    as_float,
    check_arity,
    check_at_least,
    check_count,
    check_flag,
    check_fraction,
    check_name,
    check_not_negative,
    is_number,
    refusal,
    show,
)

VARIANTS = ("batch", "stochastic", "minibatch")
SCALINGS = ("auto", "standardize")
PRECONDITIONERS = ("auto", "diagonal", "full")
ROUTES = ("auto", "direct", "gram")
SCHEDULE_HINTS = {
    "constant": "fastgd.Constant(eta0=0.01)",
    "invscaling": "fastgd.InverseScaling(eta0=0.01, power_t=0.25)",
    "inverse_time_decay": "fastgd.InverseTimeDecay(eta0=0.01, decay_steps=1000)",
    "optimal": "fastgd.Optimal()",
    "adaptive": "fastgd.Adaptive(eta0=0.01)",
    "exponential": "fastgd.Exponential(eta0=0.01, gamma=0.999)",
    "cosine": "fastgd.Cosine(eta0=0.01, n_steps=1000)",
}
DEFAULT_BATCH_SIZE = 256
USUAL_STEPS = 50  # of self-tuned batch descent, or more
GRAM_COLUMNS_PER_STEP = 5  # X'X takes the time of d / 5 passes
SELF_TUNED_STEPS = 32  # an epoch at least, where there are so many rows
PRECONDITIONED_STEPS = 128  # an epoch, within these bounds of the rows of one
FEWEST_TOGETHER, MOST_TOGETHER = 64, 4096
FEWEST_STEPS = 8
MOST_PRECONDITIONED = 1024  # columns: the square of it is met with every step
EPOCHS_OF_STEPS = 1  # of batches, before every step takes all rows
EXACT = 1e-8  # of the fall of the objective from coefficients of zero
NARROW = 100  # times as far a batch may end where float32 lets it go no further
ROUNDING = 1e-12
UNSEEN = 0.1  # of the statistical error
PATIENCE = 20  # epochs of going on beyond that
SMALL = 10_000_000  # values of X: to go on to the optimum costs nothing
DEFAULT_MAX_ITER = 100
SELF_TUNED_BATCH_MAX_ITER = 10_000
PRECONDITIONED_BATCH_MAX_ITER = 1000
SELF_TUNED_TOL = {"batch": 1e-6, "stochastic": 1e-4, "minibatch": 1e-4}

Average = Literal["none", "all", "recent", "tail"]


@dataclass(frozen=True)
class Plan:
    """What will run: nothing is left to choose."""

    variant: str
    mode: str  # "textbook" or "self-tuned"
    loss: Loss
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
        """Tell whether it was the optimum of a sample of rows that no one else asked for."""
        return self.curvature is not None and self.initial is self.curvature.start

    @property
    def tells_distance(self) -> bool:
        """Tell whether a gradient shows how far above its optimum the objective is."""
        return self.curvature is not None and self.alpha * self.l1_ratio == 0

    @property
    def route(self) -> str:
        """Where gradients come from."""
        return "direct" if self.gram is None else "gram"


def has_gradient_test(asked: "Plan | Request") -> bool:
    """Tell whether a vanishing gradient shows convergence: with jumping slopes it does not."""
    return asked.variant == "batch" and asked.loss.curvature is not None


@dataclass(frozen=True)
class Request:
    """What the caller asked for, names turned into objects and numbers checked."""

    variant: str
    loss: Loss
    optimizer: Optimizer | None  # None: to be chosen
    schedule: Schedule | None  # None: to be tuned
    batch_size: int | None
    max_iter: int | None
    tol: float | str | None
    alpha: float
    l1_ratio: float
    fit_intercept: bool
    average: bool | float | str
    shuffle: Any
    route: str
    scaling: str | None
    preconditioner: str | None
    n_threads: int


def read_request(
    variant: Any,
    loss: Any,
    optimizer: Any,
    learning_rate: Any,
    batch_size: Any,
    max_iter: Any,
    tol: Any,
    alpha: Any,
    l1_ratio: Any,
    fit_intercept: Any,
    average: Any,
    shuffle: Any,
    route: Any,
    scaling: Any,
    preconditioner: Any,
    n_threads: Any,
) -> Request:
    """Check what does not depend on the data."""
    hint = " (numbers are given by name, as in learning_rate=0.1)" if is_number(variant) else ""
    check_name("variant", variant, (*VARIANTS, "auto"), hint)
    check_name("route", route, ROUTES)
    loss = read_loss(loss)
    if variant == "auto" and not _is_auto(learning_rate):
        raise ValueError(
            'variant="auto" is chosen together with the learning rate: leave that to "auto", too, '
            f"or name one of {', '.join(VARIANTS)}; got learning_rate={show(learning_rate)}."
        )
    if route == "gram" and (variant != "batch" or not isinstance(loss, SquaredError)):
        raise ValueError(
            'route="gram" computes gradients of the squared error over all rows: it needs '
            f'variant="batch" and loss="squared_error"; got variant={show(variant)} and '
            f"loss={show(loss.name)}."
        )
    given = isinstance(shuffle, np.ndarray) and shuffle.ndim == 2 and shuffle.size > 0
    if given and variant != "batch":
        if max_iter is not None and max_iter != len(shuffle):
            raise ValueError(
                f"max_iter conflicts with shuffle, whose {len(shuffle)} rows set the epochs; "
                f"leave it out or give {len(shuffle)}; got {show(max_iter)}."
            )
        max_iter = len(shuffle)
    if tol is not None and not _is_auto(tol):
        check_at_least("tol", tol, 0, ', None or "auto"', NUMBER_OR_WORD)
    return Request(
        variant=variant,
        loss=loss,
        optimizer=read_optimizer(optimizer),
        schedule=read_learning_rate(learning_rate),
        batch_size=read_batch_size(batch_size),
        max_iter=None if max_iter is None else check_count("max_iter", max_iter),
        tol=tol,
        alpha=check_not_negative("alpha", alpha),
        l1_ratio=check_fraction("l1_ratio", l1_ratio, or_one=True),
        fit_intercept=check_flag("fit_intercept", fit_intercept),
        average=read_average(average),
        shuffle=shuffle,
        route=route,
        scaling=read_word("scaling", scaling, SCALINGS),
        preconditioner=read_word("preconditioner", preconditioner, PRECONDITIONERS),
        n_threads=read_n_threads(n_threads),
    )


def read_batch_size(batch_size: Any) -> int | None:
    """Return how many rows make a step; None for "auto"."""
    if _is_auto(batch_size):
        return None
    return check_count("batch_size", batch_size, ' or "auto"', kinds=NUMBER_OR_WORD)


def read_word(name: str, value: Any, words: tuple[str, ...]) -> str | None:
    """Return one of these words, or None."""
    return None if value is None else check_name(name, value, words, " or None")


def read_average(average: Any) -> bool | float | str:
    """Return whether iterates are averaged, over which share of the steps, or a word."""
    if isinstance(average, str) and average in ("auto", "recent"):
        return average
    if isinstance(average, (bool, np.bool_)):
        return bool(average)
    if 0 < as_float(average) < 1:
        return float(average)
    wanted = 'True, False, "auto", "recent" or a fraction of the steps between 0 and 1'
    raise refusal("average", wanted, average, NUMBER_OR_WORD)


def read_loss(loss: Any) -> Loss:
    """Return the loss that a name, an object or a user's function stands for."""
    if isinstance(loss, Loss):
        return loss
    if isinstance(loss, type) and issubclass(loss, Loss):
        return loss()
    if callable(loss):
        return CustomLoss(loss)
    hint = ", a loss object or a function f(z, y) -> (value, slope)"
    return LOSSES[check_name("loss", loss, LOSSES, hint)]()


def read_optimizer(optimizer: Any) -> Optimizer | None:
    """Return the optimizer that a name or an object stands for; None for "auto"."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        return optimizer()
    if _is_auto(optimizer):
        return None
    hint = ', "auto" or an optimizer object'
    return OPTIMIZERS[check_name("optimizer", optimizer, OPTIMIZERS, hint)]()


def read_learning_rate(learning_rate: Any) -> Schedule | None:
    """Return the schedule that *learning_rate* stands for; None for "auto"."""
    if _is_auto(learning_rate):
        return None
    if isinstance(learning_rate, Schedule):
        return learning_rate
    if isinstance(learning_rate, str) and learning_rate in SCHEDULE_HINTS:
        raise ValueError(
            f"learning_rate, as a schedule, must be an object with its numbers: write "
            f"learning_rate={SCHEDULE_HINTS[learning_rate]}; got {show(learning_rate)}."
        )
    if 0 < as_float(learning_rate) < math.inf:
        return Constant(float(learning_rate))
    wanted = 'a positive number, a schedule, a callable or "auto"'
    if callable(learning_rate) and not isinstance(learning_rate, type):
        check_arity("learning_rate", learning_rate, wanted)
        return FromCallable(learning_rate)
    raise refusal("learning_rate", wanted, learning_rate, NUMBER_OR_WORD)


def read_n_threads(n_threads: Any) -> int:
    """Return how many threads to use; None means every core that the process may use."""
    if n_threads is not None:
        return check_count("n_threads", n_threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def best_variant(loss: Loss, has_l1: bool, n: int, d: int) -> tuple[str, str]:
    """Return the variant that suits a self-tuned fit of so many rows and columns, and why."""
    if loss.curvature is None:
        return "minibatch", "where the slope jumps, many small steps beat a few exact ones"
    if has_l1:
        few = isinstance(loss, SquaredError) and d < GRAM_COLUMNS_PER_STEP * USUAL_STEPS
        if few:
            return "batch", "X'X costs some passes, once; then steps are nearly free, and exact"
        return "minibatch", "the L1 penalty bars the way of the inverse of the curvature"
    if d > MOST_PRECONDITIONED:
        return "minibatch", f"no inverse of the curvature beyond {MOST_PRECONDITIONED} columns"
    if n * d < SMALL:
        return "batch", "so few values are read so fast that the exact optimum costs nothing"
    return "minibatch", "statistical precision after a pass or two; more would fit noise"


def make_plan(request: Request, source: Source, initial: Array | None, seed: int) -> Plan:
    """Choose what the request leaves open."""
    if request.variant == "auto":
        has_order = isinstance(request.shuffle, np.ndarray) or request.batch_size is not None
        chosen = best_variant(request.loss, _has_kinks(request), source.n, source.d)[0]
        request = replace(request, variant="minibatch" if has_order else chosen)
    variant, self_tuned = request.variant, request.schedule is None
    fit_intercept = request.fit_intercept
    _refuse_preconditioner(request, source)
    seen = _look(request, source, seed)
    curvature = None if seen is None else seen.curvature
    preconditioned = curvature is not None and _is_preconditioned(request)
    if request.preconditioner == "full" and not preconditioned:
        raise ValueError(
            'preconditioner="full" needs the inverse of the curvature of a sample of rows, which '
            "is no number here; scale X and y, or leave it out."
        )
    optimizer = request.optimizer or _optimizer(request, preconditioned)
    batch_size = _batch_size(request, source, preconditioned)
    gram = None
    if _takes_gram(request, source, preconditioned):
        gram = Gram(source, request.n_threads)
    tuned = _tune(request, source, optimizer, batch_size, preconditioned, seen, gram, seed)
    order = _order(request, source, seed)
    max_iter = request.max_iter or _max_iter(request, preconditioned)
    average = _average(request, self_tuned)
    target, unseen = _targets(request, source, order, curvature, preconditioned)
    return Plan(
        variant=variant,
        mode="self-tuned" if self_tuned else "textbook",
        loss=request.loss,
        optimizer=optimizer,
        schedule=tuned.schedule,
        batch_size=batch_size,
        max_iter=max_iter,
        tol=_tol(request, self_tuned),
        alpha=request.alpha,
        l1_ratio=request.l1_ratio,
        fit_intercept=fit_intercept,
        average=average,
        averages_from=_averages_from(request, average, max_iter, order.length, batch_size),
        guard=tuned.guard,
        coordinates=None if preconditioned else _coordinates(request, source, seen),
        order=order,
        initial=_initial(request, tuned, initial, curvature),
        n_threads=request.n_threads,
        gram=gram,
        curvature=curvature,
        preconditioned=preconditioned,
        settles_after=_settles_after(variant, order) if self_tuned else sys.maxsize,
        settling_rate=_settling_rate(curvature),
        target=target,
        unseen=unseen,
        pilot_passes=tuned.passes + (seen is None and request.scaling == "standardize"),
        rate_reason=tuned.reason,
    )


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
    loss, l2 = request.loss, request.alpha * (1 - request.l1_ratio)
    if request.schedule is not None:
        schedule = request.schedule.settled(request.alpha, loss)
        return pilot.Tuned(schedule, math.inf, 0.0 if seen is None else seen.passes, "given")
    assert seen is not None
    if preconditioned:
        rate = _settling_rate(seen.curvature)
        return pilot.tune_preconditioned(request.variant, batch_size, rate, seen)
    given = source, request.variant, loss, optimizer, l2, request.fit_intercept
    return pilot.tune(*given, request.n_threads, seed, seen, gram, batch_size)


def _takes_gram(request: Request, source: Source, preconditioned: bool) -> bool:
    """Tell whether X'X is made: asked for, or cheaper than the passes that a self-tuned run takes.

    The textbook's algorithm on the rows as given is run as written unless something else is asked.
    """
    if request.route != "auto":
        return request.route == "gram"
    is_open = request.schedule is None and request.variant == "batch" and not preconditioned
    steps = min(request.max_iter or USUAL_STEPS, USUAL_STEPS)
    few_columns = source.d < GRAM_COLUMNS_PER_STEP * steps and source.d <= source.n
    return is_open and isinstance(request.loss, SquaredError) and few_columns


def _look(request: Request, source: Source, seed: int) -> pilot.Look | None:
    """Look at a sample of rows, where something is to be chosen by what it shows."""
    has_step = request.schedule is not None
    if has_step and request.preconditioner not in ("diagonal", "full"):
        return None
    is_smooth = request.loss.curvature is not None and source.d <= MOST_PRECONDITIONED
    scaling = "standardize"
    if request.scaling is None or (has_step and request.scaling == "auto"):
        scaling = "diagonal" if request.preconditioner == "diagonal" else "none"
    return pilot.look_at(
        source,
        request.loss,
        request.alpha * (1 - request.l1_ratio),
        request.fit_intercept,
        seed,
        wants_curvature=is_smooth and not (has_step and request.preconditioner == "diagonal"),
        scaling=scaling,
    )


def _coordinates(request: Request, source: Source, seen: pilot.Look | None) -> Coordinates | None:
    """Return the coordinates in which steps are taken, where they are not preconditioned."""
    if seen is not None:
        return seen.coordinates
    if request.scaling == "standardize":
        return standardise_all(source, request.fit_intercept)
    return None


def _refuse_preconditioner(request: Request, source: Source) -> None:
    """Refuse to multiply steps by a matrix where there is none, or no sense in it."""
    if request.preconditioner != "full" or (
        _is_preconditioned(request)
        and request.loss.curvature is not None
        and source.d <= MOST_PRECONDITIONED
    ):
        return
    raise ValueError(
        'preconditioner="full" multiplies steps by the inverse of the curvature: it needs a loss '
        'that has one, variant="batch" or "minibatch", the optimizer "gd", no L1 penalty, '
        f'route="direct" or "auto", and at most {MOST_PRECONDITIONED} columns; got loss='
        f"{show(request.loss.name)}, variant={show(request.variant)}, optimizer="
        f"{show(request.optimizer.name if request.optimizer else 'auto')}, l1_ratio="
        f"{request.l1_ratio:g}, route={show(request.route)}, {source.d} columns."
    )


def _has_kinks(request: Request) -> bool:
    """Tell whether an L1 penalty breaks the objective's slope: no curvature tells how far it is."""
    return request.alpha * request.l1_ratio > 0


def _is_preconditioned(request: Request) -> bool:
    """Tell whether steps are multiplied by the inverse of the curvature of a sample."""
    self_tuned = request.schedule is None
    if request.preconditioner != "full" and not (self_tuned and request.preconditioner == "auto"):
        return False
    is_plain = request.optimizer is None or isinstance(request.optimizer, GD)
    is_open = request.route != "gram" and request.variant != "stochastic"
    return is_plain and is_open and not _has_kinks(request)


def _settles_after(variant: str, order: Order) -> int:
    if not order.meets_every_row:
        return sys.maxsize
    return 0 if variant == "batch" else EPOCHS_OF_STEPS


def _settling_rate(curvature: Curvature | None) -> float:
    """Return the rate at which no direction overshoots, as far as the sample tells."""
    return math.nan if curvature is None else (1.0 + curvature.spread) ** -2.0


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
    can_tell = order.meets_every_row and not _has_kinks(request)
    is_open = request.schedule is None and _is_auto(request.tol)
    if curvature is None or not can_tell or not is_open:
        return math.inf, math.inf
    exact = EXACT * max(curvature.fall, np.finfo(np.float64).tiny)
    if request.variant == "batch":
        return exact, exact if source.dtype == np.float64 else exact * NARROW
    unseen = max(exact, UNSEEN * np.nan_to_num(curvature.statistical_error))
    goes_on = preconditioned and source.n * source.d < SMALL
    return exact if goes_on else unseen, unseen


def _batch_size(request: Request, source: Source, preconditioned: bool) -> int:
    """Return how many rows a step sees."""
    n = source.n
    if request.variant != "minibatch":
        return n if request.variant == "batch" else 1
    if request.batch_size is None and preconditioned and request.schedule is None:
        wanted = min(max(n // PRECONDITIONED_STEPS, FEWEST_TOGETHER), MOST_TOGETHER)
        return max(1, min(wanted, n // FEWEST_STEPS))
    if request.batch_size is None:
        most = max(1, n // SELF_TUNED_STEPS) if request.schedule is None else n
        return min(DEFAULT_BATCH_SIZE, most)
    if request.batch_size > n:
        warnings.warn(
            f"batch_size={request.batch_size} is more than the {n} rows there are; {n} is used.",
            UserWarning,
            stacklevel=4,
        )
    return min(request.batch_size, n)


def _max_iter(request: Request, preconditioned: bool) -> int:
    if request.variant != "batch" or request.schedule is not None:
        return DEFAULT_MAX_ITER
    return PRECONDITIONED_BATCH_MAX_ITER if preconditioned else SELF_TUNED_BATCH_MAX_ITER


def _optimizer(request: Request, preconditioned: bool) -> Optimizer:
    if request.schedule is not None or preconditioned:
        return GD()
    if request.loss.curvature is None:
        return AdaGrad()
    return Nesterov() if request.variant == "batch" else GD()


def _tol(request: Request, self_tuned: bool) -> float | None:
    if not isinstance(request.tol, str):
        return request.tol
    if not self_tuned:
        return None
    return SELF_TUNED_TOL[request.variant]


def _average(request: Request, self_tuned: bool) -> Average:
    if request.average == "auto":
        return "recent" if self_tuned and not has_gradient_test(request) else "none"
    if request.average == "recent":
        return "recent"
    if isinstance(request.average, float):
        return "tail" if _tol(request, self_tuned) is None else "recent"
    return "all" if request.average else "none"


def _averages_from(
    request: Request, average: Average, max_iter: int, length: int, batch_size: int
) -> tuple[int, int]:
    """Return the epoch and the visit from which on a share of all steps is averaged."""
    if average != "tail":
        return 0, 0
    steps = -(-length // batch_size)
    counted = float(request.average) * steps * max_iter
    first = steps * max_iter - math.ceil(counted * (1.0 - ROUNDING))
    return first // steps, first % steps * batch_size


def _initial(
    request: Request, tuned: pilot.Tuned, initial: Array | None, curvature: Curvature | None
) -> Array | None:
    """Return where to start: what was tuned must not override what the caller gives."""
    may_choose = request.fit_intercept or curvature is not None
    return tuned.start if initial is None and may_choose else initial


def _order(request: Request, source: Source, seed: int) -> Order:
    order = make_order(source.n, source.d, seed, request.shuffle)
    return Order(source.n, source.d) if request.variant == "batch" else order


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"
