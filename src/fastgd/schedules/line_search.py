"""`LineSearch`: a learning rate that is looked for at every step."""

from dataclasses import dataclass
from typing import Any, Self

from fastgd.base.validation import (
    as_float,
    check_at_least,
    check_fraction,
    check_name,
    check_parameters,
    check_positive,
    refusal,
)

METHODS = ("armijo", "exact")


@dataclass(frozen=True)
class LineSearch:
    """A rate for every step of `minimize` with plain descent, from trials along the gradient.

    Parameters
    ----------
    method : {"armijo", "exact"}
        "armijo" shrinks the rate until fun falls by at least decrease * rate * |gradient|²; "exact"
        goes to the first point it finds where fun stops falling along the ray.
    eta0 : float
        The first rate that is tried.
    decrease : float
        In (0, 0.5): the share of the fall that the slope promises. Much smaller ones let steps pass
        that jump across a valley and back.
    shrink : float
        In (0, 1): what a rate that is too large is multiplied by.
    growth : float
        At least 1: the trials of a step begin at so many times the rate of the step before.

    References
    ----------
    Boyd, Vandenberghe, "Convex optimization", 2004, section 9.2: backtracking and its numbers.

    Examples
    --------
    >>> import fastgd
    >>> def fun(x):
    ...     return x[0] ** 2 + 10 * x[1] ** 2
    >>> fastgd.minimize(fun, [10.0, 1.0], learning_rate=fastgd.LineSearch()).success
    True
    """

    def __new__(cls, *values: Any, **parameters: Any) -> Self:
        """Refuse parameters that the search does not have."""
        check_parameters(cls, values, parameters)
        return super().__new__(cls)

    method: str = "armijo"
    eta0: float = 1.0
    decrease: float = 0.3
    shrink: float = 0.5
    growth: float = 2.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_name("method", self.method, METHODS)
        check_positive("eta0", self.eta0)
        if not 0 < as_float(self.decrease) < 0.5:
            raise refusal("decrease", "a number in (0, 0.5)", self.decrease)
        check_fraction("shrink", self.shrink, or_zero=False)
        check_at_least("growth", self.growth, 1)

    @property
    def numbers(self) -> tuple[float, ...]:
        """The numbers that the kernels get."""
        return tuple(map(float, (self.eta0, self.decrease, self.shrink, self.growth)))
