"""What the caller of `fit` asked for: names turned into objects, and numbers checked."""

import inspect
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from fastgd.base.validation import (
    NUMBER_OR_WORD,
    as_float,
    check_arity,
    check_at_least,
    check_count,
    check_flag,
    check_fraction,
    check_name,
    check_not_negative,
    check_positive,
    is_number,
    is_synonym,
    refusal,
    show,
)
from fastgd.losses import LOSSES, CustomLoss, Loss
from fastgd.optimizers import OPTIMIZERS, Optimizer
from fastgd.planning.extensions import check_loss, check_optimizer, check_schedule
from fastgd.planning.objective import Objective
from fastgd.schedules import SCHEDULES, Constant, FromCallable, PiecewiseConstant, Schedule
from fastgd.schedules.line_search import LineSearch

VARIANTS = ("batch", "stochastic", "minibatch")
SCALINGS = ("auto", "standardize")
PRECONDITIONERS = ("auto", "diagonal", "full")
ROUTES = ("auto", "direct", "gram")
MAX_STEPS = 1 << 62
RECORDABLE = frozenset({"objective", "grad_norm"})
SCHEDULE_HINTS = {row.word: f"fastgd.{row.written}" for row in SCHEDULES.values() if row.word}


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

    @property
    def self_tuned(self) -> bool:
        """Return True if the learning rate is to be chosen."""
        return self.schedule is None

    @property
    def objective(self) -> Objective:
        """What is to be minimised."""
        l1, l2 = self.alpha * self.l1_ratio, self.alpha * (1 - self.l1_ratio)
        return Objective(self.loss, l1, l2, self.fit_intercept)

    @property
    def has_l1(self) -> bool:
        """Return True if there is an L1 penalty."""
        return self.objective.has_l1


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
    _check_variant(variant, route, loss, learning_rate)
    if tol is not None and not is_auto(tol):
        check_at_least("tol", tol, 0, ', None or "auto"', NUMBER_OR_WORD)
    return Request(
        variant=variant,
        loss=loss,
        optimizer=read_optimizer(optimizer),
        schedule=read_learning_rate(learning_rate),
        batch_size=read_batch_size(batch_size),
        max_iter=read_max_iter(max_iter, None if variant == "batch" else shuffle),
        tol=tol,
        alpha=check_not_negative("alpha", alpha),
        l1_ratio=check_fraction("l1_ratio", l1_ratio, or_one=True),
        fit_intercept=check_flag("fit_intercept", fit_intercept),
        average=read_average(average),
        shuffle=shuffle,
        route=route,
        scaling=read_choice("scaling", scaling, SCALINGS),
        preconditioner=read_choice("preconditioner", preconditioner, PRECONDITIONERS),
        n_threads=read_n_threads(n_threads),
    )


def _check_variant(variant: str, route: str, loss: Loss, learning_rate: Any) -> None:
    """Refuse a variant that does not go with the route or the learning rate."""
    if variant == "auto" and not is_auto(learning_rate):
        raise ValueError(
            'variant="auto" is chosen together with the learning rate: leave that to "auto", too, '
            f"or name one of {', '.join(VARIANTS)}; got learning_rate={show(learning_rate)}."
        )
    if route == "gram" and (variant != "batch" or not loss.quadratic):
        raise ValueError(
            'route="gram" computes gradients of the squared error over all rows: it needs '
            f'variant="batch" and loss="squared_error"; got variant={show(variant)} and '
            f"loss={show(loss.name)}."
        )


def read_max_iter(max_iter: Any, shuffle: Any) -> int | None:
    """Return how many epochs to make, which an order given as an array sets; None if it is open."""
    if isinstance(shuffle, np.ndarray) and shuffle.ndim == 2 and shuffle.size > 0:
        if max_iter is not None and max_iter != len(shuffle):
            raise ValueError(
                f"max_iter conflicts with shuffle, whose {len(shuffle)} rows set the epochs; "
                f"leave it out or give {len(shuffle)}; got {show(max_iter)}."
            )
        max_iter = len(shuffle)
    return None if max_iter is None else check_count("max_iter", max_iter)


def read_batch_size(batch_size: Any) -> int | None:
    """Return how many rows make a step; None for "auto"."""
    if is_auto(batch_size):
        return None
    return check_count("batch_size", batch_size, ' or "auto"', kinds=NUMBER_OR_WORD)


def read_choice(name: str, value: Any, choices: tuple[str, ...]) -> str | None:
    """Return one of these choices, or None."""
    return None if value is None else check_name(name, value, choices, " or None")


def read_average(average: Any) -> bool | float | str:
    """Return whether iterates are averaged, over which fraction of the steps, or a word."""
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
    if isinstance(loss, type) and issubclass(loss, Loss):
        loss = loss()
    if isinstance(loss, Loss):
        check_loss(loss)
        return loss
    if callable(loss):
        return CustomLoss(loss)
    hint = ", a loss object or a function f(z, y) -> (value, derivative)"
    return LOSSES[check_name("loss", loss, LOSSES, hint)]()


def read_optimizer(
    optimizer: Any, hint: str = ', "auto" or an optimizer object'
) -> Optimizer | None:
    """Return the optimizer that a name or an object stands for; None for "auto"."""
    if isinstance(optimizer, type) and issubclass(optimizer, Optimizer):
        optimizer = optimizer()
    if isinstance(optimizer, Optimizer):
        check_optimizer(optimizer)
        return optimizer
    if is_auto(optimizer):
        return None
    return OPTIMIZERS[check_name("optimizer", optimizer, OPTIMIZERS, hint)]()


def read_learning_rate(
    learning_rate: Any, wanted: str = 'a positive number, a schedule, a callable or "auto"'
) -> Schedule | None:
    """Return the schedule that *learning_rate* stands for; None for "auto"."""
    if is_auto(learning_rate):
        return None
    learning_rate = as_schedule(learning_rate)
    check_schedule(learning_rate)
    is_search = isinstance(learning_rate, type) and issubclass(learning_rate, LineSearch)
    if isinstance(learning_rate, LineSearch) or is_search:
        raise TypeError(
            "fastgd.LineSearch is for fastgd.minimize only: for fit, leave learning_rate out, and "
            "it chooses one, or give a number or a schedule."
        )
    if type(learning_rate) in SCHEDULES.values() or isinstance(learning_rate, FromCallable):
        return learning_rate  # type: ignore[no-any-return]
    if isinstance(learning_rate, str) and learning_rate in SCHEDULE_HINTS:
        raise ValueError(
            f"learning_rate, as a schedule, must be an object with its numbers: write "
            f"learning_rate={SCHEDULE_HINTS[learning_rate]}; got {show(learning_rate)}."
        )
    if 0 < as_float(learning_rate) < math.inf:
        return Constant(float(learning_rate))
    if callable(learning_rate) and not isinstance(learning_rate, type):  # a schedule of the user's
        check_arity("learning_rate", learning_rate, wanted)
        return FromCallable(learning_rate)
    raise refusal("learning_rate", wanted, learning_rate, NUMBER_OR_WORD)


def as_schedule(learning_rate: Any) -> Any:
    """Return the schedule that a dictionary or a class of schedules means; else what was given."""
    if isinstance(learning_rate, Mapping):
        try:
            return PiecewiseConstant(learning_rate)
        except (TypeError, ValueError) as error:
            error.args = (f"{error}".replace("rates must", "learning_rate must", 1),)
            raise
    if not isinstance(learning_rate, type) or not any(
        "__call__" in vars(ancestor) for ancestor in learning_rate.__mro__
    ):
        return learning_rate
    try:
        inspect.signature(learning_rate).bind()
    except TypeError as error:
        raise TypeError(
            f"learning_rate must be a schedule with its numbers, or a class that has defaults for "
            f"them; got the class {learning_rate.__name__!r}, which is {error}: write "
            f"learning_rate={learning_rate.__name__}(...)."
        ) from None
    return learning_rate()


def owner_of(word: str) -> str:
    """Say to which loss, optimizer or schedule a parameter belongs; "" if to none."""
    tables: dict[str, Mapping[str, type[Any]]] = {
        "optimizer": OPTIMIZERS,
        "loss": LOSSES,
        "learning_rate": SCHEDULES,
    }
    owned = [
        (field.name, argument, row.__name__)
        for argument, table in tables.items()
        for row in table.values()
        for field in fields(row)
    ]
    owned = [entry for entry in owned if entry[0] == word] or [
        entry for entry in owned if is_synonym(word, entry[0])
    ]
    if not owned:
        return ""
    name, argument, row = owned[0]
    return f" It is a parameter of an object: write {argument}=fastgd.{row}({name}=...)."


def read_n_threads(n_threads: Any) -> int:
    """Return how many threads to use; None means every core that the process may use."""
    if n_threads is not None:
        return check_count("n_threads", n_threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def read_record(record: Any) -> frozenset[str]:
    """Return what is to be computed at every record."""
    if not isinstance(record, Iterable):
        raise refusal("record", f"a collection of {sorted(RECORDABLE)}", record, ())
    words = [record] if isinstance(record, str) else [*record]
    if not all(isinstance(word, str) and word in RECORDABLE for word in words):
        raise ValueError(f"record may hold {sorted(RECORDABLE)}; got {show(words)}.")
    return frozenset(words)


def read_record_path(record_path: Any) -> int | None:
    """Return every how many steps a point is kept: 0 at every record, None never."""
    if isinstance(record_path, (bool, np.bool_)):
        return 0 if record_path else None
    return min(check_count("record_path", record_path, ", True or False"), MAX_STEPS)


def read_callback(callback: Any) -> Any:
    """Return the callback; refuse what cannot be called."""
    wanted = "a function of one argument"
    if callback is not None:
        if not callable(callback):
            raise refusal("callback", wanted, callback, ())
        check_arity("callback", callback, wanted)
    return callback


def asks_to_stop(callback: Any, progress: Any) -> bool:
    """Call a callback; return True if it asks the run to stop."""
    try:
        answer = callback(progress)
    except StopIteration:
        return True
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def read_verbose(verbose: Any) -> bool:
    """Return whether to print."""
    if isinstance(verbose, (bool, np.bool_)):
        return bool(verbose)
    return check_count("verbose", verbose, ", True or False", least=0) > 0


def read_time_limit(time_limit: Any) -> float | None:
    """Return the limit in seconds."""
    if time_limit is not None:
        return check_positive("time_limit", time_limit)
    return None


def is_auto(value: Any) -> bool:
    """Return True if a choice is left open."""
    return isinstance(value, str) and value == "auto"
