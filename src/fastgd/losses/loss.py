"""What a loss is: the class whose subclasses are the rows."""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, Self

from fastgd.base.own import is_own
from fastgd.base.validation import check_parameters

LossFunction = Callable[[Any, Any, Any], tuple[Any, Any]]
Probability = Callable[[Any], Any]


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
    is_quadratic: ClassVar[bool] = False  # the squared error: X'X and X'y say all of it

    @property
    def is_binary(self) -> bool:
        """Whether the target is two labels."""
        return self.target == "binary"

    @property
    def built_in(self) -> bool:
        """Whether the loss is one of this package, and not a user's."""
        return type(self) is not Loss and is_own(type(self))

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the loss does not have."""
        check_parameters(cls, values, parameters)
        return super().__new__(cls)

    @property
    def parameters(self) -> tuple[float, ...]:
        """The numbers that the function gets as its third argument."""
        return tuple(float(value) for value in astuple(self))
