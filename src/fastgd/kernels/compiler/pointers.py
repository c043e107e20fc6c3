"""Users' losses, called through a pointer to their machine code.

Kernels that do so are the same for every loss of a user, and are kept on the disk. Kernels that
bind a loss are compiled anew for each, in every process. Through a pointer, a first fit with a new
loss takes some 30 ms, and half a megabyte that Numba never frees; epochs on ten columns take 1.3
times as long as with the same loss built in (`asv run --bench OwnLoss`).
"""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fastgd.base.warning import warn
from fastgd.kernels.compiler.jit import Kernel, Part, compile_for, load

MANY = 256
TOO_MANY = (
    f"{MANY} different losses were compiled in this process, and each keeps about 0.5 MB until it "
    "ends; if they differ in numbers only, make these numbers fields of a subclass of Loss, which "
    "is compiled once."
)
VALUE_AND_DERIVATIVE = types.UniTuple(types.float64, 2)


@intrinsic  # type: ignore[untyped-decorator]
def _call(typingctx: Any, address: Any, z: Any, y: Any, parameters: Any) -> Any:
    """Call the loss whose machine code is at *address*."""
    numbers = (types.float64, types.float64, parameters)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        convention = context.call_conv
        kind = convention.get_function_type(VALUE_AND_DERIVATIVE, numbers).as_pointer()
        pointer = builder.inttoptr(arguments[0], kind)
        status, result = convention.call_function(
            builder, pointer, VALUE_AND_DERIVATIVE, numbers, arguments[1:]
        )
        with cgutils.if_unlikely(builder, status.is_error):  # the loss raised an exception
            convention.return_status_propagate(builder, status)
        return result

    return VALUE_AND_DERIVATIVE(types.int64, *numbers), codegen


def call(z: float, y: float, arguments: tuple[int, tuple[float, ...]]) -> tuple[float, float]:
    """Call the loss that the arguments begin with the address of, as if it were built in."""
    address, parameters = arguments
    value, derivative = _call(address, z, y, parameters)
    return value, derivative


def address_of(function: Kernel, n_parameters: int | None) -> int:
    """Return the address of a function (z, y, parameters), or (z, y) if *n_parameters* is None."""
    key = Part("loss", function), n_parameters

    def compile_it() -> None:
        _known[key] = _MachineCode(function, n_parameters)

    if key not in _known:
        load(compile_it)
        if len(_known) == MANY:
            warn(TOO_MANY, RuntimeWarning)
    return _known[key].address


class _MachineCode:
    """Machine code of a loss; it stays in memory for as long as this does."""

    def __init__(self, function: Kernel, n_parameters: int | None) -> None:
        numbers = [types.float64, types.float64]
        if n_parameters is not None:
            numbers.append(types.UniTuple(types.float64, n_parameters))
        plain: Any = getattr(function, "py_func", function)  # if the user has compiled it
        defaults = plain.__defaults__ or ()
        given = len(numbers) - (plain.__code__.co_argcount - len(defaults))  # of those
        numbers += [types.Omitted(value) for value in defaults[given:]]
        self._library, name = compile_for(plain, VALUE_AND_DERIVATIVE(*numbers))
        self.address: int = self._library.get_pointer_to_function(name)


_known: dict[tuple[Part, int | None], _MachineCode] = {}
