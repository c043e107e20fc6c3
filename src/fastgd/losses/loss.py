"""What a loss is: the class whose subclasses are the rows."""

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any, ClassVar, Self

from fastgd.base.own import is_own
from fastgd.base.robust import Targets
from fastgd.base.types import Array, Floats
from fastgd.base.validation import check_parameters

LossFunction = Callable[[Any, Any, Any], tuple[Any, Any]]
Probability = Callable[[Any], Any]


@dataclass(frozen=True)
class Loss:
    """What `fit` has to know about a loss; its fields are the loss's parameters.

    A row states what differs from what is here, by a class variable or a method of the same name.
    Nothing outside of this folder asks which loss it is.
    """

    name: ClassVar[str]
    function: ClassVar[LossFunction]
    target: ClassVar[str] = "real"  # or "binary": two labels
    curvature: ClassVar[float | None] = None  # bound of the second derivative by z, if known
    probability: ClassVar[Probability | None] = None  # of the second label, from z
    takes_parameters: ClassVar[bool] = True  # as the third argument of the function
    has_minimum: ClassVar[bool] = True  # even if the labels are linearly separable
    quadratic: ClassVar[bool] = False  # half the squared error: X'X and X'y say all of it
    of_residual: ClassVar[bool] = False  # it depends on z - y alone
    robust: ClassVar[bool] = False  # its derivative is bounded, however far the target is

    @property
    def smooth(self) -> bool:
        """Return True if the derivative does not jump; of a loss without a bound it may."""
        return self.curvature is not None

    @property
    def takes_labels(self) -> bool:
        """Return True if the targets are two labels, which reach the function as -1 and +1."""
        return self.target == "binary"

    @property
    def has_margin(self) -> bool:
        """Return True if predictions that are right by far enough have a loss of zero."""
        return self.takes_labels and self.has_minimum

    @property
    def flattens(self) -> bool:
        """Return True if some targets pull predictions to infinity, where the loss is flat."""
        return self.takes_labels

    @property
    def has_link(self) -> bool:
        """Return True if predicted targets are something else than z."""
        return type(self).inverse_link is not Loss.inverse_link

    @property
    def lower_bound(self) -> float:
        """A number that no value of the loss is below; of a user's loss none is known."""
        return 0.0 if self.built_in else -math.inf

    @property
    def score(self) -> str:
        """How `FitResult.score` judges predictions: by "R^2", "accuracy" or "D^2"."""
        return "accuracy" if self.takes_labels else "R^2"

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

    def inverse_link(self, z: Any) -> Any:
        """Return the predicted targets, z itself unless the loss has a link function."""
        return z

    def check_targets(self, y: Array) -> None:
        """Raise ValueError for targets, real numbers, that the loss is not defined for."""

    def best_constant(self, targets: Targets) -> float:
        """Return about the constant prediction z that is best, or what robustly is near it.

        Targets have an offset only if the loss is not `of_residual`.
        """
        return targets.median

    def start(self, targets: Targets) -> float:
        """Return the constant prediction z to start from: of a user's loss z need not predict y."""
        if self.takes_labels or not self.built_in:
            return 0.0
        constant = self.best_constant(targets)
        return constant if math.isfinite(constant) else 0.0

    def scale(self, targets: Targets, z: Floats | float) -> float:
        """Return how far, typically, predictions may have to go from z."""
        return 1.0 if self.takes_labels else targets.spread(z)
