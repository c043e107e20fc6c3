"""Losses: one scalar function ``(z, y, parameters) -> (value, slope)`` and one row each.

z is the prediction, y the target; the slope is the derivative by z (where there is none: one
between those of the two sides). To add a loss, write its function, write its row and name the row
in `LOSSES`: it is then compiled, checked and tested with the others. Labels of a "binary" target
reach the function as -1 and +1. A NaN must give NaNs: "+ 0.0 * r" sees to that where the slope
would forget it.
"""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from types import FunctionType
from typing import Any, ClassVar, Self

import numpy as np

from fastgd.base.namespaces import own_names
from fastgd.base.validation import (
    check_fraction,
    check_not_negative,
    check_parameters,
    check_positive,
    is_number,
    show,
)
from fastgd.kernels.elementary import exp_of_negative, log_of_one_plus

LossFunction = Callable[[Any, Any, Any], tuple[Any, Any]]
Probability = Callable[[Any], Any]


def _squared_error(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    r = z - y
    return 0.5 * r * r, r


def _half_square(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    return 0.5 * z * z, z


def _huber(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (delta,) = parameters
    r = z - y
    if abs(r) <= delta:
        return 0.5 * r * r, r
    return delta * (abs(r) - 0.5 * delta), math.copysign(delta, r) + 0.0 * r


def _absolute_error(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    r = z - y
    if r == 0:
        return 0.0, 0.0
    return abs(r), math.copysign(1.0, r) + 0.0 * r


def _quantile(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (quantile,) = parameters
    r = z - y
    if r == 0:
        return 0.0, 0.0
    slope = (1.0 - quantile if r > 0 else -quantile) + 0.0 * r
    return slope * r, slope


def _epsilon_insensitive(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (epsilon,) = parameters
    r = z - y
    if abs(r) <= epsilon:
        return 0.0, 0.0
    return abs(r) - epsilon, math.copysign(1.0, r) + 0.0 * r


def _squared_epsilon_insensitive(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    (epsilon,) = parameters
    r = z - y
    if abs(r) <= epsilon:
        return 0.0, 0.0
    beyond = r - math.copysign(epsilon, r)
    return beyond * beyond, 2.0 * beyond


def _hinge(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    missing = 1.0 - y * z  # from a margin of 1
    if missing < 0:
        return 0.0, 0.0
    return missing, -y + 0.0 * missing


def _squared_hinge(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    missing = 1.0 - y * z
    if missing < 0:
        return 0.0, 0.0
    return missing * missing, -2.0 * y * missing


def _modified_huber(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    missing = 1.0 - y * z
    if missing < 0:
        return 0.0, 0.0
    if missing <= 2:
        return missing * missing, -2.0 * y * missing
    return 4.0 * (missing - 1.0), -4.0 * y + 0.0 * missing


def _log_loss(z: Any, y: Any, parameters: Any) -> tuple[Any, Any]:
    m = -y * z
    e = exp_of_negative(-abs(m))  # at most 1: nothing overflows, however large the margin
    share = 1.0 / (1.0 + e)
    value = (m if m > 0 else 0.0) + log_of_one_plus(e)
    return value, -y * (share if m > 0 else e * share)


def _logistic(z: Any) -> Any:
    small = np.exp(-np.abs(z))
    return np.where(z > 0, 1.0, small) / (1.0 + small)


def _clipped(z: Any) -> Any:
    return (np.clip(z, -1.0, 1.0) + 1.0) / 2.0


@dataclass(frozen=True)
class Loss:
    """What `fit` has to know about a loss; its fields are the loss's parameters."""

    name: ClassVar[str]
    function: ClassVar[LossFunction]
    target: ClassVar[str] = "real"  # or "binary": two labels
    curvature: ClassVar[float | None] = None  # bound of the second derivative by z, if known
    probability: ClassVar[Probability | None] = None  # of the second label, from z
    takes_parameters: ClassVar[bool] = True  # as the third argument of the function
    has_minimum: ClassVar[bool] = True  # even if the labels are linearly separable

    @property
    def built_in(self) -> bool:
        """Whether the loss is one of this package, and not a user's."""
        return type(self) in BUILT_IN

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the loss does not have."""
        check_parameters(cls, values, parameters)
        return super().__new__(cls)

    @property
    def parameters(self) -> tuple[float, ...]:
        """The numbers that the function gets as its third argument."""
        return tuple(float(value) for value in astuple(self))


@dataclass(frozen=True)
class SquaredError(Loss):
    """½(z - y)²: ordinary least squares, whose optimum is the conditional mean.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[0.0], [1.0]], [1.0, 3.0], "batch", loss=fastgd.SquaredError()).coef_.round(3)
    array([2.])
    """

    name: ClassVar[str] = "squared_error"
    function: ClassVar[LossFunction] = staticmethod(_squared_error)
    curvature: ClassVar[float | None] = 1.0


@dataclass(frozen=True)
class Huber(Loss):
    """½r² where |r| = |z - y| <= delta, delta(|r| - ½delta) beyond: outliers pull boundedly.

    Parameters
    ----------
    delta : float
        Where the loss turns from quadratic to linear, in units of y. The default, 1.35, keeps
        95 % of the efficiency of least squares where the noise is normal with variance 1.

    References
    ----------
    Huber, "Robust estimation of a location parameter", 1964, section 4.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Huber(delta=2.0).parameters
    (2.0,)
    """

    delta: float = 1.35
    name: ClassVar[str] = "huber"
    function: ClassVar[LossFunction] = staticmethod(_huber)
    curvature: ClassVar[float | None] = 1.0

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_positive("delta", self.delta)


@dataclass(frozen=True)
class LogLoss(Loss):
    """log(1 + exp(-yz)): logistic regression; two labels, mapped to y = -1 and +1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[-1.0], [1.0]], ["no", "yes"], loss=fastgd.LogLoss(), alpha=0.1).classes_
    array(['no', 'yes'], dtype='<U3')
    """

    name: ClassVar[str] = "log_loss"
    function: ClassVar[LossFunction] = staticmethod(_log_loss)
    target: ClassVar[str] = "binary"
    curvature: ClassVar[float | None] = 0.25
    probability: ClassVar[Probability | None] = staticmethod(_logistic)
    has_minimum: ClassVar[bool] = False


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """|z - y|: its optimum is the conditional median, which outliers hardly move.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.AbsoluteError().name
    'absolute_error'
    """

    name: ClassVar[str] = "absolute_error"
    function: ClassVar[LossFunction] = staticmethod(_absolute_error)


@dataclass(frozen=True)
class Quantile(Loss):
    """quantile (y - z) where y > z, (1 - quantile)(z - y) elsewhere: the "pinball" loss.

    Its optimum is the conditional quantile: a share `quantile` of the targets lie below it.

    Parameters
    ----------
    quantile : float
        In (0, 1); 0.5 is the median, and half the absolute error.

    References
    ----------
    Koenker, Bassett, "Regression quantiles", 1978, section 2.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Quantile(quantile=0.9).parameters
    (0.9,)
    """

    quantile: float = 0.5
    name: ClassVar[str] = "quantile"
    function: ClassVar[LossFunction] = staticmethod(_quantile)

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_fraction("quantile", self.quantile, or_zero=False)


@dataclass(frozen=True)
class EpsilonInsensitive(Loss):
    """max(0, |z - y| - epsilon): linear support vector regression.

    Parameters
    ----------
    epsilon : float
        Errors up to this, in units of y, cost nothing.

    References
    ----------
    Vapnik, "The nature of statistical learning theory", 1995, section 6.1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.EpsilonInsensitive(epsilon=0.5).parameters
    (0.5,)
    """

    epsilon: float = 0.1
    name: ClassVar[str] = "epsilon_insensitive"
    function: ClassVar[LossFunction] = staticmethod(_epsilon_insensitive)

    def __post_init__(self) -> None:
        """Check the parameter."""
        check_not_negative("epsilon", self.epsilon)


@dataclass(frozen=True)
class SquaredEpsilonInsensitive(EpsilonInsensitive):
    """max(0, |z - y| - epsilon)², without the ½ of `squared_error`, as in scikit-learn.

    Parameters
    ----------
    epsilon : float
        Errors up to this, in units of y, cost nothing.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.SquaredEpsilonInsensitive(epsilon=0.5).curvature
    2.0
    """

    name: ClassVar[str] = "squared_epsilon_insensitive"
    function: ClassVar[LossFunction] = staticmethod(_squared_epsilon_insensitive)
    curvature: ClassVar[float | None] = 2.0


@dataclass(frozen=True)
class Hinge(Loss):
    """max(0, 1 - yz): the linear support vector machine; two labels, mapped to y = -1 and +1.

    References
    ----------
    Cortes, Vapnik, "Support-vector networks", 1995, section 3.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Hinge().target
    'binary'
    """

    name: ClassVar[str] = "hinge"
    function: ClassVar[LossFunction] = staticmethod(_hinge)
    target: ClassVar[str] = "binary"


@dataclass(frozen=True)
class SquaredHinge(Loss):
    """max(0, 1 - yz)², without a ½, as in scikit-learn; two labels, mapped to y = -1 and +1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.SquaredHinge().curvature
    2.0
    """

    name: ClassVar[str] = "squared_hinge"
    function: ClassVar[LossFunction] = staticmethod(_squared_hinge)
    target: ClassVar[str] = "binary"
    curvature: ClassVar[float | None] = 2.0


@dataclass(frozen=True)
class ModifiedHuber(Loss):
    """max(0, 1 - yz)² where yz >= -1, -4yz beyond: a hinge that outliers pull on boundedly.

    Two labels, mapped to y = -1 and +1; (z + 1) / 2, held to [0, 1], is the probability of the
    second one.

    References
    ----------
    Zhang, "Solving large scale linear prediction problems using stochastic gradient descent
    algorithms", 2004, section 3.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.ModifiedHuber().curvature
    2.0
    """

    name: ClassVar[str] = "modified_huber"
    function: ClassVar[LossFunction] = staticmethod(_modified_huber)
    target: ClassVar[str] = "binary"
    curvature: ClassVar[float | None] = 2.0
    probability: ClassVar[Probability | None] = staticmethod(_clipped)


@dataclass(frozen=True)
class HalfSquare(Loss):
    """½z², whatever the target: its gradient at v is X'Xv / n, which a power iteration needs."""

    name: ClassVar[str] = "half_square"
    function: ClassVar[LossFunction] = staticmethod(_half_square)
    curvature: ClassVar[float | None] = 1.0


LOSSES: dict[str, type[Loss]] = {
    row.name: row
    for row in (
        SquaredError,
        Huber,
        AbsoluteError,
        Quantile,
        EpsilonInsensitive,
        SquaredEpsilonInsensitive,
        LogLoss,
        Hinge,
        SquaredHinge,
        ModifiedHuber,
    )
}

BUILT_IN = frozenset([*LOSSES.values(), HalfSquare])


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

    def __repr__(self) -> str:
        """Name the function."""
        return f"CustomLoss({self.name})"

    def __eq__(self, other: object) -> bool:
        """Two are equal when they hold the same function."""
        return isinstance(other, CustomLoss) and self.function is other.function

    def __hash__(self) -> int:
        """Hash by the function."""
        return hash(self.function)


def __dir__() -> list[str]:
    """List the names that this module defines."""
    return own_names(globals())
