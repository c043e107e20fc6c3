"""The slots of an optimizer: the numbers that it keeps per coefficient, an array for each."""

from typing import Any

from fastgd.base.types import Array, Scalar
from fastgd.kernels.compiler import slots as compiled_slots
from fastgd.kernels.compiler.jit import JIT_ENABLED


class Plain:
    """The same if kernels are not compiled."""

    @staticmethod
    def load_slots(slots: tuple[Array, ...], j: int) -> tuple[Scalar, ...]:
        """Return value j of each array."""
        return tuple([slot[j] for slot in slots])

    @staticmethod
    def store_slots(slots: tuple[Array, ...], j: int, values: tuple[Scalar, ...]) -> None:
        """Write values to place j of each array."""
        for slot, value in zip(slots, values, strict=True):
            slot[j] = value


_slots: Any = compiled_slots if JIT_ENABLED else Plain
load_slots, store_slots = _slots.load_slots, _slots.store_slots
