"""What makes a step: its variant, its optimizer, its rows and where its gradient comes from."""

from dataclasses import dataclass

from fastgd.base.warning import warn
from fastgd.data.orders import Order, make_order
from fastgd.optimizers import GD, AdaGrad, Nesterov, Optimizer
from fastgd.planning.request import Request
from fastgd.planning.route import takes_gram

DEFAULT_BATCH_SIZE = 256
SELF_TUNED_STEPS = 32  # an epoch at least, if there are so many rows
PRECONDITIONED_STEPS = 64  # an epoch, within these bounds of the rows of a step
MIN_BATCH, MAX_BATCH = 64, 8192
MIN_STEPS = 8  # an epoch


@dataclass(frozen=True)
class Steps:
    """What makes a step, but for its rate."""

    variant: str
    optimizer: Optimizer
    batch_size: int
    preconditioned: bool  # multiplied by the inverse Hessian of the pilot sample
    route: str  # "direct" or "gram": where gradients come from


def choose_steps(request: Request, order: Order, preconditioned: bool) -> Steps:
    """Choose what the request leaves open."""
    return Steps(
        request.variant,
        request.optimizer or _optimizer(request, preconditioned),
        _batch_size(request, order.n, preconditioned, order.buffer_rows),
        preconditioned,
        "gram" if takes_gram(request, order.n, order.d, preconditioned) else "direct",
    )


def choose_order(request: Request, n: int, d: int, seed: int) -> Order:
    """Return the order in which rows are visited."""
    order = make_order(n, d, seed, request.shuffle)
    return Order(n, d) if request.variant == "batch" else order


def steps_reason(steps: Steps, refines_after: int, max_iter: int) -> str:
    """Say which rows make a step if that changes within the run."""
    if steps.preconditioned and steps.variant == "minibatch" and refines_after < max_iter:
        return f"of {steps.batch_size} rows for {refines_after} epoch, then of all rows"
    return ""


def _optimizer(request: Request, preconditioned: bool) -> Optimizer:
    if not request.self_tuned or preconditioned:
        return GD()
    if not request.loss.smooth:
        return AdaGrad()
    return Nesterov() if request.variant == "batch" else GD()


def _batch_size(request: Request, n: int, preconditioned: bool, buffer_rows: int) -> int:
    """Return how many rows make a step."""
    if request.variant != "minibatch":
        return n if request.variant == "batch" else 1
    if request.batch_size is None and preconditioned and request.self_tuned:
        wanted = min(max(n // PRECONDITIONED_STEPS, MIN_BATCH), MAX_BATCH)
        wanted = max(1, min(wanted, n // MIN_STEPS))
        size = -(-n // (n // wanted))  # or the last batch might be of a few rows, and all noise
        pair = 2 * buffer_rows  # for two threads, which take whole buffers, to end together
        return size if size < pair else min(n, -(-size // pair) * pair)
    if request.batch_size is None:
        most = max(1, n // SELF_TUNED_STEPS) if request.self_tuned else n
        return min(DEFAULT_BATCH_SIZE, most)
    if request.batch_size > n:
        warn(
            f"batch_size={request.batch_size} is more than the {n} rows there are; {n} is used.",
            UserWarning,
        )
    return min(request.batch_size, n)
