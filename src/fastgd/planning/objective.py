"""`Objective`: what a fit minimises."""

from dataclasses import dataclass

from fastgd.losses import Loss


@dataclass(frozen=True)
class Objective:
    """The weighted mean of a loss plus an elastic net, of coefficients and maybe an intercept."""

    loss: Loss
    l1: float = 0.0  # strength of the L1 penalty
    l2: float = 0.0
    fit_intercept: bool = True

    @property
    def has_l1(self) -> bool:
        """Return True if an L1 penalty gives the objective kinks: no Hessian describes it there."""
        return self.l1 > 0

    @property
    def is_penalised(self) -> bool:
        """Return True if there is a penalty."""
        return self.l1 > 0 or self.l2 > 0
