"""What `atomics` does, in the terms of LLVM."""

import ctypes
import os
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

INT64_BYTES = 8
STEP_ASIDE = "fastgd_step_aside"  # a name of ours: compiled code on the disk refers to it

_system = ctypes.CDLL("kernel32" if os.name == "nt" else None)
_step_aside = _system.SwitchToThread if os.name == "nt" else _system.sched_yield
binding.add_symbol(STEP_ASIDE, ctypes.cast(_step_aside, ctypes.c_void_p).value)


def _place(context: Any, builder: Any, kind: Any, array: Any, i: Any) -> Any:
    return builder.gep(context.make_array(kind)(context, builder, array).data, [i])


@intrinsic  # type: ignore[untyped-decorator]
def look(typingctx: Any, numbers: Any, i: Any) -> Any:
    """Return a number, and see all that was written before it was."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(place, "acquire", INT64_BYTES)

    return types.int64(numbers, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def add(typingctx: Any, numbers: Any, i: Any, value: Any) -> Any:
    """Add to a number; who sees it sees all that was written before."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments[:2])
        builder.atomic_rmw("add", place, arguments[2], "acq_rel")
        return context.get_dummy_value()

    return types.void(numbers, types.intp, types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def replace(typingctx: Any, numbers: Any, i: Any, old: Any, new: Any) -> Any:
    """Replace a number if it is still the *old* one; tell whether it was."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments[:2])
        found = builder.cmpxchg(place, *arguments[2:], "acq_rel", "acquire")
        return builder.extract_value(found, 1)

    return types.boolean(numbers, types.intp, types.int64, types.int64), codegen


@intrinsic  # type: ignore[untyped-decorator]
def step_aside(typingctx: Any) -> Any:
    """Let another thread have this core, if one waits for it."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, STEP_ASIDE), [])
        return context.get_dummy_value()

    return types.void(), codegen
