"""Fingerprints: what tells one piece of code from another, so that neither runs the other's.

A kernel is compiled once for all functions and numbers that it binds, and found again by their
fingerprints. Functions of this package are known by name, since the kernels' names hold a hash of
their sources. Any other function is known by what Numba compiles into it: its bytecode, its
constants, and the values of its closure, its defaults and the globals that it uses.
"""

import builtins
import cmath
import hashlib
import math
import operator
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

PACKAGE = Path(__file__).parents[2]
COMPILED = ("kernels", "losses", "optimizers")  # wings whose functions become machine code
SOURCES = [source for wing in COMPILED for source in sorted(PACKAGE.glob(f"{wing}/**/*.py"))]
OWN_FILES = frozenset(map(str, SOURCES))
KNOWN_MODULES = (builtins, cmath, math, np, operator)
SIMPLE_TYPES = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), np.generic)


class Fingerprint(NamedTuple):
    """What tells a value from others."""

    text: str
    holds_elsewhere: bool  # False: the text has an address in it, which another process may reuse


TRUTHS = Fingerprint("bool False", True), Fingerprint("bool True", True)


def fingerprint(value: Any) -> Fingerprint:
    """Return what tells *value*, which a kernel binds, from other values."""
    if type(value) is bool:
        return TRUTHS[value]
    known = getattr(getattr(value, "py_func", value), "fingerprint", None)
    if isinstance(known, Fingerprint):  # a user's function may have an attribute of that name
        return known
    parts = [*_describe(value, ())]
    text = "|".join(part.text for part in parts)
    return Fingerprint(text, all(part.holds_elsewhere for part in parts))


def _describe(value: Any, outer: tuple[Any, ...]) -> Iterator[Fingerprint]:
    """Yield the parts of a fingerprint; *outer* are the functions whose globals are described."""
    function: Any = getattr(value, "py_func", value)
    is_function = isinstance(function, FunctionType)
    if is_function:
        known = getattr(function, "fingerprint", None)
        is_own = function.__code__.co_filename in OWN_FILES
        if isinstance(known, Fingerprint):
            yield known
        elif is_own and not function.__closure__:
            function.fingerprint = Fingerprint(
                f"{function.__module__}.{function.__qualname__}", True
            )
            yield function.fingerprint
        elif function is not value:  # compiled by its author, with globals as they were then
            yield Fingerprint(f"compiled {id(value)}", False)
        elif any(function is other for other in outer):
            yield Fingerprint("itself", True)
        else:
            yield from _describe_function(function, (*outer, function))
    elif isinstance(value, SIMPLE_TYPES):
        yield Fingerprint(f"{type(value).__name__} {value!r}", True)
    elif type(value) in (tuple, list):
        yield Fingerprint(f"{type(value).__name__} of {len(value)}", True)
        for item in value:
            yield from _describe(item, outer)
    elif type(value) is np.ndarray and not value.dtype.hasobject:
        content = hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()
        yield Fingerprint(f"array {value.dtype.str} {value.shape} {content}", True)
    elif _is_of_library(value):
        yield Fingerprint(repr(value), True)
    else:
        yield Fingerprint(f"{type(value).__name__} {id(value)}", False)


def _describe_function(function: FunctionType, outer: tuple[Any, ...]) -> Iterator[Fingerprint]:
    codes = [*_codes(function.__code__)]
    for code in codes:
        constants = [repr(c) for c in code.co_consts if not isinstance(c, (CodeType, frozenset))]
        sets = [sorted(map(repr, c)) for c in code.co_consts if isinstance(c, frozenset)]
        names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
        flags = code.co_flags, code.co_argcount, code.co_kwonlyargcount
        content = repr((code.co_code, code.co_exceptiontable, constants, sets, names, flags))
        yield Fingerprint(hashlib.blake2b(content.encode(), digest_size=16).hexdigest(), True)
    for name in sorted({name for code in codes for name in code.co_names}):
        if name in function.__globals__:
            yield from _describe_named(name, function.__globals__[name], outer)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield from _describe_named(name, _content_of(cell), outer)
    yield from _describe_named("defaults", function.__defaults__, outer)
    for name, default in sorted((function.__kwdefaults__ or {}).items()):
        yield from _describe_named(name, default, outer)


def _describe_named(name: str, value: Any, outer: tuple[Any, ...]) -> Iterator[Fingerprint]:
    yield Fingerprint(f"{name}:", True)
    yield from _describe(value, outer)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of the functions defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _content_of(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return cell


def _is_of_library(value: Any) -> bool:
    """Return True for modules, functions and types whose versions the kernels' names hold."""
    if isinstance(value, ModuleType):
        return value in KNOWN_MODULES
    if isinstance(value, np.ufunc):
        return getattr(np, value.__name__, None) is value
    if not isinstance(value, (BuiltinFunctionType, type)):
        return False
    return any(getattr(module, value.__name__, None) is value for module in KNOWN_MODULES)
