"""Checks of single arguments, each with one sentence: what, which argument, what was got.

A type that an argument never takes is a TypeError, any other bad value a ValueError. True and
False count as bad numbers.
"""

import difflib
import functools
import inspect
import math
import numbers
import reprlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

NUMBER = (numbers.Real, np.bool_)
NUMBER_OR_WORD = (*NUMBER, str)

# What others call our losses, variants, optimizers and keywords.
OTHER_NAMES = {
    "squared_error": "squared mse ols l2 least_squares mean_squared_error",
    "absolute_error": "mae l1 mean_absolute_error",
    "huber": "smooth_l1",
    "quantile": "pinball tau q",
    "epsilon_insensitive": "svr",
    "hinge": "svm svc",
    "log_loss": "logistic log logloss cross_entropy binary_cross_entropy binary_crossentropy bce",
    "batch": "full full_batch bgd gd",
    "stochastic": "sgd online",
    "minibatch": "mini_batch",
    "gd": "sgd vanilla",
    "momentum": "heavy_ball polyak",
    "nesterov": "nag accelerated",
    "adam": "adamw",
    "learning_rate": "lr eta eta0 step_size",
    "max_iter": "epochs n_epochs n_iter maxiter",
    "tol": "gtol ftol tolerance",
    "jac": "gradient grad derivative",
    "optimizer": "method",
    "loss": "cost",
    "alpha": "penalty",
    "sample_weight": "weights",
    "random_state": "seed",
    "variant": "method solver",
    "n_threads": "n_jobs",
    "fit_intercept": "intercept",
    "beta_1": "beta1 b1 betas",
    "beta_2": "beta2 b2",
    "mu": "momentum beta",
    "rho": "decay decay_rate smoothing",
    "eps": "epsilon",
    "delta": "epsilon threshold",
    "epsilon": "eps",
    "eta0": "lr eta learning_rate initial_rate",
    "power_t": "power exponent",
}


class _Shown(reprlib.Repr):
    """Short representations: NumPy's scalars as numbers, tables by their shape."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 100

    def repr1(self, x: Any, level: int) -> str:
        return super().repr1(x.item() if isinstance(x, np.generic) else x, level)

    def repr_function(self, x: Any, level: int) -> str:
        return f"the function {x.__name__!r}"

    def repr_instance(self, x: Any, level: int) -> str:
        shape = getattr(x, "shape", ())
        if shape:
            return f"{describe_type(x)} of shape {shape}"
        text = super().repr_instance(x, level)
        return describe_type(x) if "\n" in text or " at 0x" in text else text


show: Callable[[Any], str] = _Shown().repr


def describe_type(value: Any) -> str:
    """Return the name of a value's type with its article."""
    name = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def first_line(error: Exception) -> str:
    """Return the first line of what an error says."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def refusal(
    name: str, wanted: str, value: Any, kinds: tuple[type, ...] = NUMBER, mend: str = ""
) -> TypeError | ValueError:
    """Return the error that says what *name* must be; *kinds* are the types it may have."""
    error = ValueError if isinstance(value, kinds) else TypeError
    return error(f"{name} must be {wanted}; got {show(value)}{mend}.")


def is_number(value: Any) -> bool:
    """Return True if *value* is a real number (True and False are not)."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def as_float(value: Any) -> float:
    """Return a real number as a float, infinity if it is too large; of all else, NaN."""
    try:
        return float(value) if is_number(value) else math.nan
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_int(value: Any) -> int | None:
    """Return an integer as an int; of all else, None."""
    return int(value) if isinstance(value, numbers.Integral) and is_number(value) else None


def check_positive(name: str, value: Any) -> float:
    """Return *value* as a float; refuse whatever is not a finite number above 0."""
    if not 0 < as_float(value) < math.inf:
        raise refusal(name, "a finite number above 0", value)
    return float(value)


def check_at_least(
    name: str, value: Any, least: int, hint: str = "", kinds: tuple[type, ...] = NUMBER
) -> float:
    """Return *value* as a float; refuse whatever is not a finite number from *least* on."""
    if not least <= as_float(value) < math.inf:
        raise refusal(name, f"a finite number >= {least}{hint}", value, kinds)
    return float(value)


def check_not_negative(name: str, value: Any) -> float:
    """Return *value* as a float; refuse whatever is not a finite number from 0 on."""
    return check_at_least(name, value, 0)


def check_fraction(name: str, value: Any, *, or_zero: bool = True, or_one: bool = False) -> float:
    """Return *value* as a float; refuse whatever is not a number between 0 and 1."""
    x = as_float(value)
    if not (0 < x < 1 or (or_zero and x == 0) or (or_one and x == 1)):
        interval = f"{'[' if or_zero else '('}0, 1{']' if or_one else ')'}"
        raise refusal(name, f"a number in {interval}", value)
    return x


def check_count(
    name: str,
    value: Any,
    hint: str = "",
    *,
    least: int = 1,
    kinds: tuple[type, ...] = NUMBER,
) -> int:
    """Return *value* as an int; refuse whatever is not an integer from *least* on."""
    whole = as_int(value)
    if whole is not None and whole >= least:
        return whole
    x = as_float(value)
    mend = f": write {int(x)}" if x.is_integer() and x >= least else ""
    raise refusal(name, f"an integer >= {least}{hint}", value, kinds, mend)


def check_flag(name: str, value: Any, hint: str = "", kinds: tuple[type, ...] = ()) -> bool:
    """Return *value* as a bool; refuse whatever is not True or False."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise refusal(name, f"True or False{hint}", value, kinds)


def check_random_state(random_state: Any) -> int | np.random.Generator | None:
    """Return *random_state*; refuse what seeds nothing."""
    if random_state is None or isinstance(random_state, np.random.Generator):
        return random_state
    seed = as_int(random_state)
    if seed is not None and seed >= 0:
        return seed
    is_old = isinstance(random_state, np.random.RandomState)
    mend = ": write numpy.random.default_rng(seed)" if is_old else ""
    wanted = "None, an integer >= 0 or a numpy.random.Generator"
    raise refusal("random_state", wanted, random_state, mend=mend)


def check_arity(name: str, function: Any, wanted: str) -> None:
    """Refuse a function that cannot be called with one argument."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # of some built-in functions nothing is known
        return
    try:
        signature.bind(None)
    except TypeError as error:
        raise TypeError(
            f"{name} must be {wanted}; got {show(function)}, which cannot be called with one "
            f"argument ({error})."
        ) from None


def refuse_unknown(
    function: Callable[..., Any],
    unknown: Iterable[str],
    *more: str,
    elsewhere: Callable[[str], str] = lambda word: "",
) -> None:
    """Refuse keywords that *function* does not have; name the one that was meant.

    Those that may be meant are its keyword-only ones, and *more*; *elsewhere* says what else a
    word may be.
    """
    for word in unknown:
        known = [*more, *(getattr(function, "__kwdefaults__", None) or ())]
        hint = _synonym(word, known) or elsewhere(_plain(word)) or did_you_mean(word, known)
        raise TypeError(f"{function.__name__}() got an unexpected keyword argument {word!r}.{hint}")


def check_parameters(
    row: type, values: tuple[Any, ...], words: Iterable[str], **hints: str
) -> None:
    """Refuse what the constructor of a loss, an optimizer or a schedule does not take.

    *hints* say what is meant by words that are no parameters of any.
    """
    names = _parameters_of(row)
    if names is None:
        return
    takes = f"it takes {', '.join(names)}" if names else "it takes none"
    for word in words:
        if word not in names:
            hint = _synonym(word, names) or hints.get(_plain(word)) or did_you_mean(word, names)
            raise TypeError(
                f"{row.__name__}() got an unexpected keyword argument {word!r}: {takes}.{hint}"
            )
    if len(values) > len(names):
        raise TypeError(f"{row.__name__}() got {len(values)} arguments: {takes}.")


@functools.cache
def _parameters_of(row: type) -> tuple[str, ...] | None:
    """Return the names of a constructor's parameters; None if it takes any."""
    parameters = inspect.signature(row.__init__).parameters.values()  # type: ignore[misc]
    if any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in parameters):
        return None
    return tuple(p.name for p in parameters)[1:]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" if a known word is close or means the same, else ""."""
    names = {_plain(name): name for name in known}
    close = difflib.get_close_matches(_plain(word), names, n=1, cutoff=0.6)
    return _synonym(word, names.values()) or (
        f" Did you mean {names[close[0]]!r}?" if close else ""
    )


def is_synonym(word: str, name: str) -> bool:
    """Return True if others call *name* so."""
    return _plain(word) in OTHER_NAMES.get(name, "").split()


def _synonym(word: str, known: Iterable[str]) -> str:
    meant = [name for name in known if is_synonym(word, name)]
    return f" Did you mean {meant[0]!r}?" if meant else ""


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def check_name(argument: str, word: Any, known: Iterable[str], hint: str = "") -> str:
    """Return *word*; refuse one that is not among *known*."""
    names = list(known)
    if isinstance(word, str) and word in names:
        return word
    error = refusal(argument, f"one of {names}{hint}", word, (str,))
    if isinstance(word, str):
        error.args = (f"{error}{did_you_mean(word, names)}",)
    raise error
