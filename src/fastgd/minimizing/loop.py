"""`make_loop`: the loop of `minimize`, bound to a function, an optimizer and a line search."""

from typing import Any

import numpy as np

from fastgd.base.warning import warn
from fastgd.gradients.binding import Step, compiling, plain_reason
from fastgd.kernels import minimize as kernels
from fastgd.kernels.compiler.jit import Kernel, bound, load, specialise
from fastgd.minimizing.function import Function, is_of_compiler
from fastgd.optimizers import Optimizer
from fastgd.schedules.line_search import LineSearch


def make_loop(
    function: Function, optimizer: Optimizer, search: LineSearch | None, arguments: tuple[Any, ...]
) -> Kernel:
    """Return the loop: compiled if the function is, else run as Python.

    *arguments* are those of a call without a step.
    """
    if function.compiled:
        try:
            loop = specialise(kernels.descend, cache=False, **_parts(function, optimizer, search))
            load(loop, *arguments)
            return loop
        except Exception as error:
            if not is_of_compiler(error):
                raise
            _warn_of(error)
    return _in_python(function, optimizer, search)


def _in_python(function: Function, optimizer: Optimizer, search: LineSearch | None) -> Kernel:
    """Return the loop in Python; what it calls at each step is compiled."""
    parts, nothing = _parts(function, optimizer, search, compiled=False), np.empty(0)
    scalars = optimizer.prepare(1, 1.0, optimizer.hyper, np.float64)
    slots = (nothing,) * optimizer.slots
    with compiling("optimizer", optimizer):
        load(parts["move_all"], nothing, 1.0, nothing, slots, nothing, scalars, nothing, nothing)
    load(kernels.moved, nothing, nothing)
    return bound(kernels.descend, **parts)


def _parts(
    function: Function, optimizer: Optimizer, search: LineSearch | None, compiled: bool = True
) -> dict[str, Any]:
    """Return what binds the loop."""
    step = Step(optimizer, penalised=False, averaged=False, in_coordinates=False)
    return {
        **function.parts(search, compiled),
        "prepare": optimizer.prepare,
        "move_all": step.move_all(inner=compiled),
    }


def _warn_of(error: Exception) -> None:
    warn(
        "what the jitted functions return keeps the loop from being compiled: they are called from "
        "Python, which is slower; return a number, and an array of the shape of x0"
        f"{plain_reason(str(error))}.",
        UserWarning,
    )
