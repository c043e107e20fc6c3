"""Optimizers: two scalar functions and one row each.

``prepare(t, lr, hyper, T)`` runs once per step (t counts from 1) in float64 and returns the
scalars of that step as numbers of the data's type T. ``step(w, g, *slots, *scalars)`` runs per
coefficient and returns ``(w, rate, *slots)``: the new coefficient, the rate that multiplies a
stationary gradient there (it scales the L1 penalty's proximal step), and the new slots. To add an
optimizer, write the two, write its row and name the row in `OPTIMIZERS`. Inside `step` a literal
number would turn float32 arithmetic into float64: let `prepare` hand it over.

The formulas are PyTorch's, with its defaults.
"""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, Self

from fastgd.base.namespaces import own_names
from fastgd.base.validation import check_fraction, check_not_negative, check_parameters

LEARNING_RATE = " The learning rate is an argument of fit and minimize, as in learning_rate=0.1."
HINTS = {  # what others give their optimizers
    "lr": LEARNING_RATE,
    "learning_rate": LEARNING_RATE,
    "eta": LEARNING_RATE,
    "eta0": LEARNING_RATE,
    "step_size": LEARNING_RATE,
    "weight_decay": " A penalty is an argument of fit, as in alpha=0.01.",
    "momentum": " Write fastgd.Momentum(mu=0.9).",
    "nesterov": " Write fastgd.Nesterov(mu=0.9).",
}


def _prepare_gd(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    return (T(lr),)


def _gd(w: Any, g: Any, lr: Any) -> tuple[Any, ...]:
    return w - lr * g, lr


def _prepare_momentum(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    (mu,) = hyper
    return T(lr), T(mu), T(lr / (1.0 - mu))


def _momentum(w: Any, g: Any, b: Any, lr: Any, mu: Any, rate: Any) -> tuple[Any, ...]:
    b = mu * b + g
    return w - lr * b, rate, b


def _nesterov(w: Any, g: Any, b: Any, lr: Any, mu: Any, rate: Any) -> tuple[Any, ...]:
    b = mu * b + g
    return w - lr * (g + mu * b), rate, b


def _prepare_adagrad(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    (eps,) = hyper
    return T(lr), T(eps)


def _adagrad(w: Any, g: Any, s: Any, lr: Any, eps: Any) -> tuple[Any, ...]:
    s = s + g * g
    rate = lr / (math.sqrt(s) + eps)
    return w - rate * g, rate, s


def _prepare_rmsprop(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    rho, eps = hyper
    return T(lr), T(rho), T(1.0 - rho), T(eps)


def _rmsprop(w: Any, g: Any, v: Any, lr: Any, rho: Any, fresh: Any, eps: Any) -> tuple[Any, ...]:
    v = rho * v + fresh * g * g
    rate = lr / (math.sqrt(v) + eps)
    return w - rate * g, rate, v


def _prepare_adam(t: int, lr: float, hyper: Any, T: Any) -> tuple[Any, ...]:
    beta_1, beta_2, eps = hyper
    scale_m = 1.0 / (1.0 - beta_1**t)
    scale_root_v = 1.0 / math.sqrt(1.0 - beta_2**t)
    return T(lr), T(1.0 - beta_1), T(beta_2), T(1.0 - beta_2), T(scale_m), T(scale_root_v), T(eps)


def _adam(
    w: Any,
    g: Any,
    m: Any,
    v: Any,
    lr: Any,
    fresh_1: Any,
    beta_2: Any,
    fresh_2: Any,
    scale_m: Any,
    scale_root_v: Any,
    eps: Any,
) -> tuple[Any, ...]:
    m = m + fresh_1 * (g - m)
    v = beta_2 * v + fresh_2 * g * g
    rate = lr / (math.sqrt(v) * scale_root_v + eps)
    return w - rate * (scale_m * m), rate, m, v


@dataclass(frozen=True)
class Optimizer:
    """What `fit` has to know about an optimizer; its fields are its hyper-parameters."""

    name: ClassVar[str]
    slots: ClassVar[int]  # how many numbers it keeps per coefficient
    prepare: ClassVar[Callable[..., tuple[Any, ...]]]
    step: ClassVar[Callable[..., tuple[Any, ...]]]
    adaptive: ClassVar[bool] = False  # does it scale each coefficient's step by its gradients?

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the optimizer does not have."""
        check_parameters(cls, values, parameters, **HINTS)
        return super().__new__(cls)

    @property
    def built_in(self) -> bool:
        """Whether the optimizer is one of this package, and not a user's."""
        return type(self) in OPTIMIZERS.values()

    @property
    def is_plain(self) -> bool:
        """Whether it is gradient descent, and not a class of GD with steps of its own."""
        return isinstance(self, GD) and (self.prepare, self.step) == (_prepare_gd, _gd)

    @property
    def hyper(self) -> tuple[float, ...]:
        """The numbers that `prepare` gets."""
        return tuple(float(value) for value in astuple(self))


@dataclass(frozen=True)
class GD(Optimizer):
    """Plain gradient descent: w -= lr g.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[1.0]], [100.0], "batch", optimizer=fastgd.GD(), learning_rate=0.2, max_iter=2,
    ...            coef_init=[103.0], fit_intercept=False).coef_.round(10)
    array([101.92])
    """

    name: ClassVar[str] = "gd"
    slots: ClassVar[int] = 0
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_gd)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_gd)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy ball: b = mu b + g; w -= lr b (Polyak 1964).

    Parameters
    ----------
    mu : float
        Share of the last step's direction that is kept, in [0, 1).

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Momentum(mu=0.5).hyper
    (0.5,)
    """

    mu: float = 0.9
    name: ClassVar[str] = "momentum"
    slots: ClassVar[int] = 1
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_momentum)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_momentum)

    def __post_init__(self) -> None:
        """Check the hyper-parameter."""
        check_fraction("mu", self.mu)


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Nesterov's momentum: b = mu b + g; w -= lr (g + mu b); w is the look-ahead point.

    Parameters
    ----------
    mu : float
        Share of the last step's direction that is kept, in [0, 1).

    References
    ----------
    Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
    learning", 2013, section 2.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Nesterov(mu=0.95).hyper
    (0.95,)
    """

    name: ClassVar[str] = "nesterov"
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_nesterov)


@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """AdaGrad: s += g²; w -= lr g / (√s + eps).

    Parameters
    ----------
    eps : float
        Keeps the division defined where no gradient was met yet.

    References
    ----------
    Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011, section 1.1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.AdaGrad().hyper
    (1e-10,)
    """

    eps: float = 1e-10
    name: ClassVar[str] = "adagrad"
    slots: ClassVar[int] = 1
    adaptive: ClassVar[bool] = True
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_adagrad)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_adagrad)

    def __post_init__(self) -> None:
        """Check the hyper-parameter."""
        check_not_negative("eps", self.eps)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """RMSprop: v = rho v + (1 - rho) g²; w -= lr g / (√v + eps).

    Parameters
    ----------
    rho : float
        Memory of the squared gradients' running mean, in [0, 1).
    eps : float
        Keeps the division defined where no gradient was met yet.

    References
    ----------
    Tieleman, Hinton, "Neural networks for machine learning", lecture 6.5, 2012.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.RMSprop().hyper
    (0.99, 1e-08)
    """

    rho: float = 0.99
    eps: float = 1e-8
    name: ClassVar[str] = "rmsprop"
    slots: ClassVar[int] = 1
    adaptive: ClassVar[bool] = True
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_rmsprop)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_rmsprop)

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        check_fraction("rho", self.rho)
        check_not_negative("eps", self.eps)


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam: running means m of g and v of g², bias-corrected; w -= lr m̂ / (√v̂ + eps).

    Parameters
    ----------
    beta_1, beta_2 : float
        Memory of the two running means, in [0, 1).
    eps : float
        Keeps the division defined where no gradient was met yet.

    References
    ----------
    Kingma, Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.Adam().hyper
    (0.9, 0.999, 1e-08)
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    eps: float = 1e-8
    name: ClassVar[str] = "adam"
    slots: ClassVar[int] = 2
    adaptive: ClassVar[bool] = True
    prepare: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_prepare_adam)
    step: ClassVar[Callable[..., tuple[Any, ...]]] = staticmethod(_adam)

    def __post_init__(self) -> None:
        """Check the hyper-parameters."""
        check_fraction("beta_1", self.beta_1)
        check_fraction("beta_2", self.beta_2)
        check_not_negative("eps", self.eps)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    row.name: row for row in (GD, Momentum, Nesterov, AdaGrad, RMSprop, Adam)
}


def __dir__() -> list[str]:
    """List the names that this module defines."""
    return own_names(globals())
