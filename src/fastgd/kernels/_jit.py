"""The one place that knows Numba's options: how a kernel is compiled, cached and repaired.

A *template* is a plain function whose loop calls names such as ``loss`` or ``step`` that its
module leaves `unbound`. `specialise` compiles a copy of it in which those names are bound.
"""

import functools
import hashlib
import pickle
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

from llvmlite import ir
from numba import config, njit, types
from numba.core import cgutils, event
from numba.core.errors import NumbaWarning
from numba.extending import intrinsic

JIT_ENABLED = not config.DISABLE_JIT

# `reassoc` and `contract` let LLVM vectorise sums; never `fastmath=True`, with which isfinite
# lies. A dict, because a set would make Numba's cache key depend on the hash seed.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc": True, "contract": True, "nsz": True, "arcp": True},
}
BROKEN_CACHE = (EOFError, pickle.UnpicklingError, AttributeError, ImportError, IndexError)
USER_KERNELS_KEPT = 64

Kernel = Callable[..., Any]


def _stamp() -> str:
    """Hash of every source that machine code is made of.

    Numba's disk cache looks only at the file of the outermost function, so the stamp is part of
    each kernel's name: an edited loss can never meet the machine code of the old one.
    """
    package = Path(__file__).parent.parent
    scalar_functions = [package / "losses.py", package / "optimizers.py"]
    digest = hashlib.blake2b(digest_size=8)
    for source in [*sorted(package.glob("kernels/*.py")), *scalar_functions]:
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


STAMP = _stamp()


def compiled(function: Kernel, *, cache: bool = True) -> Kernel:
    """Compile on first use, into its callers; cached on disk where a folder allows it.

    LLVM would leave many of these small functions as calls: 58 ns instead of 28 for a row of ten
    features.
    """
    return _compiled(function, cache, forceinline=True)


def compiled_apart(function: Kernel) -> Kernel:
    """Compile on first use, as a function of its own: what is not small and called in turn."""
    return _compiled(function, cache=True, forceinline=False)


def _compiled(function: Any, cache: bool, forceinline: bool) -> Kernel:
    options = {**OPTIONS, "forceinline": forceinline}
    if cache:
        try:
            stamped = _renamed(function, f"{function.__name__}_{STAMP}", function.__globals__)
            return njit(cache=True, **options)(stamped)  # type: ignore[no-any-return]
        except RuntimeError:  # Numba's "no locator available": no folder can be written
            pass
    return njit(**options)(function)  # type: ignore[no-any-return]


def _renamed(function: Any, name: str, names: dict[str, Any]) -> Any:
    """Return a copy of *function* with another name and other global names."""
    copy = FunctionType(function.__code__, names, name, function.__defaults__)
    copy.__qualname__, copy.__module__, copy.__doc__ = name, function.__module__, function.__doc__
    return copy


def unbound(*_: Any) -> Any:
    """Stand in for a name that `specialise` binds."""
    raise NotImplementedError("this template must be compiled with `specialise` first")


def specialise(template: Kernel, *, cache: bool = True, **bind: Any) -> Kernel:
    """Compile a copy of *template* whose global names in *bind* are replaced.

    Parameters
    ----------
    template : function
        Plain Python function; the names in *bind* are globals of its module.
    cache : bool
        False for whatever binds a user's own function: Numba's key sees only a name, so another
        function of the same name would run the old machine code. Such kernels live in a
        bounded cache of this process instead.
    **bind
        Functions (plain or compiled) and constants.
    """
    made = _specialise_and_cache if cache else _specialise_in_process
    kernel: Kernel = made(template, tuple(sorted(bind.items())))
    return kernel


def _specialise(template: FunctionType, bind: tuple[tuple[str, Any], ...], cache: bool) -> Any:
    described = [f"{name}={_describe(value)}" for name, value in bind]
    digest = hashlib.blake2b("|".join(described).encode(), digest_size=8).hexdigest()
    parts = {key: _compiled_part(value, cache) for key, value in bind}
    names = {**template.__globals__, **parts}
    return compiled(_renamed(template, f"{template.__name__}_{digest}", names), cache=cache)


@functools.cache
def _specialise_and_cache(template: FunctionType, bind: tuple[tuple[str, Any], ...]) -> Any:
    return _specialise(template, bind, cache=True)


@functools.lru_cache(maxsize=USER_KERNELS_KEPT)
def _specialise_in_process(template: FunctionType, bind: tuple[tuple[str, Any], ...]) -> Any:
    return _specialise(template, bind, cache=False)


def _compiled_part(value: Any, cache: bool) -> Any:
    return compile_once(value, cache) if isinstance(value, FunctionType) else value


@functools.lru_cache(maxsize=256)
def compile_once(function: FunctionType, cache: bool) -> Any:
    """Compile a scalar function, the same one for every kernel that binds it."""
    return compiled(function, cache=cache)


def _describe(value: Any) -> str:
    function = getattr(value, "py_func", value)
    if isinstance(function, FunctionType):
        return f"{function.__module__}.{function.__qualname__}"
    return repr(value)


class Loading(threading.local):
    """Seconds that this thread has spent in `load`: compile time is reported apart."""

    seconds = 0.0


loading = Loading()


def load(kernel: Kernel, *arguments: Any) -> None:
    """Compile *kernel* for these arguments, or fetch it from the disk, by calling it once.

    A cache file that a crash cut short raises when it is read: it is written anew.
    """
    if not JIT_ENABLED:
        return
    began = time.perf_counter()
    try:
        kernel(*arguments)
    except BROKEN_CACHE as error:
        warnings.warn(
            f"fastgd: a broken cache file of a compiled kernel was replaced ({error!r})",
            NumbaWarning,
            stacklevel=2,
        )
        for part in _parts(kernel):
            part.recompile()
        kernel(*arguments)
    finally:
        loading.seconds += time.perf_counter() - began


def record_compiling() -> Any:
    """Record, as a context, when Numba begins and ends to compile (not when it reads the disk)."""
    return event.install_recorder("numba:compile")


def _parts(kernel: Any) -> list[Any]:
    """*kernel* and every compiled function that it calls, the innermost first."""
    found: list[Any] = []
    names = kernel.py_func.__code__.co_names
    for name in names:
        value = kernel.py_func.__globals__.get(name)
        if hasattr(value, "recompile") and value is not kernel:
            found.extend(part for part in _parts(value) if part not in found)
    return [*found, kernel]


@intrinsic  # type: ignore[untyped-decorator]
def _prefetch_line(typingctx: Any, array: Any, offset: Any) -> Any:
    """Ask for the cache line that holds element *offset* of *array*, before it is needed."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), cgutils.voidptr_t)
        integer = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, integer, integer, integer])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # To read, into the second-level cache, data.
        builder.call(function, [address, integer(0), integer(2), integer(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen


def _no_prefetch(array: Any, offset: int) -> None:
    """Without compiled code there is nothing to prefetch with."""


prefetch = _prefetch_line if JIT_ENABLED else _no_prefetch
