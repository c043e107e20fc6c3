"""`minimize`: descent on any differentiable function."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.quantities import tell_apart
from fastgd.base.validation import check_count, check_fraction, refusal, refuse_unknown, show
from fastgd.base.warning import warn
from fastgd.kernels.minimize import NORM, RATE, VALUE
from fastgd.minimizing.function import Function
from fastgd.minimizing.result import Iterate, MinimizeResult
from fastgd.minimizing.walk import Walk
from fastgd.monitoring.reasons import ConvergenceWarning, DivergenceWarning, StopReason
from fastgd.monitoring.stopwatch import Stopwatch
from fastgd.optimizers import Optimizer
from fastgd.planning.request import (
    is_auto,
    owner_of,
    read_callback,
    read_learning_rate,
    read_optimizer,
    read_record_path,
    read_time_limit,
)
from fastgd.schedules import Schedule
from fastgd.schedules.line_search import LineSearch

MANY = 10_000  # parameters: too many for differences
ELSEWHERE = "; scipy.optimize.minimize has them."
SCIPY = {  # what its `minimize` takes, and what to write here
    "options": " Its entries are arguments here, as in max_iter=100.",
    "bounds": f" There are none here: change variables, as in x = exp(u) for x > 0{ELSEWHERE}",
    "constraints": f" There are none here{ELSEWHERE}",
    "hess": " Gradient descent takes no second derivatives: leave it out.",
    "hessp": " Gradient descent takes no second derivatives: leave it out.",
    "disp": " Print result.summary().",
}


def minimize(
    fun: Callable[..., Any],
    x0: Any,
    *positional: Any,
    jac: Callable[..., Any] | bool | None = None,
    optimizer: str | Optimizer = "gd",
    learning_rate: Any = 0.1,
    max_iter: int = 1000,
    tol: float | None = 1e-8,
    callback: Callable[[Iterate], Any] | None = None,
    args: Any = (),
    record_path: bool | int = True,
    time_limit: float | None = None,
    **unknown: Any,
) -> MinimizeResult:
    """Minimise a differentiable function by gradient descent, exactly as the textbooks have it.

    Functions compiled by ``numba.njit`` are called from a compiled loop: a million steps on a few
    parameters take a fraction of a second. Plain Python functions give the same to rounding.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args) -> number``; x is a copy, in the shape of x0: a number if x0 is one.
    x0 : number or array-like of any shape
        Where to start.
    jac : callable, True or None
        ``jac(x, *args)`` returns the gradient, in the shape of x0; True: fun returns (value,
        gradient); None: central differences, 2 n evaluations of fun each. At x0, and where it is
        about zero, a gradient is compared with difference quotients of fun along at most 8
        directions: some 16 evaluations each time, which `nfev` counts.
    optimizer : str or Optimizer
        "gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", or an object with parameters.
    learning_rate : float, Schedule, dict, LineSearch or callable
        Multiplies the gradient. A number, a schedule such as ``fastgd.InverseScaling(0.1)``, a
        dictionary of rates by the first step that has them, a function of step numbers (of an
        array of them, or of one), or ``fastgd.LineSearch()``, for "gd".
    max_iter : int
        At most so many steps.
    tol : float or None
        In [0, 1): it stops when the gradient's norm is tol times that at x0, or if steps change
        nothing any more; None: after `max_iter` steps.
    callback : function, optional
        Called with an `Iterate` after every step; True or StopIteration ends the run.
    args : tuple
        Further arguments of fun and jac; a single one need not be in a tuple.
    record_path : bool or int
        True keeps the points that the history has, at most 64 MB of them or two; an int k the point
        after every k steps, however many; False none.
    time_limit : float, optional
        Seconds, compiling left out.

    Returns
    -------
    MinimizeResult

    Raises
    ------
    ValueError, TypeError
        For arguments that make no sense, or a function that returns what it should not, naming it:
        a gradient that at x0 is not that of fun, too.

    Warns
    -----
    DivergenceWarning
        The value or the gradient became infinite or NaN, the value 1e12 times what it was, above
        that at x0 when the run ended, or so far below it that fun seems to have no lower end: the
        last good point is returned, or x0 if that was better.
    ConvergenceWarning
        `max_iter` was reached before `tol`, steps change nothing any more, or fun still falls where
        the gradient is about zero, or its rounding hides the gradient.
    UserWarning
        Central differences of more than 10,000 parameters; jitted functions whose loop cannot be
        compiled.

    References
    ----------
    Nocedal, Wright, "Numerical optimization", 2006, sections 2.2 and 3.1.

    Examples
    --------
    A laser pointer at 103 cm, meant to be at 100 (the friend shouts the error):

    >>> import fastgd
    >>> def cost(y):
    ...     return (y - 100) ** 2
    >>> def derivative(y):
    ...     return 2 * (y - 100)
    >>> result = fastgd.minimize(cost, 103, jac=derivative, learning_rate=0.1)
    >>> result.path[:4].round(3)
    array([103.   , 102.4  , 101.92 , 101.536])
    >>> round(result.x, 6)
    100.0
    """
    _refuse_others(positional, unknown)
    watch = Stopwatch()
    point = _read_start(x0)
    function = _read_function(fun, jac, args, point.shape)
    chosen = _read_optimizer(optimizer)
    rates = _read_rates(learning_rate, chosen)
    max_iter = check_count("max_iter", max_iter)
    if tol is not None:
        check_fraction("tol", tol)
    every, callback = read_record_path(record_path), read_callback(callback)
    time_limit = read_time_limit(time_limit)
    # Values that are not finite are refused in a sentence, not by NumPy's warnings or those of fun.
    with np.errstate(all="ignore"):
        walk = Walk(function, point, chosen, rates, tol, every)
        reason = walk.run(max_iter, callback, time_limit, watch)
        seconds = watch.seconds
        reason = walk.judge(reason)
        result = walk.result(reason, seconds, watch.loading_seconds)
    _warn_of(walk, result, tol)
    return result


def _refuse_others(positional: tuple[Any, ...], unknown: dict[str, Any]) -> None:
    """Refuse arguments that SciPy's `minimize` has and this one has not, or not by position."""
    if positional:
        raise TypeError(
            "minimize() takes fun and x0 by position and all others by name: write "
            f"args={show(positional[0])}, if these are further arguments of fun."
        )
    refuse_unknown(minimize, unknown, elsewhere=lambda word: SCIPY.get(word, "") or owner_of(word))


def _read_start(x0: Any) -> NDArray[np.float64]:
    """Return x0 as an array of finite numbers."""
    try:
        given = np.asarray(x0)
    except ValueError:  # rows of several lengths
        given = np.array(None)
    point = None
    if given.dtype.kind in "biufO" and not np.ma.is_masked(x0):
        with contextlib.suppress(TypeError, ValueError):
            point = given.astype(np.float64)
    if point is None or x0 is None:
        wanted = "a real number or an array of real numbers, none of them masked"
        raise refusal("x0", wanted, x0, (np.ndarray,))
    if point.size == 0 or not np.isfinite(point).all():
        raise ValueError(f"x0 must hold at least one number, all finite; got {show(x0)}.")
    return point


def _read_function(fun: Any, jac: Any, args: Any, shape: tuple[int, ...]) -> Function:
    if not callable(fun):
        raise refusal("fun", "a function fun(x, *args) -> number", fun, ())
    if isinstance(jac, (bool, np.bool_)) and jac:
        jac = True
    if not (callable(jac) or jac is True or jac is None):
        wanted = "a function jac(x, *args) -> gradient, True (fun returns both) or None"
        raise refusal("jac", wanted, jac, (bool, np.bool_))
    if jac is None and math.prod(shape) > MANY:
        warn(
            f"central differences take {2 * math.prod(shape):,} evaluations of fun for each "
            "gradient: give jac=..., or let fun return both (jac=True).",
            UserWarning,
        )
    args = () if args is None else args
    return Function(fun, jac, args if isinstance(args, tuple) else (args,), shape)


def _read_optimizer(optimizer: Any) -> Optimizer:
    if is_auto(optimizer):
        raise ValueError(
            'optimizer must be named, as in optimizer="gd" with learning_rate=fastgd.LineSearch(), '
            'which needs no tuning; got "auto".'
        )
    found = read_optimizer(optimizer, " or an optimizer object")
    assert found is not None  # only "auto" is none
    return found


def _read_rates(learning_rate: Any, optimizer: Optimizer) -> Schedule | LineSearch:
    if isinstance(learning_rate, type) and issubclass(learning_rate, LineSearch):
        learning_rate = learning_rate()
    if not isinstance(learning_rate, LineSearch):
        wanted = "a positive number, a schedule, a callable or fastgd.LineSearch()"
        if is_auto(learning_rate):
            raise refusal("learning_rate", wanted, learning_rate, (str,))
        rates = read_learning_rate(learning_rate, wanted)
        assert rates is not None  # only "auto" is none
        return rates
    if not optimizer.is_plain:
        raise ValueError(
            'fastgd.LineSearch goes along the gradient: it is for optimizer="gd"; got '
            f"{optimizer.name!r}, which needs a number or a schedule."
        )
    return learning_rate


def _divergence_message(walk: Walk, result: MinimizeResult) -> str:
    """Return the sentence of the warning: the rate and value at the end, and what may be wrong."""
    stable, rate = walk.stable_rate(), float(walk.known[RATE])
    used, edge = tell_apart(rate, rate if stable is None else stable)
    value, began = tell_apart(float(walk.known[VALUE]), walk.start.value)
    advice = "use a smaller learning_rate."
    if walk.known[VALUE] < walk.start.value:
        advice = "fun seems to fall without end: has it a minimum, and the right sign?"
    elif walk.seems_wrong:
        advice = "the first step went uphill: is the gradient that of fun, and its sign right?"
    elif stable is not None and stable < rate:
        advice = f"where it started, theory calls rates below about {edge} stable."
    kept = "x0" if np.array_equal(result.x, walk.start_point) else "The last good point"
    return (
        f"{result.optimizer_.name} diverged at step {result.nit} at learning_rate={used}, where "
        f"fun is {value} ({began} at x0); {advice} {kept} is returned."
    )


def _warn_of(walk: Walk, result: MinimizeResult, tol: float | None) -> None:
    """Warn the caller of `minimize` of what the result alone might not make clear."""
    reason, name = result.stop_reason, result.optimizer_.name
    if reason is StopReason.DIVERGED:
        warn(_divergence_message(walk, result), DivergenceWarning)
    if reason is StopReason.CAPPED:
        norms, values = result.history["grad_norm"], result.history["objective"]
        shown, fell = tell_apart(norms[0], norms[-1]), tell_apart(values[0], values[-1])
        advice = "give more steps, another learning_rate, or tol=None"
        if norms[-1] > norms[0] and values[-1] < values[0]:
            advice = f"{advice}; no number of steps is enough if fun has no lower end"
        warn(
            f"{name} made max_iter={result.nit} steps without meeting tol={tol:g}: the gradient's "
            f"norm went from {shown[0]} to {shown[1]}, and fun from {fell[0]} to {fell[1]}; "
            f"{advice}.",
            ConvergenceWarning,
        )
    if result.doubt is not None:
        warn(
            f"{name} is not known to have found a minimum after step {result.nit}: {result.doubt}.",
            ConvergenceWarning,
        )
    elif reason is StopReason.STALLED:
        warn(
            f"no step changes x any more after step {result.nit}, where the gradient's norm is "
            f"{walk.known[NORM]:.3g}: the learning_rate is too small, fun is as low as rounding "
            "lets it be, or the gradient is not that of fun.",
            ConvergenceWarning,
        )
