"""When a run stops: after how many epochs, or how close to the optimum."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastgd.data.orders import Order
from fastgd.losses import Loss
from fastgd.planning.pilot.optimum import Optimum
from fastgd.planning.request import Request, is_auto

DEFAULT_MAX_ITER = 100
SELF_TUNED_BATCH_MAX_ITER = 10_000
PRECONDITIONED_BATCH_MAX_ITER = 1000
SELF_TUNED_TOL = {"batch": 1e-6, "stochastic": 1e-4, "minibatch": 1e-4}
EPOCHS_OF_BATCHES = 1  # of preconditioned mini-batches, before every step takes all rows
EXACT = 1e-8  # of the fall of the objective from coefficients of zero
OF_SMOOTHING = 1e-3  # of the width of smoothing, which itself moves the optimum by more
FLOAT32_FACTOR = 100  # times as far `batch` may end if float32 lets it go no further
OF_STATISTICAL_ERROR = 0.1  # a distance that makes no difference
PATIENCE = 20  # epochs of going on beyond that
SMALL = 10_000_000  # values of X: to go on to the optimum costs nothing


@dataclass(frozen=True)
class Stopping:
    """How close to its minimum the objective has to come."""

    tol: float | None  # None: only the number of epochs ends the run
    suboptimality: float = math.inf  # enough to stop; inf: the rule of `tol` decides
    late_suboptimality: float = math.inf  # enough after PATIENCE epochs
    ends_short: bool = False  # mini-batches may end at the statistical error
    reason: str = ""

    @property
    def is_by_suboptimality(self) -> bool:
        """Return True if the run ends close to the optimum, as far as it can estimate that."""
        return self.suboptimality < math.inf


def choose_stopping(
    request: Request,
    order: Order,
    optimum: Optimum | None,
    dtype: np.dtype[Any],
    preconditioned: bool,
) -> Stopping:
    """Choose how far from its minimum the objective may end.

    A tenth of the statistical error makes no difference to any use of the coefficients; small
    problems go on beyond, since it costs nothing.
    """
    tol = choose_tol(request)
    by_tol = Stopping(tol, reason="" if tol is None else f"tol={tol:g}")
    can_estimate = order.meets_every_row and not request.has_l1
    is_open = request.self_tuned and is_auto(request.tol)
    if optimum is None or not can_estimate or not is_open:
        return by_tol
    if not max(optimum.fall, optimum.mean_loss) > 0:  # all targets of the sample are equal
        return by_tol
    exact = EXACT * max(optimum.fall, np.finfo(np.float64).tiny)
    if optimum.smoothing > 0:
        exact = max(exact, OF_SMOOTHING * optimum.smoothing)
    if request.variant == "batch":
        late = exact if dtype == np.float64 else exact * FLOAT32_FACTOR
        return Stopping(tol, exact, late, reason=_reason(exact, optimum))
    late = max(exact, OF_STATISTICAL_ERROR * np.nan_to_num(optimum.statistical_error))
    exact = exact if preconditioned and order.n * order.d < SMALL else late
    ends_short = request.variant == "minibatch" and exact == late
    return Stopping(tol, exact, late, ends_short, _reason(exact, optimum))


def _reason(exact: float, optimum: Optimum) -> str:
    if exact > EXACT * optimum.fall:
        of_error = f"within {OF_STATISTICAL_ERROR:g} statistical errors of the optimum"
        return f"{of_error}, as far as it can tell"
    return f"within {exact:.2g} of the least objective, as far as it can tell"


def choose_tol(request: Request) -> float | None:
    """Return the tolerance; None if only the number of epochs ends the run."""
    if not isinstance(request.tol, str):
        return request.tol
    return SELF_TUNED_TOL[request.variant] if request.self_tuned else None


def choose_max_iter(request: Request, preconditioned: bool) -> int:
    """Return how many epochs are made at most."""
    if request.max_iter:
        return request.max_iter
    if request.variant != "batch" or not request.self_tuned:
        return DEFAULT_MAX_ITER
    return PRECONDITIONED_BATCH_MAX_ITER if preconditioned else SELF_TUNED_BATCH_MAX_ITER


def refines_after(request: Request, order: Order) -> int:
    """Return after how many epochs every step takes all rows, if steps are preconditioned."""
    is_averaged = request.average not in ("auto", False)
    if not request.self_tuned or is_averaged or not order.meets_every_row:
        return sys.maxsize
    return 0 if request.variant == "batch" else EPOCHS_OF_BATCHES


def has_gradient_test(variant: str, loss: Loss) -> bool:
    """Return True if a vanishing gradient shows convergence: not if the loss has kinks."""
    return variant == "batch" and loss.smooth
