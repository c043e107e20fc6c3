"""What a class of the user's must define to be a loss, an optimizer or a schedule."""

import inspect
from collections.abc import Callable
from typing import Any

from fastgd.base.validation import as_float, as_int, show
from fastgd.losses import CustomLoss, Loss
from fastgd.optimizers import Optimizer
from fastgd.schedules import SCHEDULES, FromCallable, Schedule, Warmup

MAX_SLOTS = 2
Part = tuple[str, str, Callable[[Any], bool]]  # name, what it must be, whether it is


def _is_name(value: Any) -> bool:
    return isinstance(value, str)


def _is_static(value: Any) -> bool:
    return callable(value) and not inspect.ismethod(value)


NAME: Part = ("name", "a string", _is_name)
LOSS: tuple[Part, ...] = (
    NAME,
    ("function", "a staticmethod (z, y, parameters) -> (value, derivative)", _is_static),
    ("target", '"real" or "binary"', lambda value: _is_name(value) and value in ("real", "binary")),
    (
        "curvature",
        "None or a number above 0 that bounds the second derivative",
        lambda value: value is None or 0 < as_float(value) < float("inf"),
    ),
)
OPTIMIZER: tuple[Part, ...] = (
    NAME,
    (
        "slots",
        f"0 to {MAX_SLOTS}, how many numbers it keeps per coefficient",
        lambda value: as_int(value) in range(MAX_SLOTS + 1),
    ),
    ("prepare", "a staticmethod (t, lr, hyper, T) -> the scalars of a step, a tuple", _is_static),
    ("step", "a staticmethod (w, g, *slots, *scalars) -> (w, rate, *slots)", _is_static),
)


def check_loss(loss: Loss) -> None:
    """Refuse a loss of the user's that misses a part."""
    if not loss.built_in and not isinstance(loss, CustomLoss):
        _check("loss", loss, LOSS)
        _check_numbers("loss", loss, lambda: loss.parameters)


def check_optimizer(optimizer: Optimizer) -> None:
    """Refuse an optimizer of the user's that misses a part."""
    if not optimizer.built_in:
        _check("optimizer", optimizer, OPTIMIZER)
        _check_numbers("optimizer", optimizer, lambda: optimizer.hyper)


def check_schedule(schedule: Any) -> None:
    """Refuse a schedule of the user's that cannot be called, also one that is warmed up."""
    while isinstance(schedule, Warmup):
        schedule = schedule.schedule
        schedule = schedule.function if isinstance(schedule, FromCallable) else schedule
    if not isinstance(schedule, Schedule) or type(schedule) in (*SCHEDULES.values(), FromCallable):
        return
    if type(schedule).__call__ is Schedule.__call__:
        raise TypeError(
            f"the schedule {type(schedule).__name__!r} must define __call__(self, t), which "
            "returns the learning rates of an array of step numbers; it has none."
        )


def _check(kind: str, value: Any, parts: tuple[Part, ...]) -> None:
    for name, wanted, is_fine in parts:
        part = getattr(value, name, _check)  # which no class has for a part
        if part is not _check and is_fine(part):
            continue
        got = "it has none" if part is _check else f"got {_shown(part)}"
        raise TypeError(f"the {kind} {type(value).__name__!r} must define {name}, {wanted}; {got}.")


def _shown(part: Any) -> str:
    if inspect.ismethod(part):
        return f"the method {part.__name__!r}, which would get the object, too: add @staticmethod"
    return show(part)


def _check_numbers(kind: str, value: Any, numbers: Callable[[], Any]) -> None:
    try:
        numbers()
    except (TypeError, ValueError):
        raise TypeError(
            f"the fields of the {kind} {type(value).__name__!r} must be numbers; got {show(value)}."
        ) from None
