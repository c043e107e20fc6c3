"""What an optimizer is: the class whose subclasses are the rows."""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, Self

from fastgd.base.own import is_own
from fastgd.base.validation import check_parameters

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


@dataclass(frozen=True)
class Optimizer:
    """What `fit` has to know about an optimizer; its fields are its hyper-parameters."""

    name: ClassVar[str]
    slots: ClassVar[int]  # how many numbers it keeps per coefficient
    prepare: ClassVar[Callable[..., tuple[Any, ...]]]
    step: ClassVar[Callable[..., tuple[Any, ...]]]
    adaptive: ClassVar[bool] = False  # does it scale each coefficient's step by its gradients?
    default_rate: ClassVar[float] = 0.01  # of an adaptive one, for targets of size 1

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the optimizer does not have."""
        check_parameters(cls, values, parameters, **HINTS)
        return super().__new__(cls)

    @property
    def built_in(self) -> bool:
        """Whether the optimizer is one of this package, and not a user's."""
        return type(self) is not Optimizer and is_own(type(self))

    @property
    def is_plain(self) -> bool:
        """Whether its steps are those of plain gradient descent."""
        return False

    @property
    def hyper(self) -> tuple[float, ...]:
        """The numbers that `prepare` gets."""
        return tuple(float(value) for value in astuple(self))
