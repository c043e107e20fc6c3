"""The one place that knows Numba: how a kernel is compiled, and kept on the disk.

A *template* is a plain function whose loop calls names such as ``loss`` or ``step`` that its
module leaves `unbound`. `specialise` compiles a copy of it in which those names are bound.
"""

import contextlib
import functools
import gc
import hashlib
import pickle
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import llvmlite
import numba
import numpy as np
from numba import config, njit
from numba.core import event
from numba.core.caching import FunctionCache
from numba.core.serialize import dumps

from fastgd.base.threads import call_apart
from fastgd.base.warning import warn
from fastgd.kernels.compiler.fingerprint import SOURCES, Fingerprint, fingerprint
from fastgd.kernels.compiler.forking import survive_forks
from fastgd.kernels.compiler.notice import notice

JIT_ENABLED = not config.DISABLE_JIT

# `reassoc` and `contract` let LLVM vectorise sums; never `fastmath=True`, with which isfinite
# lies. A dict, because a set would make Numba's cache key depend on the hash seed.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "no_cfunc_wrapper": True,
    "error_model": "numpy",
    "fastmath": {"reassoc": True, "contract": True, "nsz": True, "arcp": True},
}
INTO_CALLERS = {"forceinline": True, "no_cpython_wrapper": True}
USER_KERNELS_KEPT = 64
DIGEST_BYTES = 16

VERSIONS = {"NumPy": np.__version__, "Numba": numba.__version__}

Kernel = Callable[..., Any]


def _stamp() -> str:
    """Hash of every source, version and setting that machine code is made of.

    Numba's disk cache looks only at the file of the outermost function, so the stamp is part of
    each kernel's name: an edited loss never runs the machine code of the old one.
    """
    versions = [module.__version__ for module in (numba, llvmlite, np)]
    settings = [config.BOUNDSCHECK, config.OPT, config.LOOP_VECTORIZE, config.SLP_VECTORIZE]
    digest = hashlib.blake2b(repr((versions, settings)).encode(), digest_size=8)
    for source in SOURCES:
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


STAMP = _stamp()


class Loading(threading.local):
    """What happened in this thread while kernels were compiled or fetched."""

    def __init__(self) -> None:
        self.seconds = 0.0  # spent in `load`: compile time is reported apart
        self.broken: list[str] = []  # cache files that no user was told of yet


loading = Loading()


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The disk cache of one function: a file per signature, used only where it proves whole.

    Numba's own has an index of numbered files: two processes that save at once leave an index that
    names the other's machine code, and a file that is cut or foreign raises in the middle of a
    fit. Here what cannot be read is compiled anew, and what cannot be written stays in memory.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the machine code for this signature, or None."""
        target_context.refresh()
        key = self._index_key(sig, target_context.codegen())
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        digest, pickled = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        try:
            if digest != _digest(pickled):
                raise EOFError("its content is not what was written")
            found, data = pickle.loads(pickled)
            return self._impl.rebuild(target_context, data) if found == key else None
        except Exception as error:  # whatever strange bytes may lead to
            loading.broken.append(f"{path} ({error!r})")
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Write the machine code for this signature, where that can be done."""
        if not self._impl.check_cachable(data):
            return
        key = self._index_key(sig, data.codegen)
        pickled = dumps((key, self._impl.reduce(data)))
        path = self._path(key)
        beside = path.with_name(f"{uuid.uuid4().hex}.tmp")
        with contextlib.suppress(OSError):  # a full disk, a folder that was taken away
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(_digest(pickled) + pickled)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)

    def _path(self, key: Any) -> Path:
        stamped = repr((self._impl.locator.get_source_stamp(), key)).encode()
        return Path(self.cache_path) / f"{self._impl.filename_base}.{_digest(stamped).hex()}.nbc"


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def compiled(function: Kernel, *, cache: bool = True) -> Kernel:
    """Compile on first use, into its callers; cached on disk where a folder allows it.

    LLVM would leave many of these small functions as calls: 58 ns instead of 28 for a row of ten
    features. Python must not call them, or it crashes: what it needs for that is left out, a
    fifth of the compiling.
    """
    return _compiled(function, cache, **INTO_CALLERS)


def compiled_as_written(function: Kernel) -> Kernel:
    """Compile into its callers, Python among them, sums in the order in which they are written."""
    in_order = {**OPTIONS["fastmath"], "reassoc": False}
    return _compiled(function, cache=True, forceinline=True, fastmath=in_order)


def compiled_apart(function: Kernel) -> Kernel:
    """Compile on first use, as a function of its own: what is not small and called in turn."""
    return _compiled(function, cache=True, forceinline=False)


def compile_for(function: Kernel, signature: Any) -> tuple[Any, str]:
    """Compile for one signature; return the library of the machine code and its name there."""
    kernel: Any = _compiled(function, cache=False, no_cpython_wrapper=True)
    kernel.compile(signature)
    found = kernel.overloads[signature.args]
    return found.library, found.fndesc.llvm_func_name


def _compiled(function: Any, cache: bool, **options: Any) -> Kernel:
    if cache:
        function = _renamed(function, f"{function.__name__}_{STAMP}", function.__globals__)
    # Nothing of ours allocates, and where no references are counted compiling takes a tenth less;
    # what a user's function does is not known.
    kernel: Any = njit(**{**OPTIONS, **options}, _nrt=not cache)(function)
    if cache and JIT_ENABLED:
        with contextlib.suppress(RuntimeError):  # "no locator available": no folder to write in
            kernel._cache = KernelCache(function)
    return kernel  # type: ignore[no-any-return]


def _renamed(function: Any, name: str, names: dict[str, Any]) -> Any:
    """Return a copy of *function* with another name and other global names."""
    copy = FunctionType(function.__code__, names, name, function.__defaults__, function.__closure__)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__qualname__, copy.__module__, copy.__doc__ = name, function.__module__, function.__doc__
    return copy


def unbound(*_: Any) -> Any:
    """Stand in for a name that `specialise` binds."""
    raise NotImplementedError("this template must be compiled with `specialise` first")


def specialise(template: Kernel, *, cache: bool = True, inner: bool = False, **bind: Any) -> Kernel:
    """Compile a copy of *template* whose global names in *bind* are replaced.

    The same template and parts give the same kernel. Parts are the same if their fingerprints
    are: of a user's function, if its code and the values that it uses are.

    Parameters
    ----------
    template : function
        Plain Python function; the names in *bind* are globals of its module.
    cache : bool
        False keeps the kernel off the disk, as does any part that another process could not tell
        from others. Such kernels live in a bounded cache of this process.
    inner : bool
        True for what only other kernels call.
    **bind
        Functions (plain or compiled) and constants.
    """
    parts = tuple([Part(name, bind[name]) for name in sorted(bind)])
    is_kept = cache and all(part.fingerprint.holds_elsewhere for part in parts)
    made = _specialise_and_cache if is_kept else _specialise_in_process
    kernel: Kernel = made(template, parts, inner)
    return kernel


def bound(template: Any, **bind: Any) -> Kernel:
    """Return a copy of *template*, not compiled, whose global names in *bind* are replaced."""
    kernel: Kernel = _renamed(template, template.__name__, {**template.__globals__, **bind})
    return kernel


class Part:
    """What a kernel binds; two are equal if their fingerprints are."""

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value, self.fingerprint = name, value, fingerprint(value)

    def __eq__(self, other: object) -> bool:
        """Compare names and fingerprints."""
        if not isinstance(other, Part):
            return NotImplemented
        return (self.name, self.fingerprint) == (other.name, other.fingerprint)

    def __hash__(self) -> int:
        """Hash the text of the fingerprint."""
        return hash(self.fingerprint.text)

    def compiled(self, cache: bool) -> Any:
        """Return the value for compiled code: of a plain function the same for every kernel."""
        return compile_once(self, cache) if isinstance(self.value, FunctionType) else self.value


def _specialise(template: Any, parts: tuple[Part, ...], inner: bool, cache: bool) -> Any:
    described = [f"{part.name}={part.fingerprint.text}" for part in parts]
    names = {**template.__globals__, **{part.name: part.compiled(cache) for part in parts}}
    name = f"{template.__name__}_{_short_digest(*described, str(inner))}"
    function = _renamed(template, name, names)
    function.fingerprint = Fingerprint(f"{function.__module__}.{name}", cache)
    return _compiled(function, cache, **(INTO_CALLERS if inner else {}))


@functools.cache
def _specialise_and_cache(template: FunctionType, parts: tuple[Part, ...], inner: bool) -> Any:
    return _specialise(template, parts, inner, cache=True)


@functools.lru_cache(maxsize=USER_KERNELS_KEPT)
def _specialise_in_process(template: FunctionType, parts: tuple[Part, ...], inner: bool) -> Any:
    return _specialise(template, parts, inner, cache=False)


@functools.lru_cache(maxsize=256)
def compile_once(part: Part, cache: bool) -> Any:
    """Compile a scalar function, the same one for every kernel that binds it."""
    function = part.value
    name = f"{function.__name__}_{_short_digest(part.fingerprint.text)}"
    return compiled(_renamed(function, name, function.__globals__), cache=cache)


def _short_digest(*texts: str) -> str:
    return hashlib.blake2b("|".join(texts).encode(), digest_size=8).hexdigest()


def load(kernel: Kernel, *arguments: Any) -> None:
    """Compile *kernel* for these arguments, or fetch it from the disk, by calling it once.

    That happens in another thread, for only the main one is interrupted: Numba does not survive a
    KeyboardInterrupt in the callback by which LLVM hands over its machine code, and every later
    use of the kernel would fail.
    """
    if not JIT_ENABLED:
        return
    began = time.perf_counter()
    kinds, kind = _loaded.setdefault(kernel, set()), _kind(arguments)
    try:
        if kind in kinds:
            broken = _call(kernel, *arguments)
        else:
            broken = call_apart(_call, kernel, *arguments, meanwhile=notice.consider)
    finally:
        loading.seconds += time.perf_counter() - began
    kinds.add(kind)
    if broken:
        warn(
            f"fastgd: {len(broken)} broken cache file(s) of compiled kernels were not used but "
            f"compiled anew, the first of them {broken[0]}",
            RuntimeWarning,
        )


_loaded: WeakKeyDictionary[Kernel, set[Any]] = WeakKeyDictionary()


def _kind(argument: Any) -> Any:
    """Tell apart, cheaply, what a kernel is compiled for apart."""
    if isinstance(argument, tuple):
        return tuple(map(_kind, argument))
    return getattr(argument, "dtype", type(argument))


def _call(kernel: Kernel, *arguments: Any) -> list[str]:
    """Call *kernel*; return which cache files were found broken in this thread until then.

    Compiling makes objects by the million, none of them garbage: looking for it takes a sixth.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        kernel(*arguments)
    finally:
        if collects:
            gc.enable()
    broken, loading.broken = loading.broken, []
    return broken


class _Compiling(event.Listener):  # type: ignore[misc]
    """Tells the notice of what Numba compiles (not of what it reads from the disk)."""

    def on_start(self, event: Any) -> None:
        notice.begin()

    def on_end(self, event: Any) -> None:
        notice.end()


event.register("numba:compile", _Compiling())


@contextlib.contextmanager
def record_compiling() -> Iterator[Any]:
    """Record, as a context, when Numba begins and ends to compile (not when it reads the disk)."""
    notice.watchers += 1
    try:
        with event.install_recorder("numba:compile") as recorder:
            yield recorder
    finally:
        notice.watchers -= 1


survive_forks()
