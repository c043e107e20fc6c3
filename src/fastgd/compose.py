"""Which templates, bound to which scalar functions, make the kernel of a loss and an optimizer."""

from collections.abc import Callable
from typing import Any

from numba.core.errors import NumbaError

from fastgd.kernels import batch, gradient, minibatch, rows, stochastic, update
from fastgd.kernels._jit import compile_once, load, specialise, unbound
from fastgd.losses import Loss
from fastgd.optimizers import Optimizer

Kernel = Callable[..., Any]

user_function = unbound


def _ignore_parameters(z: float, y: float, parameters: tuple[float, ...]) -> tuple[float, float]:
    """Give a user's loss f(z, y) the arguments of a built-in one."""
    value, slope = user_function(z, y)
    return float(value), float(slope)


def loss_kernel(loss: Loss) -> Kernel:
    """Return the compiled scalar function (z, y, parameters) -> (value, slope)."""
    if loss.built_in:
        return compile_once(loss.function, True)  # type: ignore[no-any-return]
    f = loss.function
    own = f if hasattr(f, "py_func") else compile_once(f, False)  # type: ignore[arg-type]
    return specialise(_ignore_parameters, cache=False, user_function=own)


def _meet(loss: Loss, guarded: bool) -> Kernel:
    return specialise(rows.meet, cache=loss.built_in, loss=loss_kernel(loss), GUARDED=guarded)


def _take_step(optimizer: Optimizer, penalised: bool) -> Kernel:
    return specialise(
        update.take_step,
        prepare=optimizer.prepare,
        move=_move(optimizer, penalised),
        move_intercept=_move(optimizer, False),
    )


def _move(optimizer: Optimizer, penalised: bool) -> Kernel:
    slots, step = optimizer.slots, optimizer.step
    return specialise(update.move_each, step=step, SLOTS=slots, PENALISED=penalised)


def stochastic_kernel(loss: Loss, optimizer: Optimizer, penalised: bool, guarded: bool) -> Kernel:
    """Return `stochastic.stochastic` for this loss and optimizer."""
    return specialise(
        stochastic.stochastic,
        cache=loss.built_in,
        meet=_meet(loss, guarded),
        take_step=_take_step(optimizer, penalised),
    )


def minibatch_kernel(loss: Loss, optimizer: Optimizer, penalised: bool, guarded: bool) -> Kernel:
    """Return `minibatch.minibatch` for this loss and optimizer."""
    add_gradients = specialise(
        gradient.add_gradients,
        cache=loss.built_in,
        meet=_meet(loss, guarded),
        AS_THEY_LIE=False,
    )
    return specialise(
        minibatch.minibatch,
        cache=loss.built_in,
        add_gradients=add_gradients,
        take_step=_take_step(optimizer, penalised),
    )


def sum_kernel(loss: Loss) -> Kernel:
    """Return `batch.sum_blocks` for this loss."""
    add_gradients = specialise(
        gradient.add_gradients, cache=loss.built_in, meet=_meet(loss, False), AS_THEY_LIE=True
    )
    return specialise(batch.sum_blocks, cache=loss.built_in, add_gradients=add_gradients)


def batch_step_kernel(optimizer: Optimizer, penalised: bool) -> Kernel:
    """Return `batch.take_batch_step` for this optimizer."""
    return specialise(batch.take_batch_step, take_step=_take_step(optimizer, penalised))


def load_for_loss(kernel: Kernel, loss: Loss, *arguments: Any) -> None:
    """Compile or fetch *kernel*; a user's loss that Numba cannot compile gets one sentence."""
    try:
        load(kernel, *arguments)
    except NumbaError as error:
        if loss.built_in:
            raise
        reason = next((line for line in str(error).splitlines()[1:] if line.strip()), str(error))
        raise TypeError(
            f"the loss {loss.name!r} could not be compiled by Numba: use numbers and the math "
            f"module only, and return the same types from every branch ({reason.strip()})."
        ) from None
