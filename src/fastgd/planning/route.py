"""Where the gradients of all rows come from: the rows themselves, or X'X."""

from fastgd.losses import Loss
from fastgd.planning.request import Request

USUAL_STEPS = 50  # of self-tuned batch descent, or more
GRAM_COLUMNS_PER_STEP = 5  # X'X takes the time of d / 5 passes


def takes_gram(request: Request, n: int, d: int, preconditioned: bool) -> bool:
    """Return True if X'X is made: if asked for, or cheaper than the passes of a self-tuned run.

    In textbook mode only if asked for: its gradients are those of the rows.
    """
    if request.route != "auto":
        return request.route == "gram"
    is_open = request.self_tuned and request.variant == "batch" and not preconditioned
    steps = min(request.max_iter or USUAL_STEPS, USUAL_STEPS)
    return is_open and gram_pays(request.loss, n, d, steps)


def gram_pays(loss: Loss, n: int, d: int, steps: int = USUAL_STEPS) -> bool:
    """Return True if X'X takes less than the passes of so many steps."""
    return loss.quadratic and d < GRAM_COLUMNS_PER_STEP * steps and d <= n
