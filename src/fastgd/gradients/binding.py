"""Which templates, bound to which scalar functions, make the kernel of a loss and an optimizer."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastgd.kernels import (
    batch,
    dense,
    gradient,
    losses,
    minibatch,
    predictions,
    rows,
    stochastic,
    update,
)
from fastgd.kernels.compiler.jit import JIT_ENABLED, Kernel, specialise
from fastgd.kernels.compiler.pointers import address_of, call
from fastgd.losses import Loss
from fastgd.optimizers import Optimizer

ROWS = {  # what the loops call of a format of rows
    name: getattr(dense, name) for name in ("predict_block", "squared_norms", "add_block")
}
REASONS = (  # what Numba says, and what it means
    (r"Untyped global name '([^']+)'", "'{}' is neither a number nor a function to compile"),
    (r"unsupported NumPy function '([^']+)'", "there is no compiled '{}'"),
    (r"Unknown attribute '([^']+)'", "there is no compiled '{}'"),
    (r"Function\(<(?:built-in function|class) '?([\w.]+)", "'{}' got other than numbers"),
    (r"[Uu]nify|No conversion from .*return_value", "its branches return different types"),
    (r"IMPORT_NAME", "it imports a module, which should be done outside"),
)


def scalar_loss(loss: Loss) -> Kernel:
    """Return the scalar function (z, y, arguments) -> (value, derivative) that kernels bind."""
    if loss.built_in:
        return loss.function
    if JIT_ENABLED:
        return call
    return loss.function if loss.takes_parameters else _without_parameters(loss.function)


def _without_parameters(function: Kernel) -> Kernel:
    return lambda z, y, _: function(z, y)


def loss_arguments(loss: Loss) -> Any:
    """Return what `scalar_loss` gets beside z and y; a user's loss is compiled for that."""
    if loss.built_in or not JIT_ENABLED:
        return loss.parameters
    n_parameters = len(loss.parameters) if loss.takes_parameters else None
    with compiling("loss", loss):
        return address_of(loss.function, n_parameters), loss.parameters


@contextlib.contextmanager
def compiling(kind: str, part: Loss | Optimizer) -> Iterator[None]:
    """Tell in one sentence, as a context, that functions of a user's cannot be compiled."""
    try:
        yield
    except Exception as error:  # whatever a user's function makes Numba stumble over
        if part.built_in or isinstance(error, Warning):
            raise
        raise TypeError(
            f"the {kind} {part.name!r} could not be compiled: use numbers and the math module "
            f"only, and return the same types from every branch{plain_reason(str(error))}."
        ) from None


def _meet(loss: Loss, clipped: bool) -> Kernel:
    return specialise(rows.meet, inner=True, loss=scalar_loss(loss), CLIPPED=clipped)


@dataclass(frozen=True)
class Step:
    """What is compiled into the taking of a step."""

    optimizer: Optimizer
    penalised: bool
    averaged: bool
    in_coordinates: bool

    @property
    def plain(self) -> bool:
        """Return True if a step adds a multiple of the gradient and does nothing else."""
        return self.optimizer.is_plain and not self.penalised

    def take(self) -> Kernel:
        """Return `update.take_step`; there is no penalty on the intercept."""
        return specialise(
            update.take_step,
            inner=True,
            prepare=self.optimizer.prepare,
            move_all=self.move_all(inner=True),
            move_intercept=self._move_one(False),
        )

    def move_all(self, inner: bool) -> Kernel:
        """Return what steps all coefficients; for Python to call, unless it is *inner*."""
        return specialise(update.move_all, inner=inner, move_one=self._move_one(self.penalised))

    def _move_one(self, penalised: bool) -> Kernel:
        return specialise(
            update.move_coefficient,
            inner=True,
            step=self.optimizer.step,
            PENALISED=penalised,
            AVERAGED=self.averaged,
        )


def stochastic_kernel(loss: Loss, step: Step, clipped: bool, in_quads: bool) -> Kernel:
    """Return `stochastic.stochastic` for this loss and step."""
    how: dict[str, Any] = {"meet": _meet(loss, clipped), "IN_COORDINATES": step.in_coordinates}
    four = stochastic.take_none
    if in_quads:
        four = specialise(stochastic.step_on_four, inner=True, AVERAGED=step.averaged, **how)
    return specialise(
        stochastic.stochastic,
        IN_QUADS=in_quads,
        step_on_four=four,
        take_step=step.take(),
        **how,
    )


def minibatch_kernel(loss: Loss, step: Step) -> Kernel:
    """Return `minibatch.minibatch` for this loss and step."""
    return specialise(
        minibatch.minibatch,
        sum_gradients=gradient_kernel(loss, inner=True),
        IN_COORDINATES=step.in_coordinates,
        take_step=step.take(),
    )


def loss_kernel(loss: Loss) -> Kernel:
    """Return `losses.sum_losses` for this loss."""
    return specialise(losses.sum_losses, meet=_meet(loss, False))


def prediction_kernel(loss: Loss) -> Kernel:
    """Return `predictions.meet_predictions` for this loss."""
    return specialise(predictions.meet_predictions, loss=scalar_loss(loss))


def gradient_kernel(loss: Loss, inner: bool = False) -> Kernel:
    """Return `gradient.sum_gradients` for this loss; for Python to call, unless it is *inner*."""
    block = specialise(gradient.sum_block, inner=True, loss=scalar_loss(loss), **ROWS)
    return specialise(gradient.sum_gradients, inner=inner, sum_block=block)


def batch_step_kernel(step: Step) -> Kernel:
    """Return `batch.take_batch_step` for this step."""
    return specialise(batch.take_batch_step, take_step=step.take())


def plain_reason(message: str) -> str:
    """Return in brackets what a message of Numba means, or "" if that is not known."""
    for pattern, meaning in REASONS:
        if found := re.search(pattern, message):
            return f" ({meaning.format(*found.groups())})"
    return ""
