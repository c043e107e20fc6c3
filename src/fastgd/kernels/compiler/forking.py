"""Processes that are forked while another thread compiles."""

import contextlib
import os
from typing import Any

import llvmlite.binding
from numba.core.compiler_lock import global_compiler_lock


def survive_forks() -> None:
    """Fork no child while another thread holds a lock of the compiler.

    The child, which lacks that thread, would wait for it forever.
    """
    if not hasattr(os, "register_at_fork"):
        return
    # What is registered last is acquired first: Numba takes these locks in this order, too.
    _hold_when_forking(getattr(llvmlite.binding.ffi.lib, "_lock", contextlib.nullcontext()))
    _hold_when_forking(global_compiler_lock)


def _hold_when_forking(lock: Any) -> None:
    os.register_at_fork(
        before=lock.__enter__,
        after_in_parent=lambda: lock.__exit__(None, None, None),
        after_in_child=lambda: lock.__exit__(None, None, None),
    )
