"""Whether steps are multiplied by the inverse Hessian of a pilot sample, and of which loss."""

from fastgd.base.validation import show
from fastgd.losses.smoothing import can_smooth
from fastgd.planning.pilot.optimum import Optimum
from fastgd.planning.request import Request

MAX_PRECONDITIONED = 1024  # columns: every step reads a matrix of the square of that


def is_preconditioned(request: Request) -> bool:
    """Return True if steps are multiplied by the inverse Hessian of a sample, if there is one.

    Near the optimum those take all rows: there is nothing to average, so that a request for
    averages is one for other steps.
    """
    is_open = request.self_tuned and request.average in ("auto", False)
    if request.preconditioner != "full" and not (is_open and request.preconditioner == "auto"):
        return False
    is_plain = request.optimizer is None or request.optimizer.is_plain
    by_all_rows = request.route != "gram" and request.variant != "stochastic"
    return is_plain and by_all_rows and not request.has_l1


def is_smoothed(request: Request) -> bool:
    """Return True if steps are to be those of a smoothed form of the loss."""
    is_open = request.self_tuned and request.optimizer is None
    is_open = is_open and request.average in ("auto", False)
    return is_open and not request.has_l1 and can_smooth(request.loss)


def smoothing_reason(optimum: Optimum | None) -> str:
    """Say how the loss is smoothed, if it is."""
    if optimum is None or optimum.smoothing == 0:
        return ""
    return f"the kinks of the loss are smoothed within {optimum.smoothing:.2g}"


def wants_hessian(request: Request, d: int) -> bool:
    """Return True if the Hessian of a sample is of use."""
    has_hessian = request.loss.smooth or is_smoothed(request)
    return d <= MAX_PRECONDITIONED and has_hessian


def refuse_preconditioner(request: Request, d: int) -> None:
    """Refuse preconditioner="full" if the loss has no Hessian, or other steps are asked for."""
    has_hessian = request.loss.smooth and d <= MAX_PRECONDITIONED
    if has_hessian and is_preconditioned(request):
        return
    raise ValueError(
        'preconditioner="full" multiplies steps by the inverse Hessian: it needs a loss that has '
        'second derivatives, variant="batch" or "minibatch", the optimizer "gd", no L1 penalty, '
        f'route="direct" or "auto", and at most {MAX_PRECONDITIONED} columns; got loss='
        f"{show(request.loss.name)}, variant={show(request.variant)}, optimizer="
        f"{show(request.optimizer.name if request.optimizer else 'auto')}, l1_ratio="
        f"{request.l1_ratio:g}, route={show(request.route)}, {d} columns."
    )
