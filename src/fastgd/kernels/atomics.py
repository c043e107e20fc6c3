"""Numbers that several threads read and write at once: a few of an int64 array."""

from typing import Any

from fastgd.kernels import compiled_atomics
from fastgd.kernels._jit import JIT_ENABLED
from fastgd.kernels.arguments import Array


class Plain:
    """The same for one thread, where kernels are not compiled."""

    @staticmethod
    def look(numbers: Array, i: int) -> int:
        """Return a number."""
        return int(numbers[i])

    @staticmethod
    def add(numbers: Array, i: int, value: int) -> None:
        """Add to a number."""
        numbers[i] += value

    @staticmethod
    def replace(numbers: Array, i: int, old: int, new: int) -> bool:
        """Replace a number: it is still the old one."""
        numbers[i] = new
        return True

    @staticmethod
    def step_aside() -> None:
        """Go on: there is no other thread."""


_atomics: Any = compiled_atomics if JIT_ENABLED else Plain
look, add, replace = _atomics.look, _atomics.add, _atomics.replace
step_aside = _atomics.step_aside
