"""What `slots` does, in the terms of LLVM."""

from collections.abc import Iterator
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _places(context: Any, builder: Any, kinds: Any, slots: Any, j: Any) -> Iterator[Any]:
    """Yield where value j of each array is."""
    for kind, array in zip(kinds, cgutils.unpack_tuple(builder, slots, len(kinds)), strict=True):
        yield builder.gep(context.make_array(kind)(context, builder, array).data, [j])


@intrinsic  # type: ignore[untyped-decorator]
def load_slots(typingctx: Any, slots: Any, j: Any) -> Any:
    """Return value j of each array."""
    found = types.Tuple([kind.dtype for kind in slots])

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        places = _places(context, builder, signature.args[0], *arguments)
        return context.make_tuple(builder, found, map(builder.load, places))

    return found(slots, types.intp), codegen


@intrinsic  # type: ignore[untyped-decorator]
def store_slots(typingctx: Any, slots: Any, j: Any, values: Any) -> Any:
    """Write values to place j of each array."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kinds, _, given = signature.args
        places = _places(context, builder, kinds, *arguments[:2])
        each = cgutils.unpack_tuple(builder, arguments[2], len(given))
        for place, value, dtype, kind in zip(places, each, given, kinds, strict=True):
            builder.store(context.cast(builder, value, dtype, kind.dtype), place)
        return context.get_dummy_value()

    return types.void(slots, types.intp, values), codegen
