"""`Function`: what `minimize` minimises, how it is called and where its gradient comes from."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.types import Array
from fastgd.base.validation import refusal, show
from fastgd.gradients.binding import plain_reason
from fastgd.kernels import line_search, minimize
from fastgd.kernels.compiler.jit import JIT_ENABLED, Kernel, bound, specialise
from fastgd.schedules.line_search import LineSearch

BOTH, APART, DIFFERENCES = "fun", "jac", "central differences"
EVALUATE = {
    BOTH: minimize.evaluate_both,
    APART: minimize.evaluate_apart,
    DIFFERENCES: minimize.evaluate_by_differences,
}


@dataclass(frozen=True)
class Function:
    """A function of *shape*-d points; `()` for those that take a number."""

    fun: Callable[..., Any]
    jac: Callable[..., Any] | bool | None
    args: tuple[Any, ...]
    shape: tuple[int, ...]

    @property
    def gradient(self) -> str:
        """Where the gradient comes from."""
        if self.jac is True:
            return BOTH
        return APART if callable(self.jac) else DIFFERENCES

    @property
    def compiled(self) -> bool:
        """Return True if all that is called is jitted, so that the loop can be."""
        called = [self.fun, *([self.jac] if self.gradient == APART else [])]
        return JIT_ENABLED and all(hasattr(function, "py_func") for function in called)

    @cached_property
    def checked(self) -> dict[str, Kernel]:
        """`evaluate` and `value_of` in Python: they check all that the function returns."""
        return self._parts(bound, self._call_fun, self._call_jac, self.as_given, self._put)

    def parts(self, search: LineSearch | None, compiled: bool) -> dict[str, Any]:
        """Return what binds the loop to this function."""
        parts = self._inner_parts() if compiled else self.checked
        if search is None:
            return {**parts, "SEARCHES": False}
        make = _specialise if compiled else bound
        given = {**parts, "along": make(line_search.derivative_along, **parts)}
        given["sufficient"] = make(line_search.first_sufficient, **given)
        found = getattr(line_search, search.method)
        return {**parts, "SEARCHES": True, "search": make(found, **given)}

    def _inner_parts(self) -> dict[str, Kernel]:
        given: Kernel
        put: Kernel
        if len(self.shape) > 1:
            given = _specialise(minimize.reshaped, SHAPE=self.shape)
            put = _specialise(minimize.put_reshaped, put=minimize.put_vector)
        elif self.shape:
            given, put = minimize.vector, minimize.put_vector
        else:
            given, put = minimize.number, minimize.put_number
        return self._parts(_specialise, self.fun, self.jac, given, put)

    def _parts(self, make: Any, fun: Any, jac: Any, given: Any, put: Any) -> dict[str, Kernel]:
        called = {"fun": fun, "as_given": given}
        template = minimize.value_of_both if self.gradient == BOTH else minimize.value_alone
        called["value_of"] = make(template, **called)
        evaluate = make(EVALUATE[self.gradient], jac=jac, put=put, **called)
        return {"evaluate": evaluate, "value_of": called["value_of"]}

    def value_at(self, point: Any) -> float:
        """Return the value at a point in the shape of x0."""
        x = np.asarray(point, dtype=np.float64)
        if x.shape != self.shape:
            raise ValueError(f"a point must have the shape of x0, {self.shape}; got {show(point)}.")
        value: float = self.checked["value_of"](x.ravel(), self.args, np.zeros(2, np.int64))
        return value

    def __getstate__(self) -> dict[str, Any]:
        """Leave out, when it is pickled, what can be made again."""
        return {name: value for name, value in vars(self).items() if name != "checked"}

    def as_given(self, x: Array) -> Any:
        """Return a copy of the parameters as the function takes them."""
        return np.float64(x[0]) if self.shape == () else x.copy().reshape(self.shape)

    def _call_fun(self, point: Any, *args: Any) -> Any:
        answer = call("fun", self.fun, point, args)
        if self.gradient != BOTH:
            return as_number(answer)
        if answer is NO_NUMBER:
            return math.nan, NO_NUMBER
        if not isinstance(answer, tuple) or len(answer) != 2:
            raise TypeError(
                "fun must return (value, gradient) if jac=True; got "
                f"{show(answer)}: give the gradient apart as jac=..., or leave jac out."
            )
        return as_number(answer[0]), answer[1]

    def _call_jac(self, point: Any, *args: Any) -> Any:
        return call("jac", self.jac, point, args)

    def _put(self, value: Any, g: Array) -> None:
        if value is NO_NUMBER:
            g[:] = np.nan
            return
        name = "fun" if self.gradient == BOTH else "jac"
        values = _as_real(value)
        fits = values is not None and (values.shape == self.shape or values.size == g.size == 1)
        if values is None or not fits:
            wanted = "the derivative, a real number"
            if self.shape:
                wanted = f"the gradient, real numbers in an array of the shape of x0, {self.shape}"
            got = getattr(value, "dtype", "")
            kind = f" of {got}" if np.shape(value) == self.shape and got else ""
            raise ValueError(f"{name} must return {wanted}; got {show(value)}{kind}.")
        g[:] = values.ravel()


NO_NUMBER = object()  # Python raised an error for what NumPy would return as NaN or infinity
OUTSIDE = ("math domain error", "expected a ")  # of a function of `math`


def _specialise(template: Kernel, **bind: Any) -> Kernel:
    return specialise(template, cache=False, inner=True, **bind)


def call(name: str, function: Any, point: Any, args: tuple[Any, ...] = ()) -> Any:
    """Call the user's function; what its compiler has to say is one sentence."""
    try:
        return function(point, *args)
    except ArithmeticError:
        return NO_NUMBER
    except Exception as error:
        if type(error) is ValueError and str(error).startswith(OUTSIDE):
            return NO_NUMBER
        if not is_of_compiler(error):
            raise
        raise TypeError(
            f"{name}, a jitted function, could not be compiled for {show(point)}: use what its "
            f"compiler knows, or give the plain function{plain_reason(str(error))}."
        ) from None


def is_of_compiler(error: Exception) -> bool:
    """Return True if it is Numba that complains."""
    return type(error).__module__.startswith(("numba", "llvmlite"))


def as_number(answer: Any) -> float:
    """Return what a function returned as a float; refuse what is no number."""
    if answer is NO_NUMBER:
        return math.nan
    values = _as_real(answer)
    if values is None or values.size != 1:
        raise refusal("what fun returns", "a number", answer, (np.ndarray,))
    return float(values.ravel()[0])


def _as_real(answer: Any) -> NDArray[np.float64] | None:
    """Return real numbers as an array; None if *answer* is something else, or masked."""
    if np.ma.is_masked(answer):
        return None
    try:
        values = np.asarray(answer)
        return values.astype(np.float64) if values.dtype.kind in "biuf" else None
    except (TypeError, ValueError):
        return None
