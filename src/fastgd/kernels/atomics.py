"""Numbers that several threads read and write at once: a few of an int64 array."""

import time
from threading import Lock
from typing import Any

from fastgd.base.types import Array
from fastgd.kernels.compiler import atomics as compiled_atomics
from fastgd.kernels.compiler.jit import JIT_ENABLED

_lock = Lock()


class Plain:
    """The same where kernels are not compiled."""

    @staticmethod
    def look(numbers: Array, i: int) -> int:
        """Return a number."""
        return int(numbers[i])

    @staticmethod
    def add(numbers: Array, i: int, value: int) -> None:
        """Add to a number."""
        with _lock:
            numbers[i] += value

    @staticmethod
    def replace(numbers: Array, i: int, old: int, new: int) -> bool:
        """Replace a number if it is still the *old* one; tell whether it was."""
        with _lock:
            is_old = bool(numbers[i] == old)
            if is_old:
                numbers[i] = new
            return is_old

    @staticmethod
    def step_aside() -> None:
        """Let another thread go on, if one waits for it."""
        time.sleep(0)


_atomics: Any = compiled_atomics if JIT_ENABLED else Plain
look, add, replace = _atomics.look, _atomics.add, _atomics.replace
step_aside = _atomics.step_aside
