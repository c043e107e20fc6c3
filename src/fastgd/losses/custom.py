"""A loss made of a user's own function."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

from fastgd.base.validation import check_positive, is_number, show
from fastgd.losses.loss import Loss


def check_loss_function(f: Any) -> None:
    """Refuse what is no function that answers f(z, y) with two numbers."""
    wanted = "a loss must be a function f(z, y) -> (value, slope) of two numbers"
    if not isinstance(getattr(f, "py_func", f), FunctionType):
        raise TypeError(f"{wanted}; got {show(f)}.")
    if hasattr(f, "py_func"):  # compiled already: what is wrong with it, the compiler finds
        return
    try:
        answer = f(0.5, 1.0)
    except Exception as error:  # whatever a user's function may raise
        raise TypeError(f"{wanted}; calling {show(f)} with (0.5, 1.0) failed: {error}.") from error
    if not (isinstance(answer, tuple) and len(answer) == 2 and all(map(is_number, answer))):
        raise TypeError(f"{wanted}; {show(f)} returned {show(answer)}.")


class CustomLoss(Loss):
    """A loss of your own, for real targets: any ``f(z, y) -> (value, slope)`` Numba can compile.

    ``fit(..., loss=f)`` makes one of these; write it out to state the curvature.

    Parameters
    ----------
    f : function
        Gets the prediction z and the target y, both numbers; returns the loss and its derivative
        by z. For a NaN it must return a NaN.
    curvature : float, optional
        An upper bound of the second derivative by z. Without one ``learning_rate="auto"`` has to
        assume that the slope may jump: its steps shrink, and it takes z for a prediction of y.

    Examples
    --------
    >>> import math, fastgd
    >>> def log_cosh(z, y):
    ...     return math.log(math.cosh(z - y)), math.tanh(z - y)
    >>> loss = fastgd.CustomLoss(log_cosh, curvature=1.0)
    >>> bool(abs(fastgd.fit([[0.0], [1.0]], [1.0, 3.0], "batch", loss=loss).coef_[0] - 2) < 1e-3)
    True
    """

    name = "custom"
    takes_parameters = False

    def __init__(self, f: Callable[[Any, Any], tuple[Any, Any]], curvature: float | None = None):
        check_loss_function(f)
        if curvature is not None:
            check_positive("curvature", curvature)
        # Past the frozen dataclass: these are what the class variables of a built-in loss are.
        object.__setattr__(self, "function", f)
        object.__setattr__(self, "curvature", curvature)
        object.__setattr__(self, "name", getattr(f, "__name__", "custom"))

    @property
    def built_in(self) -> bool:
        """Whether the loss is one of this package: its function is not."""
        return False

    def __repr__(self) -> str:
        """Name the function."""
        return f"CustomLoss({self.name})"

    def __eq__(self, other: object) -> bool:
        """Two are equal when they hold the same function."""
        return isinstance(other, CustomLoss) and self.function is other.function

    def __hash__(self) -> int:
        """Hash by the function."""
        return hash(self.function)
